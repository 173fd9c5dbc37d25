import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from dusktape.core.errors import WeightsError
from dusktape.nn.weights import load, metadata, save, sha256

WEIGHTS = {"a.weight": np.array([[0.5, -0.25], [1.0, 3.0]]), "a.bias": np.array([0.0, 0.125])}


def test_weights_come_back_as_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    digest = save(path, WEIGHTS, {"model": "toy"})
    found = load(path, digest)
    assert all(np.array_equal(found[name], WEIGHTS[name]) for name in WEIGHTS)
    assert digest == sha256(path)


def test_weights_that_every_song_shares_cannot_be_written_to(tmp_path: Path) -> None:
    save(tmp_path / "w.safetensors", {"table": np.ones(3)}, {})
    with pytest.raises(ValueError, match="read-only"):
        load(tmp_path / "w.safetensors")["table"][0] = 2.0


def test_swapped_weights_are_refused(tmp_path: Path) -> None:
    digest = save(tmp_path / "right.safetensors", WEIGHTS, {})
    save(tmp_path / "wrong.safetensors", {"a.weight": np.zeros(3)}, {})
    with pytest.raises(WeightsError, match="damaged or swapped"):
        load(tmp_path / "wrong.safetensors", digest)


def test_a_damaged_file_is_refused_after_it_was_read_once(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    digest = save(path, WEIGHTS, {})
    load(path, digest)
    path.write_bytes(path.read_bytes()[:-1] + b"\x77")
    with pytest.raises(WeightsError, match="damaged or swapped"):
        load(path, digest)


def test_new_weights_under_an_old_name_are_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save(path, {"x": np.zeros(2)}, {})
    load(path)
    save(path, {"x": np.ones(2)}, {})
    assert load(path)["x"].tolist() == [1.0, 1.0]


def test_a_file_that_is_no_safetensors_is_named(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_text("nothing of the kind")
    with pytest.raises(WeightsError, match="no safetensors"):
        load(path)


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("the pickle was opened",))


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("open_them", [lambda path: load(path, "0" * 64), load, metadata])
def test_a_pickle_is_refused_unread(tmp_path: Path, protocol: int, open_them: Callable[[Path], Any]) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(pickle.dumps(Bomb(), protocol))
    with pytest.raises(WeightsError, match="is a pickle, which may hold code, and was refused unread") as refused:
        open_them(path)
    assert str(refused.value).endswith("train again with dusktape train")


def test_weights_whose_first_bytes_look_like_a_pickle_are_read(tmp_path: Path) -> None:
    path, size = tmp_path / "w.safetensors", 0
    while not path.exists() or path.read_bytes()[:2] != b"\x80\x02":
        size += 1
        save(path, {"x": np.ones(2)}, {"padding": "x" * size})
    assert load(path)["x"].tolist() == [1.0, 1.0]
    assert metadata(path)["padding"] == "x" * size


def test_weights_that_are_not_int16_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file({"x": np.zeros(2, np.float32)}, str(path))
    with pytest.raises(WeightsError, match="'x' not as int16"):
        load(path)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot read weights"):
        load(tmp_path / "none.safetensors")


def test_the_same_weights_and_metadata_make_the_same_bytes(tmp_path):
    metadata = {name: name * 3 for name in ("model", "options", "vocabulary", "ünicode", "a", "b")}
    weights = {"w": np.linspace(-1, 1, 7), "b": np.ones((2, 3))}
    hashes = {save(tmp_path / str(k), weights, metadata) for k in range(20)}
    assert len(hashes) == 1
    assert load(tmp_path / "0", hashes.pop())["b"].tolist() == [[1.0] * 3] * 2
