import pytest

from dusktape.radio.state import State


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("jobs", "add", "--seed", "abc"), "'--seed': that is a whole number, 0 or more, got 'abc'"),
        (("jobs", "add", "-n", "101"), "that is a whole number, 1 to 100, got '101'"),
        (("tune", "--history", "1.5"), "'--history': that is a whole number, 1 to 1000, got '1.5'"),
        (("library", "--limit", "0"), "'--limit': that is a whole number, 1 to 10000, got '0'"),
        (("jobs", "add", "--loop", "0"), "'--loop': that is a whole number, 2 to 64, got '0'"),
        (("jobs", "add", "--loop", "-1"), "'--loop': that is a whole number, 2 to 64, got '-1'"),
        (("jobs", "add", "--bpm", "fast"), "'--bpm': that is a number, 40 to 160, got 'fast'"),
        (("jobs", "add", "--loudness", "nan"), "'--loudness': that is a number, -40 to -5, got 'nan'"),
        (("jobs", "lofi", "x.wav", "--speed", "9"), "'--speed': that is a number, 0.4 to 1.6, got '9'"),
        (("tune", "--energy", "3"), "'--energy': that is a number, -1 to 1, got '3'"),
        (("radio", "--library-gb", "none"), "'--library-gb': that is a number, 0.1 to 10000, got 'none'"),
        (("radio", "--port", "x"), "'--port': that is a whole number, got 'x'"),
    ],
)
def test_what_is_no_number_is_refused_in_words(dusktape, words, told):
    said = dusktape(*words)
    assert said.code == 1
    assert told in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("--effect", "../x"),
            '--effect takes letters, digits, - and _, at most 64 of them, got "../x"; give such a one',
        ),
        (("--mood", "angry"), 'got "angry"; give one of these'),
        (("--title", "x" * 201), "--title is longer than 200 letters; shorten it"),
        (("--station", "a/b"), '--station takes letters, digits, - and _, at most 64 of them, got "a/b"'),
        (("--like", "a/b", "c"), "--like takes letters, digits"),
    ],
)
def test_what_an_order_cannot_be_is_told_by_option_in_a_line_of_ours(dusktape, tmp_path, words, told):
    State.open(tmp_path).close()
    said = dusktape("jobs", "add", *words, "--state", str(tmp_path))
    assert said.code == 1
    assert told in said.err
    assert said.err.count("\n") == 1
    assert "should" not in said.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("radio",), "what the library holds plays. [default: 1]"),
        (("studio",), "the next one that is free. --token"),
        (("play",), "[default: 1.0; 0 to 1]"),
        (("tune",), "[1 to 1000]"),
        (("jobs", "add"), "[0 or more]"),
    ],
)
def test_help_gives_ranges_in_words(dusktape, words, told):
    said = " ".join(dusktape(*words, "--help").out.split())
    assert told in said
    assert "<=" not in said
    assert ">=" not in said
