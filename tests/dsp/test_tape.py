"""The tape deck's pieces: emphasis can be undone, drop-outs lie where the seed says, pitch strays as asked."""

import numpy as np
import pytest

from dusktape.core.audio import CONTROL_FRAMES
from dusktape.core.seed import Seed
from dusktape.dsp.filters import StateSpaceFilter
from dusktape.dsp.tape import Dropouts, Emphasis, wander

RATE = 44_100


def test_emphasis_lifts_the_top_and_its_undoing_gives_the_sound_back():
    x = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 5000)).astype(np.float32)
    emphasis = Emphasis(3000.0, RATE, 2)
    lifted = np.concatenate([emphasis.process(part) for part in (x[:, :1], x[:, 1:1], x[:, 1:700], x[:, 700:])], axis=1)
    assert np.std(lifted) > 2 * np.std(x)
    back = StateSpaceFilter(emphasis.undo, 2).process(lifted)
    assert np.abs(back - x).max() < 1e-5


def skips(per_s, size, seed=1, frames=441_000):
    made = Dropouts(Seed(seed), per_s=per_s, depth_db=10.0, sample_rate=RATE)
    return np.concatenate([made.process(min(size, frames - at)) for at in range(0, frames, size)])


def test_dropouts_come_as_often_as_asked_and_no_deeper():
    gain = skips(1.0, 65_536, frames=60 * RATE)
    begins = np.count_nonzero((gain[1:] < 1.0) & (gain[:-1] == 1.0))
    assert 30 < begins < 90
    assert 10 ** (-25 / 20) < gain.min() < 0.6
    assert np.all(skips(0.0, 65_536) == 1.0)


@pytest.mark.parametrize("size", [63, 1000, 44_101])
def test_dropouts_do_not_depend_on_block_sizes(size):
    assert np.abs(skips(2.0, size) - skips(2.0, 441_000)).max() < 1e-6


@pytest.mark.parametrize("flutter", [0.0, 0.2])
def test_wander_is_a_standard_deviation_of_pitch(flutter):
    spread = []
    for seed in range(6):
        swings = wander(Seed(seed), 2.0, wow_hz=0.7, flutter_hz=7.0, flutter=flutter, sample_rate=RATE)
        delay = sum(swing.at(np.arange(20_000)) for swing in swings)
        spread.append(np.std(1200 * np.log2(1 - np.diff(delay) / CONTROL_FRAMES)))
    assert np.mean(spread) == pytest.approx(2.0, rel=0.1)
