"""A tape stop falls in pitch to nothing, and the song is back in time."""

import numpy as np
import pytest

from dusktape.core.audio import Cues, EventCue
from dusktape.core.seed import Seed
from dusktape.effects.tape_stop import TapeStop

RATE = 44_100
START, FRAMES = 20_017, 40_000
STOP = (EventCue("tape_stop", START, FRAMES),)


def play(x, *, events=STOP, size=None, effect=None):
    running = (effect or TapeStop()).open(RATE, len(x), cues=Cues(frames=x.shape[1], events=events), seed=Seed(0))
    late, size = running.latency_frames, size or x.shape[1]
    x = np.pad(x, ((0, 0), (0, late)))
    blocks = [running.process(x[:, at : at + size]) for at in range(0, x.shape[1], size)]
    return np.concatenate(blocks, axis=1)[:, late:]


def tone(hz, frames=90_000):
    return 0.5 * np.sin(2 * np.pi * hz / RATE * np.arange(frames))[None].astype(np.float32)


def pitch(y, at, frames=2048):
    z = np.abs(np.fft.rfft(y[at : at + frames] * np.hanning(frames), 16 * frames))
    return np.argmax(z) * RATE / (16 * frames)


def test_pitch_falls_evenly_over_the_event():
    y = play(tone(2000))[0]
    for share in (0.25, 0.5, 0.7):
        at = START + round(share * FRAMES) - 1024
        assert pitch(y, at) == pytest.approx(2000 * (1 - share), rel=0.03)


def test_before_and_after_the_event_the_song_is_untouched():
    x = tone(440)
    y = play(x)
    assert np.array_equal(y[:, :START], x[:, :START])
    assert np.array_equal(y[:, START + FRAMES :], x[:, START + FRAMES :])


def test_no_step_is_larger_than_the_tone_makes_itself():
    x = tone(300)
    assert np.abs(np.diff(play(x))).max() < 1.05 * np.abs(np.diff(x)).max()


def test_it_stands_still_at_the_end():
    y = play(tone(2000))[0, START + FRAMES - 1000 : START + FRAMES - 300]
    assert np.abs(y).max() < 0.02


def test_without_an_event_of_its_kind_nothing_is_late_and_nothing_changes():
    x = tone(440, 5000)
    running = TapeStop().open(RATE, 1, cues=Cues(frames=5000, events=(EventCue("cut", 0, 4000),)), seed=Seed(0))
    assert running.latency_frames == 0
    assert np.array_equal(running.process(x), x)


@pytest.mark.parametrize("size", [63, 64, 1000, 4096])
def test_block_size_does_not_change_the_sound(size):
    x = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 75_000)).astype(np.float32)
    events = (*STOP, EventCue("tape_stop", 66_000, 5000))
    assert np.abs(play(x, events=events, size=size) - play(x, events=events)).max() < 1e-5
