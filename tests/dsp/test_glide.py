import numpy as np
import pytest
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE
from dusktape.dsp.glide import TABLE, knots, lines, phases, slid, unevenly, wave_table
from dusktape.dsp.oscillator import modes


def crossings_hz(x: NDArray[np.float64]) -> float:
    rising = np.flatnonzero((x[:-1] <= 0.0) & (x[1:] > 0.0))
    places = rising - x[rising] / (x[rising + 1] - x[rising])
    return float((places.size - 1) / (places[-1] - places[0]) * SAMPLE_RATE)


@pytest.mark.parametrize("cents", [150.0, -20.0])
def test_a_slide_starts_off_pitch_and_settles(cents: float) -> None:
    sine = modes([200.0], [100.0], [1.0], 0.0, 66_150, SAMPLE_RATE)
    x = slid(sine, cents, 0.05, SAMPLE_RATE).astype(np.float64)
    early, late = crossings_hz(x[:1_100]), crossings_hz(x[30_000:])
    assert late == pytest.approx(200.0, abs=0.02)
    assert np.sign(200.0 - early) == np.sign(cents)
    assert x.size == sine.size
    assert np.abs(np.diff(x)).max() < 0.035, "no seam"


def test_a_wave_table_holds_its_harmonics() -> None:
    table = wave_table(np.array([1.0, 0.0, 0.5]), np.zeros(3))
    turn = 2.0 * np.pi * np.arange(TABLE) / TABLE
    assert np.allclose(table, np.cos(turn) + 0.5 * np.cos(3.0 * turn), atol=1e-5)


def test_a_steady_pitch_is_read_exactly() -> None:
    frames = 44_100
    hertz = np.full(knots(frames, SAMPLE_RATE).size, 441.3)
    x = np.sin(2.0 * np.pi * phases(hertz, frames, SAMPLE_RATE) / TABLE)
    assert x.size == frames
    assert crossings_hz(x) == pytest.approx(441.3, abs=0.01)
    ideal = np.sin(2.0 * np.pi * 441.3 / SAMPLE_RATE * np.arange(frames))
    assert np.abs(x - ideal).max() < 2e-3


def test_lines_go_through_their_knots() -> None:
    values = np.array([0.0, 1.0, 0.5])
    drawn = lines(values, 100)
    assert drawn.shape == (100,)
    assert drawn[[0, 32, 64]] == pytest.approx([0.0, 0.5, 1.0])


def test_a_loop_read_evenly_is_itself_and_repeats() -> None:
    loop = np.random.default_rng(1).standard_normal(256).astype(np.float32)
    x = unevenly(loop, np.full(knots(600, SAMPLE_RATE).size, 3.0), 600)
    assert np.array_equal(x, np.tile(loop, 4)[3:603])


def test_a_loop_read_faster_sounds_higher() -> None:
    size = 1 << 13
    loop = np.sin(2.0 * np.pi * 80.0 * np.arange(size) / size).astype(np.float32)
    place = np.arange(knots(20_000, SAMPLE_RATE).size) * 64.0
    even, fast = (unevenly(loop, place * share - 1_000.0, 20_000).astype(np.float64) for share in (0.0, 0.03))
    assert crossings_hz(fast) == pytest.approx(1.03 * crossings_hz(even), rel=1e-4)
