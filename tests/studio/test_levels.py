from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.dsp.loudness import LoudnessMeter
from dusktape.studio.levels import STRETCH_S, busiest, gain_for
from dusktape.studio.production import compose
from dusktape.studio.rig import cues_of, open_strip, played, seats

SEED = Seed(5)
STRETCH = round(STRETCH_S * SAMPLE_RATE)


@pytest.fixture(scope="module")
def song(resolved):
    recipe = resolved(5, "form.contrast=0", "form.fullness=1", "rain.on=true", minutes=0.5)
    score = compose(recipe, SEED)
    return {seat.name: seat for seat in seats(recipe, score)}, score, cues_of(score)


@pytest.mark.parametrize("part", ["keys", "lead", "pad", "bass", "drums", "rain"])
def test_a_part_plays_as_loud_as_its_recipe_says_where_it_plays_most(song, part):
    all_seats, score, cues = song
    seat = all_seats[part]
    notes = played(score.parts.get(part, ()), score)
    gain = gain_for(seat, notes, cues=cues, seed=SEED)
    start = min(busiest(notes, STRETCH), cues.frames - STRETCH)
    strip = open_strip(seat, notes, cues=cues, seed=SEED, gain=gain)
    sound = strip.render(start + STRETCH)[:, start:]
    meter = LoudnessMeter(SAMPLE_RATE, 2)
    meter.process(sound)
    assert meter.integrated_lufs == pytest.approx(seat.part.loudness_lufs, abs=1.0)


def test_a_part_that_never_sounds_gets_no_gain(song):
    all_seats, _, _ = song
    assert gain_for(all_seats["keys"], [], cues=Cues(frames=STRETCH), seed=SEED) == 1.0


def test_the_busiest_stretch_has_most_notes():
    rng = np.random.default_rng(1)
    starts = sorted(int(s) for s in rng.integers(0, 100_000, 60))
    notes = [PlayedNote(s, 10, 60, 0.5) for s in starts]
    for stretch in (1, 500, 9_000, 200_000):
        found = busiest(notes, stretch)
        counts = {s: sum(s <= t < s + stretch for t in starts) for s in starts}
        assert counts[found] == max(counts.values())


def test_without_notes_the_stretch_starts_at_the_beginning():
    assert busiest([], 1000) == 0
