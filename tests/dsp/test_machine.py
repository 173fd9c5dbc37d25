"""What machines share: an eccentric bends as far as asked, a follower keeps its place, noise ends with the music."""

import numpy as np
import pytest

from dusktape.core.audio import CONTROL_FRAMES
from dusktape.core.seed import Seed
from dusktape.dsp.machine import Eccentric, Follower, Transport, breathing

RATE = 44_100


def test_an_eccentric_record_reaches_the_cents_asked_for_and_no_more():
    for seed in range(5):
        swing = Eccentric(Seed(seed), rate_hz=100 / 180, cents=8.0, sample_rate=RATE)
        delay = swing.at(np.arange(20_000))
        cents = 1200 * np.log2(1 + np.abs(np.diff(delay)).max() / CONTROL_FRAMES)
        assert 4.0 < cents <= 8.01
        assert np.abs(delay).max() <= swing.height_frames


def test_a_transport_starts_on_the_spot():
    swing = Eccentric(Seed(1), rate_hz=0.5, cents=20.0, sample_rate=RATE)
    transport = Transport(1, (swing,), RATE)
    x = np.zeros((1, 2000), np.float32)
    x[0, :400] = np.hanning(400)
    late = transport.latency_frames
    y = transport.process(np.pad(x, ((0, 0), (0, late))))[:, late:]
    assert np.abs(y[0, :400] - x[0, :400]).max() < 0.02


def level_curve(x, size):
    follower = Follower(lambda db: 10.0 ** (db / 20.0), rise_ms=5.0, fall_ms=100.0, sample_rate=RATE, channels=len(x))
    return np.concatenate([follower.process(x[:, at : at + size]) for at in range(0, x.shape[1], size)])


@pytest.mark.parametrize("size", [1, 63, 64, 65, 700])
def test_a_follower_does_not_depend_on_block_sizes(size):
    x = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 2000)).astype(np.float32)
    assert np.abs(level_curve(x, size) - level_curve(x, 2000)).max() < 1e-6


def test_a_follower_reads_a_sine_at_its_peak_and_falls_evenly_in_db():
    x = 0.5 * np.sin(2 * np.pi * 1000 / RATE * np.arange(RATE))[None].astype(np.float32)
    curve = level_curve(np.pad(x, ((0, 0), (0, RATE // 2))), 4096)
    assert curve[RATE - 1] == pytest.approx(0.5, rel=0.03)
    fell = 20 * np.log10(curve[RATE + 8820 : RATE + 17_640 : 4410])
    assert np.diff(fell) == pytest.approx([-8.69], abs=0.1)


def test_noise_sinks_with_the_programme_and_closes_in_silence():
    gain = 20 * np.log10(breathing(-50.0, 1.0)(np.array([-5.0, -20.0, -40.0, -60.0])))
    assert gain == pytest.approx([-50.0, -50.0, -60.0, -70.0])
    assert not np.any(breathing(-50.0, 0.0)(np.array([-80.0, -100.0])))
