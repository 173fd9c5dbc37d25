import pytest

from dusktape.data.roman import numeral


@pytest.mark.parametrize(
    ("text", "chord"),
    [
        ("I", (0, "maj")),
        ("bVII", (10, "maj")),
        ("vi", (9, "min")),
        ("ii7", (2, "m7")),
        ("V7", (7, "7")),
        ("IV7", (5, "maj7")),
        ("IVd7", (5, "7")),
        ("V65/vi", (4, "7")),
        ("iih43", (2, "m7b5")),
        ("viix7/V", (6, "dim7")),
        ("vio", (9, "dim")),
        ("V+11", (7, "9sus4")),
        ("V11", (7, "9sus4")),
        ("Vs4", (7, "sus4")),
        ("v7s4", (7, "7sus4")),
        ("Id7#9", (0, "7#9")),
        ("Va", (7, "aug")),
        ("I64", (0, "maj")),
        ("#IV", (6, "maj")),
        ("R", None),
    ],
)
def test_numerals_read_as_chords(text: str, chord: tuple[int, str] | None) -> None:
    assert numeral(text) == chord
