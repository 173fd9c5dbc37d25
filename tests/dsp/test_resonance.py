from itertools import pairwise

import numpy as np

from dusktape.core.seed import Seed
from dusktape.dsp.resonance import Blows, Soundboard, afterglow, answers, ring

RATE = 44_100


def test_strings_that_answer_start_from_nothing_and_outlast_the_note() -> None:
    x = ring(answers(220.0, 0.1, Seed(1).rng()), 2 * RATE, RATE)
    assert np.abs(x[:20]).max() < 0.02 * np.abs(x).max()
    assert np.std(x[RATE : RATE + 4_000]) > 0.4 * np.std(x[9_000:13_000])


def test_an_afterglow_swells_and_ends_in_silence() -> None:
    x = afterglow(220.0, 0.1, Seed(1).rng(), 30_000, RATE)
    assert abs(x[0]) < 1e-3
    assert abs(x[-1]) < 1e-5
    assert np.std(x[2_000:6_000]) > 3.0 * np.std(x[20_000:24_000])


def test_a_soundboard_is_always_the_same_wood() -> None:
    hz = np.geomspace(50.0, 8_000.0, 40)
    once, again, other = (Soundboard(Seed(s)).colour_db(hz) for s in (1, 1, 2))
    assert np.array_equal(once, again)
    assert np.std(once - other) > 1.0


def test_blows_take_turns_and_stay_below_the_tone() -> None:
    blows, rng = Blows(Seed(1), RATE, bright_hz=(700.0, 2_600.0)), Seed(2).rng()
    struck = []
    for _ in range(4):
        tone = np.zeros(8_000, dtype=np.float32)
        blows.add(rng, tone, 0.1, bright=0.2)
        struck.append(tone)
    assert all(np.abs(a - b).max() > 1e-3 for a, b in pairwise(struck))
    assert all(np.abs(tone).max() < 1.0 for tone in struck)
