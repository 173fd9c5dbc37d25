from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE, Cues, Floats
from dusktape.core.seed import Seed
from dusktape.instruments.train import Train

LOUD = {"joints_db": 15.0, "sway": 0.0, "inside": 1.0}


def thump_period_s(train: Train, bpm: float) -> float:
    """The lag between 0.5 and 2 s after which the level in the low end repeats best."""
    frames = 24 * SAMPLE_RATE
    sound = train.open(SAMPLE_RATE, [], cues=Cues(frames=frames, bpm=bpm), seed=Seed(5)).render(frames)
    level: Floats = np.sqrt(np.mean(np.square(sound.mean(axis=0, dtype=np.float64).reshape(-1, 441)), axis=1))
    level -= level.mean()
    across = np.correlate(level, level, mode="full")[level.size - 1 :]
    return float(50 + np.argmax(across[50:200])) / 100.0


@pytest.mark.parametrize(("bpm", "figure_s"), [(80.0, 1.125), (66.0, 1.364)])
def test_joints_fall_on_half_beats(bpm: float, figure_s: float) -> None:
    assert thump_period_s(Train(**LOUD), bpm) == pytest.approx(figure_s, abs=0.011)


def test_out_of_time_the_speed_decides() -> None:
    assert thump_period_s(Train(speed_kmh=60.0, in_time=False, **LOUD), 80.0) == pytest.approx(1.5, abs=0.011)


def test_an_open_window_lets_the_wheels_in() -> None:
    def top(inside: float) -> float:
        sound = Train(inside=inside).open(SAMPLE_RATE, [], cues=Cues(frames=1 << 17), seed=Seed(5)).render(1 << 17)
        power = np.abs(np.fft.rfft(sound.mean(axis=0))) ** 2
        return float(power[3000:].sum() / power.sum())

    assert top(0.0) > 3.0 * top(1.0)
