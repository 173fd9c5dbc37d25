import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.doubler import Doubler

RATE = 44_100


def run(part, x):
    return part.open(RATE, len(x), cues=Cues(frames=x.shape[1]), seed=Seed(1)).process(x)


def noise(channels, frames=30_000):
    return (0.3 * np.random.default_rng(1).standard_normal((channels, frames))).astype(np.float32)


def test_left_and_right_together_are_the_dry_sound():
    x = noise(1)
    out = run(Doubler(), x)
    assert out.shape == (2, x.shape[1])
    assert np.abs(out.mean(axis=0) - x[0]).max() < 1e-6
    assert np.abs(out[0] - out[1]).max() > 0.1


def test_the_side_lies_below_the_middle_as_in_real_tracks():
    hz = np.array([70.0, 127.0, 200.0, 400.0, 700.0, 1_000.0, 3_000.0, 6_000.0])
    response = Doubler().impulse_response(RATE, 1, seed=Seed(1))
    spectrum = response @ np.exp(-2j * np.pi * np.outer(np.arange(response.shape[1]), hz) / RATE)
    side_db = 20 * np.log10(np.abs(spectrum[0] - spectrum[1]) / np.abs(spectrum[0] + spectrum[1]))
    low = np.array([-40.0, -21.0, -11.0, -5.5, -5.5, -5.5, -9.0, -13.0])
    high = np.array([-28.0, -16.0, -7.0, -3.0, -3.0, -3.0, -6.0, -9.0])
    assert np.all((low < side_db) & (side_db < high)), side_db


def test_the_copy_is_late_by_the_delay():
    x = noise(1)
    out = run(Doubler(delay_ms=10.0), x)
    side = out[0] - out[1]
    assert not np.any(side[:441])
    assert np.any(side[441:500])


def test_stereo_keeps_its_own_sides():
    x = noise(2)
    out = run(Doubler(amount=0.0), x)
    assert np.array_equal(out, x)


def test_more_is_wider():
    narrow, wide = (run(Doubler(amount=a), noise(1)) for a in (0.25, 0.5))
    ratio = np.std(wide[0] - wide[1]) / np.std(narrow[0] - narrow[1])
    assert ratio == pytest.approx(2.0, abs=1e-3)
