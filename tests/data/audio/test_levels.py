from __future__ import annotations

import numpy as np
import pytest

from dusktape.data.audio.levels import Levels

from . import sounds


def facts(sound, *, rate=sounds.RATE, bits=0, block=10_000):
    sound = np.atleast_2d(sound).astype(np.float32)
    levels = Levels(rate, len(sound), bits)
    for start in range(0, sound.shape[1], block):
        levels.push(sound[:, start : start + block])
    return levels.facts()


def test_peak_and_mean_power_are_told_in_decibels():
    found = facts(sounds.tone(1000.0, 2.0, level=0.5))
    assert found["peak_db"] == pytest.approx(-6.02, abs=0.02)
    assert found["rms_db"] == pytest.approx(-9.03, abs=0.02)
    assert found["seconds"] == 2.0


def test_one_channel_is_as_loud_as_the_same_in_both():
    x = sounds.hiss(2.0)
    assert facts(x)["lufs"] == pytest.approx(facts(np.stack([x, x]))["lufs"], abs=0.02)


def test_a_short_sound_has_a_loudness_too():
    assert -40.0 < facts(sounds.hit(1, seconds=0.1))["lufs"] < 0.0


@pytest.mark.parametrize("hz", [50.0, 400.0, 1500.0])
def test_flat_tops_are_clipping_and_round_ones_are_not(hz):
    x = sounds.tone(hz, 1.0, level=0.99)
    sixteen = np.rint(x * 32767) / 32768
    assert facts(sixteen, bits=16)["clipped_peaks"] == 0
    assert facts(np.clip(1.5 * sixteen, -1.0, 1.0), bits=16)["clipped_peaks"] >= 0.9 * 2.0 * hz
    assert facts(0.5 * np.clip(1.5 * sixteen, -1.0, 1.0), bits=16)["clipped_peaks"] >= 0.9 * 2.0 * hz


def test_eight_bits_alone_are_no_clipping():
    assert facts(np.rint(sounds.tone(60.0, 1.0, level=0.9) * 127) / 128, bits=8)["clipped_peaks"] == 0


def test_an_offset_is_found():
    assert facts(sounds.hiss(1.0) + 0.05)["dc"] == pytest.approx(0.05, abs=0.002)


def test_what_is_between_the_sides_is_told():
    x, y = sounds.hiss(0.5), sounds.hiss(0.5, seed=1)
    assert facts(x)["sides"] == "one"
    assert facts(np.stack([x, x]))["sides"] == "same"
    assert facts(np.stack([x, -x]))["sides"] == "opposed"
    assert facts(np.stack([x, y]))["sides"] == "two"
    silent = facts(np.stack([0 * x, y]))
    assert (silent["sides"], silent["louder_side"]) == ("one silent", "right")


def test_the_hash_is_of_samples_and_not_of_their_blocks():
    x = sounds.hiss(1.0)
    assert facts(x)["audio_sha256"] == facts(x, block=777)["audio_sha256"]
    assert facts(x)["audio_sha256"] != facts(0.99 * x)["audio_sha256"]
    assert facts(x)["audio_sha256"] != facts(x, rate=44_100)["audio_sha256"]
