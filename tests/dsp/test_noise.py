from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE, Block
from dusktape.core.seed import Seed
from dusktape.dsp.noise import NoiseBed, SlowCurve, band, noise_table, ramps


def table(frames: int = 1 << 17, *, slope_db: float = -3.0, shared: float = 0.0, seed: int = 1) -> Block:
    colour = band(40.0, 18_000.0, slope_db=slope_db)
    return noise_table(frames, 2, colour, sample_rate=SAMPLE_RATE, rng=Seed(seed).rng(), shared=shared)


def octave_db(sound: Block, centre_hz: float) -> float:
    power = np.abs(np.fft.rfft(sound.astype(np.float64))) ** 2
    hz = np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE)
    inside = (hz > centre_hz / 2**0.5) & (hz < centre_hz * 2**0.5)
    return float(10 * np.log10(power[inside].sum()))


@pytest.mark.parametrize("slope_db", [-6.0, -3.0, 0.0])
def test_noise_has_the_slope_it_was_asked_for(slope_db: float) -> None:
    sound = table(slope_db=slope_db)[0]
    steps = [octave_db(sound, 2 * f) - octave_db(sound, f) for f in (250.0, 500.0, 1000.0, 2000.0, 4000.0)]
    # An octave of white noise holds 3 dB more than the one below it.
    assert np.mean(steps) == pytest.approx(slope_db + 3.01, abs=0.25)


def test_a_band_is_three_decibels_down_at_its_edges() -> None:
    gain = band(200.0, 4000.0, order=3, low_order=3)(np.array([200.0, 900.0, 4000.0]))
    assert gain == pytest.approx([0.7071, 1.0, 0.7071], abs=2e-3)


@pytest.mark.parametrize("shared", [0.0, 0.4, 0.95])
def test_channels_correlate_as_asked(shared: float) -> None:
    # Judged on white noise: coloured noise has fewer independent samples.
    sound = table(slope_db=0.0, shared=shared)
    assert np.corrcoef(sound)[0, 1] == pytest.approx(shared, abs=0.02)


def test_noise_is_level_gaussian_and_without_dc() -> None:
    sound = table().astype(np.float64)
    assert np.sqrt(np.mean(sound**2, axis=1)) == pytest.approx([1.0, 1.0], abs=1e-5)
    assert np.abs(sound.mean(axis=1)).max() < 1e-6
    assert np.mean(sound**4) == pytest.approx(3.0, abs=0.1)


def test_the_last_frame_of_a_table_leads_into_its_first() -> None:
    sound = table(slope_db=-6.0)
    seam = np.abs(sound[:, 0] - sound[:, -1]).max()
    assert seam < np.abs(np.diff(sound)).max()


def test_a_bed_reads_the_same_in_any_pieces() -> None:
    bed = NoiseBed(table(), Seed(3), cell_frames=1 << 15, fade_frames=1 << 12)
    whole = bed.read(0, 100_000)
    sizes = [1, 63, 64, 65, 4096, 30_000, 40_000]
    at, pieces = 0, []
    for size in [*sizes, 100_000 - sum(sizes)]:
        pieces.append(bed.read(at, size))
        at += size
    assert np.array_equal(np.concatenate(pieces, axis=1), whole)


def test_crossfades_keep_the_level_and_do_not_click() -> None:
    sound = table()
    bed = NoiseBed(sound, Seed(4), cell_frames=1 << 14, fade_frames=1 << 12)
    out = bed.read(0, 64 << 14).reshape(2, 64, 1 << 14)
    fading = np.sqrt(np.mean(np.square(out[:, :, : 1 << 12], dtype=np.float64)))
    settled = np.sqrt(np.mean(np.square(out[:, :, 1 << 12 :], dtype=np.float64)))
    assert 20 * np.log10(fading / settled) == pytest.approx(0.0, abs=0.5)
    assert np.abs(np.diff(out.reshape(2, -1))).max() < 1.5 * np.abs(np.diff(sound)).max()


def test_a_bed_never_plays_the_same_cell_twice() -> None:
    bed = NoiseBed(table(), Seed(5), cell_frames=1 << 13, fade_frames=1 << 10)
    cells = bed.read(0, 12 << 13)[0].reshape(12, -1)[:, 1 << 10 :]
    assert np.abs(np.corrcoef(cells) - np.eye(12)).max() < 0.2


def test_a_table_shorter_than_a_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        NoiseBed(table(1 << 12), Seed(1), cell_frames=1 << 12)


def test_a_slow_curve_depends_on_the_place_alone() -> None:
    there = np.arange(0.0, 3_000_000.0, 7777.0)
    whole = SlowCurve(Seed(6), period_frames=5000).at(there)
    late = SlowCurve(Seed(6), period_frames=5000)
    assert np.array_equal(late.at(there[200:]), whole[200:])
    assert np.array_equal(late.at(there[:300]), whole[:300])


def test_a_slow_curve_wanders_by_one_and_never_jumps() -> None:
    knots = SlowCurve(Seed(7), period_frames=1000).at(np.arange(0.0, 2_000_000.0, 1000.0))
    assert np.std(knots) == pytest.approx(1.0, abs=0.08)
    assert abs(np.mean(knots)) < 0.1
    fine = SlowCurve(Seed(7), period_frames=1000).at(np.arange(0.0, 50_000.0))
    assert np.abs(np.diff(fine)).max() < 5.0 * 0.5 * np.pi / 1000.0


def test_ramps_are_straight_lines_through_their_knots() -> None:
    line = ramps(np.array([0.0, 1.0, 0.5]), 4)
    assert line == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0, 0.875, 0.75, 0.625])
