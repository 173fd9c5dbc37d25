import numpy as np
import pytest

from dusktape.dsp import envelope

RATE = 8_000


def test_rise_and_fall_mirror_each_other() -> None:
    up, down = envelope.rise(100), envelope.fall(100)
    assert np.all(np.diff(up) > 0)
    assert up[0] < 0.001 < 0.999 < up[-1]
    assert np.allclose(up + down, 1.0, atol=1e-6)


def test_release_falls_to_about_a_third_in_its_time_and_ends_at_zero() -> None:
    table = envelope.release(0.1, RATE)
    assert np.all(np.diff(table) <= 0)
    assert table[round(0.1 * RATE)] == pytest.approx(1 / np.e, abs=0.04)
    assert table[-1] == pytest.approx(0.0, abs=1e-7)
    assert table[0] > 0.98


def test_swell_reaches_full_level_in_its_time_and_half_at_a_third() -> None:
    table = envelope.swell(0.3, RATE)
    assert np.all(np.diff(table) >= 0)
    assert table.size == 2_400
    assert table[-1] == pytest.approx(1.0, abs=1e-3)
    assert table[800] == pytest.approx(0.5, abs=0.1)
