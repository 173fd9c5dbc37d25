import math

import numpy as np
import pytest
from scipy import signal

from dusktape.core.seed import Seed
from dusktape.dsp.reverb import blend, decay_seconds, plate_response, room_response

RATE = 44_100
PLAIN = {"rt_s": 1.0, "damping": 0.5, "pre_delay_ms": 10.0, "low_cut_hz": 20.0, "high_cut_hz": 20_000.0}


def room(*, seed=1, rate=RATE, **changes):
    values = {
        "rt_s": 1.0,
        "size_m": 7.0,
        "damping": 0.5,
        "pre_delay_ms": 10.0,
        "low_cut_hz": 20.0,
        "high_cut_hz": 20_000.0,
    }
    return room_response(rate, seed=Seed(seed), **(values | changes))


def plate(*, seed=1, rate=RATE, **changes):
    return plate_response(rate, seed=Seed(seed), **(PLAIN | changes))


def reverberation_time(response, hz):
    """From -5 to -35 dB of the energy still to come in an octave (Schroeder 1965), mean of both channels."""
    octave = signal.butter(4, [hz / 2**0.5, hz * 2**0.5], "band", fs=RATE, output="sos")
    energy = np.sum(signal.sosfilt(octave, response, axis=1) ** 2, axis=0)
    left = 10 * np.log10(np.cumsum(energy[::-1])[::-1] / energy.sum() + 1e-12)
    return 2.0 * (np.argmax(left < -35.0) - np.argmax(left < -5.0)) / RATE


def echo_density(response, start_s, width_s=0.02):
    """Share of taps beyond one deviation, over that of Gaussian noise (Abel and Huang 2006)."""
    part = response[0, round(start_s * RATE) :][: round(width_s * RATE)]
    return np.mean(np.abs(part) > np.std(part)) / math.erfc(math.sqrt(0.5))


@pytest.mark.parametrize("make", [room, plate])
@pytest.mark.parametrize("rt_s", [0.4, 1.0, 2.4])
def test_it_decays_in_the_time_asked_for(rt_s, make):
    drawn = [make(rt_s=rt_s, seed=seed) for seed in range(3)]
    for hz in (250.0, 500.0):
        assert np.mean([reverberation_time(each, hz) for each in drawn]) == pytest.approx(rt_s, rel=0.1)


@pytest.mark.parametrize("make", [room, plate])
def test_damping_shortens_the_top(make):
    damped = make(rt_s=1.5, damping=0.6)
    for hz in (1_000.0, 2_000.0):
        expected = float(decay_seconds(np.array(hz), 1.5, 0.6))
        assert reverberation_time(damped, hz) == pytest.approx(expected, rel=0.12)
    assert reverberation_time(damped, 6_000.0) < 0.6 * reverberation_time(damped, 500.0)
    assert reverberation_time(make(damping=0.0), 6_000.0) == pytest.approx(1.0, rel=0.1)


def test_a_room_begins_with_single_echoes_and_grows_dense():
    densities = np.array([[echo_density(room(size_m=12.0, seed=s), at) for at in (0.01, 0.03, 0.3)] for s in range(4)])
    early, middle, late = densities.mean(axis=0)
    assert early < 0.4
    assert early < middle < late
    assert late > 0.9


def test_a_bigger_room_grows_dense_later():
    small, large = (np.mean([echo_density(room(size_m=m, seed=s), 0.02) for s in range(4)]) for m in (3.0, 16.0))
    assert large < small - 0.3


def test_a_plate_is_dense_at_once():
    assert np.mean([echo_density(plate(seed=s), 0.01) for s in range(4)]) > 0.75


def test_a_plate_rings_from_the_top_down():
    for seed in range(3):
        response = plate(pre_delay_ms=0.0, damping=0.0, seed=seed)[0]
        firsts = []
        for hz in (500.0, 2_000.0, 8_000.0):
            band = signal.sosfilt(signal.butter(1, [hz / 1.2, hz * 1.2], "band", fs=RATE, output="sos"), response)
            level = np.sqrt(np.convolve(band**2, np.ones(44) / 44))
            firsts.append(np.argmax(level > 0.3 * level.max()) / RATE * 1000)
        # The nearest pickup is 0.7 m or so away: 8, 4 and 2 ms.
        assert firsts[0] > firsts[1] + 1.5 > firsts[2] + 2.0, firsts


@pytest.mark.parametrize("make", [room, plate])
def test_left_and_right_differ_but_weigh_the_same(make):
    for seed in range(3):
        response = make(seed=seed)
        assert abs(np.corrcoef(response)[0, 1]) < 0.2
        assert np.sum(response**2, axis=1) == pytest.approx([1.0, 1.0])
        mono_db = 10 * np.log10(np.sum(response.mean(axis=0) ** 2))
        assert -4.5 < mono_db < -1.5


def test_the_bass_of_a_room_stays_near_the_middle():
    spectrum = np.fft.rfft(room(rt_s=2.0), axis=1)
    hz = np.fft.rfftfreq(2 * spectrum.shape[1] - 2, 1 / RATE)
    bass, top = (hz > 40.0) & (hz < 90.0), (hz > 1_000.0) & (hz < 4_000.0)
    side, middle = np.abs(spectrum[0] - spectrum[1]) ** 2, np.abs(spectrum[0] + spectrum[1]) ** 2
    assert 10 * np.log10(side[bass].sum() / middle[bass].sum()) < -10.0
    assert abs(10 * np.log10(side[top].sum() / middle[top].sum())) < 2.0


@pytest.mark.parametrize("make", [room, plate])
def test_nothing_sounds_before_the_pre_delay(make):
    response = make(pre_delay_ms=18.0)
    assert not np.any(response[:, : round(0.018 * RATE)])
    assert np.abs(response[:, round(0.018 * RATE) :][:, :200]).max() > 0.01


@pytest.mark.parametrize("make", [room, plate])
def test_it_ends_in_silence_not_in_a_cut(make):
    response = make(rt_s=0.5, damping=0.0)
    assert np.abs(response[:, -50:]).max() < 1e-4 * np.abs(response).max()


@pytest.mark.parametrize("make", [room, plate])
def test_the_same_seed_draws_the_same_and_another_another(make):
    assert np.array_equal(make(rt_s=0.3, seed=5), make(rt_s=0.3, seed=5))
    assert not np.array_equal(make(rt_s=0.3, seed=5), make(rt_s=0.3, seed=6))


@pytest.mark.parametrize("rate", [22_050, 96_000])
@pytest.mark.parametrize("make", [room, plate])
def test_other_rates_work(make, rate):
    response = make(rate=rate, rt_s=0.4)
    assert np.all(np.isfinite(response))
    assert response.shape[1] >= 0.4 * rate


def test_blending_adds_the_dry_sound_at_frame_0():
    wet = np.full((2, 4), 0.5)
    assert np.array_equal(blend(wet, dry=1.0, mix=0.5), [[1.25, 0.25, 0.25, 0.25]] * 2)
    assert np.array_equal(wet, np.full((2, 4), 0.5))
