from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    x = 0.3 * np.sin(0.05 * np.arange(16_000))
    soundfile.write(tmp_path / "tone.wav", x, 16_000, subtype="FLOAT")
    return tmp_path / "tone.wav"


def test_a_sound_becomes_eight_times_longer(dusktape: Callable[..., Any], tone: Path, tmp_path: Path) -> None:
    said = dusktape("stretch", tone, "--seed", 1)
    assert (said.code, said.out) == (0, "tone-x8.flac\n")
    assert soundfile.info(tmp_path / "tone-x8.flac").frames == 8 * 16_000
    assert "-13.5 dB RMS" in said.err


def test_the_level_is_in_the_json(dusktape: Callable[..., Any], tone: Path, tmp_path: Path) -> None:
    said = dusktape("stretch", tone, "--times", 2.5, "-o", "slow.wav", "--seed", 3, "--json", "--quiet")
    assert said.err == ""
    told = json.loads(said.out)
    assert (told["path"], told["seconds"], told["seed"]) == ("slow.wav", 2.5, 3)
    assert told["after"]["rms_db"] == pytest.approx(told["before"]["rms_db"], abs=0.05)


def test_the_same_seed_makes_the_same_file(dusktape: Callable[..., Any], tone: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert dusktape("stretch", tone, "--times", 2, "--seed", seed, "-o", f"{name}.flac").code == 0
    a, b, c = (soundfile.read(tmp_path / f"{name}.flac")[0] for name in "abc")
    assert np.array_equal(a, b)
    assert not np.allclose(a, c, atol=0.01)


def test_mistakes_are_told(refused: Callable[..., str], tone: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.wav").write_text("hello")
    for arguments, said in (
        (("none.wav",), "no such file"),
        (("empty.wav",), "is empty"),
        (("text.wav",), "no WAV, FLAC"),
        ((".",), "is a folder"),
        ((tone, "--times", 0.5), "--times is 1 to 1000"),
        ((tone, "--window", 60), "--window is 0.01 to 10 s"),
        ((tone, "-o", "slow"), "has no ending"),
        ((tone, "-o", "slow.aiff"), "which we do not write"),
        ((tone, "-o", tone, "--force"), "the file that is read"),
        ((tone, "--seed", -1), "a seed is 0 or more"),
    ):
        assert said in refused("stretch", *arguments)
