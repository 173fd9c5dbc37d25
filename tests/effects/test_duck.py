"""Ducking follows the kicks of the score."""

import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.duck import Duck

RATE = 44_100


def curve(effect, kicks, frames=RATE, size=None):
    processor = effect.open(RATE, 1, cues=Cues(frames=frames, kicks=kicks), seed=Seed(0))
    x, size = np.ones((1, frames), np.float32), size or frames
    out = np.concatenate([processor.process(x[:, at : at + size]) for at in range(0, frames, size)], axis=1)
    return 20 * np.log10(out[0])


def frames(ms):
    return round(ms * 1e-3 * RATE)


def test_it_dips_by_its_depth_and_comes_back_in_its_time():
    db = curve(Duck(depth_db=6.0, attack_ms=6.0, hold_ms=40.0, release_ms=100.0), ((10_000, 1.0),))
    assert db[9900] == 0.0
    assert db[10_000 + frames(3) - 64] > -6.0 < db[10_000 + frames(3)] < 0.0
    assert db[10_000 + frames(10) : 10_000 + frames(44)] == pytest.approx(-6.0, abs=0.02)
    assert db[10_000 + frames(146)] == pytest.approx(-6.0 / np.e, abs=0.05)
    assert db[-1] == 0.0


def test_soft_kicks_dip_less_and_overlapping_dips_do_not_add():
    db = curve(Duck(depth_db=8.0), ((5000, 0.5), (20_000, 1.0), (22_000, 1.0)))
    assert db[5000:12_000].min() == pytest.approx(-4.0, abs=0.02)
    assert db.min() == pytest.approx(-8.0, abs=0.02)


def test_there_is_no_jump_when_a_kick_falls_into_the_last_dip():
    db = curve(Duck(depth_db=12.0, release_ms=200.0), ((3000, 1.0), (9000, 0.4), (12_000, 1.0)))
    assert np.abs(np.diff(db)).max() < 0.1


def test_block_size_does_not_change_the_sound():
    kicks = tuple((500 + 1777 * k, 0.9) for k in range(3))
    whole = curve(Duck(), kicks, frames=5000)
    for size in (1, 63, 64, 65, 4096):
        assert np.abs(curve(Duck(), kicks, frames=5000, size=size) - whole).max() < 1e-4
