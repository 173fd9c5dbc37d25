"""A filter drop closes over its event and is open on the beat that follows."""

import numpy as np
import pytest

from dusktape.core.audio import Cues, EventCue
from dusktape.core.seed import Seed
from dusktape.effects.filter_drop import FilterDrop

RATE = 44_100
START, FRAMES = 30_000, 60_000


def play(x, *events, size=None):
    running = FilterDrop().open(RATE, len(x), cues=Cues(frames=x.shape[1], events=events), seed=Seed(0))
    size = size or x.shape[1]
    return np.concatenate([running.process(x[:, at : at + size]) for at in range(0, x.shape[1], size)], axis=1)


def noise(frames=120_000):
    return np.random.default_rng(3).uniform(-0.5, 0.5, (2, frames)).astype(np.float32)


def top(y, start):
    spectrum = np.abs(np.fft.rfft(y[:, start : start + 4096] * np.hanning(4096)))
    return 20 * np.log10(spectrum[:, 400:800].mean())


def test_the_top_falls_through_the_event_and_is_back_at_its_end():
    y = play(noise(), EventCue("filter_drop", START, FRAMES))
    levels = [top(y, START + round(share * FRAMES)) for share in (0.0, 0.4, 0.6, 0.85)]
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] < levels[0] - 30
    assert top(y, START + FRAMES) == pytest.approx(levels[0], abs=1.0)


def test_outside_the_event_nothing_changes():
    x = noise()
    y = play(x, EventCue("filter_drop", START, FRAMES))
    assert np.abs(y[:, : START - 2000] - x[:, : START - 2000]).max() == 0.0
    assert np.abs(y[:, START + FRAMES + 64 :] - x[:, START + FRAMES + 64 :]).max() < 1e-5


def test_drops_that_overlap_and_songs_without_any_are_no_trouble():
    x = noise(60_000)
    y = play(x, EventCue("filter_drop", 10_000, 30_000), EventCue("filter_drop", 20_000, 30_000))
    assert np.all(np.isfinite(y))
    assert np.array_equal(play(x), x)


@pytest.mark.parametrize("size", [63, 1000])
def test_block_size_does_not_change_the_sound(size):
    x = noise()
    event = EventCue("filter_drop", START + 17, FRAMES)
    assert np.abs(play(x, event, size=size) - play(x, event)).max() < 1e-5
