import json
from pathlib import Path

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.data import pop909
from dusktape.theory.chord import QUALITIES


def _write(folder: Path) -> None:
    """Two songs of a few notes, written the way the real file is."""
    meta = [
        {"id": "001", "key_sigs": [[0, -6, 0]], "time_sigs": [[0, 4, 4]], "bpm_audio": 89.5, "key_audio": "Gb:maj"},
        {"id": "004", "key_sigs": [[0, -6, 1], [48, -3, 0]], "time_sigs": [[0, 3, 4]], "bpm_audio": 71.0},
    ]
    (folder / "pop909_cl").mkdir()
    np.savez(
        folder / pop909.FILE,
        song=np.array([0, 0, 0, 1], np.int16),
        track=np.array([2, 0, 0, 1], np.int8),
        onset=np.array([0, 36, 24, 6], np.int32),
        dur=np.array([24, 12, 12, 18], np.int16),
        pitch=np.array([42, 72, 70, 63], np.int8),
        vel=np.array([60, 100, 90, 80], np.int8),
        ch_song=np.array([0, 0, 1], np.int16),
        ch_onset=np.array([0, 96, 0], np.int32),
        ch_dur=np.array([96, 96, 72], np.int16),
        ch_root=np.array([6, -1, 3], np.int8),
        ch_qual=np.array([0, -1, 2], np.int8),
        ch_bass=np.array([6, -1, 3], np.int8),
        quals=np.array(["maj", "min", "hdim7"]),
        meta=np.array(json.dumps(meta)),
    )


def test_notes_come_in_beats_track_by_track_in_order(tmp_path: Path) -> None:
    _write(tmp_path)
    song = next(pop909.songs(tmp_path))
    assert song.tracks["melody"].start.tolist() == [1.0, 1.5]
    assert song.tracks["melody"].pitch.tolist() == [70, 72]
    assert song.tracks["melody"].length.tolist() == [0.5, 0.5]
    assert song.tracks["piano"].velocity.tolist() == [60]
    assert len(song.tracks["bridge"].start) == 0


def test_keys_are_tonics_not_signatures(tmp_path: Path) -> None:
    _write(tmp_path)
    first, second = pop909.songs(tmp_path)
    assert first.keys == ((0.0, 6, "major"),)
    assert second.keys == ((0.0, 3, "minor"), (2.0, 3, "major"))


def test_chords_speak_our_qualities_and_unknown_ones_are_left_out(tmp_path: Path) -> None:
    _write(tmp_path)
    first, second = pop909.songs(tmp_path)
    assert first.chords == ((0.0, 4.0, 6, "maj"),)
    assert second.chords == ((0.0, 3.0, 3, "m7b5"),)
    assert set(pop909._QUALITIES.values()) <= set(QUALITIES)


def test_metre_is_told_apart(tmp_path: Path) -> None:
    _write(tmp_path)
    first, second = pop909.songs(tmp_path)
    assert first.common_time
    assert not second.common_time


def test_a_missing_file_is_one_line_that_says_where(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read POP909 from"):
        next(pop909.songs(tmp_path))
