"""Crush holds and rounds, anchored to the first frame."""

import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.crush import Crush

RATE = 44_100


def crushed(effect, x, size=None):
    processor = effect.open(RATE, len(x), cues=Cues(frames=x.shape[1]), seed=Seed(1))
    size = size or x.shape[1]
    return np.concatenate([processor.process(x[:, at : at + size]) for at in range(0, x.shape[1], size)], axis=1)


def noise(channels=1, frames=4000, level=0.3):
    return (level * np.random.default_rng(0).standard_normal((channels, frames))).astype(np.float32)


def test_samples_are_held_for_a_whole_ratio():
    x = noise()
    y = crushed(Crush(rate_hz=RATE / 4, bits=16, dither=False, antialias=False), x)
    assert np.abs(y[0] - np.repeat(x[0, ::4], 4)).max() < 2.0**-15


def test_a_ratio_need_not_be_whole():
    rate = 17_640.0
    y = crushed(Crush(rate_hz=rate, bits=16, dither=False, antialias=False), noise())[0]
    steps = np.flatnonzero(np.diff(y)) + 1
    assert set(np.diff(steps).tolist()) == {2, 3}
    assert steps.size == pytest.approx(4000 * rate / RATE, abs=2)


def test_three_in_four_values_lie_on_the_grid_of_the_bits():
    y = crushed(Crush(rate_hz=RATE, bits=8, dither=False, antialias=False), noise())[0] * 128
    x = noise()[0] * 128
    on_grid = np.abs(y - np.round(y)) < 1e-3
    assert on_grid.mean() == pytest.approx(0.75, abs=0.05)
    assert np.abs(y - x).max() <= 0.5 + 1e-3
    assert np.array_equal(y[on_grid].round(), x[on_grid].round())


def test_the_last_bit_of_a_float_cannot_become_a_step():
    x = noise()
    nudged = np.nextafter(x, np.float32(2.0))
    crush = Crush(bits=12)
    assert np.abs(crushed(crush, x) - crushed(crush, nudged)).max() < 2e-6


def test_dither_turns_distortion_into_noise():
    x = (0.01 * np.sin(2 * np.pi * 441 / RATE * np.arange(RATE)))[None].astype(np.float32)

    def third(dither):
        s = np.abs(np.fft.rfft(crushed(Crush(rate_hz=RATE, bits=8, dither=dither), x)[0]))
        return s[1323] / s[441]

    assert third(True) < 0.25 * third(False)


def test_the_filter_keeps_high_tones_from_folding():
    x = (0.5 * np.sin(2 * np.pi * 15_000 / RATE * np.arange(RATE)))[None].astype(np.float32)

    def folded(antialias):
        y = crushed(Crush(rate_hz=RATE / 2, bits=16, dither=False, antialias=antialias), x)[0]
        return np.abs(np.fft.rfft(y))[RATE // 2 - 15_000]

    assert folded(True) < 0.1 * folded(False)


def test_dry_sound_is_as_late_as_declared():
    x = noise(2)
    effect = Crush(rate_hz=8000.0, mix=0.0)
    late = effect.open(RATE, 2, cues=Cues(frames=1), seed=Seed(0)).latency_frames
    y = crushed(effect, x)
    assert late > 0
    assert np.array_equal(y[:, late:], x[:, :-late])


@pytest.mark.parametrize("size", [1, 63, 64, 65, 999])
@pytest.mark.parametrize("rate_hz", [2000.0, 13_333.3, 22_050.0, 96_000.0])
def test_block_size_does_not_change_the_sound(rate_hz, size):
    x = noise(2, frames=1500)
    effect = Crush(rate_hz=rate_hz, bits=9, mix=0.7)
    assert np.abs(crushed(effect, x, size) - crushed(effect, x)).max() < 1e-6
