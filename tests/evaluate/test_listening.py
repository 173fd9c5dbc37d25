import pytest
from scipy import stats

from dusktape.evaluate.listening import Answer, sign_test, student, summary, wilson


def answer(preferred: str, a: int = 4, b: int = 3, listener: str = "ann", first: str = "A") -> Answer:
    return Answer(listener, "x.flac", "y.flac", first, preferred, a, b, "2026-01-01T00:00:00+00:00")  # type: ignore[arg-type]


def test_the_intervals_are_those_of_the_textbooks():
    for k, n in ((0, 5), (3, 10), (10, 10), (47, 90)):
        theirs = stats.binomtest(k, n).proportion_ci(method="wilson")
        assert wilson(k, n) == pytest.approx((theirs.low, theirs.high), abs=1e-6)
        assert sign_test(k, n - k) == pytest.approx(stats.binomtest(k, n).pvalue)


def test_a_share_counts_those_who_decided():
    found = summary([answer("A"), answer("A"), answer("B"), answer("neither")])
    assert found["preferred"] == {"A": 2, "B": 1, "neither": 1}
    assert found["share_a"] == pytest.approx(2 / 3)
    low, high = found["share_a_interval"]
    assert low < 2 / 3 < high


def test_ratings_have_an_interval_that_holds_their_mean_and_shrinks_with_answers():
    few = summary([answer("A", 5, 1), answer("A", 1, 2)])["rating_a"]
    many = summary([answer("A", 5, 1), answer("A", 1, 2)] * 40)["rating_a"]
    for found in (few, many):
        assert found["interval"][0] <= found["mean"] == 3.0 <= found["interval"][1]
    assert many["interval"][1] - many["interval"][0] < few["interval"][1] - few["interval"][0]


def test_student_is_that_of_the_textbooks():
    for freedom in (1, 2, 3, 8, 30, 1000):
        assert student(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-4)


def test_equal_ratings_are_no_certainty():
    widths = []
    for count in (1, 2, 8, 64):
        low, high = summary([answer("A", 3, 3)] * count)["rating_a"]["interval"]
        assert 1.0 <= low < 3.0 < high <= 5.0
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)
    assert (widths[0], round(widths[2], 2), round(widths[3], 2)) == (4.0, 0.58, 0.06)
    low, high = summary([answer("A", 5, 1)] * 2)["rating_difference"]["interval"]
    assert low < high == 4.0


def test_nobody_has_answered_yet():
    found = summary([])
    assert found["answers"] == 0
    assert found["share_a"] is found["rating_a"] is found["p_value"] is None
