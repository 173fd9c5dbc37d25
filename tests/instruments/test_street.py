from __future__ import annotations

import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Block, Cues
from dusktape.core.seed import Seed
from dusktape.dsp.noise import band, noise_table
from dusktape.instruments.street import BANDS, Street


def car(street: Street) -> Block:
    tables = [
        noise_table(1 << 16, 1, band(low, high), sample_rate=SAMPLE_RATE, rng=Seed(i).rng())[0]
        for i, (low, high, _, _) in enumerate(BANDS)
    ]
    return street._car(tables, SAMPLE_RATE, Seed(8))


def test_a_car_comes_and_goes_and_is_brightest_beside_us() -> None:
    sound = car(Street()).astype(np.float64)
    fifths = np.array_split(sound.mean(axis=0), 5)
    level = np.array([np.mean(part**2) for part in fifths])
    bright = np.array([np.mean(np.diff(part) ** 2) / np.mean(part**2) for part in fifths])
    assert np.argmax(level) == 2
    assert level[2] > 10.0 * max(level[0], level[4])
    assert bright[2] > 1.5 * max(bright[0], bright[4])
    assert np.abs(sound[:, [0, -1]]).max() < 1e-3


def test_it_travels_from_left_to_right() -> None:
    left, right = np.square(car(Street(width=1.0)).astype(np.float64))
    third = left.size // 3
    assert left[:third].sum() > 1.2 * right[:third].sum()
    assert right[-third:].sum() > 1.2 * left[-third:].sum()


def test_a_wet_road_hisses() -> None:
    dry, wet = (np.mean(np.diff(car(Street(wet=wet))) ** 2) for wet in (0.0, 1.0))
    assert wet > 3.0 * dry


def test_cars_pass_over_the_wash_and_a_sleeping_town_has_none() -> None:
    frames = 30 * SAMPLE_RATE

    def sound(traffic: float) -> Block:
        return Street(traffic=traffic).open(SAMPLE_RATE, [], cues=Cues(frames=frames), seed=Seed(3)).render(frames)

    # The wash of the sleeping town is 0.55 of the busy one's: what is left are the cars.
    cars = sound(1.0) - sound(0.0) / np.float32(0.55)
    level = np.abs(cars[:, : 30 * SAMPLE_RATE].reshape(2, 60, -1)).max(axis=(0, 2))
    assert 5 < np.count_nonzero(level > 1e-3) < 58
    assert np.count_nonzero(level < 1e-5) > 2
