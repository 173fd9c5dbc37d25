"""A chorus makes several of one, apart on both sides."""

import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.chorus import Chorus

RATE = 44_100


def thicken(effect, x, size=None):
    processor = effect.open(RATE, len(x), cues=Cues(frames=x.shape[1]), seed=Seed(1))
    size = size or x.shape[1]
    return np.concatenate([processor.process(x[:, at : at + size]) for at in range(0, x.shape[1], size)], axis=1)


def test_mono_becomes_two_sides_that_differ_and_mono_again_when_dry():
    x = np.random.default_rng(0).standard_normal((1, 20_000)).astype(np.float32)
    wet = thicken(Chorus(mix=0.5), x)
    assert wet.shape == (2, 20_000)
    assert np.corrcoef(wet)[0, 1] < 0.9
    assert np.array_equal(thicken(Chorus(mix=0.0), x), np.concatenate([x, x]))


def test_a_click_returns_after_the_asked_delay_on_each_side():
    x = np.zeros((1, 4000), np.float32)
    x[0, 100] = 1.0
    y = thicken(Chorus(rate_hz=0.5, depth_ms=0.5, delay_ms=10.0, voices=1, mix=1.0), x)
    start = RATE * 10e-3 + 100
    left, right = (int(np.argmax(np.abs(side))) for side in y)
    # Left starts in the middle of its swing, right a quarter turn on, where it is longest.
    assert left == pytest.approx(start, abs=2)
    assert right == pytest.approx(start + RATE * 0.5e-3, abs=2)


def test_power_hardly_depends_on_the_mix():
    # Below 8 kHz: the voices are darker above that, as those of a bucket brigade are.
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal((2, 60_000)))
    spectrum[:, int(8000 / RATE * 60_000) :] = 0.0
    x = np.fft.irfft(spectrum).astype(np.float32)
    x /= np.sqrt(np.mean(x**2))
    for voices in (1, 2, 3):
        power = [np.mean(thicken(Chorus(mix=mix, voices=voices), x)[:, 2000:] ** 2) for mix in (0.0, 0.5, 1.0)]
        assert power == pytest.approx([1.0, 1.0, 1.0], rel=0.12)


def test_pitch_swings_by_rate_times_depth():
    n = np.arange(3 * RATE)
    x = np.sin(2 * np.pi * 1000 / RATE * n)[None].astype(np.float32)
    y = thicken(Chorus(rate_hz=1.0, depth_ms=1.0, voices=1, mix=1.0), x)[0]
    z = y * np.exp(-2j * np.pi * 1000 / RATE * n)
    slow = np.convolve(z, np.blackman(2001) / np.blackman(2001).sum(), "same")[4000:-4000]
    ratio = np.diff(np.unwrap(np.angle(slow))) / (2 * np.pi * 1000 / RATE)
    assert np.abs(ratio).max() == pytest.approx(2 * np.pi * 1e-3, rel=0.03)


@pytest.mark.parametrize("channels", [1, 2])
def test_block_size_does_not_change_the_sound(channels):
    x = np.random.default_rng(1).standard_normal((channels, 900)).astype(np.float32)
    effect = Chorus(rate_hz=2.5, depth_ms=4.0, delay_ms=5.0, voices=3)
    whole = thicken(effect, x)
    for size in (1, 63, 64, 65, 1000):
        assert np.abs(thicken(effect, x, size) - whole).max() < 1e-5
