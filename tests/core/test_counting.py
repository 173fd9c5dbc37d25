"""One thing is said in the singular."""

from dusktape.core.counting import counted


def test_only_one_is_singular() -> None:
    said = [counted(n, "pitch", several="pitches") for n in (0, 1, 2, 1500)]
    assert said == ["0 pitches", "1 pitch", "2 pitches", "1,500 pitches"]
    assert counted(1, "bar") == "1 bar"
    assert counted(4, "bar") == "4 bars"
