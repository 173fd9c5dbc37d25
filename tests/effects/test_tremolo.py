"""The tremolo sways from side to side at its pace and keeps the power."""

import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.tremolo import Tremolo

RATE = 44_100


def sway(effect, frames=2 * RATE):
    processor = effect.open(RATE, 1, cues=Cues(frames=frames), seed=Seed(0))
    return processor.process(np.ones((1, frames), np.float32))


def test_it_swings_at_the_asked_rate():
    left = sway(Tremolo(rate_hz=5.0))[0]
    assert np.argmax(np.abs(np.fft.rfft(left - left.mean()))) == 10


def test_full_depth_reaches_silence_and_no_depth_changes_nothing():
    assert sway(Tremolo(depth=1.0)).min() < 0.01
    assert np.allclose(sway(Tremolo(depth=0.0)), 1.0, atol=1e-6)


def test_the_sides_swing_against_each_other_or_together():
    apart, together = sway(Tremolo(spread=1.0)), sway(Tremolo(spread=0.0))
    assert np.corrcoef(apart)[0, 1] < -0.99
    assert np.array_equal(together[0], together[1])


@pytest.mark.parametrize("depth", [0.2, 0.6, 1.0])
def test_depth_keeps_the_power(depth):
    assert np.mean(sway(Tremolo(rate_hz=4.0, depth=depth)) ** 2) == pytest.approx(1.0, rel=0.01)


def test_block_size_does_not_change_the_sound():
    x = np.random.default_rng(0).standard_normal((2, 1500)).astype(np.float32)
    whole = Tremolo().open(RATE, 2, cues=Cues(frames=1500), seed=Seed(0)).process(x)
    for size in (1, 63, 64, 65):
        processor = Tremolo().open(RATE, 2, cues=Cues(frames=1500), seed=Seed(0))
        parts = [processor.process(x[:, at : at + size]) for at in range(0, 1500, size)]
        assert np.abs(np.concatenate(parts, axis=1) - whole).max() < 1e-6
