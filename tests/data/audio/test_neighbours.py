from __future__ import annotations

import numpy as np
import pytest
import soxr

from dusktape.data.audio.measure import measure
from dusktape.data.audio.neighbours import FEWEST, Printed, near_duplicates, outliers

from . import sounds


def printed(path) -> Printed:
    found = measure(path)
    seconds = found.facts["sound_to_s"] - found.facts["sound_from_s"]
    prints, anchors = found.arrays["prints"].astype(np.float32), found.arrays["anchors"].astype(float)
    return Printed(prints, anchors, seconds, found.arrays["track"])


def groups(*files):
    return [places for places, _ in near_duplicates([printed(path) for path in files])]


@pytest.fixture
def hits(tmp_path):
    return [sounds.put(tmp_path / f"{seed}.wav", sounds.hit(seed, rate=44_100), 44_100) for seed in range(8)]


def test_different_sounds_are_no_copies(hits):
    assert groups(*hits) == []


@pytest.mark.parametrize("how", ["softer", "mp3", "resampled", "later"])
def test_a_copy_is_found_however_it_was_made(hits, tmp_path, how):
    x = sounds.hit(3, rate=44_100)
    copy = {
        "softer": lambda: sounds.put(tmp_path / "c.wav", 0.2 * x, 44_100),
        "mp3": lambda: sounds.put(tmp_path / "c.mp3", np.pad(x, (0, 4000)), 44_100),
        "resampled": lambda: sounds.put(tmp_path / "c.wav", soxr.resample(x, 44_100, 24_000), 24_000),
        "later": lambda: sounds.put(tmp_path / "c.wav", np.pad(x, (3001, 500)), 44_100),
    }[how]()
    assert groups(*hits, copy) == [[3, 8]]


def _song(seed, seconds=30):
    draw = np.random.default_rng(seed)
    x = sounds.hiss(seconds, level=0.002, seed=seed)
    for second in np.arange(0.3, seconds - 1.0, 0.5):
        one = sounds.hit(int(draw.integers(100)), hz=float(draw.uniform(100.0, 900.0)))
        x[round(second * sounds.RATE) :][: len(one)] += one
    return x


def test_a_part_of_a_song_is_a_copy_of_it_and_another_song_is_not(tmp_path):
    one, other = (sounds.put(tmp_path / f"{k}.wav", _song(k)) for k in (1, 2))
    part = sounds.put(tmp_path / "part.wav", _song(1)[round(3.21 * sounds.RATE) :])
    assert groups(one, other, part) == [[0, 2]]


def test_one_hit_of_a_song_is_no_copy_of_it(tmp_path):
    x = _song(1)
    song = sounds.put(tmp_path / "a.wav", x)
    single = sounds.put(tmp_path / "b.wav", x[round(0.3 * sounds.RATE) : round(0.75 * sounds.RATE)])
    assert groups(song, single) == []


@pytest.fixture
def strokes(tmp_path):
    """Long strokes whose noise is no other's, and their samples."""
    made = [sounds.hit(seed, seconds=1.2, rate=44_100) for seed in range(6)]
    for seed, x in enumerate(made):
        t = np.arange(len(x)) / 44_100
        x += 0.1 * np.random.default_rng(100 + seed).standard_normal(len(x)).astype(np.float32) * np.exp(-t / 0.4)
    return made, [sounds.put(tmp_path / f"{seed}.wav", x, 44_100) for seed, x in enumerate(made)]


@pytest.mark.parametrize(("start", "end"), [(0.0, 0.6), (0.213, 0.75), (0.6, 1.2), (0.4, 0.75)])
@pytest.mark.parametrize("how", ["plain", "softer, at 24 kHz"])
def test_a_part_of_a_stroke_is_a_copy_of_it_wherever_it_was_cut(strokes, tmp_path, start, end, how):
    made, files = strokes
    assert groups(*files) == []
    part = made[2][round(start * 44_100) : round(end * 44_100)]
    if how != "plain":
        part = 0.3 * soxr.resample(part, 44_100, 24_000)
    assert groups(*files, sounds.put(tmp_path / "part.wav", part, 44_100 if how == "plain" else 24_000)) == [[2, 6]]


def test_two_parts_of_one_stroke_are_in_one_group_by_the_whole(strokes, tmp_path):
    made, files = strokes
    halves = [sounds.put(tmp_path / f"half{k}.wav", made[4][k * 26_460 :][:26_460], 44_100) for k in range(2)]
    assert groups(*files, *halves) == [[4, 6, 7]]


def test_a_minute_of_an_hour_is_found_in_it(tmp_path):
    x = np.concatenate([_song(seed, 60) for seed in range(8)])
    long = sounds.put(tmp_path / "long.wav", x)
    part = sounds.put(tmp_path / "part.wav", x[round(200.7 * sounds.RATE) : round(230.0 * sounds.RATE)])
    assert groups(long, part) == [[0, 1]]


def test_nothing_has_no_copies():
    assert near_duplicates([]) == []


def _facts(bright):
    return {"brightness_hz": bright, "rolloff_hz": 2.0 * bright, "low_share": 0.1, "flatness_db": -20.0} | {
        "dynamics_db": 20.0,
        "events_s": 2.0,
    }


def test_what_is_far_from_the_rest_is_told_with_the_reason():
    rows = [_facts(1000.0 + 30.0 * k) for k in range(FEWEST)] + [_facts(11_000.0) | {"flatness_db": -2.0}]
    textures = [np.full(8, 0.1 * k) for k in range(FEWEST + 1)]
    found = outliers(rows, textures)
    assert list(found) == [FEWEST]
    assert "brightness 11,000 Hz, most have 1,036 Hz to " in found[FEWEST]


def test_few_files_have_no_middle_to_be_far_from():
    rows = [_facts(1000.0)] * (FEWEST - 2) + [_facts(11_000.0)]
    assert outliers(rows, [np.zeros(8)] * len(rows)) == {}
