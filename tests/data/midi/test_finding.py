from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.score import Chord, Key
from dusktape.data.dataset import Notes, Song
from dusktape.data.midi.finding import Finding


@pytest.fixture
def finding():
    notes = Notes(*(np.array(c, np.int64) for c in ([0, 960], [240, 2_000_000], [60, 127], [1, 127])))
    chords = (Chord(0, 960, 11, "m7"),)
    song = Song("", "", 82.123456789, 4, Key(3, "minor"), chords, notes, np.array([0, 4]))
    return Finding(song, {"key": "Eb minor", "odd": ["é"]})


def test_a_song_comes_back_as_it_was(finding):
    again = Finding.decoded(finding.encoded())
    assert again.found == finding.found
    assert again.song and finding.song
    for name in ("bpm", "beats_per_bar", "key", "chords"):
        assert getattr(again.song, name) == getattr(finding.song, name)
    for name in ("start", "length", "pitch", "velocity"):
        column = getattr(again.song.notes, name)
        assert column.tolist() == getattr(finding.song.notes, name).tolist()
        assert column.dtype == np.int64
    assert again.song.part.tolist() == [0, 4]


def test_a_dropped_file_comes_back_with_its_reason():
    again = Finding.decoded(Finding(None, {"notes": 3}, "short", "it has 3 notes").encoded())
    assert (again.song, again.why, again.reason, again.found) == (None, "short", "it has 3 notes", {"notes": 3})
