"""Wow bends the pitch by what was asked, both sides together, and leaves a tone clean."""

import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.wow import Wow

RATE = 44_100


def play(effect, x, seed=0, size=None):
    processor = effect.open(RATE, len(x), cues=Cues(frames=x.shape[1]), seed=Seed(seed))
    size = size or x.shape[1]
    return np.concatenate([processor.process(x[:, at : at + size]) for at in range(0, x.shape[1], size)], axis=1)


def tone(hz, seconds):
    return np.sin(2 * np.pi * hz / RATE * np.arange(round(seconds * RATE)))[None].astype(np.float32)


def deviation(y, hz):
    """Cents above the tone, every 49 frames (900 a second): shifted to 0 Hz and smoothed."""
    z = y * np.exp(-2j * np.pi * hz / RATE * np.arange(y.size))
    window = np.blackman(1601)
    z = np.convolve(z, window / window.sum(), "valid")[2000:-100:49]
    return 1200 * np.log2(1 + np.diff(np.unwrap(np.angle(z))) / 49 / (2 * np.pi * hz / RATE))


@pytest.mark.parametrize(("cents", "hz"), [(1.0, 1.1), (4.0, 0.6), (8.0, 0.5)])
def test_wow_reaches_the_cents_it_was_asked_for(cents, hz):
    y = play(Wow(wow_cents=cents, wow_hz=hz, flutter_cents=0.0), tone(1000, 24))[0]
    assert np.abs(deviation(y, 1000)).max() == pytest.approx(cents, rel=0.15)


@pytest.mark.parametrize(("cents", "hz"), [(0.2, 6.0), (1.5, 9.0)])
def test_flutter_reaches_the_cents_it_was_asked_for(cents, hz):
    y = play(Wow(wow_cents=0.0, flutter_cents=cents, flutter_hz=hz), tone(1000, 8))[0]
    assert np.abs(deviation(y, 1000)).max() == pytest.approx(cents, rel=0.15)


def test_the_wow_is_irregular():
    swings = deviation(play(Wow(wow_hz=1.0, flutter_cents=0.0), tone(1000, 16))[0], 1000)
    peaks = swings[1:-1][(swings[1:-1] > swings[:-2]) & (swings[1:-1] > swings[2:]) & (swings[1:-1] > 1.0)]
    assert peaks.max() - peaks.min() > 0.4


@pytest.mark.parametrize("hz", [440, 3000, 9000])
def test_a_tone_stays_clean(hz):
    y = play(Wow(), tone(hz, 4))[0, RATE:]
    s = np.abs(np.fft.rfft(y * np.blackman(y.size))) ** 2
    at = round(hz * y.size / RATE)
    near = s[at - 300 : at + 300].sum()
    assert 10 * np.log10((s.sum() - near) / near) < -80


def test_left_and_right_move_together():
    x = np.repeat(np.random.default_rng(0).standard_normal((1, 20_000)).astype(np.float32), 2, axis=0)
    left, right = play(Wow(wow_cents=8.0, flutter_cents=1.5), x)
    assert np.array_equal(left, right)


def test_without_wow_it_is_a_delay_of_the_declared_latency():
    x = tone(700, 0.2)
    effect = Wow(wow_cents=0.0, flutter_cents=0.0)
    late = effect.open(RATE, 1, cues=Cues(frames=1), seed=Seed(0)).latency_frames
    y = play(effect, x)
    assert np.abs(y[:, late + 20 :] - x[:, 20:-late]).max() < 1e-4


def test_the_seed_decides_the_movement():
    x = tone(500, 0.3)
    assert np.array_equal(play(Wow(), x, seed=1), play(Wow(), x, seed=1))
    assert not np.allclose(play(Wow(), x, seed=1), play(Wow(), x, seed=2), atol=1e-3)


def test_block_size_does_not_change_the_sound():
    x = np.random.default_rng(1).standard_normal((2, 1500)).astype(np.float32)
    effect = Wow(wow_cents=30.0, wow_hz=3.0, flutter_cents=6.0, flutter_hz=15.0)
    whole = play(effect, x)
    for size in (1, 63, 64, 65, 1000):
        assert np.abs(play(effect, x, size=size) - whole).max() < 1e-5


def test_nothing_of_the_first_beat_is_cut_off():
    x = np.zeros((1, 8000), np.float32)
    x[0, :400] = np.hanning(400)
    for seed in range(6):
        processor = Wow(wow_cents=17.0, flutter_cents=1.6).open(RATE, 1, cues=Cues(frames=8000), seed=Seed(seed))
        late = processor.latency_frames
        y = processor.process(np.concatenate([x, np.zeros((1, late), np.float32)], axis=1))[:, late:]
        assert np.abs(y[0, :400] - x[0, :400]).max() < 0.02
