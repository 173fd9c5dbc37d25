"""The compressor's curve, times and mix."""

import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.compressor import Compressor

RATE = 44_100


def squeeze(effect, x, size=None):
    processor = effect.open(RATE, len(x), cues=Cues(frames=x.shape[1]), seed=Seed(0))
    late, size = processor.latency_frames, size or x.shape[1]
    x = np.pad(x, ((0, 0), (0, late)))
    return np.concatenate([processor.process(x[:, at : at + size]) for at in range(0, x.shape[1], size)], axis=1)[
        :, late:
    ]


def sine(db, frames=RATE, hz=1000.0):
    return (10 ** (db / 20) * np.sin(2 * np.pi * hz / RATE * np.arange(frames)))[None].astype(np.float32)


def level(x):
    return 20 * np.log10(np.sqrt(2 * np.mean(x[:, -RATE // 4 :].astype(np.float64) ** 2)))


@pytest.mark.parametrize("detector", ["rms", "peak"])
@pytest.mark.parametrize(("level_in", "level_out"), [(-40.0, -40.0), (-20.0, -20.5625), (-12.0, -18.0), (0.0, -15.0)])
def test_the_static_curve_is_the_one_drawn(level_in, level_out, detector):
    effect = Compressor(threshold_db=-20.0, ratio=4.0, knee_db=6.0, detector=detector)
    assert level(squeeze(effect, sine(level_in))) == pytest.approx(level_out, abs=0.3)


def gain_of_a_burst(effect):
    """Gain in dB while a tone of 5 kHz rises by 30 dB for half a second."""
    x = np.concatenate([sine(-40.0, RATE // 2, 5000), sine(-10.0, RATE // 2, 5000), sine(-40.0, RATE, 5000)], axis=1)
    y = squeeze(effect, x)
    power_in, power_out = ((s[0].astype(np.float64) ** 2).reshape(-1, 441).mean(1) for s in (x, y))
    return 10 * np.log10(power_out / power_in)


def test_the_attack_takes_its_time():
    gain = gain_of_a_burst(Compressor(threshold_db=-20.0, ratio=10.0, knee_db=0.0, attack_ms=80.0, detector="peak"))
    assert gain[99] == pytest.approx(-9.0, abs=0.2)
    assert np.interp(9.0 * (1 - 1 / np.e), -gain[50:100], np.arange(50) * 10 + 5) == pytest.approx(80.0, rel=0.1)


def test_the_release_takes_its_time():
    gain = gain_of_a_burst(
        Compressor(threshold_db=-20.0, ratio=10.0, knee_db=0.0, attack_ms=1.0, release_ms=200.0, detector="peak")
    )
    back = np.interp(-9.0 / np.e, gain[100:200], np.arange(100) * 10 + 5)
    assert back == pytest.approx(200.0, rel=0.1)


def test_both_channels_get_the_same_gain():
    x = np.concatenate([sine(-3.0), sine(-30.0, hz=300.0)])
    y = squeeze(Compressor(threshold_db=-20.0, ratio=4.0), x)
    # Away from where the tones cross zero.
    heard = np.all(np.abs(x) > 1e-3, axis=0)
    assert np.allclose((y / np.where(x == 0, 1, x))[0][heard], (y / np.where(x == 0, 1, x))[1][heard], rtol=1e-4)


def test_no_mix_is_the_sound_itself_and_makeup_lifts_the_rest():
    x = sine(-6.0)
    assert np.array_equal(squeeze(Compressor(mix=0.0, makeup_db=12.0), x), x)
    assert level(squeeze(Compressor(threshold_db=0.0, makeup_db=5.0), x)) == pytest.approx(-1.0, abs=0.01)
    half = level(squeeze(Compressor(threshold_db=-20.0, ratio=4.0, mix=0.5), x))
    assert level(squeeze(Compressor(threshold_db=-20.0, ratio=4.0), x)) < half < -6.0


@pytest.mark.parametrize("size", [1, 63, 64, 65, 1000])
def test_block_size_does_not_change_the_sound(size):
    x = (0.5 * np.random.default_rng(0).standard_normal((2, 3000))).astype(np.float32)
    effect = Compressor(threshold_db=-30.0, ratio=8.0, attack_ms=2.0)
    assert np.abs(squeeze(effect, x, size) - squeeze(effect, x)).max() < 1e-6
