import pytest


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("jobs", "add", "--seed", "abc"), "'--seed': that is a whole number, 0 or more, got 'abc'"),
        (("jobs", "add", "-n", "101"), "that is a whole number, 1 to 100, got '101'"),
        (("tune", "--history", "1.5"), "'--history': that is a whole number, 1 to 1000, got '1.5'"),
        (("library", "--limit", "0"), "'--limit': that is a whole number, 1 to 10000, got '0'"),
    ],
)
def test_what_is_no_number_is_refused_in_words(dusktape, words, told):
    said = dusktape(*words)
    assert said.code == 1
    assert told in said.err
    assert said.err.count("\n") == 1
