from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dusktape.core.seed import Seed
from dusktape.dsp.paulstretch import PaulStretch

RATE = 8000


def stretched(x: Any, times: float, *, window: int = 2000, block: int = 1 << 20, seed: int = 1) -> Any:
    stretch = PaulStretch(len(x), times, window_frames=window, seed=Seed(seed))
    out = [stretch.push(x[:, k : k + block]) for k in range(0, x.shape[1], block)]
    return np.concatenate([*out, stretch.finish()], axis=1)


def noise(frames: int, channels: int = 2) -> Any:
    return (0.1 * np.random.default_rng(0).standard_normal((channels, frames))).astype(np.float32)


def level_db(x: Any) -> float:
    return float(10.0 * np.log10((x.astype(np.float64) ** 2).mean()))


@pytest.mark.parametrize("block", [1, 63, 64, 65, 4096])
def test_block_size_does_not_change_the_sound(block: int) -> None:
    x = noise(3000)
    assert np.array_equal(stretched(x, 3.0, window=500, block=block), stretched(x, 3.0, window=500))


@pytest.mark.parametrize("frames", [1, 10, 999, 1000, 1001, 5000])
@pytest.mark.parametrize("times", [1.0, 2.5, 40.0])
def test_it_becomes_as_much_longer_as_asked(frames: int, times: float) -> None:
    out = stretched(noise(frames), times, window=1000)
    assert out.shape == (2, round(frames * times))
    assert np.isfinite(out).all()


@pytest.mark.parametrize("times", [1.0, 8.0, 50.0])
def test_the_level_stays(times: float) -> None:
    x = noise(4 * RATE)
    assert level_db(stretched(x, times)) == pytest.approx(level_db(x), abs=0.3)


def test_the_level_is_even_from_end_to_end() -> None:
    out = stretched(noise(2 * RATE), 8.0)
    parts = [level_db(part) for part in np.array_split(out, 16, axis=1)]
    assert max(parts) - min(parts) < 1.5


def test_a_tone_stays_at_its_pitch() -> None:
    x = np.sin(2.0 * np.pi * 440.0 * np.arange(RATE) / RATE)[None].astype(np.float32)
    out = stretched(x, 6.0)[0]
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    peak = np.argmax(spectrum) * RATE / len(out)
    assert peak == pytest.approx(440.0, abs=4.0)


def test_what_strikes_is_smeared() -> None:
    x = np.zeros((1, RATE), np.float32)
    x[:, RATE // 2] = 1.0
    out = stretched(x, 8.0)[0]
    loud = np.flatnonzero(np.abs(out) > 0.1 * np.abs(out).max())
    assert loud[-1] - loud[0] > 8000
    assert abs(loud.mean() - 4 * RATE) < 1500


def test_events_lie_where_they_should() -> None:
    x = noise(2 * RATE, 1)
    x[:, :RATE] = 0.0
    out = stretched(x, 5.0, window=1000)[0]
    power = np.cumsum(out.astype(np.float64) ** 2)
    assert power[5 * RATE - 3000] < 0.02 * power[-1]
    assert power[round(7.5 * RATE)] == pytest.approx(0.5 * power[-1], rel=0.1)


def test_the_image_stays() -> None:
    mono = noise(RATE, 1)
    out = stretched(np.concatenate([mono, 0.5 * mono]), 4.0)
    assert np.allclose(out[1], 0.5 * out[0], atol=1e-6)


def test_the_seed_decides_and_nothing_else() -> None:
    x = noise(RATE)
    assert np.array_equal(stretched(x, 4.0), stretched(x, 4.0))
    assert not np.allclose(stretched(x, 4.0), stretched(x, 4.0, seed=2), atol=1e-2)


def test_a_long_sound_costs_no_more_memory_than_some_windows() -> None:
    stretch = PaulStretch(2, 2.0, window_frames=2000, seed=Seed(0))
    block = noise(RATE)
    for _ in range(40):
        stretch.push(block)
    assert stretch._held.shape[1] < 20_000


def test_silence_and_nothing_stay_what_they_are() -> None:
    assert not stretched(np.zeros((2, 4000), np.float32), 8.0).any()
    stretch = PaulStretch(2, 8.0, window_frames=2000, seed=Seed(0))
    assert stretch.push(np.zeros((2, 0), np.float32)).shape == (2, 0)
    assert stretch.finish().shape == (2, 0)


def test_numbers_that_cannot_be_are_refused() -> None:
    for times, window in ((0.5, 2000), (float("nan"), 2000), (8.0, 2)):
        with pytest.raises(ValueError, match="cannot be"):
            PaulStretch(1, times, window_frames=window, seed=Seed(0))
