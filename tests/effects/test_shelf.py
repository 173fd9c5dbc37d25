import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.dsp.convolve import fuse
from dusktape.effects.bell import Bell
from dusktape.effects.shelf import Shelf

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


@pytest.mark.parametrize("kind", ["low", "high"])
@pytest.mark.parametrize("gain_db", [-9.0, 4.0])
def test_it_is_the_shelf_it_says(gain_db, kind):
    s, root = warped(HZ, 1_500.0), 10.0 ** (gain_db / 40.0)
    s = s if kind == "low" else 1.0 / s
    high = root * (s**2 + s * np.sqrt(2 * root) + root) / (root * s**2 + s * np.sqrt(2 * root) + 1.0)
    part = Shelf(gain_db=gain_db, cutoff_hz=1_500.0, kind=kind)
    assert np.abs(heard_db(part, HZ) - 20.0 * np.log10(np.abs(high))).max() < 0.05
    far, near = (20.0, 1_500.0) if kind == "low" else (20_000.0, 1_500.0)
    assert np.allclose(heard_db(part, np.array([far, near])), [gain_db, gain_db / 2], atol=0.1)


def test_fused_with_a_neighbour_it_sounds_as_before():
    x = (0.3 * np.random.default_rng(1).standard_normal((2, 20_000))).astype(np.float32)
    part, neighbour = Shelf(gain_db=-6.0), Bell(gain_db=5.0, centre_hz=300.0)
    expected = neighbour.open(RATE, 2, **OPTIONS).process(part.open(RATE, 2, **OPTIONS).process(x))
    fused = fuse([each.impulse_response(RATE, 2, seed=Seed(1)) for each in (part, neighbour)])
    size = x.shape[1] + fused.shape[1]
    heard = np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(fused, size), size)[:, : x.shape[1]]
    assert np.abs(heard - expected).max() < 1e-5
