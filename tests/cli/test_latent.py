from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.core.score import BAR, SIXTEENTH, Chord, Key, Note, Score
from dusktape.data import dataset
from dusktape.io.midi import from_midi, to_midi
from dusktape.theory.scale import SCALES

LOOPS = (((0, "maj7"), (9, "m7"), (5, "maj7"), (7, "7")), ((2, "m7"), (7, "7"), (0, "maj7"), (0, "6")))


def a_song(seed: int, tonic: int = 0, bpm: float = 80.0) -> Score:
    rng = np.random.default_rng(seed)
    starts = np.flatnonzero(rng.random(128) < 0.2 + 0.1 * seed)
    ends = np.append(starts[1:], 128)
    pitches = rng.choice(SCALES["major"], len(starts)) + 60 + tonic
    rows = zip(starts.tolist(), ends.tolist(), pitches.tolist(), strict=True)
    lead = tuple(Note(s * SIXTEENTH, (e - s) * SIXTEENTH, p, 80) for s, e, p in rows)
    loop = LOOPS[seed % 2]
    chords = tuple(Chord(b * BAR, BAR, (tonic + loop[b % 4][0]) % 12, loop[b % 4][1]) for b in range(8))
    hand = tuple(Note(c.start, BAR, 48 + (c.root + s) % 12, 60) for c in chords for s in (0, 4, 7))
    return Score(bpm, Key(tonic, "major"), (), chords, {"lead": lead, "keys": hand})


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    """Four songs, and the first once more in another key."""
    paths = [tmp_path / f"{k}.mid" for k in range(4)]
    for k, path in enumerate(paths):
        to_midi(a_song(k, bpm=70.0 + 10 * k), path)
    (tmp_path / "far").mkdir()
    to_midi(a_song(0, 5, 70.0), tmp_path / "far" / "0.mid")
    return paths


def test_sliders_are_named_and_say_what_goes_with_them(dusktape: Callable[..., Any], songs: list[Path]) -> None:
    said = dusktape("latent", "sliders")
    assert said.code == 0
    assert [line.split()[0] for line in said.out.splitlines()][:2] == ["tempo", "density"]
    rows = json.loads(dusktape("latent", "sliders", "--song", songs[3], "--json").out)
    assert {"name", "unit", "told", "beside", "at"} == set(rows[0])
    slow = json.loads(dusktape("latent", "sliders", "--song", songs[0], "--json").out)
    assert rows[0]["at"] > slow[0]["at"]


