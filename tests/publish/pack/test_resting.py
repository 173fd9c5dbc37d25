"""Loops of finished tracks are cut where a part plays, not where it rests."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.io.audiofile import AudioWriter
from dusktape.publish.pack.build import make
from dusktape.publish.pack.resting import rests

RATE, BPM = 44_100, 120.0
SECTIONS = [
    {"name": "intro", "start_s": 0.0, "end_s": 2.0},
    {"name": "A", "start_s": 2.0, "end_s": 10.0},
    {"name": "B", "start_s": 10.0, "end_s": 18.0},
]


def written(path: Path, sound: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with AudioWriter(path, RATE, 1, seed=Seed(1)) as file:
        file.write(sound.astype(np.float32)[None, :])


@pytest.fixture
def track(tmp_path: Path) -> Path:
    """A track whose bass plays in A, rings 60 ms into B, and comes back at B's end; its keys play throughout."""
    folder = tmp_path / "night"
    t = np.arange(18 * RATE) / RATE
    swell = np.sin(2.0 * np.pi * t) ** 2  # twice a second
    note = 0.3 * np.sin(2.0 * np.pi * 55.0 * t) * swell
    bass = np.where((t < 10.06) | (t > 17.96), note, 0.0)
    keys = 0.2 * np.sin(2.0 * np.pi * np.where(t < 10.0, 220.0, 330.0) * t) * swell
    written(folder / "stems" / "bass.flac", bass)
    written(folder / "stems" / "keys.flac", keys)
    written(folder / "master.flac", bass + keys)
    told = {"title": "Night", "licence": "CC0-1.0", "seed": 1, "models": [], "recipe": {"name": "rainy"}}
    report = {"key": "A minor", "bpm": BPM, "sections": SECTIONS}
    (folder / "track.json").write_text(json.dumps(told | {"report": report}), encoding="utf-8")
    return folder


def test_a_place_where_the_bass_rests_gives_no_loop(track, order):
    said: list[str] = []
    facts = make(order(str(track), kinds=("loops",), labels=("bass",)), say=said.append)
    (file,) = facts["files"]
    assert file["address"]["section"] == "A"
    assert facts["refused"] == {"resting": 1}
    assert said[1:] == ["loops: 1 of 4 after 2 tries; left out: 1 resting; there are no more"]


def test_what_is_passed_over_is_said_where_there_is_enough_else(track, order):
    said: list[str] = []
    facts = make(order(str(track), kinds=("loops",), labels=("bass", "keys"), count=3), say=said.append)
    assert [(f["address"]["part"], f["address"]["section"]) for f in facts["files"]] == [
        ("bass", "A"),
        ("keys", "A"),
        ("keys", "B"),
    ]
    assert said[1:] == ["loops: passed over 1 place where a part rests"]


def test_the_mix_of_a_finished_track_is_cut_from_its_master(track, order):
    facts = make(order(str(track), kinds=("loops",), labels=("mix",), count=2))
    assert [file["file"] for file in facts["files"]] == [
        "Loops/Full Mix/DT_Mix_120bpm_Am_01.wav",
        "Loops/Full Mix/DT_Mix_120bpm_Am_02.wav",
    ]


def test_a_part_that_no_track_has_is_refused_before_any_work(track, order):
    told: list[str] = []
    asked = order(str(track), kinds=("loops",), labels=("pad",))
    with pytest.raises(InputError, match="night has no stem of pad; it has mix, keys, bass"):
        make(asked, told=lambda text, share: told.append(text))
    assert told == []


def test_a_part_heard_in_a_quarter_of_the_beats_rests():
    powers = np.ones(16)
    powers[4:] = 1e-4
    assert rests(powers, 0, 4)
    powers[4] = 1.0
    assert not rests(powers, 0, 4)
    assert rests(np.zeros(16), 0, 4)
    assert rests(powers, 8, 4)  # behind its end
