import numpy as np
import pytest

from dusktape.dsp.harmonics import HARMONICS_FRAMES, bell_harmonics, harmonics


def test_steady_heights_are_a_sum_of_cosines() -> None:
    heights, phases = np.array([[1.0, 0.5, 0.25]]), np.array([0.0, 1.0, -2.0])
    t = np.arange(5_000) / 44_100
    expected = sum(h * np.cos(2 * np.pi * 220.0 * (k + 1) * t + phases[k]) for k, h in enumerate(heights[0]))
    assert np.abs(harmonics(220.0, heights, phases, 5_000, 44_100) - expected).max() < 1e-4


def test_heights_move_in_straight_lines() -> None:
    heights = np.array([[0.0], [1.0], [0.5]])
    x = harmonics(11_025.0, heights, np.zeros(1), 2 * HARMONICS_FRAMES, 44_100)
    assert x[::4][:3] == pytest.approx([0.0, 4 / 256, 8 / 256], abs=1e-5)
    assert x[HARMONICS_FRAMES] == pytest.approx(1.0, abs=1e-4)


def test_harmonics_above_the_band_are_left_out() -> None:
    assert not harmonics(21_000.0, np.ones((2, 3)), np.zeros(3), 500, 44_100).any()


@pytest.mark.parametrize("offset", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("swing", [0.05, 0.8, 3.0, 12.0])
def test_the_closed_form_is_the_series_of_the_bell(swing: float, offset: float) -> None:
    t = 2.0 * np.pi * np.arange(8_192) / 8_192
    expected = 2.0 * np.fft.rfft(1.0 / (1.0 + (swing * np.cos(t) + offset) ** 2)).real[1:9] / 8_192
    assert np.abs(bell_harmonics(np.array([swing]), offset, 8)[0] - expected).max() < 1e-9
