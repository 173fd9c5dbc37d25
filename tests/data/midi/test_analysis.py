import json

import numpy as np
import pytest

from dusktape.core.score import BAR, Key
from dusktape.data.dataset import PARTS
from dusktape.data.midi.analysis import Analysed, Dropped, Normalise, analyse
from dusktape.data.midi.raw import RawSong

from . import tunes

AS_IT_IS = Normalise(tempo=False, grid=False, velocity=False)


def _found(tracks, *, normalise=AS_IT_IS, **facts):
    result = analyse(tunes.raw(tracks, **facts), normalise=normalise)
    assert isinstance(result, Analysed), result
    return result


def test_a_song_is_understood():
    result = _found(tunes.band(1, key=2))
    song, found = result.song, result.found
    assert (song.bpm, song.beats_per_bar, song.key) == (80.0, 4, Key(2, "major"))
    assert [row["role"] for row in found["roles"]] == ["melody", "chords", "bass", "drums"]
    assert [(c.root - 2) % 12 for c in song.chords[:4]] == [0, 9, 5, 7]
    assert len(song.of("melody")) == len(tunes.melody(1))
    assert found["changes"] == []
    assert song.split == ""


def test_what_was_found_can_be_written_as_json():
    for tracks in (tunes.band(), [tunes.track(tunes.chords())]):
        json.dumps(_found(tracks).found, allow_nan=False)
        json.dumps(_found(tracks, normalise=Normalise()).found, allow_nan=False)


def test_notes_come_by_start_with_a_part_each():
    song = _found(tunes.band()).song
    assert np.all(np.diff(song.notes.start) >= 0)
    assert song.notes.start[0] == 0
    assert len(song.part) == len(song.notes)
    assert set(song.part.tolist()) == {0, 1, 2, 3}


def test_steps_can_be_left_out_one_by_one():
    tracks = tunes.changed(tunes.band(named=True), by=2.0, later=17)
    plain = _found(tracks, bpm=160.0)
    assert (plain.song.bpm, plain.found["changes"]) == (160.0, [])
    tempo = _found(tracks, bpm=160.0, normalise=Normalise(tempo=True, grid=False, velocity=False))
    assert tempo.song.bpm == 80.0
    assert tempo.found["time_factor"] == 0.5
    assert any("half time" in change for change in tempo.found["changes"])
    grid = _found(tracks, bpm=160.0, normalise=Normalise(tempo=False, grid=True, velocity=False))
    assert not (grid.song.notes.start % 240).any()
    assert not (grid.song.notes.length % 240).any()
    assert (plain.song.notes.start % 240).any()
    velocity = _found(tracks, bpm=160.0, normalise=Normalise(tempo=False, grid=False, velocity=True))
    heard = velocity.song.notes.velocity[velocity.song.part != PARTS.index("drums")]
    assert abs(np.median(heard) - 70) <= 1
    assert any("velocities" in change for change in velocity.found["changes"])


def test_half_time_keeps_the_music():
    slow = _found(tunes.band(3), normalise=Normalise()).song
    fast = _found(tunes.changed(tunes.band(3), by=2.0), bpm=160.0, normalise=Normalise()).song
    assert fast.bpm == slow.bpm
    assert fast.notes.start.tolist() == slow.notes.start.tolist()
    assert fast.notes.pitch.tolist() == slow.notes.pitch.tolist()
    assert [(c.root, c.quality) for c in fast.chords] == [(c.root, c.quality) for c in slow.chords]


def test_empty_bars_before_the_music_go():
    later = _found(tunes.changed(tunes.band(), later=5 * BAR)).song
    assert later.notes.start[0] == 0
    assert [c.start for c in later.chords] == [c.start for c in _found(tunes.band()).song.chords]


def test_bar_lines_move_to_where_the_music_leans():
    result = _found(tunes.changed(tunes.band(), later=960))
    assert result.found["bar_shift_beats"] == 1
    assert result.song.chords[0].start % BAR == 0
    assert result.song.chords[0].length == BAR
    assert "bar lines moved by 1 beat" in result.found["changes"]


