"""Joins between tracks."""

from __future__ import annotations

import numpy as np
import pytest

from dusktape.radio import join

RATE = 44_100


def shape(seconds: float, bar_s: float, levels: list[int] | None = None) -> dict:
    bars = [round(k * bar_s * RATE) for k in range(round(seconds / bar_s))]
    told = {"bars": bars, "sections": [{"name": "A", "start": b, "bars": 4} for b in bars[::4]]}
    if levels is not None:
        told["level"] = {"hop": 2205, "db": levels}
    return told


def test_a_song_that_stays_loud_is_faded_over_its_last_whole_bars():
    frames = 60 * RATE
    seam = join.ending(shape(60.0, 3.0, [-18] * 1200), frames)
    assert (seam.start, seam.end, seam.join, seam.out) == (54 * RATE, 60 * RATE, 6 * RATE, 6 * RATE)


@pytest.mark.parametrize("bar_s", [1.5, 2.4, 2.9, 3.75, 5.5])
def test_a_crossfade_takes_whole_bars_of_four_to_nine_seconds(bar_s):
    told = shape(61.0, bar_s)
    seam = join.ending(told, round(61.0 * RATE))
    assert 4.0 * RATE <= seam.join <= 9.0 * RATE
    assert seam.start in told["bars"]
    assert seam.end in [*told["bars"], round(61.0 * RATE)]
    assert seam.out == seam.join == seam.end - seam.start


def test_a_song_that_fades_by_itself_is_left_alone():
    levels = [-18] * 1000 + [round(-18 - 40 * k / 200) for k in range(200)]
    seam = join.ending(shape(60.0, 2.5, levels), 60 * RATE)
    assert seam.end == 60 * RATE
    assert seam.out < 0.1 * RATE
    assert 50.0 * RATE < seam.start < 58.5 * RATE
    assert seam.start % round(2.5 * RATE) == 0
    assert seam.join <= 2.5 * RATE


def test_a_song_that_rings_for_a_moment_only_is_faded():
    levels = [-18] * 1180 + [-40] * 20
    seam = join.ending(shape(60.0, 3.0, levels), 60 * RATE)
    assert seam.out == 6 * RATE


def test_a_track_without_a_timeline_is_joined_all_the_same():
    seam = join.ending({}, 30 * RATE)
    assert 4 * RATE <= seam.join <= 9 * RATE
    assert seam.end <= 30 * RATE
    short = join.ending({}, 2 * RATE)
    assert (short.start, short.end) == (0, 2 * RATE)


def test_the_next_line_leaves_time_for_a_join():
    told = shape(30.0, 2.0)
    assert join.next_line(told, 30 * RATE, 3 * RATE) == 8 * RATE
    assert join.next_line(told, 30 * RATE, 8 * RATE) == 8 * RATE
    assert join.next_line(told, 30 * RATE, 25 * RATE) is None
    assert join.next_line({}, 30 * RATE, 0) is None


def test_rise_and_fall_keep_the_power():
    up, down = join.rising(1000, 0, 1000), join.falling(1000, 0, 1000)
    np.testing.assert_allclose(up**2 + down**2, 1.0, atol=1e-6)
    assert up[0] < 0.001 and down[-1] < 0.001


def test_a_fade_is_the_same_however_it_is_cut():
    whole = join.falling(1000, -500, 2000)
    parts = np.concatenate([join.falling(1000, -500, 333), join.falling(1000, -167, 1667)])
    np.testing.assert_array_equal(whole, parts)
    assert np.all(whole[:500] == 1.0) and np.all(whole[1500:] < 1e-6)


def test_nothing_rises_over_the_ceiling():
    rng = np.random.default_rng(0)
    sound = (0.1 * rng.standard_normal((2, 60_000))).astype(np.float32)
    sound[:, 30_000:30_040] *= 24.0
    sound[1, 41_111] = 5.0
    out = join.limited(sound, 1000, 60_000 - 2 * join.REACH)
    assert np.max(np.abs(out)) <= join.CEILING + 1e-6
    quiet = slice(8_000, 20_000)
    np.testing.assert_array_equal(out[:, quiet], sound[:, join.REACH : -join.REACH][:, quiet])


def test_the_limiter_does_not_click():
    t = np.arange(60_000) / RATE
    swell = 1.0 + np.exp(-(((t - 0.7) / 0.05) ** 2))
    sound = np.tile(0.7 * swell * np.sin(2.0 * np.pi * 100.0 * t), (2, 1))
    out = join.limited(sound.astype(np.float32), 0, 60_000 - 2 * join.REACH)
    assert np.max(np.abs(np.diff(out[0, 2_000:28_000], n=2))) < 0.002


@pytest.mark.parametrize("step", [64, 4410, 11025, 20_000])
def test_the_limiter_gives_the_same_wherever_it_begins(step):
    rng = np.random.default_rng(1)
    sound = (0.5 * rng.standard_normal((2, 80_000))).astype(np.float32)
    first, frames, reach = 12_345, 80_000 - 2 * join.REACH, join.REACH
    whole = join.limited(sound, first, frames)
    parts = []
    for place in range(0, frames, step):
        count = min(step, frames - place)
        parts.append(join.limited(sound[:, place : place + count + 2 * reach], first + place, count))
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=2e-7)


def test_what_is_under_the_ceiling_is_not_touched():
    sound = np.full((2, 10_000), 0.5, np.float32)
    np.testing.assert_array_equal(join.limited(sound, 0, 10_000 - 2 * join.REACH), sound[:, join.REACH : -join.REACH])
