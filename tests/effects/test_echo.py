"""Echoes come in time, fade by their feedback, and end."""

import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.echo import Echo

RATE = 44_100


def echo(effect, x, bpm=120.0, size=None):
    processor = effect.open(RATE, len(x), cues=Cues(frames=x.shape[1], bpm=bpm), seed=Seed(2))
    size = size or x.shape[1]
    return np.concatenate([processor.process(x[:, at : at + size]) for at in range(0, x.shape[1], size)], axis=1)


def click(frames, channels=1):
    x = np.zeros((channels, frames), np.float32)
    x[:, 0] = 0.5
    return x


CLEAN = {"wow_cents": 0.0, "drive_db": -24.0, "lowpass_hz": 16_000.0, "highpass_hz": 20.0}


def test_repeats_come_in_the_songs_time():
    y = echo(Echo(time_beats=0.5, feedback=0.5, mix=1.0, **CLEAN), click(3 * 11_025 + 500))[0]
    for repeat in (1, 2, 3):
        around = np.abs(y[repeat * 11_025 - 300 : repeat * 11_025 + 300])
        assert np.argmax(around) == pytest.approx(300, abs=4)
    assert y[0] == 0.5
    assert np.abs(y[1000:10_000]).max() < 1e-3


def test_each_repeat_is_weaker_by_the_feedback_and_darker():
    x = np.zeros((1, 40_000), np.float32)
    x[0, :2000] = 0.1 * np.sin(2 * np.pi * 600 / RATE * np.arange(2000)) * np.hanning(2000)
    first, second = (
        np.sqrt(np.mean(y**2))
        for y in np.split(echo(Echo(time_beats=0.5, feedback=0.6, **CLEAN), x)[0, 11_000:33_050], 2)
    )
    assert second / first == pytest.approx(0.6, rel=0.03)
    dark = echo(Echo(time_beats=0.5, feedback=0.6, mix=1.0, wow_cents=0.0), click(40_000))[0]
    high = [np.abs(np.fft.rfft(dark[at : at + 8192]))[int(4000 * 8192 / RATE)] for at in (10_900, 21_900)]
    assert high[1] < 0.3 * high[0]


def test_a_loud_loop_saturates_and_never_runs_away():
    x = np.random.default_rng(0).standard_normal((2, 60_000)).astype(np.float32)
    y = echo(Echo(time_beats=0.125, feedback=0.85, mix=1.0, drive_db=12.0), x)
    assert np.abs(y - x).max() <= 10 ** (-12 / 20) + 1e-6


def test_ping_pong_alternates_and_makes_stereo_of_mono():
    y = echo(Echo(time_beats=0.5, feedback=0.5, mix=1.0, pingpong=True, **CLEAN), click(3 * 11_025))
    assert y.shape[0] == 2
    loud = [np.abs(y[:, at * 11_025 - 300 : at * 11_025 + 300]).max(axis=1) for at in (1, 2)]
    assert loud[0][0] > 100 * loud[0][1]
    assert loud[1][1] > 100 * loud[1][0]


def test_it_ends_when_it_says():
    effect = Echo(time_beats=0.25, feedback=0.6)
    tail = effect.open(RATE, 1, cues=Cues(frames=1, bpm=120.0), seed=Seed(2)).tail_frames
    x = np.zeros((1, tail + 5000), np.float32)
    x[0, :3000] = np.random.default_rng(0).standard_normal(3000) * 0.3
    y = np.abs(echo(effect, x)[0])
    assert y[3000 + tail :].max() < 1e-4
    assert y[tail // 3 :].max() > 1e-3


@pytest.mark.parametrize("effect", [Echo(time_beats=0.125), Echo(pingpong=True, time_beats=0.25, wow_cents=12.0)])
def test_block_size_does_not_change_the_sound(effect):
    x = (0.3 * np.random.default_rng(1).standard_normal((2, 20_000))).astype(np.float32)
    whole = echo(effect, x, bpm=180.0)
    for size in (63, 64, 65, 4096):
        assert np.abs(echo(effect, x, bpm=180.0, size=size) - whole).max() < 1e-5


@pytest.mark.parametrize("pingpong", [False, True])
def test_one_that_has_died_away_rests_and_repeats_what_comes_next_as_the_first(pingpong):
    effect = Echo(time_beats=0.25, feedback=0.2, mix=0.5, pingpong=pingpong, wow_cents=0.0)
    x = np.random.default_rng(4).standard_normal((2, 400_000)).astype(np.float32)
    x[:, 3_000:320_000] = 0.0
    x[:, 320_000:323_000] = x[:, :3_000]
    x[:, 323_000:] = 0.0
    y = echo(effect, x, size=4096)
    assert not y[:, 300_000:315_000].any()
    assert np.abs(y[:, 320_000:] - y[:, :80_000]).max() < 1e-6
