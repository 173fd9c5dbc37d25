"""A stretch cut out of a stream closes on itself."""

from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.seed import Seed
from dusktape.dsp.closing import Homing, Seam, crossfaded, lateness
from dusktape.dsp.delay import read_at


def noise(frames, *path, channels=2):
    return Seed(3).at(*path).rng().standard_normal((channels, frames)).astype(np.float32)


def music(frames):
    """Noise without its top, as nothing that is late by parts of a frame may have any."""
    spectrum = np.fft.rfft(noise(frames, "music").astype(np.float64), axis=1)
    spectrum[:, spectrum.shape[1] // 4 :] = 0.0
    return np.fft.irfft(spectrum, frames, axis=1).astype(np.float32)


def power_through(a, b):
    return np.mean(crossfaded(a, b) ** 2)


def test_a_crossfade_keeps_the_power_of_unlike_and_of_equal_sounds():
    a, b = noise(40_000, "a"), noise(40_000, "b")
    assert power_through(a, b) == pytest.approx(1.0, abs=0.03)
    np.testing.assert_allclose(crossfaded(a, a), a, atol=1e-5)


def test_a_crossfade_ends_in_the_second_sound():
    a, b = noise(400, "a"), noise(400, "b")
    np.testing.assert_allclose(crossfaded(a, b)[:, -1], b[:, -1], atol=1e-6)


@pytest.mark.parametrize("late", [-130.25, -3.5, 0.0, 2.3, 57.75])
def test_lateness_is_found_between_the_frames(late):
    whole = music(6000)
    ours = whole[:, 1000:5000]
    theirs = read_at(whole, np.arange(1000, 5000) - late)
    assert lateness(ours, theirs, 200) == pytest.approx(late, abs=0.1)


def test_strangers_and_silence_are_not_late():
    assert lateness(noise(4000, "a"), noise(4000, "b"), 200) == 0.0
    assert lateness(np.zeros((2, 4000), np.float32), noise(4000, "b"), 200) == 0.0


def test_what_a_tape_has_moved_is_brought_home():
    whole, late, frames, around = music(40_000), 90.0, 30_000, 1000
    theirs = read_at(whole, np.arange(2000, 2000 + frames + around) - late)
    ours = whole[:, 2000 : 2000 + frames + around]
    joined = Homing(fade=800, bend=20_000, around=around, reach=300)(ours, theirs)
    assert joined.shape == (2, frames)
    np.testing.assert_array_equal(joined[:, :10_000], ours[:, :10_000])
    np.testing.assert_allclose(joined[:, -400:], theirs[:, frames - 400 : frames], atol=0.05)
    power = [np.mean(joined[:, a : a + 400] ** 2) for a in range(frames - 1600, frames, 400)]
    assert min(power) > 0.8 * np.mean(whole**2)  # two copies 2 ms apart would have combed each other


def test_a_turn_that_runs_faster_meets_the_other_at_its_pace():
    whole, frames, around = music(40_000), 30_000, 1000
    clock = np.arange(2000, 2000 + frames + around, dtype=np.float64)
    theirs = read_at(whole, clock - 40.0 - 0.003 * (clock - clock[frames]))
    ours = whole[:, 2000 : 2000 + frames + around]
    joined = Homing(fade=1500, bend=20_000, around=around, reach=300)(ours, theirs)
    middle = slice(frames - 800, frames - 600)
    assert np.corrcoef(joined[0, middle], theirs[0, middle])[0, 1] > 0.99


@pytest.mark.parametrize("block", [1, 63, 64, 65, 4096])
def test_a_seam_cuts_the_same_loop_from_blocks_of_any_size(block):
    stream = noise(9000, "stream")
    seam = Seam(2500, 4000, 1000, 100, Homing(1000, around=100))
    cut = np.concatenate([seam.process(stream[:, a : a + block]) for a in range(0, 9000, block)], axis=1)
    assert seam.done
    assert cut.shape == (2, 4000)
    np.testing.assert_array_equal(cut[:, :3000], stream[:, 2500:5500])
    np.testing.assert_allclose(cut[:, -1], stream[:, 2499], atol=1e-6)


def test_a_seam_in_what_is_periodic_changes_nothing():
    turn = noise(3000, "turn")
    stream = np.tile(turn, (1, 4))
    seam = Seam(3000, 3000, 1500, 0, Homing(1500))
    np.testing.assert_allclose(seam.process(stream), turn, atol=1e-5)
