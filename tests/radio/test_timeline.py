from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.score import BAR, Chord, Key, Note, Score, Section
from dusktape.radio.timeline import HOP, SILENT_DB, envelope, levels, timeline

SCORE = Score(
    75.0,
    Key(3, "minor"),
    (Section("intro", 0, 2 * BAR), Section("A", 2 * BAR, 4 * BAR)),
    (Chord(0, BAR, 3, "m7"), Chord(BAR, BAR, 8, "maj9")),
    {"drums": (Note(0, 100, 36, 90), Note(480, 100, 38, 90), Note(BAR, 100, 35, 90))},
)


def test_beats_bars_and_kicks_lie_where_the_score_has_them() -> None:
    told = timeline(SCORE, [])
    beat = 60.0 / 75.0 * SAMPLE_RATE
    assert told["beats"] == [round(k * beat) for k in range(24)]
    assert told["bars"] == told["beats"][::4]
    assert told["kicks"] == [0, round(4 * beat)]
    assert told["frames"] == round(24 * beat)


def test_an_uneven_tempo_does_not_drift() -> None:
    score = Score(83.37, Key(0, "major"), (Section("A", 0, 200 * BAR),))
    told = timeline(score, [])
    assert told["beats"][799] == round(799 * 60.0 / 83.37 * SAMPLE_RATE)
    assert len(told["beats"]) == 800


def test_sections_chords_key_and_tempo_are_told_by_name() -> None:
    told = timeline(SCORE, [-20, -21])
    assert told["sections"] == [
        {"name": "intro", "start": 0, "bars": 2},
        {"name": "A", "start": round(2 * 4 * 0.8 * SAMPLE_RATE), "bars": 4},
    ]
    assert told["chords"] == [[0, "Ebm7"], [round(3.2 * SAMPLE_RATE), "Abmaj9"]]
    assert (told["key"], told["bpm"], told["sample_rate"]) == ("Eb minor", 75.0, SAMPLE_RATE)
    assert told["level"] == {"hop": HOP, "db": [-20, -21]}


def test_nothing_lies_behind_the_end_of_a_shorter_track() -> None:
    told = timeline(SCORE, [], frames=SAMPLE_RATE)
    assert told["frames"] == SAMPLE_RATE
    assert max(told["beats"]) < SAMPLE_RATE
    assert told["kicks"] == [0]
    assert [s["name"] for s in told["sections"]] == ["intro"]


def test_the_level_is_that_of_the_sound() -> None:
    time = np.arange(4 * HOP) / SAMPLE_RATE
    sine = np.sin(2 * np.pi * 1000.0 * time).astype(np.float32)
    quiet = np.stack([sine, sine]) * np.float32(0.1)
    quiet[:, 2 * HOP :] = 0.0
    assert levels(quiet) == [-23, -23, SILENT_DB, SILENT_DB]
    assert levels(quiet[:, : HOP + 100]) == [-23, -23]
    assert levels(quiet[:, :0]) == []


def test_the_envelope_of_a_file_has_a_reading_for_each_hop(tmp_path: Path) -> None:
    frames = 450 * HOP + 7
    noise = np.random.default_rng(1).normal(0.0, 0.1, (frames, 2)).astype(np.float32)
    soundfile.write(tmp_path / "a.flac", noise, SAMPLE_RATE)
    found = envelope(tmp_path / "a.flac")
    assert len(found) == 451
    assert found[:450] == pytest.approx([-20.0] * 450, abs=1.0)
