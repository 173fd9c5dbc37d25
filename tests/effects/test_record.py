"""A record is narrow, nearly mono, bends once a turn, and its surface ends with the music."""

import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.record import Record

RATE = 44_100


def play(effect, x, seed=0):
    running = effect.open(RATE, len(x), cues=Cues(frames=x.shape[1]), seed=Seed(seed))
    late = running.latency_frames
    return running.process(np.pad(x, ((0, 0), (0, late))))[:, late:]


def noise(frames, channels=1, peak=0.2):
    return np.random.default_rng(3).uniform(-peak, peak, (channels, frames)).astype(np.float32)


def test_it_bends_once_a_turn():
    x = (0.2 * np.sin(2 * np.pi * 1000 / RATE * np.arange(24 * RATE)))[None].astype(np.float32)
    y = play(Record(surface_db=-100.0, off_centre_cents=6.0), x)[0]
    z = y * np.exp(-2j * np.pi * 1000 / RATE * np.arange(y.size))
    window = np.blackman(4001)
    z = np.convolve(z, window / window.sum(), "valid")[3 * RATE : 21 * RATE : 441]
    cents = 1200 * np.log2(1 + np.diff(np.unwrap(np.angle(z))) / 441 / (2 * np.pi * 1000 / RATE))
    spectrum = np.abs(np.fft.rfft(cents * np.hanning(cents.size), 16 * cents.size))
    assert np.argmax(spectrum[20:]) + 20 == pytest.approx(0.5556 * 16 * cents.size / 100, rel=0.05)
    assert 4.0 < np.abs(cents).max() < 7.5


def test_left_and_right_move_together_and_come_closer():
    left, right = play(Record(surface_db=-100.0), np.repeat(noise(30_000), 2, axis=0))
    assert np.abs(left - right).max() < 1e-4
    x = noise(60_000, 2)
    y = play(Record(surface_db=-100.0, width=0.25, wear=0.0), x)
    assert np.std(y[0] - y[1]) / np.std(y[0] + y[1]) == pytest.approx(0.25, abs=0.03)


def test_wear_narrows_the_band():
    def level(wear, low, high):
        y = play(Record(surface_db=-100.0, wear=wear), noise(2 * RATE))[0]
        return 20 * np.log10(np.abs(np.fft.rfft(y))[2 * low : 2 * high].mean())

    assert level(1.0, 6000, 8000) < level(0.0, 6000, 8000) - 12
    assert level(1.0, 40, 80) < level(0.0, 40, 80) - 12


def test_crackle_makes_ticks():
    def crest(crackle):
        x = noise(6 * RATE, peak=0.4)
        with_it, without = (play(Record(crackle=crackle, surface_db=db), x) for db in (-40.0, -100.0))
        added = (with_it - without)[:, RATE:]
        return np.abs(added).max() / added.std()

    assert crest(0.0) < 6.0
    assert crest(0.5) > 9.0


def test_the_surface_ends_with_the_music():
    x = np.concatenate([noise(RATE), np.zeros((1, 6 * RATE), np.float32)], axis=1)
    assert np.abs(play(Record(), x)[0, -RATE:]).max() < 1e-6
