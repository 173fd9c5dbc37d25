from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dusktape.core.errors import WeightsError
from dusktape.core.plugins import find
from dusktape.nn.run import FACTS, WEIGHTS, Run
from dusktape.nn.weights import sha256


def folder_of(tmp_path: Path, weights: str, said: str) -> Path:
    """The weights of one model under the name of another, their hash rewritten."""
    shutil.copy(find("models", weights).weights, tmp_path / WEIGHTS)
    facts = {"model": said, "sha256": sha256(tmp_path / WEIGHTS)}
    (tmp_path / FACTS).write_text(json.dumps(facts), encoding="utf-8")
    return tmp_path


def test_weights_open_under_their_own_name(tmp_path: Path) -> None:
    assert hasattr(Run.read(folder_of(tmp_path, "melody", "melody")).open(), "generate")


def test_weights_of_another_model_are_refused_in_a_line(tmp_path: Path) -> None:
    run = Run.read(folder_of(tmp_path, "melody", "drums"))
    with pytest.raises(
        WeightsError, match=r"holds weights of 'melody', but weights\.json beside it says 'drums'"
    ) as told:
        run.open()
    assert "\n" not in str(told.value)
