from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from dusktape.core.errors import WeightsError

torch = pytest.importorskip("torch", reason="training needs torch; install 'dusktape[train]'")

from dusktape.train import checkpoint  # noqa: E402


def test_what_is_written_is_read_to_the_last_bit(tmp_path: Path) -> None:
    net = torch.nn.LSTM(3, 4)
    optimiser = torch.optim.AdamW(net.parameters())
    net(torch.randn(5, 2, 3))[0].sum().backward()
    optimiser.step()
    tree = {
        "optimiser": optimiser.state_dict(),
        "random": [torch.get_rng_state()],
        "numbers": [1, 0.1, None, True, "text", 2.0**-1074],
        "empty": {},
    }
    checkpoint.write(tmp_path / "c", tree)
    found: Any = checkpoint.read(tmp_path / "c")
    assert found["numbers"] == tree["numbers"]
    assert found["empty"] == {}
    assert torch.equal(found["random"][0], tree["random"][0])
    assert found["optimiser"]["state"].keys() == tree["optimiser"]["state"].keys()
    for number, values in tree["optimiser"]["state"].items():
        assert all(torch.equal(found["optimiser"]["state"][number][k], v) for k, v in values.items())
    optimiser.load_state_dict(found["optimiser"])


def test_a_checkpoint_is_replaced_whole(tmp_path: Path) -> None:
    checkpoint.write(tmp_path / "c", {"n": 1})
    checkpoint.write(tmp_path / "c", {"n": 2})
    assert checkpoint.read(tmp_path / "c") == {"n": 2}
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("the pickle was opened",))


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_refused_unread(tmp_path: Path, protocol: int) -> None:
    (tmp_path / "c").write_bytes(pickle.dumps(Bomb(), protocol))
    with pytest.raises(WeightsError, match="is a pickle, which may hold code, and was refused unread; dusktape reads"):
        checkpoint.read(tmp_path / "c")


@pytest.mark.parametrize("zipped", [False, True])
def test_what_torch_saves_is_refused_unread(tmp_path: Path, zipped: bool) -> None:
    torch.save({"w": torch.ones(2), "b": Bomb()}, tmp_path / "c", _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightsError, match="is a pickle"):
        checkpoint.read(tmp_path / "c")


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ", bytes(100)])
def test_a_damaged_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c").write_bytes(content)
    with pytest.raises(WeightsError, match="train without --resume") as caught:
        checkpoint.read(tmp_path / "c")
    assert "\n" not in str(caught.value)


def test_half_a_checkpoint_and_none_are_one_line(tmp_path: Path) -> None:
    checkpoint.write(tmp_path / "c", {"w": torch.ones(1000)})
    (tmp_path / "half").write_bytes((tmp_path / "c").read_bytes()[:2000])
    for name in ("half", "none"):
        with pytest.raises(WeightsError, match="train without --resume"):
            checkpoint.read(tmp_path / name)


def test_another_format_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "FORMAT", 7)
    checkpoint.write(tmp_path / "c", {"n": 1})
    monkeypatch.undo()
    with pytest.raises(WeightsError, match="is of format '7', this dusktape reads 1"):
        checkpoint.read(tmp_path / "c")
