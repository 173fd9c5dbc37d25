"""A cut is silent and clean at its edges; a stutter says the first sixteenth again, on the grid."""

import numpy as np
import pytest

from dusktape.core.audio import Cues, EventCue
from dusktape.core.seed import Seed
from dusktape.effects.cut import Cut

RATE = 44_100


def play(x, *events, size=None, effect=None, bpm=81.0):
    cues = Cues(frames=x.shape[1], bpm=bpm, events=events)
    running = (effect or Cut()).open(RATE, len(x), cues=cues, seed=Seed(0))
    size = size or x.shape[1]
    return np.concatenate([running.process(x[:, at : at + size]) for at in range(0, x.shape[1], size)], axis=1)


def noise(frames=80_000, channels=1):
    return np.random.default_rng(2).uniform(-0.5, 0.5, (channels, frames)).astype(np.float32)


def test_a_cut_is_silent_and_leaves_the_next_beat_whole():
    x = noise()
    y = play(x, EventCue("cut", 20_000, 30_000))
    fade = round(0.004 * RATE)
    assert not np.any(y[:, 20_000 : 50_000 - fade])
    assert np.array_equal(y[:, 50_000:], x[:, 50_000:])
    assert np.array_equal(y[:, : 20_000 - fade], x[:, : 20_000 - fade])


def test_the_edges_of_a_cut_do_not_click():
    x = np.full((1, 60_000), 0.5, np.float32)
    y = play(x, EventCue("cut", 20_000, 30_000))
    assert np.abs(np.diff(y)).max() < 0.5 * np.pi / (0.004 * RATE)


def test_a_floor_leaves_a_hint():
    x = np.full((1, 60_000), 0.5, np.float32)
    y = play(x, EventCue("cut", 20_000, 30_000), effect=Cut(floor_db=-20.0))
    assert y[0, 35_000] == pytest.approx(0.05, rel=1e-4)


def test_a_stutter_repeats_its_first_sixteenth_on_the_grid():
    x, sixteenth, fade = noise(), 0.25 * 60 / 81 * RATE, round(0.004 * RATE)
    y = play(x, EventCue("stutter", 10_000, 60_000))
    length = int(sixteenth) - fade - 2
    said = x[0, 10_000 + fade : 10_000 + length]
    for turn in range(1, 6):
        at = 10_000 + int(np.ceil(turn * sixteenth))
        assert np.array_equal(y[0, at + fade : at + length], said)
    assert np.array_equal(y[0, :10_000], x[0, :10_000])
    assert np.array_equal(y[0, 70_000:], x[0, 70_000:])


def test_the_repeats_of_a_stutter_join_without_a_click():
    x = (0.5 * np.sin(2 * np.pi * 150 / RATE * np.arange(80_000)))[None].astype(np.float32)
    y = play(x, EventCue("stutter", 10_000, 60_000))
    assert np.abs(np.diff(y)).max() < 0.5 * np.pi / (0.004 * RATE) + np.abs(np.diff(x)).max()


def test_other_events_pass():
    x = noise(5000)
    assert np.array_equal(play(x, EventCue("tape_stop", 100, 4000)), x)


@pytest.mark.parametrize("size", [1, 63, 1000, 4096])
def test_block_size_does_not_change_the_sound(size):
    x = noise(30_000 if size == 1 else 80_000, 2)
    events = (EventCue("stutter", 1000, 20_011), EventCue("cut", 23_000, 4001))
    assert np.abs(play(x, *events, size=size) - play(x, *events)).max() < 1e-6
