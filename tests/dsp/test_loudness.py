import math

import numpy as np
import pyloudnorm
import pytest
from scipy.signal import resample_poly

from dusktape.dsp import filters
from dusktape.dsp.loudness import (
    MOST_BETWEEN,
    TRUE_PEAK_CONTEXT,
    LoudnessMeter,
    TruePeakMeter,
    cell_peaks,
    hiding_cells,
    integrated,
    k_weighting,
    lufs,
    true_peak_cells,
    true_peak_db,
)

RATE = 48_000


def tone(level_db, seconds, *, rate=RATE, hz=997.0, channels=2):
    x = 10.0 ** (level_db / 20.0) * np.sin(2.0 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return np.repeat(x[None], channels, axis=0).astype(np.float32)


def passages(*level_seconds, rate=RATE):
    return np.concatenate([tone(level, seconds, rate=rate) for level, seconds in level_seconds], axis=1)


def meter(x, rate=RATE, **options):
    heard = LoudnessMeter(rate, x.shape[0], **options)
    heard.process(x)
    return heard


def test_k_weighting_gives_the_table_of_the_standard_at_48_khz():
    head = [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585]
    cut = [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621]
    assert np.abs(k_weighting(48_000) - np.array([head, cut])).max() < 1e-7


@pytest.mark.parametrize("rate", [22_050, 44_100, 96_000])
def test_k_weighting_is_the_same_curve_at_other_rates(rate):
    hz = np.geomspace(25.0, 5_000.0, 50)
    there = 20 * np.log10(np.abs(filters.response(k_weighting(rate), hz, rate)))
    here = 20 * np.log10(np.abs(filters.response(k_weighting(RATE), hz, RATE)))
    assert np.abs(there - here).max() < 0.1 if rate > 40_000 else np.abs(there - here)[hz < 2_000].max() < 0.1


@pytest.mark.parametrize("rate", [32_000, 44_100, 48_000])
@pytest.mark.parametrize("level", [-23.0, -36.0, -3.0])
def test_a_997_hz_tone_in_both_channels_reads_its_peak_level(level, rate):
    assert lufs(tone(level, 5.0, rate=rate), rate) == pytest.approx(level, abs=0.1)


def test_one_channel_alone_reads_three_decibels_less():
    assert lufs(tone(-20.0, 5.0, channels=1), RATE) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(
    "parts",
    [
        ((-36.0, 10), (-23.0, 60), (-36.0, 10)),
        ((-72.0, 10), (-36.0, 10), (-23.0, 60), (-36.0, 10), (-72.0, 10)),
        ((-26.0, 20), (-20.0, 20.1), (-26.0, 20)),
    ],
)
def test_quiet_passages_are_gated_as_in_ebu_3341(parts):
    assert lufs(passages(*parts), RATE) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (((-20.0, 20), (-30.0, 20)), 10.0),
        (((-20.0, 20), (-15.0, 20)), 5.0),
        (((-40.0, 20), (-20.0, 20)), 20.0),
        (((-50.0, 20), (-35.0, 20), (-20.0, 20), (-35.0, 20), (-50.0, 20)), 15.0),
    ],
)
def test_the_range_reads_as_in_ebu_3342(parts, expected):
    assert meter(passages(*parts), with_true_peak=False).range_lu == pytest.approx(expected, abs=1.0)


def test_silence_reads_as_minus_infinity_and_has_no_range():
    heard = meter(np.zeros((2, RATE * 4), np.float32))
    assert heard.integrated_lufs == heard.true_peak_db == -math.inf
    assert heard.range_lu == 0.0
    assert meter(np.zeros((2, 100), np.float32)).integrated_lufs == -math.inf
    assert LoudnessMeter(RATE, 2).energies.shape == (0,)


def sketches():
    rng = np.random.default_rng(4)
    white = rng.standard_normal((2, 12 * 44_100))
    beats = np.exp(-(np.arange(12 * 44_100) % 22_050) / 3_000.0)
    rumble = np.cumsum(white, axis=1)
    rumble -= np.convolve(rumble[0], np.ones(999) / 999, "same")
    return {
        "noise": 0.1 * white,
        "beats": 0.3 * white * beats,
        "quiet": 1e-3 * white * beats,
        "half silent": 0.1 * white * (np.arange(12 * 44_100) < 5 * 44_100),
        "rumble": 0.1 * rumble / np.abs(rumble).max(),
        "mono": 0.2 * white[:1] * beats,
        "fading": 0.2 * white * 10.0 ** (-np.arange(12 * 44_100) / 44_100 * 3 / 20),
    }


@pytest.mark.parametrize("x", sketches().values(), ids=sketches())
def test_it_agrees_with_pyloudnorm(x):
    expected = pyloudnorm.Meter(44_100).integrated_loudness(x.T)
    assert lufs(x.astype(np.float32), 44_100) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("rate", [44_100, 22_051])
