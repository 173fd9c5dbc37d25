import math

import pytest

from dusktape.nn.ngram import BackoffNgram, baselines


def test_probabilities_add_up_to_one_in_every_context() -> None:
    model = BackoffNgram(3, 4).fit([[0, 1, 2, 0, 1, 3], [2, 2, 1]])
    for context in ([], [0], [0, 1], [3, 3], [1, 2]):
        assert sum(model.probability(context, t) for t in range(4)) == pytest.approx(1.0)


def test_witten_bell_by_hand() -> None:
    # Order 1 after "0 0 1": two kinds in three tokens, so the count weighs 3/5 and the uniform 2/5.
    model = BackoffNgram(1, 2).fit([[0, 0, 1]])
    assert model.probability([], 0) == pytest.approx((2 + 2 * 0.5) / 5)


def test_an_unseen_token_still_has_a_price() -> None:
    model = BackoffNgram(2, 10).fit([[0, 1, 0, 1]])
    assert 0.0 < model.probability([0], 7) < 0.1


def test_contexts_do_not_cross_songs() -> None:
    model = BackoffNgram(2, 3).fit([[0], [1], [0], [1]])
    assert model.probability([0], 1) == model.probability([], 1)


def test_bits_of_a_certain_sequence_vanish() -> None:
    pattern = [0, 1] * 500
    assert BackoffNgram(2, 2).fit([pattern]).bits([pattern]) / 1000 < 0.02


def test_a_pattern_of_period_three_needs_order_three() -> None:
    songs = [[0, 0, 1] * 60 for _ in range(3)]
    figures = baselines(songs[:2], songs[2:], vocabulary=2, events=180)
    assert figures["order_3"] < 0.1 < figures["order_2"] < figures["unigram"]
    assert figures["best"] == min(figures[f"order_{n}"] for n in range(1, 6))
    assert figures["unigram"] == pytest.approx(-(2 / 3 * math.log2(2 / 3) + 1 / 3 * math.log2(1 / 3)), abs=0.02)
