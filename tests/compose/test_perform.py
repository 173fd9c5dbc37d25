from __future__ import annotations

import numpy as np
import pytest

from dusktape.compose.perform import SHORTEST, perform, swung
from dusktape.core.score import EIGHTH, SIXTEENTH, TICKS_PER_BEAT, Key, Note, Score, Section
from dusktape.core.seed import Seed

BARS = 16


def written(part, pitches, steps=range(0, 16 * BARS, 4)):
    notes = tuple(Note(s * SIXTEENTH, SIXTEENTH, p, 80) for s in steps for p in pitches)
    return Score(80.0, Key(0, "major"), (Section("A", 0, BARS * 3840),), (), {part: notes})


@pytest.fixture(scope="module")
def play(resolved):
    def make(score, seed=1, **tempo):
        still = {"swing": 0.5, "lay_back_ms": 0.0, "jitter_ms": 0.0, "roll_ms": 0.0, **tempo}
        roll = still.pop("roll_ms")
        settings = [f"tempo.{name}={value}" for name, value in still.items()]
        return perform(score, resolved(1, f"comping.roll_ms={roll}", *settings, bpm=80.0), Seed(seed))

    return make


def late_ms(score, part):
    """How late each note is to its sixteenth, in ms."""
    starts = np.array([n.start for n in score.parts[part]])
    return (starts - np.round(starts / SIXTEENTH) * SIXTEENTH) / TICKS_PER_BEAT * 60_000.0 / 80.0


@pytest.mark.parametrize("swing", [0.5, 0.58, 0.667])
def test_swing_moves_the_second_sixteenth_to_its_place(swing):
    for eighth in range(0, 8 * EIGHTH, EIGHTH):
        assert swung(eighth, swing) == eighth
        assert swung(eighth + SIXTEENTH, swing) == pytest.approx(eighth + swing * EIGHTH, abs=0.5)


@pytest.mark.parametrize("swing", [0.5, 0.54, 0.667])
def test_swing_never_turns_the_order_round(swing):
    ticks = [swung(t, swing) for t in range(4 * EIGHTH)]
    assert ticks == sorted(ticks)
    assert ticks[0] == 0


def test_straight_time_is_left_alone():
    assert [swung(t, 0.5) for t in range(2000)] == list(range(2000))


def test_a_still_performance_is_what_was_written(play):
    score = written("drums", [36, 42])
    played = play(score)
    assert [(n.start, n.pitch) for n in played.parts["drums"]] == [(n.start, n.pitch) for n in score.parts["drums"]]


@pytest.mark.parametrize("swing", [0.5, 0.58, 0.667])
def test_performed_sixteenths_swing(play, swing):
    played = play(written("drums", [42], range(1, 16 * BARS, 2)), swing=swing)
    places = np.array([n.start % EIGHTH for n in played.parts["drums"]])
    np.testing.assert_allclose(places, swing * EIGHTH, atol=0.5)


def test_the_snare_lies_back_by_its_milliseconds_and_the_rest_by_their_share(play):
    for part, pitch, share in [
        ("drums", 38, 1.0),
        ("drums", 36, 0.0),
        ("drums", 42, 0.33),
        ("lead", 72, 0.5),
        ("bass", 40, 0.33),
    ]:
        played = play(written(part, [pitch], range(4, 16 * BARS, 4)), lay_back_ms=20.0)
        assert np.mean(late_ms(played, part)) == pytest.approx(20.0 * share, abs=0.5)


def test_hands_are_as_uneven_as_the_recipe_says(play):
    played = play(written("lead", [72], range(4, 16 * BARS, 1)), jitter_ms=5.0)
    late = late_ms(played, "lead")
    assert np.std(late) == pytest.approx(5.0, rel=0.2)
    assert abs(np.mean(late)) < 1.5
    assert np.abs(late).max() <= 15.7


def test_velocities_vary_a_little_and_stay_in_range(play):
    played = play(written("lead", [72]))
    velocities = {n.velocity for n in played.parts["lead"]}
    assert len(velocities) > 3
    assert all(77 <= v <= 83 for v in velocities)
    loud = Score(
        80.0, Key(0, "major"), (), (), {"lead": tuple(Note(k, 90, 60, 127 if k % 2 else 1) for k in range(99))}
    )
    assert all(1 <= n.velocity <= 127 for n in play(loud).parts["lead"])


def test_chords_are_rolled_within_their_time(play):
    played = play(written("keys", [60, 64, 67, 71], range(8, 16 * BARS, 8)), roll_ms=30.0)
    spreads = []
    for k in range(8, 16 * BARS, 8):
        starts = [n.start for n in played.parts["keys"] if abs(n.start - k * SIXTEENTH) < EIGHTH]
        assert len(starts) == 4
        spreads.append((max(starts) - min(starts)) / TICKS_PER_BEAT * 60_000.0 / 80.0)
    assert min(spreads) >= 8.0
    assert max(spreads) <= 1.3 * 30.0 + 1.0
    assert np.ptp(spreads) > 5.0


@pytest.mark.parametrize("part", ["keys", "lead", "pad", "bass", "drums"])
def test_nothing_starts_before_the_song_and_nothing_is_shorter_than_a_touch(play, part):
    score = Score(80.0, Key(0, "major"), (), (), {part: tuple(Note(k % 7, 1, 36 + k, 80) for k in range(60))})
    for seed in range(10):
        for note in play(score, seed, jitter_ms=20.0, roll_ms=80.0).parts[part]:
            assert note.start >= 0
            assert note.length >= SHORTEST


def test_a_part_added_changes_nothing_in_the_others(play):
    alone = written("lead", [72])
    both = Score(alone.bpm, alone.key, alone.sections, (), {**alone.parts, **written("bass", [40]).parts})
    assert play(alone, jitter_ms=4.0).parts["lead"] == play(both, jitter_ms=4.0).parts["lead"]


def test_seeds_play_differently_and_one_seed_the_same(play):
    score = written("keys", [60, 64, 67])
    assert play(score, 3, jitter_ms=4.0) == play(score, 3, jitter_ms=4.0)
    assert play(score, 3, jitter_ms=4.0) != play(score, 4, jitter_ms=4.0)
