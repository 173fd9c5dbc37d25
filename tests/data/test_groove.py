from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.data import groove

BACKBEAT = [(0, 36, 90), (4, 38, 110), (8, 36, 80), (12, 38, 112)]


def write(folder: Path, hits: list[tuple[float, int, int]], **entry: str) -> Path:
    path = folder / "groove"
    path.mkdir()
    meta = {"id": "drummer1/session1/1", "style": "funk", "bpm": "90", "beat_type": "beat", "time_signature": "4-4"}
    np.savez(
        path / "groove.npz",
        seq=np.zeros(len(hits), np.int16),
        onset480=np.array([round(h[0] * 120) for h in hits], np.int32),
        pitch=np.array([h[1] for h in hits], np.int8),
        vel=np.array([h[2] for h in hits], np.int8),
        meta=np.array(json.dumps([{**meta, **entry}])),
    )
    return folder


def bars(count: int, late: float = 0.0, shift: int = 0) -> list[tuple[float, int, int]]:
    return [(16 * b + s + late + shift, p, v) for b in range(count) for s, p, v in BACKBEAT]


def test_a_performance_is_centred_on_the_click(tmp_path: Path) -> None:
    (played,) = groove.read(write(tmp_path, bars(4, late=0.2)))
    assert played.step[:4].tolist() == [0, 4, 8, 12]
    assert np.abs(played.offset).max() < 0.01


def test_a_drum_that_is_late_stays_late(tmp_path: Path) -> None:
    hits = [(t + (0.25 if p == 38 else 0.0), p, v) for t, p, v in bars(8)] + [(16 * b, 42, 70) for b in range(8)]
    (played,) = groove.read(write(tmp_path, sorted(hits)))
    snare = played.offset[played.drum == groove.SNARE]
    assert np.median(snare) - np.median(played.offset[played.drum == groove.KICK]) == pytest.approx(0.25, abs=0.01)


def test_bar_lines_are_found_by_the_backbeat(tmp_path: Path) -> None:
    (played,) = groove.read(write(tmp_path, bars(6, shift=4)))
    assert set((played.step[played.drum == groove.SNARE] % 16).tolist()) == {4, 12}
    assert set((played.step[played.drum == groove.KICK] % 16).tolist()) == {0, 8}


def test_latin_bar_lines_are_left_alone(tmp_path: Path) -> None:
    (played,) = groove.read(write(tmp_path, bars(6, shift=4), style="latin/samba"))
    assert set((played.step[played.drum == groove.SNARE] % 16).tolist()) == {0, 8}


def test_of_two_hits_in_one_place_the_louder_stays(tmp_path: Path) -> None:
    (played,) = groove.read(write(tmp_path, [(0, 36, 40), (0.1, 35, 90), (4, 38, 80), (8, 36, 70), (12, 38, 80)]))
    assert played.velocity[played.drum == groove.KICK].tolist() == [90, 70]


def test_zones_of_one_pad_are_one_drum(tmp_path: Path) -> None:
    keys = [22, 26, 40, 37, 53, 57, 43]
    (played,) = groove.read(write(tmp_path, [(k, key, 60) for k, key in enumerate(keys)], style="latin"))
    names = [groove.DRUMS[d] for d in played.drum]
    assert names == ["closed hat", "open hat", "snare", "rim", "ride", "crash", "low tom"]


def test_waltzes_are_left_out(tmp_path: Path) -> None:
    assert list(groove.read(write(tmp_path, bars(2), time_signature="3-4"))) == []


def test_styles_become_families(tmp_path: Path) -> None:
    (played,) = groove.read(write(tmp_path, bars(2), style="neworleans/secondline"))
    assert (played.style, played.session, played.is_fill) == ("funk", "drummer1/session1", False)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"groove\.npz"):
        list(groove.read(tmp_path))
