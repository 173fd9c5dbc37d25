from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.dsp.loudness import LoudnessMeter
from dusktape.mix.master import Ceiling, FirstPass

RATE = 44_100


def drums(seconds=12, *, seed=1, tone=0.05):
    """A bare beat: thumps and bursts of noise 20 dB above a quiet chord. Nothing is harder to bring to a loudness."""
    rng = np.random.default_rng(seed)
    frames = seconds * RATE
    time = np.arange(frames)
    x = tone * (np.sin(0.031 * time) + np.sin(0.047 * time))
    for beat in range(0, frames - 12_000, 16_000):
        at = np.arange(8_000)
        x[beat : beat + 8_000] += 0.9 * np.sin(300.0 * np.exp(-at / 2_000.0)) * np.exp(-at / 2_500.0)
        x[beat + 8_000 : beat + 12_000] += 0.5 * rng.standard_normal(4_000) * np.exp(-at[:4_000] / 700.0)
    return np.stack([x, 0.9 * x + 0.01 * rng.standard_normal(frames)]).astype(np.float32)


def tone(seconds=6):
    x = 0.1 * np.sin(2 * np.pi * 997.0 / RATE * np.arange(seconds * RATE))
    return np.stack([x, x]).astype(np.float32)


def mastered(x, target, ceiling=-1.0, block=32_768):
    limiter = find("effects", "limiter")(ceiling_dbtp=ceiling)
    first = FirstPass(RATE, frames=x.shape[1])
    for start in range(0, x.shape[1], block):
        first.process(x[:, start : start + block])
    gain_db = first.gain_db(target, Ceiling(ceiling, limiter.release_ms, limiter.lookahead_ms))
    processor = limiter.open(RATE, 2, cues=Cues(frames=x.shape[1]), seed=Seed(1))
    late = processor.latency_frames
    fed = np.concatenate([x, np.zeros((2, late), np.float32)], axis=1) * np.float32(10.0 ** (gain_db / 20.0))
    return processor.process(fed)[:, late:], gain_db


def measured(x):
    meter = LoudnessMeter(RATE, 2)
    meter.process(x)
    return meter.integrated_lufs, meter.true_peak_db


@pytest.mark.parametrize("target", [-20.0, -16.0, -14.0, -12.0])
def test_a_nasty_mix_lands_on_its_loudness_under_its_ceiling(target):
    lufs, peak = measured(mastered(drums(), target)[0])
    assert lufs == pytest.approx(target, abs=0.1)
    assert peak <= -1.0 + 0.02


@pytest.mark.parametrize("ceiling", [-6.0, -3.0, -0.3])
def test_the_ceiling_counts(ceiling):
    lufs, peak = measured(mastered(drums(), -16.0, ceiling)[0])
    assert lufs == pytest.approx(-16.0, abs=0.15)
    assert peak <= ceiling + 0.02


def test_a_mix_that_fits_is_only_turned_up():
    x = tone()
    out, gain_db = mastered(x, -18.0)
    np.testing.assert_allclose(out, x * 10.0 ** (gain_db / 20.0), atol=1e-5)
    assert measured(out)[0] == pytest.approx(-18.0, abs=0.05)


def test_blocks_do_not_change_the_gain():
    gains = [mastered(drums(), -14.0, block=block)[1] for block in (1_000, 4_096, 10**6)]
    assert np.ptp(gains) < 1e-3


def test_silence_is_left_alone():
    first = FirstPass(RATE, frames=2 * RATE)
    first.process(np.zeros((2, 2 * RATE), np.float32))
    assert first.gain_db(-14.0, Ceiling(-1.0)) == 0.0


def test_the_impossible_ends_loud_and_not_in_a_loop():
    clicks = np.zeros((2, 6 * RATE), np.float32)
    clicks[:, ::11_025] = 0.9
    out, gain_db = mastered(clicks, -8.0)
    assert np.isfinite(gain_db)
    assert np.all(np.isfinite(out))
    assert measured(out)[1] <= -1.0 + 0.02
