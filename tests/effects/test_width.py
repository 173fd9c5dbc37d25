import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.width import Width

RATE = 44_100


def run(part, x):
    return part.open(RATE, len(x), cues=Cues(frames=x.shape[1]), seed=Seed(1)).process(x)


def tones(left_hz, right_hz, frames=RATE):
    time = np.arange(frames) / RATE
    return np.sin(2 * np.pi * np.array([[left_hz], [right_hz]]) * time).astype(np.float32)


def side_over_middle(x):
    return np.std((x[0] - x[1])[5_000:]) / np.std((x[0] + x[1])[5_000:])


@pytest.mark.parametrize("width", [0.5, 1.0, 2.0])
def test_the_side_grows_by_the_width(width):
    x = tones(800.0, 1_300.0)
    out = run(Width(width=width, mono_below_hz=0.0), x)
    assert side_over_middle(out) == pytest.approx(width * side_over_middle(x), rel=1e-4)


def test_the_sum_never_changes():
    x = tones(60.0, 900.0)
    out = run(Width(width=1.7, mono_below_hz=200.0), x)
    assert np.abs(out.sum(axis=0) - x.sum(axis=0)).max() < 1e-6


def test_no_width_is_mono():
    out = run(Width(width=0.0), tones(300.0, 500.0))
    assert np.array_equal(out[0], out[1])


def test_the_bass_is_in_the_middle_and_the_rest_is_not():
    part = Width(mono_below_hz=150.0)
    assert side_over_middle(run(part, tones(37.5, 40.0))) < 0.08 * side_over_middle(tones(37.5, 40.0))
    assert side_over_middle(run(part, tones(700.0, 800.0))) > 0.99 * side_over_middle(tones(700.0, 800.0))


def test_neutral_settings_pass_everything():
    x = tones(50.0, 3_000.0)
    assert np.abs(run(Width(width=1.0, mono_below_hz=0.0), x) - x).max() < 1e-6


def test_mono_passes_as_it_is():
    x = tones(50.0, 3_000.0)[:1]
    assert np.array_equal(run(Width(width=0.0), x), x)