def test_a_song_that_changes_its_metre_is_cut():
    result = _found(tunes.band(1, 24), meters=((0, 4, 4), (4 * BAR, 2, 4), (4 * BAR + 1920, 4, 4)))
    assert result.found["metre_changes"] == 2
    assert result.song.notes.start.max() < 20 * BAR
    assert any("longest stretch" in change for change in result.found["changes"])


def test_a_tempo_map_gives_the_tempo_of_most_notes():
    raw = tunes.raw(tunes.band(), bpm=None)
    mapped = RawSong(
        raw.path, raw.name, raw.sha256, ((0, 60.0), (BAR, 72.0), (15 * BAR, 40.0)), raw.meters, (), raw.tracks
    )
    result = analyse(mapped, normalise=AS_IT_IS)
    assert result.song.bpm == 72.0
    assert result.found["tempo_changes"] == 2
    assert _found(tunes.band(), bpm=None).song.bpm == 120.0


@pytest.mark.parametrize(
    ("tracks", "why"),
    [
        ((), "short"),
        ([tunes.track([(0, 960, 60, 80)] * 15)], "short"),
        ([tunes.track(tunes.drums(), is_drum=True)], "drums"),
        ([tunes.track([(960 * 3000 * k, 960, 60 + k, 80) for k in range(20)])], "long"),
    ],
    ids=["nothing", "fifteen notes", "only drums", "days"],
)
def test_what_nothing_can_be_learned_from_is_dropped(tracks, why):
    result = analyse(tunes.raw(tracks), normalise=Normalise())
    assert isinstance(result, Dropped)
    assert result.why == why
    assert result.reason


def test_a_metre_that_cannot_be_counted_is_dropped():
    result = analyse(tunes.raw(tunes.band(), meters=((0, 31, 8),)), normalise=Normalise())
    assert isinstance(result, Dropped)
    assert result.why == "metre"


def test_notes_without_a_beat_are_dropped_unless_the_grid_is_left_out():
    draw = np.random.default_rng(3)
    rows = [
        (int(s), 700, int(p), 80)
        for s, p in zip(np.cumsum(draw.integers(200, 1500, 300)), draw.integers(50, 80, 300), strict=True)
    ]
    raw = tunes.raw([tunes.track(rows)])
    result = analyse(raw, normalise=Normalise())
    assert isinstance(result, Dropped)
    assert result.why == "no beat"
    free = analyse(raw, normalise=Normalise(grid=False))
    assert any("freely" in line for line in free.found["odd"])


def test_equally_loud_notes_are_noticed():
    rows = [(s, n, p, 64) for s, n, p, _ in tunes.melody(1) + tunes.chords()]
    assert "every note is equally loud" in _found([tunes.track(rows)]).found["odd"]


@pytest.mark.parametrize("count", [960])
def test_hundreds_of_tracks_are_one_song(count):
    rows = tunes.melody(1, 60) + tunes.chords(60) + tunes.bass(60)
    tracks = [tunes.track([rows[k % len(rows)]]) for k in range(count)]
    assert len(_found(tracks, normalise=Normalise()).song.notes) > 0


def test_notes_before_the_beginning_and_without_length_are_bent_into_shape():
    rows = [*tunes.melody(1), *tunes.chords()]
    tracks = [tunes.track([(-480, 960, 60, 80), (0, 0, 62, 80), (0, 10**7, 40, 80), *rows])]
    song = _found(tracks).song
    assert song.notes.start.min() >= 0
    assert song.notes.length.min() >= 1
    assert song.notes.length.max() <= 32 * 960


def test_the_same_song_is_found_the_same_way_twice():
    first, second = (_found(tunes.band(7), normalise=Normalise()) for _ in range(2))
    assert first.found == second.found
    assert first.song.notes.start.tobytes() == second.song.notes.start.tobytes()
