import numpy as np
import pytest

from dusktape.data.dataset import Notes
from dusktape.data.midi.metre import checked, longest_stretch, second_half_leads

from . import tunes
from .tunes import BEAT


def _moved(notes, ticks):
    return Notes(notes.start + ticks, notes.length, notes.pitch, notes.velocity)


def _accompaniment(bars=16, beats=4):
    return tunes.notes(tunes.chords(bars, beats=beats) + tunes.bass(bars, beats=beats))


@pytest.mark.parametrize(
    ("written", "beats"),
    [
        ((4, 4), 4),
        ((3, 4), 3),
        ((2, 4), 4),
        ((2, 2), 4),
        ((6, 8), 3),
        ((12, 8), 6),
        ((5, 4), 5),
        ((7, 8), 7),
        ((3, 8), 3),
    ],
)
def test_bars_are_counted_in_quarters(written, beats):
    metre = longest_stretch([(0, *written)], np.arange(0, 96000, 480), 96000)
    assert metre.beats == beats
    assert metre.written == f"{written[0]}/{written[1]}"


@pytest.mark.parametrize("written", [(0, 4), (4, 3), (17, 4), (31, 8)])
def test_bars_that_cannot_be_counted_are_refused(written):
    assert longest_stretch([(0, *written)], np.arange(0, 96000, 480), 96000) is None


def test_nothing_written_means_four_quarters():
    metre = longest_stretch([], np.arange(0, 9600, 480), 9600)
    assert (metre.beats, metre.written, metre.start, metre.end) == (4, "", 0, 9600)


def test_the_stretch_with_most_notes_is_kept():
    meters = [(0, 4, 4), (3840, 2, 4), (5760, 3, 4)]
    metre = longest_stretch(meters, np.arange(0, 40000, 480), 40000)
    assert (metre.beats, metre.start, metre.end, metre.changes) == (3, 5760, 40000, 2)


def test_a_metre_that_is_written_again_changes_nothing():
    metre = longest_stretch([(0, 4, 4), (3840, 4, 4), (7680, 4, 4)], np.arange(0, 20000, 480), 20000)
    assert (metre.start, metre.end, metre.changes) == (0, 20000, 0)


@pytest.mark.parametrize("late", range(4))
def test_bar_lines_are_found_where_the_harmony_changes(late):
    notes = _moved(_accompaniment(), late * BEAT)
    metre = checked(longest_stretch([(0, 4, 4)], notes.start, 70000), notes)
    assert (metre.beats, metre.shift, metre.overruled) == (4, late, False)


@pytest.mark.parametrize("late", range(3))
def test_three_quarters_written_as_four_are_noticed(late):
    notes = _moved(_accompaniment(20, beats=3), late * BEAT)
    metre = checked(longest_stretch([], notes.start, 70000), notes)
    assert (metre.beats, metre.shift, metre.overruled) == (3, late, True)


def test_music_that_leans_nowhere_leaves_the_file_alone():
    notes = tunes.notes([(k * BEAT, BEAT, 60, 80) for k in range(64)])
    metre = checked(longest_stretch([(0, 3, 4)], notes.start, 64 * BEAT), notes)
    assert (metre.beats, metre.shift, metre.overruled) == (3, 0, False)


def test_five_quarters_are_left_as_written():
    notes = _accompaniment()
    assert checked(longest_stretch([(0, 5, 4)], notes.start, 70000), notes).beats == 5


def test_pairs_of_bars_begin_where_the_harmony_does():
    # Chords of two bars each: half time has to begin with the first of each pair.
    rows = [(2 * row[0], 2 * row[1], *row[2:]) for row in tunes.chords(12) + tunes.bass(12)]
    assert not second_half_leads(tunes.notes(rows), 4)
    assert second_half_leads(_moved(tunes.notes(rows), 4 * BEAT), 4)
