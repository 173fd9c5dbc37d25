import numpy as np

from dusktape.data.midi import voices

from . import tunes


def test_the_top_of_a_chord_is_its_highest_note():
    notes = tunes.notes([(0, 900, 60, 80), (0, 900, 64, 80), (10, 900, 67, 80), (960, 900, 65, 80), (960, 900, 55, 80)])
    assert notes.pitch[voices.top(notes)].tolist() == [67, 65]
    assert notes.pitch[voices.bottom(notes)].tolist() == [60, 55]


def test_a_note_below_one_that_still_sounds_is_not_on_top():
    notes = tunes.notes([(0, 3840, 72, 80), (960, 480, 60, 80), (1920, 480, 76, 80), (2880, 480, 62, 80)])
    assert notes.pitch[voices.top(notes)].tolist() == [72, 76]
    assert notes.pitch[voices.bottom(notes)].tolist() == [72, 60, 62]


def test_a_short_low_note_does_not_hide_that_a_long_high_one_sounds():
    notes = tunes.notes([(0, 3840, 72, 80), (480, 200, 80, 80), (960, 480, 60, 80)])
    assert notes.pitch[voices.top(notes)].tolist() == [72, 80]


def test_no_notes_have_no_voices():
    empty = tunes.notes([])
    assert not len(voices.top(empty))
    assert not len(voices.groups(empty))
    assert not len(voices.joined([])[0])


def test_joined_notes_know_where_they_came_from():
    first, second = tunes.notes([(0, 1, 60, 1), (960, 1, 60, 1)]), tunes.notes([(480, 1, 62, 1), (960, 1, 50, 1)])
    notes, origin = voices.joined([first, second])
    assert notes.start.tolist() == [0, 480, 960, 960]
    assert origin.tolist() == [0, 1, 1, 0]
    assert np.array_equal(voices.of(notes, origin == 1).pitch, second.pitch)