def test_blocks_of_any_size_read_the_same(rate):
    x = (np.random.default_rng(5).standard_normal((2, 5 * rate)) * np.linspace(0.01, 0.3, 5 * rate)).astype(np.float32)
    whole, split = meter(x, rate), LoudnessMeter(rate, 2)
    for part in np.split(x, np.cumsum([1, 63, 64, 65, 4096, 4410, 4410 - 239, 100_000]), axis=1):
        split.process(part)
    assert split.integrated_lufs == pytest.approx(whole.integrated_lufs, abs=1e-6)
    assert split.range_lu == pytest.approx(whole.range_lu, abs=1e-6)
    assert split.true_peak_db == pytest.approx(whole.true_peak_db, abs=1e-5)
    assert len(split.energies) == len(whole.energies) == 50


def test_energies_follow_the_sound():
    heard = meter(passages((-40.0, 2), (-20.0, 2)), with_true_peak=False).energies
    assert integrated(heard[:20]) == pytest.approx(-40.0, abs=0.1)
    assert integrated(heard[20:]) == pytest.approx(-20.0, abs=0.1)


@pytest.mark.parametrize(("phase", "expected"), [(45.0, 0.0), (0.0, 0.0), (67.5, 0.0)])
def test_peaks_between_samples_are_found(phase, expected):
    # A quarter of the sample rate at 45°: every sample is at -3 dB, and the sine between them at 0.
    frames = np.arange(8_000)
    x = np.sin(2 * np.pi * frames / 4 + np.radians(phase))[None]
    x = (x * np.clip(np.minimum(frames, 8_000 - frames) / 500.0, 0.0, 1.0)).astype(np.float32)
    assert true_peak_db(x) == pytest.approx(expected, abs=0.2)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.33, 0.4])
def test_the_true_peak_of_a_sine_is_its_amplitude(share):
    x = np.sin(2 * np.pi * share * np.arange(20_000) + 0.3)[None].astype(np.float32)
    x *= np.hanning(20_000).astype(np.float32)
    assert true_peak_db(x) == pytest.approx(0.0, abs=0.2)


def test_music_like_noise_agrees_with_a_long_resampler():
    x = np.random.default_rng(6).standard_normal((2, 40_000))
    x = filters.StateSpaceFilter(filters.lowpass(12_000.0, 44_100, order=4), 2).run(x).astype(np.float32)
    expected = 20 * np.log10(np.abs(resample_poly(x.astype(np.float64), 4, 1, axis=1, window=("kaiser", 12.0))).max())
    assert true_peak_db(x) == pytest.approx(expected, abs=0.1)


def test_a_peak_at_the_very_end_is_heard():
    heard = TruePeakMeter(1)
    x = np.zeros((1, 1000), np.float32)
    x[0, -1] = 0.5
    heard.process(x)
    assert heard.true_peak_db == pytest.approx(-6.02, abs=0.3)
    assert heard.true_peak_db == heard.true_peak_db


def test_cells_hold_the_peak_of_their_own_frames():
    x = np.zeros((2, 4 * 64 + 2 * TRUE_PEAK_CONTEXT), np.float32)
    x[1, TRUE_PEAK_CONTEXT + 2 * 64 + 30] = 0.8
    cells = true_peak_cells(x)
    assert cells.shape == (2, 4)
    assert cells[1, 2] == pytest.approx(0.8)
    assert not np.any(cells[0])
    assert cells[1, [0, 1, 3]].max() < 0.1


def test_what_surrounds_a_cell_counts_as_near_it():
    x = np.random.default_rng(3).standard_normal((2, 12 + 5 * 64 + 12)).astype(np.float32)
    inner, nearby = cell_peaks(x)
    for cell in range(5):
        assert inner[cell] == np.abs(x[:, 12 + 64 * cell : 12 + 64 * cell + 64]).max()
        assert nearby[cell] == np.abs(x[:, 64 * cell : 64 * cell + 88]).max()


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5])
def test_no_cell_passes_a_level_unless_it_is_named_as_one_that_may(share):
    rng = np.random.default_rng(4)
    x = rng.standard_normal((2, 12 + 400 * 64 + 12))
    x = filters.StateSpaceFilter(filters.lowpass(share * 44_100, 44_100, order=2), 2).run(x)
    x *= 0.3 / x.std() * np.repeat(rng.uniform(0.0, 1.0, 401), 64)[None, : x.shape[1]]
    x = x.astype(np.float32)
    named = hiding_cells(x, cell_peaks(x)[1], 0.6)
    passing = np.flatnonzero(true_peak_cells(x).max(axis=0) > 0.6)
    assert 0 < passing.size <= named.size
    assert set(passing) <= set(named)


def test_a_slow_sound_hides_no_peak_between_its_frames():
    x = (0.5 * np.sin(0.02 * np.arange(12 + 300 * 64 + 12)))[None].astype(np.float32)
    nearby = cell_peaks(x)[1]
    assert MOST_BETWEEN * nearby.max() > 0.55
    assert hiding_cells(x, nearby, 0.51).size == 0
