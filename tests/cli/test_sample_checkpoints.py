from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile

from dusktape.nn import floats

from ..diffusion_kit import published_weights


class Runs:
    """Writes a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return (Path.touch, (self.trace,))


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A checkpoint as Harmonai published them, but tiny."""
    torch = pytest.importorskip("torch", reason="diffusion needs torch; install 'dusktape[audio]'")
    pytest.importorskip("diffusers", reason="diffusion needs diffusers; install 'dusktape[audio]'")
    torch.set_num_threads(1)
    state = {f"diffusion_ema.{name}": tensor for name, tensor in published_weights(2).items()}
    path = tmp_path / "honk-140k.ckpt"
    torch.save({"state_dict": state}, path)
    return path


@pytest.mark.parametrize(
    "asked",
    [
        (),
        ("--vary", "a.wav"),
        ("--between", "a.wav", "b.wav"),
        ("--continue", "a.wav", "--seconds", 0.05),
        ("--inpaint", "a.wav", "--from", 0.01, "--to", 0.02),
    ],
)
def test_sounds_come_from_a_checkpoint_of_somebody_else_s(
    dusktape: Callable[..., Any], checkpoint: Path, tmp_path: Path, asked: tuple[Any, ...]
) -> None:
    for name, length in (("a.wav", 480), ("b.wav", 300)):
        soundfile.write(tmp_path / name, [[0.1, -0.1]] * length, 16_000)
    length = () if "--seconds" in asked or asked else ("--seconds", 0.03)
    common = ("-n", 1, "--steps", 4, "--seed", 1)
    said = dusktape("sample", checkpoint.name, *common, *length, *asked)
    assert (said.code, said.out) == (0, "honk-140k-1\n")
    assert f"honk-140k.ckpt: sha256 {floats.sha256(checkpoint)}" in said.err
    told = json.loads((tmp_path / "honk-140k-1" / "sample.json").read_text("utf-8"))
    assert (told["model"], told["sha256"], told["data"]) == ("diffusion", floats.sha256(checkpoint), None)
    (file,) = (tmp_path / "honk-140k-1").glob("*.wav")
    assert (soundfile.info(file).samplerate, soundfile.info(file).channels) == (16_000, 2)


def test_what_cannot_be_opened_is_told_in_one_line(refused: Callable[..., str], tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="diffusion needs torch; install 'dusktape[audio]'")
    pytest.importorskip("diffusers", reason="diffusion needs diffusers; install 'dusktape[audio]'")
    (tmp_path / "words.ckpt").write_text("no weights at all")
    torch.save({"state_dict": {"layer.weight": torch.zeros(2)}}, tmp_path / "other.ckpt")
    torch.save({"state_dict": Runs(tmp_path / "trace")}, tmp_path / "evil.ckpt")
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "config.json").write_text(json.dumps({"_class_name": "UNet2DModel"}))
    for command in (("sample",), ("pack", "--quiet", "--out", "pack", "--licence", "CC0-1.0")):
        for word, said in (
            ("words.ckpt", "words.ckpt is no checkpoint: it is neither torch's archive nor a pickle; give a run of"),
            ("other.ckpt", "another architecture"),
            ("evil.ckpt", "may run code, and was refused"),
            ("hub", "describes another architecture: it is a UNet2DModel"),
            ("honk-140k", "dusktape downloads none"),
        ):
            assert said in refused(*command, word)
    assert not (tmp_path / "trace").exists()


def test_a_device_that_torch_cannot_use_is_refused(
    dusktape: Callable[..., Any], refused: Callable[..., str], checkpoint: Path
) -> None:
    assert "torch cannot use the device 'abacus'" in refused("sample", checkpoint.name, "--device", "abacus")
    asked = ("-n", 1, "--steps", 1, "--seconds", 0.03, "--device", "cpu", "-o", "out")
    assert dusktape("sample", checkpoint.name, *asked).code == 0