def test_the_way_between_two_songs_is_as_many_files(
    dusktape: Callable[..., Any], songs: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "way"
    said = dusktape("latent", "between", songs[0], songs[3], "--steps", 4, "--out", out)
    assert said.code == 0
    assert said.out.split() == [str(out / f"{k:02d}.mid") for k in range(4)]
    way = [from_midi(out / f"{k:02d}.mid") for k in range(4)]
    assert [round(s.bpm) for s in (way[0], way[-1])] == [70, 100]
    assert all(s.key.tonic == 0 and s.chords and s.parts["keys"] for s in way)
    assert "100%" in said.err
    assert dusktape("latent", "between", songs[0], songs[3], "--steps", 4, "--out", out).code == 1
    before = [(out / f"{k:02d}.mid").read_bytes() for k in range(4)]
    again = dusktape("latent", "between", songs[0], songs[3], "--steps", 4, "--out", out, "--force", "--quiet")
    assert (again.code, again.err) == (0, "")
    assert [(out / f"{k:02d}.mid").read_bytes() for k in range(4)] == before


def test_the_nearest_neighbour_of_a_song_in_another_key_is_the_song(
    dusktape: Callable[..., Any], songs: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "far" / "broken.mid").write_bytes(b"MThd")
    said = dusktape("latent", "neighbours", songs[0], "--among", tmp_path, "-n", 2, "--json")
    found = json.loads(said.out)
    assert {row["song"] for row in found} == {"0.mid", str(Path("far", "0.mid"))}
    assert found[0]["distance"] == found[1]["distance"] == 0.0
    assert "skipped" in said.err
    assert "broken.mid" in said.err


def test_neighbours_are_found_in_a_dataset(dusktape: Callable[..., Any], songs: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "lofi.dataset"
    folder.mkdir()
    made = []
    for k in range(4):
        score = a_song(k, tonic=k, bpm=70.0 + 10 * k)
        rows = np.array([(n.start, n.length, n.pitch, n.velocity) for n in score.parts["lead"]], np.int64).T
        notes, part = dataset.Notes(*rows), np.zeros(rows.shape[1], np.int64)
        made.append(dataset.Song(f"song-{k}", "train", score.bpm, 4, score.key, score.chords, notes, part))
    dataset.write(folder, made, {})
    said = dusktape("latent", "neighbours", songs[2], "--among", folder, "-n", 1)
    assert said.out.split() == ["0.000", "song-2"]


def test_a_song_is_moved_along_a_slider(dusktape: Callable[..., Any], songs: list[Path], tmp_path: Path) -> None:
    notes = {}
    for amount in ("-1.5", "+1.5"):
        out = tmp_path / f"moved{amount}.mid"
        said = dusktape("latent", "move", songs[1], "--set", f"density={amount}", "--out", out, "--key", "F minor")
        assert said.code == 0
        assert said.out.strip() == str(out)
        assert "density: " in said.err
        moved = from_midi(out)
        assert moved.key.name == "F minor"
        notes[amount] = len(moved.parts["lead"])
    assert notes["+1.5"] > 1.5 * notes["-1.5"]


def test_tempo_is_a_slider_too(dusktape: Callable[..., Any], songs: list[Path], tmp_path: Path) -> None:
    dusktape("latent", "move", songs[1], "--set", "tempo=-1", "--out", tmp_path / "slow.mid")
    assert from_midi(tmp_path / "slow.mid").bpm < 75.0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("move", "0.mid", "--set", "densty=1", "--out", "x.mid"), "did you mean 'density'"),
        (("move", "0.mid", "--set", "density", "--out", "x.mid"), "write a slider and an amount"),
        (("move", "0.mid", "--set", "density=40", "--out", "x.mid"), "between -5 and 5"),
        (("move", "0.mid", "--set", "density=1", "--out", "nowhere/x.mid"), "nowhere"),
        (("move", "0.mid", "--set", "density=1", "--out", "x.mid", "--key", "H"), "is no key"),
        (("move", "0.mid", "--set", "density=1", "--out", "x.mid", "--temperature", "0"), "--temperature is above 0"),
        (("move", "0.mid", "--set", "density=1", "--out", "x.mid", "--seed", "-1"), "0 or more"),
        (("move", "none.mid", "--set", "density=1", "--out", "x.mid"), "no such file"),
        (("move", "notes.txt", "--set", "density=1", "--out", "x.mid"), "give a track.json"),
        (("move", "bad.json", "--set", "density=1", "--out", "x.mid"), "no JSON"),
        (("move", "waltz.mid", "--set", "density=1", "--out", "x.mid"), "in 3/4"),
        (("between", "0.mid", "1.mid", "--steps", "1", "--out", "way"), "--steps is 2 to 100"),
        (("between", "0.mid", "1.mid", "--out", "0.mid"), "is a file"),
        (("neighbours", "0.mid", "--among", "none"), "is no folder"),
        (("neighbours", "0.mid", "--among", "empty"), "has no song"),
        (("neighbours", "0.mid", "--among", ".", "-n", "0"), "-n is 1 or more"),
        (("sliders", "empty"), "no finished training"),
        (("sliders", "run"), "has no space of songs"),
    ],
)
def test_mistakes_are_one_line(
    arguments: tuple[str, ...], says: str, refused: Callable[..., str], songs: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "weights.json").write_text('{"model": "melody", "sha256": "0"}')
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "notes.txt").write_text("")
    to_midi(replace(a_song(0), beats_per_bar=3), tmp_path / "waltz.mid")
    assert says in refused("latent", *arguments)
