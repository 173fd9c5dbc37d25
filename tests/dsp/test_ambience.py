from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE, Block, Cues
from dusktape.core.seed import Seed
from dusktape.dsp.ambience import (
    CELL_FRAMES,
    Layer,
    Loop,
    NowAndThen,
    Place,
    beside,
    far_off,
    prime_near,
    stereo_noise,
)
from dusktape.dsp.noise import band

BEEP = np.ones(1000, dtype=np.float32)


def beeps(every: int, chance: float = 1.0) -> NowAndThen:
    def choose(here: Seed) -> tuple[Block, float, float] | None:
        return (BEEP, 0.5, 1.0) if here.at("there").chance(chance) else None

    return NowAndThen(Seed(4), every_frames=every, longest=BEEP.size, choose=choose)


def test_a_loop_goes_round_and_starts_anywhere() -> None:
    table = np.arange(14, dtype=np.float32).reshape(2, 7)
    out = Loop(table).read(12, 20)
    assert np.array_equal(out, np.take(table, np.arange(12, 32), axis=1, mode="wrap"))


@pytest.mark.parametrize(("frames", "prime"), [(2, 2), (3, 3), (10, 7), (441_000, 440_989)])
def test_loop_lengths_are_prime(frames: int, prime: int) -> None:
    assert prime_near(frames) == prime


def test_noise_is_one_pressure_below_and_wide_above() -> None:
    noise = stereo_noise(
        1 << 17, band(40.0, 9000.0), sample_rate=SAMPLE_RATE, rng=Seed(1).rng(), width=0.6, mono_below_hz=250.0
    )
    assert np.sqrt(np.mean(np.square(noise, dtype=np.float64))) == pytest.approx(1.0, abs=1e-3)
    spectra = np.fft.rfft(noise, axis=1)
    hz = np.fft.rfftfreq(1 << 17, 1 / SAMPLE_RATE)

    def side_db(low: float, high: float) -> float:
        left, right = spectra[:, (hz > low) & (hz < high)]
        return float(10 * np.log10(np.sum(np.abs(left - right) ** 2) / np.sum(np.abs(left + right) ** 2)))

    assert side_db(40.0, 100.0) < -16.0
    assert side_db(1000.0, 8000.0) == pytest.approx(20 * np.log10(0.6), abs=0.6)


def test_what_comes_now_and_then_comes_once_in_each_stretch_and_the_same_however_it_is_asked() -> None:
    whole = np.zeros((2, 40_000), dtype=np.float32)
    beeps(8_000).add(whole, 0)
    assert np.count_nonzero(np.diff(whole[0], prepend=0.0) > 0.0) in (4, 5, 6)
    parts = []
    source = beeps(8_000)
    for start in range(0, 40_000, 500):
        part = np.zeros((2, 500), dtype=np.float32)
        source.add(part, start)
        parts.append(part)
    assert np.array_equal(np.concatenate(parts, axis=1), whole)
    assert np.array_equal(whole[1], 2.0 * whole[0])


def test_nothing_comes_without_a_chance() -> None:
    out = np.zeros((2, 40_000), dtype=np.float32)
    beeps(4_000, chance=0.0).add(out, 0)
    assert not out.any()


def test_a_place_adds_layers_passing_sounds_and_grains() -> None:
    ones = Loop(np.ones((2, 11), dtype=np.float32))
    place = Place(
        [Layer(ones), Layer(ones, lambda frames: frames / CELL_FRAMES)],
        passing=[beeps(CELL_FRAMES, chance=0.0)],
        grains=lambda index: [(10 * index, BEEP, 1.0, 0.0)],
        gain=2.0,
    )
    first, second = place.cell(0), place.cell(1)
    assert first[1, 0] == 2.0
    assert first[1, -1] == pytest.approx(4.0, abs=1e-3)
    assert second[1, 0] == pytest.approx(4.0, abs=1e-3)
    assert second[0, 10] - second[1, 10] == pytest.approx(2.0, abs=1e-3)


def test_a_layer_that_rests_is_not_read() -> None:
    class Never:
        def read(self, start: int, frames: int) -> Block:
            raise AssertionError("read")

    place = Place([Layer(Never(), lambda frames: np.zeros_like(frames))])
    assert not place.cell(0).any()


def test_a_place_ends_with_the_song() -> None:
    player = Place([Layer(Loop(np.ones((2, 7), dtype=np.float32)))]).player(
        Cues(frames=50_000), sample_rate=SAMPLE_RATE, fade_s=0.1
    )
    sound = player.render(60_000)
    assert sound[:, 25_000].min() == 1.0
    assert not sound[:, 50_000:].any()


def test_places_have_equal_power() -> None:
    for place in (-1.0, -0.3, 0.0, 1.0):
        left, right = beside(place)
        assert left**2 + right**2 == pytest.approx(2.0)
    assert beside(-1.0)[0] > 1.4


def test_far_sounds_are_darker_and_scattered() -> None:
    click = np.zeros(8192)
    click[10] = 1.0
    near, far = (
        far_off(click, sample_rate=SAMPLE_RATE, rng=Seed(2).rng(), distance=d, darken_hz=hz)
        for d, hz in ((0.0, 15_000.0), (1.0, 2_000.0))
    )
    assert np.abs(near[:, 2000:]).max() < 1e-3
    assert np.abs(far[:, 2000:]).max() > 0.01
    assert np.mean(np.diff(far) ** 2) / np.mean(far**2) < 0.5 * np.mean(np.diff(near) ** 2) / np.mean(near**2)
