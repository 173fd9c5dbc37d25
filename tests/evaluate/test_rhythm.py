import math
import warnings

import numpy as np
import pytest

from dusktape.core.score import SIXTEENTH, Note
from dusktape.evaluate import rhythm

from .conftest import hit, melody, song

KICK, SNARE = 36, 38


def test_the_backbeat_needs_both_snares_and_near_their_beats():
    both = [h for bar in range(4) for h in (hit(bar, 0, KICK), hit(bar, 4, SNARE), hit(bar, 12, SNARE))]
    assert rhythm.measure(song(drums=both))["backbeat"] == 1.0
    half = [h for h in both if h.pitch == KICK or h.start % (16 * SIXTEENTH) == 4 * SIXTEENTH]
    assert rhythm.measure(song(drums=half))["backbeat"] == 0.0
    late = [hit(0, 0, KICK), hit(0, 4.3, SNARE), hit(0, 12.3, SNARE), hit(1, 6, SNARE)]
    assert rhythm.measure(song(drums=late))["backbeat"] == 0.5


def test_ghost_notes_mark_no_backbeat():
    ghosts = [hit(0, 4, SNARE, 30), hit(0, 12, SNARE, 30)]
    assert rhythm.measure(song(drums=ghosts))["backbeat"] == 0.0


def test_a_constant_groove_is_consistent_and_noise_is_not():
    rng = np.random.default_rng(0)
    same = [bar * 16 * SIXTEENTH + k * SIXTEENTH for bar in range(8) for k in (0, 4, 8, 12)]
    noise = np.flatnonzero(rng.random(128) < 0.5) * SIXTEENTH
    assert rhythm.groove_consistency(same) == 1.0
    assert rhythm.groove_consistency(noise) < 0.65


def test_groove_consistency_agrees_with_muspy():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import muspy
    rng = np.random.default_rng(3)
    for _ in range(10):
        steps = [0, *np.flatnonzero(rng.random(120) < 0.4).tolist(), 126]
        music = muspy.Music(resolution=4, tracks=[muspy.Track(notes=[muspy.Note(s, 60, 1) for s in steps])])
        ours = rhythm.groove_consistency([s * SIXTEENTH for s in steps])
        assert ours == pytest.approx(muspy.groove_consistency(music, 16))


def test_swing_and_lay_back_are_not_spread_but_unsteady_hands_are():
    swung = [hit(bar, k + 0.3 * (k % 2), 42) for bar in range(8) for k in range(16)]
    assert rhythm.measure(song(drums=swung))["drum_timing_ms"] == pytest.approx(0.0, abs=1e-6)
    rng = np.random.default_rng(1)
    loose = [hit(bar, k + rng.normal(0, 0.1), 42) for bar in range(1, 40) for k in range(16)]
    # A tenth of a sixteenth at 75 bpm is 20 ms.
    assert rhythm.measure(song(drums=loose))["drum_timing_ms"] == pytest.approx(20.0, rel=0.12)


def test_velocities_are_spread_by_part():
    m = rhythm.measure(song(melody([60, 62]), drums=[hit(0, 0, KICK, 60), hit(0, 4, SNARE, 100)]))
    assert m["drum_velocity"] == 20.0
    assert m["velocity"] == 0.0


def test_no_drums_is_nan():
    m = rhythm.measure(song((Note(0, 10, 60, 80),)))
    assert math.isnan(m["backbeat"])
    assert math.isnan(m["drum_timing_ms"])
