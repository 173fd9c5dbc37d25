import pytest

from dusktape.data.harte import POWER, nearest, parse, pitch_class, step
from dusktape.theory.chord import QUALITIES


@pytest.mark.parametrize(
    ("label", "chord"),
    [
        ("C:maj", (0, "maj")),
        ("Eb:min7", (3, "m7")),
        ("F#:maj(9)", (6, "add9")),
        ("Gb", (6, "maj")),
        ("B:hdim7/b5", (11, "m7b5")),
        ("A:sus4(b7,9)", (9, "9sus4")),
        ("D:min7(11)", (2, "m11")),
        ("C:7(#9)", (0, "7#9")),
        ("C:7(b13)", (0, "7b13")),
        ("C:maj9(13)", (0, "maj13")),
        ("C:aug(b7)", (0, "aug7")),
        ("C:min/b7", (0, "m7")),
        ("C:maj/7", (0, "maj7")),
        ("C:maj/3", (0, "maj")),
        ("C:5", (0, POWER)),
        ("C:maj/9", (2, "9sus4")),
        ("C:maj/13", (9, "m7")),
        ("D:min7/11", (7, "9sus4")),
        ("C:maj/4", (5, "maj9")),
        ("N", None),
        ("*", None),
    ],
)
def test_a_label_becomes_the_chord_it_sounds_like(label: str, chord: tuple[int, str] | None) -> None:
    assert parse(label) == chord


def test_each_quality_is_nearest_to_itself() -> None:
    for quality, steps in QUALITIES.items():
        assert nearest(steps) == quality


def test_degrees_and_names_are_semitones() -> None:
    assert [step(d) for d in ("1", "b3", "#5", "bb7", "b9", "13")] == [0, 3, 8, 9, 13, 21]
    assert [pitch_class(n) for n in ("C", "Bb", "F#", "Cb", "B#")] == [0, 10, 6, 11, 0]


PLAIN = ("maj", "min", "aug", "dim", "sus4", "sus2", "7", "maj7", "min7", "minmaj7", "maj6", "min6", "dim7", "hdim7")
TENSE = ("9", "maj9", "min9", "min11", "13", "maj13", "min13")


@pytest.mark.parametrize("root", ["C", "F#", "Bb", "Ebb", "G##"])
@pytest.mark.parametrize("shorthand", [*PLAIN, *TENSE])
def test_labels_mean_what_mir_eval_reads_in_them(root, shorthand):
    mir_eval = pytest.importorskip("mir_eval", reason="mir_eval is the judge; install 'dusktape[dev]'")
    theirs, bitmap, _ = mir_eval.chord.encode(f"{root}:{shorthand}")
    ours, quality = parse(f"{root}:{shorthand}")
    assert ours == theirs
    tones = {step % 12 for step in QUALITIES[quality] if step < 12}  # it compares chords without their tensions
    assert tones == {step for step in range(12) if bitmap[step]}
