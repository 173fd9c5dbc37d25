"""Laws of a whole song, whoever wrote it."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest

from dusktape.core.plugins import find, names
from dusktape.core.score import BAR, KICKS, Key, Score
from dusktape.core.seed import Seed
from dusktape.studio.wish import Wish
from dusktape.theory.chord import QUALITIES
from dusktape.theory.scale import SCALES

COMPOSERS = names("composers")
SEEDS = range(6)
RANGES = {"bass": (28, 64), "keys": (40, 96), "pad": (40, 96), "lead": (45, 100), "guest": (57, 86), "drums": (35, 81)}


@cache
def recipe_of(composer, seed, *settings, minutes=2.0):
    return Wish(settings=(f"composer={composer}", *settings), minutes=minutes).resolve(Seed(seed))


@cache
def written(composer, seed, *settings, minutes=2.0) -> Score:
    recipe = recipe_of(composer, seed, *settings, minutes=minutes)
    return find("composers", composer)().compose(recipe, Seed(seed).at("compose"))


everybody = pytest.mark.parametrize("composer", COMPOSERS)


@everybody
@pytest.mark.parametrize("minutes", [0.5, 2.0, 6.0])
def test_a_song_is_as_long_as_it_should_be(composer, minutes):
    score = written(composer, 1, minutes=minutes)
    sections = score.sections
    assert sections[0].start == 0
    for before, after in pairwise(sections):
        assert before.start + before.length == after.start
    assert abs(score.seconds(sections[-1].start + sections[-1].length) - 60.0 * minutes) <= score.seconds(BAR)
    assert sections[-1].name == "outro"


@everybody
@pytest.mark.parametrize("seed", SEEDS)
def test_chords_fill_the_song_without_gaps(composer, seed):
    score = written(composer, seed)
    end = 0
    for chord in score.chords:
        assert chord.start == end
        assert chord.length > 0
        assert chord.quality in QUALITIES
        end = chord.start + chord.length
    assert end == score.sections[-1].start + score.sections[-1].length


@everybody
@pytest.mark.parametrize("seed", SEEDS)
def test_the_song_ends_on_its_tonic_and_lets_it_ring(composer, seed):
    score = written(composer, seed, "form.ending=ring")
    end = score.chords[-1]
    assert end.root == score.key.tonic
    assert end.length >= BAR
    sounding = [n for n in score.parts["keys"] if n.start >= end.start]
    assert sounding
    assert all(n.start == end.start and n.length > 0.9 * end.length for n in sounding)


@everybody
@pytest.mark.parametrize("seed", SEEDS)
def test_a_song_that_fades_plays_its_loop_to_the_end(composer, seed):
    score = written(composer, seed, "form.ending=fade")
    last = score.sections[-1]
    end = last.start + last.length
    for part in ("keys", "bass"):  # a chord or two a loop; the longest lasts two bars
        assert max(n.start for n in score.parts[part]) >= end - 2 * BAR
    assert len({n.start // BAR for n in score.parts["keys"] if n.start >= last.start}) >= last.length // BAR // 2
    assert last.level_end < 0.1


@everybody
@pytest.mark.parametrize("seed", SEEDS)
def test_every_note_lies_in_its_place_and_range(composer, seed):
    score = written(composer, seed)
    end = score.sections[-1].start + score.sections[-1].length
    assert set(score.parts) <= set(RANGES)
    for part, notes in score.parts.items():
        low, high = RANGES[part]
        for note in notes:
            assert 0 <= note.start < end
            assert note.length > 0
            assert low <= note.pitch <= high
            assert 1 <= note.velocity <= 127


@everybody
@pytest.mark.parametrize("seed", SEEDS)
def test_the_melody_mostly_sings_in_key_or_chord_one_note_at_a_time(composer, seed):
    score = written(composer, seed)
    lead = score.parts["lead"]
    scale = {(score.key.tonic + s) % 12 for s in SCALES[score.key.mode]}
    at_home = 0
    for note in lead:
        chord = next(c for c in reversed(score.chords) if c.start <= note.start)
        tones = {(chord.root + s) % 12 for s in QUALITIES[chord.quality]}
        at_home += note.pitch % 12 in scale | tones
    assert at_home >= 0.85 * len(lead)
    starts = [n.start for n in lead]
    assert len(set(starts)) == len(starts)
    bars = {n.start // BAR for n in lead}
    assert len(lead) / len(bars) < 9.0


@everybody
def test_the_bass_leans_on_the_kick(composer):
    near = inner = 0
    for seed in SEEDS:
        score = written(composer, seed, "bass.style=kick")
        kicks = {round(n.start / 240) for n in score.parts["drums"] if n.pitch in KICKS}
        beaten = {k * 240 // BAR for k in kicks}
        roots = {c.start for c in score.chords}
        for note in score.parts["bass"]:
            if note.start not in roots and note.start // BAR in beaten:
                inner += 1
                near += round(note.start / 240) in kicks
    assert inner > 50
    assert near > 0.5 * inner


@everybody
def test_sections_of_one_kind_return_with_changes(composer):
    changed = 0
    for seed in SEEDS:
        score = written(composer, seed)
        first, again = (next(s for s in score.sections if s.name == name) for name in ("A", "A'"))

        def inside(section, part, score=score):
            return [
                (n.start - section.start, n.pitch)
                for n in score.parts.get(part, ())
                if section.start <= n.start < section.start + section.length
            ]

        chords = [
            [
                (c.root, c.quality)
                for c in score.chords
                if s.start <= c.start < s.start + min(first.length, again.length)
            ]
            for s in (first, again)
        ]
        assert chords[0] == chords[1]
        changed += any(inside(first, p) != inside(again, p) for p in ("lead", "drums", "bass"))
    assert changed == len(SEEDS)


@everybody
@pytest.mark.parametrize("key", ["C major", "F# minor", "Bb major", "Eb minor"])
def test_the_key_asked_for_is_the_key_played(composer, key):
    score = written(composer, 2, f"key={key}")
    assert score.key == Key.parse(key)
    home = {(score.key.tonic + s) % 12 for s in SCALES[score.key.mode]}
    notes = [n for part in ("keys", "bass") for n in score.parts[part]]
    assert sum(n.pitch % 12 in home for n in notes) > 0.7 * len(notes)


@everybody
@pytest.mark.parametrize(
    "setting",
    [
        "form.loop_bars=2",
        "form.loop_bars=8",
        "harmony.max_chords=1",
        "harmony.colour=0.0",
        "harmony.colour=1.0",
        "melody.density=0.0",
        "melody.density=1.0",
        "melody.transpose=12",
        "drums.half_time=true",
        "drums.ghosts=0",
        "bass.style=walking",
        "comping.style=arpeggio",
        "comping.style=held",
        "comping.density=1.0",
        "tempo.bpm=160",
        "tempo.bpm=40",
        "drums.temperature=2.0",
        "melody.temperature=2.0",
        "harmony.temperature=2.0",
        "harmony.temperature=0.05",
    ],
)
def test_the_ends_of_every_range_make_songs(composer, setting):
    score = written(composer, 3, setting, minutes=0.5)
    end = score.sections[-1].start + score.sections[-1].length
    assert all(0 <= n.start < end and 0 <= n.pitch <= 127 for notes in score.parts.values() for n in notes)
    assert score.parts["keys"]


@everybody
def test_parts_that_are_off_do_not_play_and_do_not_change_the_others(composer):
    full = written(composer, 1)
    less = written(composer, 1, "pad.on=false")
    assert "pad" in full.parts
    assert "pad" not in less.parts
    assert less.chords == full.chords
    assert less.parts["drums"] == full.parts["drums"]


@everybody
def test_seeds_write_different_songs(composer):
    assert len({written(composer, seed).to_json() for seed in SEEDS}) == len(SEEDS)


def test_the_networks_are_named_for_the_provenance():
    assert set(find("composers", "networks").models) <= set(names("models"))
    assert find("composers", "rules").models == ()
