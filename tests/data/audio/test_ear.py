from __future__ import annotations

import numpy as np
import pytest

from dusktape.data.audio import ear as module
from dusktape.data.audio.ear import Ear
from dusktape.data.audio.gliding import Gliding

from . import sounds

RATE = 44_100


def heard(sound, rate=RATE, block=65_536):
    sound = np.atleast_2d(sound).astype(np.float32)
    ear = Ear(rate)
    for start in range(0, sound.shape[1], block):
        ear.push(sound[:, start : start + block])
    return ear.heard()


def limited(sound, hz, rate=RATE):
    spectrum = np.fft.rfft(sound)
    spectrum[np.fft.rfftfreq(len(sound), 1.0 / rate) > hz] = 0.0
    return np.fft.irfft(spectrum, len(sound)).astype(np.float32)


@pytest.mark.parametrize("hz", [300.0, 2000.0, 6000.0])
def test_brightness_is_where_a_tone_is(hz):
    assert heard(sounds.tone(hz, 1.0, rate=RATE)).facts()["brightness_hz"] == pytest.approx(hz, rel=0.05)


def test_brightness_is_the_same_at_another_rate():
    low, high = (heard(sounds.tone(3000.0, 1.0, rate=r), r).facts()["brightness_hz"] for r in (16_000, 96_000))
    assert low == pytest.approx(high, rel=0.03)


def test_the_size_of_blocks_changes_nothing():
    x = np.concatenate([sounds.hit(k, rate=RATE) for k in range(4)])
    assert heard(x).facts() == heard(x, block=3001).facts()


@pytest.mark.parametrize("hz", [5_000.0, 11_025.0, 16_000.0])
def test_an_upsampled_recording_ends_at_a_cliff(hz):
    noise = limited(sounds.hiss(3.0, rate=RATE), hz) + sounds.hiss(3.0, rate=RATE, level=1e-5)
    assert heard(noise).facts()["cutoff_hz"] == pytest.approx(hz, rel=0.05)


def test_dull_sound_and_lone_tones_have_no_cliff():
    noise = np.fft.rfft(sounds.hiss(3.0, rate=RATE))
    hz = np.fft.rfftfreq(3 * RATE, 1.0 / RATE)
    dull = np.fft.irfft(noise / (1.0 + (hz / 800.0) ** 4), 3 * RATE)
    assert heard(dull).facts()["cutoff_hz"] == 0.0
    assert heard(sounds.hiss(2.0, rate=RATE)).facts()["cutoff_hz"] == 0.0
    assert heard(sounds.tone(6000.0, 2.0, rate=RATE)).facts()["cutoff_hz"] == 0.0


def test_strikes_are_found_where_they_are():
    x = np.zeros(3 * RATE, np.float32)
    times = (0.2, 0.7, 1.6, 2.4)
    for k, second in enumerate(times):
        one = sounds.hit(k, rate=RATE)
        x[round(second * RATE) : round(second * RATE) + len(one)] += one
    np.testing.assert_allclose(heard(x).strikes(), times, atol=0.03)


@pytest.mark.parametrize("rate", [22_050, 11_025])
def test_time_does_not_drift_at_rates_that_hundredths_do_not_divide(rate):
    x = np.zeros(60 * rate, np.float32)
    for second in (0.5, 58.0):
        one = sounds.hit(1, rate=rate)
        x[round(second * rate) : round(second * rate) + len(one)] += one
    found = heard(x, rate)
    np.testing.assert_allclose(found.strikes(), [0.5, 58.0], atol=0.03)
    assert found.facts()["sound_from_s"] == pytest.approx(0.5, abs=0.04)
    assert len(found.mel) == 6000


def test_sides_that_cancel_are_heard_all_the_same():
    x = sounds.tone(1000.0, 1.0, rate=RATE)
    assert heard(np.stack([x, -x])).facts()["brightness_hz"] == pytest.approx(1000.0, rel=0.05)


def _sung(seconds, rate=RATE):
    """A vowel on sliding notes with vibrato."""
    t = np.arange(round(seconds * rate)) / rate
    note = 57.0 + 4.0 * np.floor(t / 0.5 % 3)
    hz = 440.0 * 2.0 ** ((note + 0.5 * np.sin(2 * np.pi * 5.5 * t) - 69.0) / 12.0)
    phase = 2.0 * np.pi * np.cumsum(hz) / rate
    parts = [np.sin(h * phase) / (1.0 + ((h * hz - 700.0) / 300.0) ** 2) for h in range(1, 16)]
    return (0.3 * np.sum(parts, axis=0)).astype(np.float32)


def test_singing_glides_and_keys_noise_and_slow_wow_do_not():
    t = np.arange(4 * RATE) / RATE
    keys = sum(np.sin(2 * np.pi * hz * (t % 0.5)) * np.exp(-(t % 0.5) / 0.2) for hz in (440.0, 554.4, 659.3, 880.0))
    wow = np.sin(2 * np.pi * 800.0 * (t + 0.0008 * np.sin(2 * np.pi * 0.8 * t)))
    assert heard(_sung(4.0)).facts()["vocals"] > 0.6
    for sound in (0.2 * keys, 0.3 * wow, sounds.hiss(4.0, rate=RATE)):
        assert heard(sound).facts()["vocals"] < 0.3


def test_what_is_shorter_than_a_word_is_nobody_singing():
    assert heard(_sung(1.0)).facts()["vocals"] == 0.0
    assert Gliding(np.arange(513) * 20.0).estimate() == 0.0


def test_without_scipy_the_same_is_heard(monkeypatch):
    sound = np.random.default_rng(3).standard_normal((1, 30_000)).astype(np.float32) * 0.1
    found = []
    for transform in (module._rfft(), np.fft.rfft):
        monkeypatch.setattr(module, "_rfft", lambda transform=transform: transform)
        one = Ear(22_050)
        one.push(sound)
        found.append(one.heard())
    assert found[0].facts() == found[1].facts()
    assert np.abs(found[0].mel.astype(float) - found[1].mel.astype(float)).max() < 0.1
