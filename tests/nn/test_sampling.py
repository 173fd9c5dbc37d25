import numpy as np
import pytest

from dusktape.core.seed import Seed
from dusktape.nn.sampling import RECENT_TOKENS, Sampling, choose, draw, penalised, probabilities, repeats, sample

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


def test_the_penalty_divides_the_odds_of_recent_tokens_only() -> None:
    plain, p = probabilities(LOGITS), probabilities(penalised(LOGITS, [3, 3], 2.0))
    assert p[3] / p[0] == pytest.approx(plain[3] / plain[0] / 2.0), "twice heard is not punished twice"
    assert p[2] / p[1] == pytest.approx(plain[2] / plain[1])


def test_the_penalty_forgets() -> None:
    assert np.array_equal(penalised(LOGITS, [3] + [0] * RECENT_TOKENS, 2.0)[3:], LOGITS[3:])


def test_the_penalty_leaves_the_logits_of_its_caller_alone() -> None:
    before = LOGITS.copy()
    penalised(LOGITS, [1], 3.0)
    assert np.array_equal(LOGITS, before)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([1, 2, 3, 4, 1, 2, 3, 9], True),
        ([1, 2, 3, 4, 1, 2, 8, 9], False),
        ([1, 2, 3, 4, 1, 2, 3], False),
        ([1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 1, 2, 3, 4, 98, 99], True),
        ([], False),
    ],
)
def test_a_repetition_is_three_quarters_of_the_tokens_before(history: list[int], expected: bool) -> None:
    assert repeats(history) is expected


def test_argmax_takes_the_likeliest_that_is_allowed() -> None:
    allowed = np.array([True, True, True, False])
    assert choose(LOGITS, Sampling(rule="argmax"), history=[], seed=Seed(0), allowed=allowed) == 2


def test_argmax_breaks_a_repetition_with_any_allowed_token() -> None:
    allowed, history = np.array([True, True, True, False]), [3, 3, 3, 3] * 2
    taken = {choose(LOGITS, Sampling(rule="argmax"), history=history, seed=Seed(s), allowed=allowed) for s in range(40)}
    assert taken == {0, 1, 2}


def test_a_choice_obeys_temperature_cuts_and_penalty() -> None:
    def shares(sampling: Sampling, history: list[int]) -> np.ndarray:
        chosen = [choose(LOGITS, sampling, history=history, seed=Seed(0).at(i)) for i in range(2000)]
        return np.bincount(chosen, minlength=4) / 2000

    assert np.flatnonzero(shares(Sampling(top_k=1), [])).tolist() == [3]
    assert np.flatnonzero(shares(Sampling(min_p=0.2), [])).tolist() == [2, 3]
    expected = probabilities(penalised(LOGITS, [3], 4.0), temperature=2.0)
    assert np.abs(shares(Sampling(temperature=2.0, min_p=0.0, repetition_penalty=4.0), [3]) - expected).max() < 0.04


def test_a_choice_depends_on_its_address_alone() -> None:
    assert len({choose(LOGITS, Sampling(), history=[], seed=Seed(1).at("note", 7)) for _ in range(5)}) == 1
