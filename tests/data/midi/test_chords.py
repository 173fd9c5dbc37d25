import numpy as np
import pytest

from dusktape.core.score import BAR, PITCH_NAMES, TICKS_PER_BEAT, Chord, Key
from dusktape.data import harte
from dusktape.data.midi.chords import FAVOUR, MELODY_WEIGHT, find_chords
from dusktape.data.midi.voices import joined
from dusktape.theory.chord import QUALITIES

from . import tunes

C = Key(0, "major")


def _held(root, quality, start=0, length=BAR):
    low = 36 + root
    tones = [
        (start, length, 60 + (root + step) % 12 if step < 12 else 72 + (root + step) % 12, 90)
        for step in QUALITIES[quality]
    ]
    return [(start, length, low, 90), *tones]


@pytest.mark.parametrize("quality", FAVOUR)
@pytest.mark.parametrize("root", [0, 5, 10])
def test_a_held_chord_is_heard_as_what_it_is(quality, root):
    found = find_chords(tunes.notes(_held(root, quality)), Key(root, "major"), 4)
    assert [(c.start, c.length, c.root, c.quality) for c in found] == [(0, BAR, root, quality)]


@pytest.mark.parametrize("seed", range(4))
def test_a_loop_under_a_melody_is_found(seed):
    tune, others = tunes.melody(seed), tunes.chords() + tunes.bass()
    notes, origin = joined([tunes.notes(tune), tunes.notes(others)])
    found = find_chords(notes, C, 4, weight=np.where(origin == 0, MELODY_WEIGHT, 1.0))
    at_bars = [next(c.root for c in found if c.start <= bar * BAR < c.start + c.length) for bar in range(16)]
    assert at_bars == [0, 9, 5, 7] * 4


def test_a_melody_that_weighs_nothing_changes_nothing():
    others = tunes.notes(tunes.chords() + tunes.bass())
    notes, origin = joined([tunes.notes(tunes.melody(1)), others])
    assert find_chords(notes, C, 4, weight=np.where(origin == 0, 0.0, 1.0)) == find_chords(others, C, 4)


def test_arpeggios_are_chords_too():
    rows = [
        (bar * BAR + k * 480, 480, 48 + (root, root + third, root + 7, root + third)[k % 4], 80)
        for bar, (root, third) in enumerate([(0, 4), (9, 3), (5, 4), (7, 4)] * 2)
        for k in range(8)
    ]
    found = find_chords(tunes.notes(rows), C, 4)
    assert [c.root for c in found] == [0, 9, 5, 7] * 2


def test_two_chords_in_a_bar_are_found():
    rows = _held(2, "m7", 0, BAR // 2) + _held(7, "7", BAR // 2, BAR // 2) + _held(0, "maj7", BAR, BAR)
    found = find_chords(tunes.notes(rows), C, 4)
    assert found == (Chord(0, BAR // 2, 2, "m7"), Chord(BAR // 2, BAR // 2, 7, "7"), Chord(BAR, BAR, 0, "maj7"))


def test_silence_has_no_chord():
    rows = _held(0, "maj") + _held(0, "maj", 3 * BAR)
    found = find_chords(tunes.notes(rows), C, 4)
    assert [(c.start, c.length) for c in found] == [(0, BAR), (3 * BAR, BAR)]
    assert find_chords(tunes.notes([]), C, 4) == ()


@pytest.mark.parametrize("up", range(12))
def test_transposing_moves_the_chords_along(up):
    def found(key):
        rows = tunes.melody(2, key=key) + tunes.chords(key=key) + tunes.bass(key=key)
        return find_chords(tunes.notes(rows), Key(key, "major"), 4)

    assert [((c.root - up) % 12, c.quality, c.start) for c in found(up)] == [
        (c.root, c.quality, c.start) for c in found(0)
    ]


def test_qualities_are_those_of_the_theory():
    assert set(FAVOUR) <= set(QUALITIES)


def test_chords_leave_no_overlap_in_a_crowd_of_notes():
    draw = np.random.default_rng(0)
    rows = [(int(s), int(n), int(p), 80) for s, n, p in draw.integers((0, 1, 20), (60000, 4000, 100), (800, 3))]
    found = find_chords(tunes.notes(rows), C, 4)
    ends = [c.start + c.length for c in found]
    assert all(a <= c.start for a, c in zip(ends, found[1:], strict=False))


LOOPS = {
    "turnaround": ("D:min7", "G:7", "C:maj7", "A:min7"),
    "backdoor": ("C:maj7", "F:min7", "Bb:7", "C:maj7"),
    "line": ("A:min9", "D:9", "G:maj9", "C:maj9"),
    "triads": ("C:maj", "A:min", "F:maj", "G:maj"),
    "half": ("B:hdim7", "E:7", "A:min7", "A:min7"),
}


@pytest.mark.parametrize("labels", LOOPS.values(), ids=LOOPS)
def test_what_is_heard_is_what_mir_eval_compares_as_right(labels):
    mir_eval = pytest.importorskip("mir_eval", reason="mir_eval is the judge; install 'dusktape[dev]'")
    written = [(bar * BAR, *harte.parse(label)) for bar, label in enumerate(labels * 2)]
    rows = [row for start, root, quality in written for row in _held(root, quality, start)]
    found = find_chords(tunes.notes(rows), C, 4)
    names = {q: f"({','.join(_DEGREES[s] for s in steps[1:])})" for q, steps in QUALITIES.items()}
    heard = [f"{PITCH_NAMES[c.root]}:{names[c.quality]}" for c in found]
    truth, times = list(labels * 2), np.arange(len(written) + 1) * 4.0
    spans = np.array([(c.start, c.start + c.length) for c in found]) / TICKS_PER_BEAT
    scores = mir_eval.chord.evaluate(np.stack([times[:-1], times[1:]], 1), truth, spans, heard)
    told = {name: scores[name] for name in ("root", "thirds", "majmin", "mirex", "triads", "tetrads", "seg")}
    assert told == pytest.approx(dict.fromkeys(told, 1.0))


_DEGREES = {
    0: "1", 2: "2", 3: "b3", 4: "3", 5: "4", 6: "b5", 7: "5", 8: "#5", 9: "6", 10: "b7", 11: "7", 13: "b9", 14: "9",
    15: "#9", 17: "11", 18: "#11", 20: "b13", 21: "13",
}  # fmt: skip
