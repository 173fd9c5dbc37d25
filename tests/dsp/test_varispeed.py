import math
from fractions import Fraction

import numpy as np
import pytest

from dusktape.core.audio import Block
from dusktape.dsp.varispeed import Varispeed, nearest_ratio

RATE = 44_100


def run(sound: Block, ratio: Fraction, size: int = 7_777) -> Block:
    machine = Varispeed(len(sound), ratio)
    pieces = [machine.push(sound[:, k : k + size]) for k in range(0, sound.shape[1], size)]
    return np.concatenate([*pieces, machine.finish()], axis=1)


def tone(hz: float, frames: int = 20_000) -> Block:
    return np.sin(2.0 * np.pi * hz / RATE * np.arange(frames))[None].astype(np.float32)


@pytest.mark.parametrize("ratio", [Fraction(22, 25), Fraction(1, 2), Fraction(48, 49), Fraction(160, 147)])
@pytest.mark.parametrize("hz", [100.0, 3_000.0, 15_000.0])
def test_frame_n_is_the_stream_at_n_times_the_ratio(ratio: Fraction, hz: float) -> None:
    out = run(tone(hz), ratio)[0, 200:-200]
    expected = np.sin(2.0 * np.pi * hz / RATE * float(ratio) * (200 + np.arange(len(out))))
    assert np.abs(out - expected).max() < 1e-4


def test_what_would_alias_is_gone() -> None:
    out = run(tone(15_000.0), Fraction(2))
    assert np.abs(out[0, 200:-200]).max() < 1e-4


@pytest.mark.parametrize("ratio", [Fraction(22, 25), Fraction(7, 3), Fraction(29, 160), Fraction(1)])
def test_the_length_is_that_of_the_stream_over_the_ratio(ratio: Fraction) -> None:
    for frames in (0, 1, 63, 5_000):
        assert run(tone(500.0, frames), ratio).shape == (1, math.ceil(frames / ratio))


def test_block_size_does_not_change_the_sound() -> None:
    sound = np.random.default_rng(7).normal(0.0, 0.1, (2, 3_000)).astype(np.float32)
    whole = run(sound, Fraction(22, 25), 3_000)
    for size in (1, 63, 64, 65, 4_096):
        assert np.abs(run(sound, Fraction(22, 25), size) - whole).max() < 1e-6


def test_the_ratio_run_is_near_the_one_asked_for() -> None:
    for asked in [*np.geomspace(0.3, 8.0, 300), 0.9996, 1.0004, 0.5003]:
        cents = 1200.0 * abs(math.log2(float(nearest_ratio(float(asked))) / asked))
        assert cents < 0.5
