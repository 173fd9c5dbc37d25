from __future__ import annotations

import numpy as np
import pytest

from dusktape.dsp import mulaw
from dusktape.nn import foresight

RNG = np.random.default_rng(4)
NOISE = 0.05 * RNG.laplace(size=(3, 9000))
SMOOTH = np.sin(np.arange(27_000) * 0.01).reshape(3, 9000) * 0.5


def test_always_zero_errs_by_the_whole_sound() -> None:
    guess = foresight.Rules.fitted(SMOOTH, 100).guesses(SMOOTH)["always zero"]
    assert foresight.relative_db(SMOOTH - guess, SMOOTH) == pytest.approx(0.0)


def test_each_rule_foresees_a_slow_sine_better_than_the_one_before() -> None:
    guesses = foresight.Rules.fitted(SMOOTH, 100).guesses(SMOOTH)
    found = [foresight.relative_db((SMOOTH - g)[:, 100:], SMOOTH[:, 100:]) for g in guesses.values()]
    assert found[0] > found[1] + 30.0 > found[2] + 50.0
    assert found[1] == pytest.approx(20 * np.log10(0.01), abs=0.1)


def test_bits_of_noise_are_its_entropy_over_bins_of_that_width() -> None:
    guess = np.zeros_like(NOISE)
    found = foresight.bits(guess, NOISE, foresight.spread(NOISE))
    widths = np.diff(mulaw.edges())[mulaw.encode(NOISE)]
    entropy = np.log2(2.0 * np.e * 0.05) - np.log2(widths).mean()
    assert found["Laplace"] == pytest.approx(entropy, abs=0.03)
    assert found["Gauss"] > found["Laplace"]


def test_a_sure_and_right_guess_costs_almost_nothing_and_a_wrong_one_is_not_impossible() -> None:
    sound = np.full((1, 50), 0.3)
    assert foresight.bits(sound, sound, (1e-9, 1e-9))["Laplace"] < 0.01
    wrong = foresight.bits(-sound, sound, (1e-9, 1e-9))["Gauss"]
    assert wrong == pytest.approx(8.0 + np.log2(1e4), abs=0.01)


def test_the_bins_probabilities_sum_to_one() -> None:
    sound = mulaw.decode(np.arange(256))
    guess, spreads = np.full(256, 0.02), (0.01, 0.015)
    for law in ("Laplace", "Gauss"):
        p = [2.0 ** -foresight.bits(guess[k : k + 1], sound[k : k + 1], spreads)[law] for k in range(256)]
        assert sum(p) == pytest.approx(1.0, abs=1e-5)
