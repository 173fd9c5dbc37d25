"""Early reflections come as late as the walls are far, weaken with each wall, and stop."""

import numpy as np
import pytest

from dusktape.core.seed import Seed
from dusktape.effects.early import Early

RATE = 44_100


def response(seed=2, **values):
    return Early(**{"dry": 0.0, "mix": 1.0, **values}).impulse_response(RATE, 1, seed=Seed(seed))


def mean_ms(h):
    power = np.sum(h**2, axis=0)
    return np.sum(np.arange(power.size) * power) / np.sum(power) / RATE * 1e3


def test_a_larger_room_answers_later():
    assert np.median([mean_ms(response(s, size_m=12.0)) for s in range(4)]) > 2 * np.median(
        [mean_ms(response(s, size_m=4.0)) for s in range(4)]
    )


def test_absorption_takes_the_later_ones_and_the_top():
    bare, soft = response(absorption=0.1), response(absorption=0.8)
    assert mean_ms(soft) < 0.8 * mean_ms(bare)
    bright = [np.abs(np.fft.rfft(h[0]))[int(h.shape[1] * 5000 / RATE) :].mean() for h in (bare, soft)]
    assert bright[1] < bright[0]


def test_it_is_over_soon():
    assert response(size_m=5.0).shape[1] < 0.2 * RATE


def test_both_sides_together_have_the_energy_asked_for():
    assert np.sum(response(mix=0.5) ** 2) == pytest.approx(2 * 0.25, rel=1e-9)


def test_every_seed_is_another_place():
    assert np.abs(response(1)[:, :4000] - response(2)[:, :4000]).max() > 0.01
