from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from dusktape.compose.fit import fitting
from dusktape.compose.starts import writers_of
from dusktape.core.score import BAR, Key, Note
from dusktape.core.seed import Seed
from dusktape.studio.wish import Wish
from dusktape.theory.scale import is_chord_tone

C = Key(0, "major")


def search(melody, *, first=0, bars=16, key=C, seed=3, composer="networks"):
    recipe = Wish(settings=(f"composer={composer}",)).resolve(Seed(seed))
    writers = writers_of(recipe, Seed(seed))
    return fitting(melody, first=first, bars=bars, recipe=recipe, key=key, writers=writers, seed=Seed(seed).at("fit"))


def share(melody, chords):
    under = [next(c for c in chords if c.start <= n.start < c.start + c.length) for n in melody]
    return sum(is_chord_tone(n.pitch, c.root, c.quality) for n, c in zip(melody, under, strict=True)) / len(melody)


def random_walk(seed, bars=16, key=C):
    """A melody that knows its scale and nothing of chords: quarters, by step."""
    scale, at = (0, 2, 4, 5, 7, 9, 11), 7
    out = []
    for beat in range(4 * bars):
        at = max(3, min(11, at + Seed(seed).at(beat).pick((-1, 1, 0, -2, 2))))
        out.append(Note(beat * 960, 960, 60 + key.tonic + 12 * (at // 7) + scale[at % 7], 70))
    return tuple(out)


def broken_chords(bars=16, key=C):
    tones = ((0, 4, 7, 11), (9, 12, 4, 7), (2, 5, 9, 12), (7, 11, 2, 5))
    return tuple(
        Note((4 * b + k) * 960, 960, 60 + key.tonic + tones[b % 4][k], 70) for b in range(bars) for k in range(4)
    )


@pytest.mark.parametrize("composer", ["networks", "rules"])
@pytest.mark.parametrize("first", [0, 4])
def test_the_chords_fill_the_bars_without_gaps(composer, first):
    chords = search(broken_chords(24), first=first, bars=15, composer=composer)
    assert chords[0].start == first * BAR
    assert all(a.start + a.length == b.start for a, b in pairwise(chords))
    assert chords[-1].start + chords[-1].length == (first + 15) * BAR


@pytest.mark.parametrize("key", [C, Key(6, "major")])
def test_they_lie_under_a_melody_of_broken_chords(key):
    melody = broken_chords(key=key)
    assert share(melody, search(melody, key=key)) >= 0.8


@pytest.mark.parametrize("seed", range(2))
def test_they_fit_far_better_than_loops_that_have_not_heard_the_melody(seed):
    melody = random_walk(seed)
    deaf = search((), seed=seed)
    heard = search(melody, seed=seed)
    assert share(melody, heard) >= max(0.6, share(melody, deaf) + 0.05)


def test_the_song_is_of_a_piece():
    chords = search(random_walk(1, 32), bars=32)
    assert 2 <= len({(c.root, c.quality) for c in chords}) <= 14


def test_the_same_melody_gets_the_same_chords_and_another_seed_others():
    melody = broken_chords(8)
    found = search(melody, bars=8)
    assert search(melody, bars=8) == found
    assert search(melody, bars=8, seed=4) != found


def test_a_melody_moved_by_bars_takes_its_chords_along():
    melody = random_walk(2)
    later = tuple(replace(n, start=n.start + 8 * BAR) for n in melody)
    moved = tuple(replace(c, start=c.start + 8 * BAR) for c in search(melody))
    assert search(later, first=8) == moved
