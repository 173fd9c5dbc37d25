from __future__ import annotations

from pathlib import Path

import pytest

from dusktape.core.errors import InputError, WeightsError
from dusktape.nn import floats
from dusktape.publish import makers

from ..diffusion_kit import published_weights


def test_of_a_checkpoint_nobody_knows_what_it_learned_from(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="diffusion needs torch; install 'dusktape[audio]'")
    pytest.importorskip("diffusers", reason="diffusion needs diffusers; install 'dusktape[audio]'")
    checkpoint = tmp_path / "honk-140k.ckpt"
    torch.save({"state_dict": published_weights(2)}, checkpoint)
    maker = makers.called(str(checkpoint))
    assert (maker.own, maker.ships, maker.data, maker.model.name) == (False, False, {}, "diffusion")
    assert maker.sha256 == floats.sha256(checkpoint)


def test_what_writes_notes_is_sent_to_make() -> None:
    with pytest.raises(InputError, match="melody writes notes, not sounds; hear them with dusktape make --composer"):
        makers.called("melody")


def test_a_model_without_weights_asks_to_be_trained() -> None:
    with pytest.raises(InputError, match="amplitude comes without weights; train it, as in dusktape train amplitude"):
        makers.called("amplitude")


def test_a_folder_that_is_no_training_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no finished training"):
        makers.called(str(tmp_path))
