"""Glue turns middle and side down alike, leaves the bass its swing, and lets go twice."""

import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.glue import Glue

RATE = 44_100
CLEAN = {"drive_db": -24.0, "threshold_db": -30.0, "ratio": 4.0}


def play(effect, x):
    running = effect.open(RATE, len(x), cues=Cues(frames=x.shape[1]), seed=Seed(0))
    return running.process(np.pad(x, ((0, 0), (0, 64))))[:, 64:]


def tone(hz, seconds=2.0, level=0.3):
    return level * np.sin(2 * np.pi * hz / RATE * np.arange(int(seconds * RATE))).astype(np.float32)


def gain_db(y, x, start, end):
    a, b = int(start * RATE), int(end * RATE)
    return 20 * np.log10(np.std(y[..., a:b]) / np.std(x[..., a:b]))


def test_the_image_stands_still():
    middle, side = tone(440), tone(1300, level=0.1)
    y = play(Glue(**CLEAN), np.stack([middle + side, middle - side]))
    heard_middle, heard_side = (y[0] + y[1]) / 2, (y[0] - y[1]) / 2
    assert gain_db(heard_middle, middle, 1.0, 2.0) < -6
    assert gain_db(heard_side, side, 1.0, 2.0) == pytest.approx(gain_db(heard_middle, middle, 1.0, 2.0), abs=0.2)


def test_a_wide_sound_is_heard_as_well_as_one_in_the_middle():
    x = tone(440)
    wide = play(Glue(**CLEAN), np.stack([x, -x]))
    assert gain_db(wide, np.stack([x, -x]), 1.0, 2.0) == pytest.approx(
        gain_db(play(Glue(**CLEAN), np.stack([x, x])), np.stack([x, x]), 1.0, 2.0), abs=0.3
    )


def test_bass_moves_it_less():
    low, high = (gain_db(play(Glue(**CLEAN), tone(hz)[None]), tone(hz)[None], 1.0, 2.0) for hz in (50, 1000))
    assert low > high + 3


def test_a_peak_is_let_go_at_once_and_a_loud_passage_slowly():
    def let_go(loud_s):
        probe = tone(1000, 3.0, level=0.005)
        x = probe.copy()
        end = int(loud_s * RATE)
        x[:end] += tone(300, loud_s, level=0.5)
        y = play(Glue(**CLEAN, attack_ms=60.0, release_ms=1500.0), x[None])
        return gain_db(y[0], x, loud_s + 0.3, loud_s + 0.4)

    assert let_go(0.03) > let_go(1.0) + 2


def test_drive_rounds_the_peaks():
    x = np.stack([tone(200, level=0.9)] * 2)
    clean, warm = (play(Glue(ratio=1.0, drive_db=d), x) for d in (-24.0, 6.0))
    assert np.abs(warm).max() < 0.8 * np.abs(clean).max()
