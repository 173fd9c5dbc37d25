from __future__ import annotations

import numpy as np
import pytest

from dusktape.dsp import prediction


def resonance(frames: int = 40_000) -> np.ndarray:
    """Noise through x[t] = 1.6 x[t-1] - 0.8 x[t-2] + e[t]."""
    noise, x = np.random.default_rng(1).standard_normal(frames), np.zeros(frames + 2)
    for t in range(frames):
        x[t + 2] = 1.6 * x[t + 1] - 0.8 * x[t] + noise[t]
    return x[2:]


def test_the_coefficients_of_an_autoregressive_process_are_found() -> None:
    assert prediction.fitted([resonance()], 2) == pytest.approx([1.6, -0.8], abs=0.02)


def test_what_is_left_is_the_noise_that_drove_it() -> None:
    x = resonance()
    error = x - prediction.predicted(x, prediction.fitted([x], 8))
    assert np.var(error) == pytest.approx(1.0, rel=0.03)


def test_levinsons_recursion_solves_the_normal_equations() -> None:
    r = prediction.autocorrelation(resonance(500), 12)
    matrix = np.array([[r[abs(i - j)] for j in range(12)] for i in range(12)])
    assert prediction.coefficients(r) == pytest.approx(np.linalg.solve(matrix, r[1:]), abs=1e-5)


def test_autocorrelation_is_the_sum_of_products() -> None:
    x = np.random.default_rng(2).standard_normal(50)
    assert prediction.autocorrelation(x, 3) == pytest.approx([x[k:] @ x[: 50 - k] for k in range(4)])


def test_silence_has_no_prediction() -> None:
    assert not prediction.fitted([np.zeros(100)], 4).any()


def test_nothing_is_foreseen_from_the_future() -> None:
    x, weights = resonance(100), np.array([0.5, 0.2, -0.1])
    changed = x.copy()
    changed[60:] = 9.0
    assert (prediction.predicted(x, weights)[:61] == prediction.predicted(changed, weights)[:61]).all()
    assert prediction.predicted(x, weights)[10] == pytest.approx(0.5 * x[9] + 0.2 * x[8] - 0.1 * x[7])
