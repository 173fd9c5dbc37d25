import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.dsp.convolve import fuse
from dusktape.effects.bell import Bell
from dusktape.effects.highpass import Highpass

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


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_slope_is_butterworth_of_its_order(order):
    s = warped(HZ, 90.0)
    expected = 10.0 * np.log10(np.abs(s) ** (2 * order) / (1.0 + np.abs(s) ** (2 * order)))
    here = expected > -90.0
    assert np.abs(heard_db(Highpass(cutoff_hz=90.0, order=order, q=0.5**0.5), HZ) - expected)[here].max() < 0.05


def test_q_lifts_the_cutoff_of_order_2():
    level = heard_db(Highpass(cutoff_hz=90.0, order=2, q=4.0), np.array([90.0]))
    assert level[0] == pytest.approx(20.0 * np.log10(4.0), abs=0.05)
    flat, lifted = (Highpass(order=3, q=q).impulse_response(RATE, 1, seed=Seed(1)) for q in (0.7, 4.0))
    assert np.array_equal(flat, lifted)


def test_fused_with_a_neighbour_it_sounds_as_before():
    x = (0.3 * np.random.default_rng(1).standard_normal((2, 20_000))).astype(np.float32)
    part, neighbour = Highpass(cutoff_hz=90.0), Bell(gain_db=5.0, centre_hz=300.0)
    expected = neighbour.open(RATE, 2, **OPTIONS).process(part.open(RATE, 2, **OPTIONS).process(x))
    fused = fuse([each.impulse_response(RATE, 2, seed=Seed(1)) for each in (part, neighbour)])
    size = x.shape[1] + fused.shape[1]
    heard = np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(fused, size), size)[:, : x.shape[1]]
    assert np.abs(heard - expected).max() < 1e-5
