"""A cassette sways as far as asked, both sides together, and its hiss breathes with the music and stops with it."""

import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.cassette import Cassette

RATE = 44_100
QUIET = {"hiss_db": -100.0, "dropouts": 0.0}


def play(effect, x, seed=0):
    running = effect.open(RATE, len(x), cues=Cues(frames=x.shape[1]), seed=Seed(seed))
    late = running.latency_frames
    return running.process(np.pad(x, ((0, 0), (0, late))))[:, late:]


def tone(hz, seconds, level=0.2):
    return level * np.sin(2 * np.pi * hz / RATE * np.arange(round(seconds * RATE)))[None].astype(np.float32)


def strays(y, hz):
    """Cents of pitch, 441 times a second."""
    z = y * np.exp(-2j * np.pi * hz / RATE * np.arange(y.size))
    window = np.blackman(1601)
    z = np.convolve(z, window / window.sum(), "valid")[2 * RATE : -100 : 100]
    return 1200 * np.log2(1 + np.diff(np.unwrap(np.angle(z))) / 100 / (2 * np.pi * hz / RATE))


def level_db(y):
    return 10 * np.log10(np.mean(np.square(y, dtype=np.float64)) + 1e-20)


@pytest.mark.parametrize("cents", [1.5, 3.0])
def test_pitch_strays_as_far_as_asked(cents):
    y = play(Cassette(wander_cents=cents, **QUIET), tone(1000, 20))[0]
    assert np.std(strays(y, 1000)) == pytest.approx(cents, rel=0.2)


def test_left_and_right_move_together():
    x = np.repeat(np.random.default_rng(0).uniform(-0.3, 0.3, (1, 40_000)).astype(np.float32), 2, axis=0)
    left, right = play(Cassette(wander_cents=5.0, hiss_db=-100.0, dropouts=1.0), x)
    assert np.abs(left - right).max() < 1e-4


def test_hiss_follows_the_programme_and_ends_with_it():
    x = np.concatenate([tone(200, 1.5, 0.5), tone(200, 2.0, 0.005), np.zeros((1, 6 * RATE), np.float32)], axis=1)
    effect = Cassette(breath=1.0, dropouts=0.0, age=0.0, drive_db=-20.0)
    without = Cassette(breath=1.0, dropouts=0.0, age=0.0, drive_db=-20.0, hiss_db=-100.0)
    hiss = play(effect, x) - play(without, x)
    loud, soft, silent = (hiss[:, round(a * RATE) : round((a + 0.4) * RATE)] for a in (1.0, 3.0, 9.0))
    assert level_db(loud) == pytest.approx(-58.0, abs=2.0)
    assert -30 < level_db(soft) - level_db(loud) < -8
    assert level_db(silent) < -120


def test_age_takes_the_top():
    x = np.random.default_rng(1).uniform(-0.1, 0.1, (1, RATE)).astype(np.float32)

    def top(age):
        spectrum = np.abs(np.fft.rfft(play(Cassette(age=age, **QUIET), x)[0]))
        return 20 * np.log10(spectrum[8000:10_000].mean() / spectrum[500:1000].mean())

    assert top(0.0) > -6
    assert top(1.0) < top(0.0) - 18


def test_dropouts_come_and_go():
    x = tone(500, 20)
    dip = Cassette(age=1.0, dropouts=1.0, wander_cents=0.0, hiss_db=-100.0)
    whole = Cassette(age=1.0, dropouts=0.0, wander_cents=0.0, hiss_db=-100.0)
    ratio = np.abs(play(dip, x)[0]).reshape(-1, 441).max(axis=1) / np.abs(play(whole, x)[0]).reshape(-1, 441).max(
        axis=1
    )
    assert ratio.min() < 0.75
    assert np.median(ratio) == pytest.approx(1.0, abs=1e-3)


def test_driving_it_makes_overtones():
    def third(drive_db):
        spectrum = np.abs(np.fft.rfft(play(Cassette(drive_db=drive_db, wander_cents=0.0, **QUIET), tone(400, 1.0))[0]))
        return spectrum[1200] / spectrum[400]

    assert third(12.0) > 4 * third(0.0)
