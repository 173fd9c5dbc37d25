import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.dsp.convolve import fuse
from dusktape.effects.bell import Bell
from dusktape.effects.tilt import Tilt

RATE = 44_100
HZ = np.geomspace(20.0, 20_000.0, 60)
OPTIONS = {"cues": Cues(frames=RATE), "seed": Seed(1)}


def heard_db(part, hz):
    """The level of each tone that comes out, from an impulse sent through the running filter."""
    impulse = np.zeros((1, 4 * RATE), np.float32)
    impulse[0, 0] = 1.0
    out = part.open(RATE, 1, **OPTIONS).process(impulse)[0].astype(np.float64)
    return 20.0 * np.log10(np.abs(np.exp(-2j * np.pi * np.outer(hz, np.arange(30_000)) / RATE) @ out[:30_000]))


def warped(hz, corner):
    """s / ω0 of the analogue prototype where the bilinear transform puts each frequency."""
    return 1j * np.tan(np.pi * hz / RATE) / np.tan(np.pi * corner / RATE)


@pytest.mark.parametrize("slope", [-4.0, -1.0, 2.0])
def test_it_is_a_straight_slope_through_the_pivot(slope):
    hz = np.geomspace(20.0, 8_000.0, 40)
    heard = heard_db(Tilt(tilt_db_per_octave=slope, pivot_hz=500.0), hz)
    assert np.abs(heard - slope * np.log2(hz / 500.0)).max() < 0.1 * abs(slope)


def test_the_pivot_stays():
    level = heard_db(Tilt(tilt_db_per_octave=3.0, pivot_hz=1_200.0), np.array([1_200.0]))
    assert level[0] == pytest.approx(0.0, abs=0.01)


def test_no_slope_is_no_change():
    x = np.random.default_rng(2).standard_normal((2, 1_000)).astype(np.float32)
    assert np.abs(Tilt(tilt_db_per_octave=0.0).open(RATE, 2, **OPTIONS).process(x) - x).max() < 1e-6


def test_fused_with_a_neighbour_it_sounds_as_before():
    x = (0.3 * np.random.default_rng(1).standard_normal((2, 20_000))).astype(np.float32)
    part, neighbour = Tilt(tilt_db_per_octave=-3.0), Bell(gain_db=5.0, centre_hz=300.0)
    expected = neighbour.open(RATE, 2, **OPTIONS).process(part.open(RATE, 2, **OPTIONS).process(x))
    fused = fuse([each.impulse_response(RATE, 2, seed=Seed(1)) for each in (part, neighbour)])
    size = x.shape[1] + fused.shape[1]
    heard = np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(fused, size), size)[:, : x.shape[1]]
    assert np.abs(heard - expected).max() < 1e-5
