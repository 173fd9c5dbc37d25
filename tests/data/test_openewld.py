import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.data.openewld import FILE, songs


def write(folder: Path, *, ts: list[str] | None = None, fifths: int = 1, last_root: int = 7) -> Path:
    path = folder / FILE
    path.parent.mkdir()
    facts: dict[str, Any] = {"id": "Somebody/Song.mxl", "ts": ts or ["3", "4"], "fifths": fifths}
    np.savez(
        path,
        song=np.array([0, 0], np.int16),
        onset=np.array([24, 0], np.int32),
        dur=np.array([48, 24], np.int16),
        pitch=np.array([69, 67], np.int8),
        ch_song=np.array([0, 0, 0], np.int16),
        ch_onset=np.array([0, 72, 144], np.int32),
        ch_dur=np.array([72, 72, 72], np.int16),
        ch_root=np.array([7, 2, last_root], np.int8),
        ch_qual=np.array([0, 1, 0], np.int8),
        ch_bass=np.array([7, 2, 7], np.int8),
        quals=np.array(["maj6", "9"]),
        meta=np.array(json.dumps([facts])),
    )
    return folder


def test_a_lead_sheet_has_key_meter_chords_and_melody(tmp_path: Path) -> None:
    (sheet,) = songs(write(tmp_path))
    assert (sheet.id, sheet.key, sheet.meter) == ("openewld/Somebody/Song.mxl", (7, "major"), (3, 4))
    assert sheet.chords == ((0.0, 3.0, 7, "6"), (3.0, 3.0, 2, "9"), (6.0, 3.0, 7, "6"))
    assert sheet.melody == ((0.0, 1.0, 67), (1.0, 2.0, 69))


def test_a_waltz_is_stretched_to_four_beats_a_bar(tmp_path: Path) -> None:
    (sheet,) = songs(write(tmp_path))
    assert sheet.changes().chords == ((0, 4, 7, "6"), (4, 4, 2, "9"), (8, 4, 7, "6"))


def test_a_song_that_ends_on_the_relative_minor_is_minor(tmp_path: Path) -> None:
    (sheet,) = songs(write(tmp_path, fifths=-2, last_root=7))
    assert sheet.key == (7, "minor")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"openewld\.npz"):
        list(songs(tmp_path))
