from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from dusktape.core.errors import WeightsError
from dusktape.nn import floats
from dusktape.nn.weights import metadata

WEIGHTS = {"a": np.array([[1e-6, -3.25]], np.float32), "b": np.float32([9.5, 1e9])}


def test_weights_come_back_as_they_were_with_what_was_said_of_them(tmp_path: Path) -> None:
    sha256 = floats.save(tmp_path / "w.safetensors", WEIGHTS, {"z": "1", "model": "diffusion"})
    back = floats.load(tmp_path / "w.safetensors", sha256)
    assert {name: array.tolist() for name, array in back.items()} == {n: w.tolist() for n, w in WEIGHTS.items()}
    assert metadata(tmp_path / "w.safetensors") == {"model": "diffusion", "z": "1"}


def test_the_same_weights_make_the_same_bytes(tmp_path: Path) -> None:
    hashes = {
        floats.save(tmp_path / f"{k}.safetensors", WEIGHTS, dict(about))
        for k, about in enumerate([{"a": "1", "b": "2"}, {"b": "2", "a": "1"}] * 3)
    }
    assert len(hashes) == 1


def test_swapped_damaged_missing_and_pickled_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    with pytest.raises(WeightsError, match="cannot read"):
        floats.load(path)
    floats.save(path, WEIGHTS, {})
    with pytest.raises(WeightsError, match="damaged or swapped"):
        floats.load(path, "0" * 64)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(WeightsError, match="no safetensors file"):
        floats.load(path)
    path.write_bytes(pickle.dumps(1, protocol=4))
    with pytest.raises(WeightsError, match="pickle"):
        floats.load(path)
