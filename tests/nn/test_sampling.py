import numpy as np
import pytest

from dusktape.core.seed import Seed
from dusktape.nn.sampling import draw, probabilities, sample

LOGITS = np.array([0.0, 1.0, 2.0, 3.0])


def test_probabilities_are_a_softmax() -> None:
    p = probabilities(LOGITS)
    assert p.sum() == pytest.approx(1.0)
    assert p[3] / p[2] == pytest.approx(np.e)


def test_temperature_flattens_and_sharpens() -> None:
    assert (
        probabilities(LOGITS, temperature=2.0)[3] < probabilities(LOGITS)[3] < probabilities(LOGITS, temperature=0.5)[3]
    )


def test_what_the_grammar_forbids_is_never_drawn_and_does_not_set_the_bar() -> None:
    allowed = np.array([True, True, False, False])
    p = probabilities(LOGITS, allowed=allowed, min_p=0.3)
    assert p[2:].tolist() == [0.0, 0.0]
    assert p[0] > 0.2, "against the forbidden entry it would have been cut"


def test_top_k_keeps_the_likeliest() -> None:
    assert np.flatnonzero(probabilities(LOGITS, top_k=2)).tolist() == [2, 3]


def test_min_p_cuts_against_the_likeliest() -> None:
    assert np.flatnonzero(probabilities(LOGITS, min_p=0.1)).tolist() == [1, 2, 3]


def test_draws_follow_the_probabilities() -> None:
    p = probabilities(LOGITS)
    rng = Seed(0).rng()
    drawn = np.bincount([draw(p, float(rng.random())) for _ in range(20000)], minlength=4) / 20000
    assert np.abs(drawn - p).max() < 0.02


@pytest.mark.parametrize("uniform", [0.0, 0.5, 1.0 - 2.0**-53])
def test_a_draw_never_lands_on_what_cannot_be(uniform: float) -> None:
    assert draw(np.array([0.0, 0.3, 0.0, 0.7, 0.0]), uniform) in (1, 3)


def test_the_same_generator_draws_the_same() -> None:
    assert [sample(LOGITS, Seed(s).rng()) for s in range(20)] == [sample(LOGITS, Seed(s).rng()) for s in range(20)]
