"""Samples begin and end in silence, at their rate and level; what goes round keeps every frame."""

from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE
from dusktape.dsp.loudness import lufs, true_peak_db
from dusktape.publish.pack.finish import CEILING_DBTP, LOUDNESS_LUFS, finished, trimmed
from dusktape.publish.pack.take import Take


def hit(level=0.5, before=0.1, fall=12.0, seconds=1.5, hiss=0.0, hz=180.0):
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sound = level * np.cos(2.0 * np.pi * hz * t) * np.exp(-fall * t)
    lead = np.zeros(round(before * SAMPLE_RATE))
    both = np.concatenate([lead, sound])
    both += hiss * np.random.default_rng(1).standard_normal(both.size)
    return np.stack([both, both]).astype(np.float32)


def take(sound, kind="oneshots", **more):
    return Take(kind, "kick", sound, SAMPLE_RATE, {}, **more)


def test_silence_before_and_after_is_cut():
    sample = finished(take(hit()), SAMPLE_RATE)
    onset = int(np.argmax(np.abs(sample.sound[0]) > 0.01))
    assert onset < 0.003 * SAMPLE_RATE
    assert 0.4 < sample.frames / SAMPLE_RATE < 0.75  # 60 dB down after 0.58 s


def test_a_steady_hiss_does_not_keep_a_sound_alive():
    sample = finished(take(hit(hiss=0.002, fall=30.0)), SAMPLE_RATE)
    assert sample.frames / SAMPLE_RATE < 0.5
    onset = int(np.argmax(np.abs(sample.sound[0]) > 0.1 * np.abs(sample.sound).max()))
    assert onset < 0.003 * SAMPLE_RATE


def test_the_attack_is_kept():
    sound = hit(before=0.0)
    sample = finished(take(sound), SAMPLE_RATE)
    first = round(0.001 * SAMPLE_RATE)
    rise = np.abs(sample.sound[0, :first]).max() / np.abs(sample.sound).max()
    assert rise > 0.8


@pytest.mark.parametrize("kind", ["oneshots", "stabs"])
def test_what_is_struck_begins_and_ends_at_nothing(kind):
    sample = finished(take(hit(before=0.0, fall=1.0), kind), SAMPLE_RATE)
    assert sample.edge_db == -np.inf
    assert np.abs(sample.sound[:, [0, -1]]).max() == 0.0
    assert np.abs(np.diff(sample.sound[:, -20:], axis=1)).max() < 1e-3


@pytest.mark.parametrize("level", [0.003, 0.1, 0.9])
def test_levels_are_matched_under_the_ceiling(level):
    sample = finished(take(hit(level, fall=3.0)), SAMPLE_RATE)
    assert sample.lufs == pytest.approx(LOUDNESS_LUFS["oneshots"], abs=0.1) or sample.peak_dbtp == pytest.approx(-1.0)
    assert true_peak_db(sample.sound) <= CEILING_DBTP + 0.05
    assert true_peak_db(sample.sound) == pytest.approx(sample.peak_dbtp, abs=0.05)


def test_loops_keep_their_frames_and_their_level_going_round():
    frames = 3 * SAMPLE_RATE
    noise = np.random.default_rng(2).standard_normal((2, frames)).astype(np.float32) * 0.02
    sample = finished(take(noise, "loops", bpm=80.0, bars=1), SAMPLE_RATE)
    assert sample.frames == frames
    assert lufs(np.tile(sample.sound, 4), SAMPLE_RATE) == pytest.approx(LOUDNESS_LUFS["loops"], abs=0.2)


@pytest.mark.parametrize("rate", [22_050, 48_000])
def test_a_loop_at_another_rate_has_the_frames_of_its_bars_and_no_seam(rate):
    frames = 3 * SAMPLE_RATE
    wave = np.sin(2.0 * np.pi * 300 * np.arange(frames) / frames, dtype=np.float64)
    sound = np.stack([wave, wave]).astype(np.float32)
    sample = finished(take(sound, "loops", bpm=80.0, bars=1), rate)
    assert sample.frames == 3 * rate
    turned = np.sin(2.0 * np.pi * 300 * np.arange(3 * rate) / (3 * rate))
    gain = np.abs(sample.sound).max()
    np.testing.assert_allclose(sample.sound[0], gain * turned, atol=2e-3 * gain)


def test_a_one_shot_at_another_rate_lasts_as_long():
    here, there = finished(take(hit()), SAMPLE_RATE), finished(take(hit()), 48_000)
    assert there.frames / 48_000 == pytest.approx(here.frames / SAMPLE_RATE, abs=0.002)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e-7])
@pytest.mark.parametrize("kind", ["oneshots", "loops"])
def test_what_is_silent_or_no_number_is_no_sample(value, kind):
    assert finished(take(np.full((1, 9_000), value, np.float32), kind, bpm=80.0), SAMPLE_RATE) is None


def test_a_click_of_one_frame_can_be_trimmed():
    sound = np.zeros((1, 4_000), np.float32)
    sound[0, 2_000] = 0.5
    assert trimmed(sound, SAMPLE_RATE).shape[1] > 0
    assert finished(take(sound), SAMPLE_RATE) is not None


def test_a_long_hiss_that_is_loud_does_not_keep_a_sound_alive_either():
    sample = finished(take(hit(hiss=0.015, fall=30.0, seconds=3.0)), SAMPLE_RATE)
    assert sample.frames / SAMPLE_RATE < 0.5


def test_a_sound_that_is_still_fading_is_kept():
    sample = finished(take(hit(fall=1.2, seconds=2.0)), SAMPLE_RATE)
    assert sample.frames / SAMPLE_RATE > 1.95


def test_a_texture_with_one_pop_is_as_loud_as_one_without():
    noise = np.random.default_rng(3).standard_normal((2, 4 * SAMPLE_RATE)).astype(np.float32) * 0.003
    noise[:, SAMPLE_RATE : SAMPLE_RATE + 30] = 0.5
    sample = finished(take(noise, "textures"), SAMPLE_RATE)
    assert sample.lufs == pytest.approx(LOUDNESS_LUFS["textures"], abs=1.0)
    assert true_peak_db(sample.sound) <= CEILING_DBTP + 0.05


def test_mono_is_as_loud_as_the_same_sound_on_both_sides():
    both, one = (finished(take(sound), SAMPLE_RATE) for sound in (hit(fall=3.0), hit(fall=3.0)[:1]))
    np.testing.assert_allclose(one.sound[0], both.sound[0], atol=1e-6)
