from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from safetensors import numpy

from dusktape.core.errors import InputError, PluginError, WeightsError
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


def test_weights_are_not_read_before_somebody_wants_sounds(tmp_path: Path) -> None:
    checkpoint = tmp_path / "honk-140k.ckpt"
    checkpoint.write_bytes(b"no weights")
    maker = makers.called(str(checkpoint))
    assert (maker.own, maker.data) == (False, {})
    with pytest.raises((WeightsError, PluginError)):
        _ = maker.writer


def test_a_training_that_was_stopped_says_how_to_go_on(tmp_path: Path) -> None:
    tree = json.dumps({"about": {"model": "diffusion"}})
    numpy.save_file({"step": np.zeros(1, np.float32)}, tmp_path / "checkpoint.safetensors", {"tree": tree})
    told = f"has not ended; go on with it: dusktape train diffusion --data DATASET --resume {re.escape(str(tmp_path))}"
    for ask in (makers.called, makers.foreign):
        with pytest.raises(WeightsError, match=told):
            ask(str(tmp_path))
    (tmp_path / "checkpoint.safetensors").write_bytes(b"somebody else's")
    assert not makers.foreign(str(tmp_path))


def test_a_folder_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"nowhere is no finished training: there is no such folder; give the one"):
        makers.called(str(tmp_path / "nowhere"))
