"""A spring's response has energy 1, has died away at its end, and stays in its band."""

import numpy as np
import pytest

from dusktape.core.seed import Seed
from dusktape.dsp.spring import spring_response

RATE = 44_100


def response(**values):
    given = {
        "rt_s": 1.0,
        "springs": 2,
        "length_ms": 60.0,
        "boing": 0.6,
        "transition_hz": 4000.0,
        "low_cut_hz": 150.0,
        "seed": Seed(1),
    }
    return spring_response(RATE, **{**given, **values})


def test_each_side_has_energy_1_and_nothing_is_left_at_the_end():
    wet = response()
    assert np.sum(wet**2, axis=1) == pytest.approx([1.0, 1.0])
    assert np.abs(wet[:, -500:]).max() < 1e-4 * np.abs(wet).max()


def test_it_carries_what_lies_between_its_cuts():
    power = np.abs(np.fft.rfft(response(), RATE * 2, axis=1)) ** 2

    def level(hz):
        return 10 * np.log10(power[:, int(hz * 1.6) : int(hz * 2.5)].mean())

    assert level(1000) > level(40) + 15
    assert level(1000) > level(9000) + 25


def test_one_spring_is_in_the_middle_and_two_are_not():
    one, two = response(springs=1), response(springs=2)
    assert np.array_equal(one[0], one[1])
    assert np.corrcoef(two)[0, 1] < 0.95
