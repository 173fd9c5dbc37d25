from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import InputError, OutputError
from dusktape.core.seed import Seed
from dusktape.dsp.loudness import lufs, true_peak_db
from dusktape.publish.stretch import deliver

RATE = 32_000


def phrase(seconds: float = 2.0, peak: float = 0.3) -> Any:
    """Plucked notes in stereo, with silence between."""
    t = np.arange(round(seconds * RATE)) / RATE
    left, right = (sum(np.sin(2 * np.pi * f * t) for f in fs) for fs in ((220, 331), (221, 440)))
    x = np.stack([left, right]) * np.exp(-6.0 * (t % 0.5))
    return x * peak / np.abs(x).max()


def rms_db(x: Any) -> float:
    return float(10.0 * np.log10((x**2).mean()))


def stretched(folder: Path, x: Any, name: str = "out.flac", times: float = 4.0, **more: Any) -> tuple[Any, Any]:
    soundfile.write(folder / "in.wav", x.T, RATE, subtype="FLOAT")
    facts = deliver(folder / "in.wav", folder / name, times=times, seed=Seed(3), **more)
    return soundfile.read(folder / name, always_2d=True)[0].T, facts


@pytest.mark.parametrize("name", ["out.flac", "out.wav", "out.mp3"])
def test_the_result_is_longer_and_as_loud(name: str, tmp_path: Path) -> None:
    x = phrase()
    y, facts = stretched(tmp_path, x, name)
    assert y.shape == (2, 4 * x.shape[1])
    assert rms_db(y) == pytest.approx(rms_db(x), abs=0.1)
    assert lufs(y.astype(np.float32), RATE) == pytest.approx(lufs(x.astype(np.float32), RATE), abs=0.5)
    assert facts["after"]["rms_db"] == pytest.approx(rms_db(y), abs=0.1)
    assert facts["before"]["rms_db"] == pytest.approx(rms_db(x), abs=0.01)


def test_a_loud_source_is_limited_and_keeps_its_level(tmp_path: Path) -> None:
    x = phrase(peak=1.0)
    x = np.clip(1.3 * x, -0.99, 0.99)
    y, _ = stretched(tmp_path, x)
    assert true_peak_db(y.astype(np.float32)) < -0.8
    assert rms_db(y) == pytest.approx(rms_db(x), abs=0.5)


def test_a_source_without_headroom_never_clips(tmp_path: Path) -> None:
    x = np.sign(np.random.default_rng(0).standard_normal((1, RATE)))
    y, facts = stretched(tmp_path, x)
    assert true_peak_db(y.astype(np.float32)) < -0.8
    assert facts["after"]["rms_db"] > -13.0


@pytest.mark.parametrize("frames", [40, 400, 9000])
def test_a_blow_is_as_loud_as_it_was(frames: int, tmp_path: Path) -> None:
    x = 0.2 * np.random.default_rng(1).standard_normal((1, frames)) * np.exp(-np.arange(frames) / 1000.0)
    y, _ = stretched(tmp_path, x, times=20.0)
    assert y.shape == (1, 20 * frames)
    assert rms_db(y) == pytest.approx(rms_db(x), abs=0.1)


def test_silence_stays_silent(tmp_path: Path) -> None:
    y, facts = stretched(tmp_path, np.zeros((2, 5000)))
    assert not y.any()
    assert facts["after"] == {"rms_db": None, "integrated_lufs": None}


def test_progress_ends_at_the_end(tmp_path: Path) -> None:
    shares: list[float] = []
    stretched(tmp_path, phrase(), progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_what_cannot_be_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    x = phrase(0.5)
    for more, said in (
        ({"times": 0.5}, "--times is 1 to 1000"),
        ({"times": float("nan")}, "--times"),
        ({"window_s": 0.0}, "--window is"),
    ):
        with pytest.raises(InputError, match=said):
            stretched(tmp_path, x, **more)
    with pytest.raises(OutputError, match="which we do not write"):
        stretched(tmp_path, x, "out.aiff")
    with pytest.raises(OutputError, match="the file that is read"):
        stretched(tmp_path, x, "in.wav", force=True)
    soundfile.write(tmp_path / "fast.wav", x[0], 96_000)
    with pytest.raises(OutputError, match="no MP3 of 96000"):
        deliver(tmp_path / "fast.wav", tmp_path / "out.mp3", times=2.0, seed=Seed(0))
    soundfile.write(tmp_path / "long.wav", np.zeros(60 * 4000), 4000)
    with pytest.raises(InputError, match="hours, and 4 is the most"):
        deliver(tmp_path / "long.wav", tmp_path / "out.flac", times=1000.0, seed=Seed(0))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fast.wav", "in.wav", "long.wav"]
