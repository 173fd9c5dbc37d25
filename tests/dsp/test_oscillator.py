import numpy as np
import pytest

from dusktape.core.seed import Seed
from dusktape.dsp.oscillator import burst, decibels, hertz, level_db, levelled, modes, out_of_tune, stretched

RATE = 44_100


def test_modes_are_the_sum_of_decaying_sines() -> None:
    frequency = np.array([110.0, 221.0, 1_000.5, 7_000.0])
    decay = np.array([1.0, 0.5, 0.02, 0.3])
    height = np.array([1.0, 0.5, 0.7, 0.2])
    phase = np.array([0.0, 1.0, -2.0, 0.5])
    n = np.arange(50_001)[:, None]
    exact = (height * np.exp(-n / RATE / decay) * np.sin(2 * np.pi * frequency * n / RATE + phase)).sum(axis=1)
    got = modes(frequency, decay, height, phase, 50_001, RATE)
    assert got.dtype == np.float32
    assert np.abs(got - exact).max() < 3e-6


def test_modes_that_would_alias_are_left_out() -> None:
    assert not modes([0.46 * RATE, 0.9 * RATE], 1.0, 1.0, 0.0, 1_000, RATE).any()


@pytest.mark.parametrize("frames", [0, 1, 255, 256, 257])
def test_modes_have_the_length_asked_for(frames: int) -> None:
    assert modes([440.0], 1.0, 1.0, 0.3, frames, RATE).shape == (frames,)


def test_a_burst_has_its_band_and_ends_in_silence() -> None:
    noise = burst(Seed(1).rng(), low_hz=500.0, high_hz=2_000.0, decay_s=0.05, sample_rate=RATE)
    power = np.abs(np.fft.rfft(noise.astype(float))) ** 2
    hz = np.fft.rfftfreq(noise.size, 1.0 / RATE)
    inside = power[(hz > 400) & (hz < 2_000)].mean()
    assert inside > 30.0 * power[hz < 60].mean()
    assert inside > 100.0 * power[hz > 9_000].mean()
    assert np.abs(noise[-20:]).max() < 1e-4
    assert np.std(noise[:400]) == pytest.approx(0.93, abs=0.25)


def test_a_tone_is_scaled_to_its_level() -> None:
    tone = modes([220.0], 1.0, 3.0, 0.0, RATE, RATE)
    assert level_db(levelled(tone, RATE, -20.0), RATE) == pytest.approx(-20.0, abs=0.01)
    assert decibels(-20.0) == pytest.approx(0.1)


def test_stiff_strings_stretch_their_partials_upwards() -> None:
    assert np.allclose(stretched(100.0, 4, 0.0), [100, 200, 300, 400])
    stiff = stretched(100.0, 10, 1e-3)
    assert stiff[0] == pytest.approx(100.0)
    assert stiff[9] / 1000.0 == pytest.approx(np.sqrt(1.1 / 1.001))


def test_keys_are_out_of_tune_by_at_most_the_given_cents_and_always_alike() -> None:
    factors = [out_of_tune(Seed(4), pitch, 5.0) for pitch in range(128)]
    cents = 1200 * np.log2(factors)
    assert np.abs(cents).max() <= 5.0
    assert np.std(cents) > 2.0
    assert factors[60] == out_of_tune(Seed(4), 60, 5.0) != out_of_tune(Seed(5), 60, 5.0)


def test_concert_pitch() -> None:
    assert hertz(69) == 440.0
    assert hertz(57) == pytest.approx(220.0)
