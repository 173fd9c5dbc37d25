"""A spring chirps: in every echo the top is later than the bottom, more so each time."""

import numpy as np
import pytest

from dusktape.core.seed import Seed
from dusktape.effects.spring import Spring

RATE = 44_100
BARE = {"dry": 0.0, "springs": 1, "mix": 1.0}


def response(seed=3, **values):
    return Spring(**{**BARE, **values}).impulse_response(RATE, 1, seed=Seed(seed))


def centre_ms(h, hz, start, end):
    """Mean time of the energy around a frequency between two times in ms."""
    spectrum = np.fft.fft(h, 2 * h.size)
    f = np.fft.fftfreq(2 * h.size, 1 / RATE)
    envelope = np.abs(np.fft.ifft(spectrum * np.exp(-(((f - hz) / 150.0) ** 2))))[: h.size] ** 2
    t = np.arange(h.size) / RATE * 1e3
    inside = (t > start) & (t < end)
    return np.sum(t[inside] * envelope[inside]) / np.sum(envelope[inside])


def test_the_top_of_each_echo_lags_behind_its_bottom():
    h = response(boing=0.6)[0]
    first = centre_ms(h, 3200, 20, 75) - centre_ms(h, 500, 20, 60)
    second = centre_ms(h, 3200, 85, 150) - centre_ms(h, 500, 80, 125)
    assert first > 2.0
    assert second > 2.0 * first


def test_without_boing_the_echoes_are_short():
    h = response(boing=0.0)[0]
    assert abs(centre_ms(h, 3200, 20, 60) - centre_ms(h, 500, 20, 60)) < 1.5


@pytest.mark.parametrize("rt", [1.0, 2.4])
def test_it_falls_as_long_as_asked(rt):
    h = response(rt_s=rt, springs=3)[0]
    fall = 10 * np.log10(np.cumsum(h[::-1] ** 2)[::-1] / np.sum(h**2))
    time = 3 * (np.argmax(fall < -25) - np.argmax(fall < -5)) / RATE
    assert time == pytest.approx(rt, rel=0.25)


def test_nothing_sounds_before_the_wave_has_crossed():
    h = response(length_ms=80.0, boing=0.6)[0]
    assert np.sum(h[: int(0.025 * RATE)] ** 2) < 1e-3


def test_mix_is_the_level_and_every_seed_winds_others():
    wet = response(mix=0.4, springs=2)
    assert np.sqrt(np.sum(wet**2, axis=1)) == pytest.approx([0.4, 0.4], rel=1e-6)
    assert np.abs(response(1) - response(2)).max() > 0.01
