import math

import numpy as np
import pytest

from dusktape.core.audio import Block
from dusktape.dsp.stretch import Stretch

RATE = 44_100


def run(sound: Block, speed: float, size: int = 5_000) -> Block:
    machine = Stretch(len(sound), speed)
    pieces = [machine.push(sound[:, k : k + size]) for k in range(0, sound.shape[1], size)]
    return np.concatenate([*pieces, machine.finish()], axis=1)


def test_at_its_own_speed_it_is_the_stream() -> None:
    sound = np.random.default_rng(7).normal(0.0, 0.1, (2, 20_000)).astype(np.float32)
    assert np.abs(run(sound, 1.0)[:, 3_000:-3_000] - sound[:, 3_000:-3_000]).max() < 1e-4


@pytest.mark.parametrize("speed", [0.8, 1.2])
def test_pitch_and_level_stay(speed: float) -> None:
    time = np.arange(2 * RATE) / RATE
    out = run((0.3 * np.sin(2.0 * np.pi * 440.0 * time))[None].astype(np.float32), speed)[0, 10_000:-10_000]
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    assert abs(spectrum.argmax() * RATE / len(out) - 440.0) < 1.0
    assert np.std(out) == pytest.approx(0.3 / math.sqrt(2.0), rel=0.05)


@pytest.mark.parametrize("speed", [0.8, 1.2])
def test_what_is_struck_is_where_the_speed_puts_it(speed: float) -> None:
    clicks = np.zeros((1, 3 * RATE), np.float32)
    clicks[0, RATE // 2 :: RATE // 2] = 0.8
    out = np.abs(run(clicks, speed)[0])
    for k in range(1, 5):
        place = round(k * RATE / 2 / speed)
        near = out[place - 4_000 : place + 4_000]
        assert abs(int(near.argmax()) - 4_000) < 0.010 * RATE


@pytest.mark.parametrize("speed", [0.5, 0.93, 1.7])
def test_the_length_is_that_of_the_stream_over_the_speed(speed: float) -> None:
    for frames in (0, 1, 9_999):
        assert run(np.zeros((1, frames), np.float32), speed).shape[1] == math.ceil(frames / speed)


def test_block_size_does_not_change_the_sound() -> None:
    sound = np.random.default_rng(7).normal(0.0, 0.1, (2, 12_000)).astype(np.float32)
    whole = run(sound, 0.9, 12_000)
    for size in (63, 64, 65, 4_096):
        assert np.abs(run(sound, 0.9, size) - whole).max() < 1e-6
