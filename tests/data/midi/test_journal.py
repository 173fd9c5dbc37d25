from __future__ import annotations

import hashlib
from contextlib import ExitStack, closing

import numpy as np
import pytest

from dusktape.core.score import Chord, Key
from dusktape.data.dataset import Notes, Song
from dusktape.data.midi.journal import Finding, Journal

ONE, TWO, THREE = (hashlib.sha256(text).hexdigest() for text in (b"1", b"2", b"3"))


@pytest.fixture
def finding():
    notes = Notes(*(np.array(c, np.int64) for c in ([0, 960], [240, 2_000_000], [60, 127], [1, 127])))
    chords = (Chord(0, 960, 11, "m7"),)
    song = Song("", "", 82.123456789, 4, Key(3, "minor"), chords, notes, np.array([0, 4]))
    return Finding(song, {"key": "Eb minor", "odd": ["é"]})


@pytest.fixture
def journal(tmp_path):
    """Opens journals in one folder, and closes them."""
    with ExitStack() as stack:

        def opened(stamp="stamp"):
            return stack.enter_context(closing(Journal(tmp_path / "j", stamp)))

        yield opened


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


def test_a_later_journal_knows_what_an_earlier_one_was_told(tmp_path, journal, finding):
    first = journal()
    first.put(ONE, finding.encoded())
    assert first.get(ONE).found == finding.found
    later = journal()  # while the first is still open, as after a kill
    assert ONE in later
    assert TWO not in later
    later.put(TWO, Finding(None, {}, "short", "no").encoded())
    last = journal()
    assert (last.get(ONE).found, last.get(TWO).reason) == (finding.found, "no")


def test_what_was_found_under_other_options_is_not_seen(tmp_path, journal, finding):
    journal("one").put(ONE, finding.encoded())
    assert len(journal("another")) == 0


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_an_entry_that_is_not_whole_is_as_if_it_were_not_there(tmp_path, journal, finding, damage):
    it = journal()
    it.put(ONE, finding.encoded())
    it.put(TWO, finding.encoded())
    it.close()
    (path,) = (tmp_path / "j").iterdir()
    data = path.read_bytes()
    path.write_bytes(data[:-7] if damage == "cut" else data[:-7] + b"X" + data[-6:])
    again = journal()
    assert ONE in again
    assert TWO not in again


def test_nothing_is_written_before_there_is_something(tmp_path, journal):
    journal().remove()
    assert not (tmp_path / "j").exists()


def test_only_its_own_files_are_removed(tmp_path, journal, finding):
    other = journal("other")
    other.put(ONE, finding.encoded())
    other.close()
    (tmp_path / "j" / "letter.txt").touch()
    it = journal()
    it.put(ONE, finding.encoded())
    it.remove()
    assert [p.name for p in (tmp_path / "j").iterdir()] == ["letter.txt"]
    (tmp_path / "j" / "letter.txt").unlink()
    it.remove()
    assert not (tmp_path / "j").exists()
