"""Envelopes against their recursions, peaks against theory, and the limiter's curve against its promise."""

import numpy as np
import pytest

from dusktape.core.audio import CONTROL_FRAMES, Cues
from dusktape.core.seed import Seed
from dusktape.dsp.dynamics import (
    EnergyMeter,
    GainRider,
    LimiterCurve,
    PeakMeter,
    SoftCurve,
    cell_levels,
    decaying_maximum,
    edges_of,
    limiter_ceiling,
    lookahead_cells,
    per_100_ms,
    power_of,
    ramp,
    soft_knee,
)
from dusktape.dsp.loudness import TRUE_PEAK_CONTEXT, LoudnessMeter, integrated, lufs
from dusktape.effects.limiter import Limiter

RATE = 44_100


def peaks_of(x, floor=0.0):
    """The true peak of every cell of a whole signal, silence behind it."""
    cells = -(-x.shape[1] // CONTROL_FRAMES)
    behind = cells * CONTROL_FRAMES - x.shape[1] + TRUE_PEAK_CONTEXT
    return PeakMeter(len(x), floor=floor).push(np.pad(x, ((0, 0), (0, behind))))


def gains_of(peaks, ceiling_dbtp, release_ms=120.0, lookahead_ms=4.0):
    """The gain at every edge, silence behind the last cell."""
    ahead = lookahead_cells(lookahead_ms, RATE)
    curve = LimiterCurve(ceiling_dbtp=ceiling_dbtp, release_ms=release_ms, lookahead_cells=ahead, sample_rate=RATE)
    return curve.push(np.concatenate([peaks, np.zeros(ahead)]))


def test_a_ramp_is_a_straight_line_from_edge_to_edge_wherever_it_is_cut():
    edges = np.array([1.0, 3.0, 2.0, 2.0, 0.5])
    whole = ramp(edges, 0, 256)
    assert np.allclose(whole, np.interp(np.arange(256) / CONTROL_FRAMES, np.arange(5), edges), atol=1e-6)
    assert np.array_equal(ramp(edges, 10, 100), whole[10:110])
    assert np.array_equal(ramp(edges[1:], 0, 64), whole[64:128])


def test_edges_reach_from_before_the_first_frame_to_after_the_last():
    assert edges_of(0, 64).tolist() == [0, 1]
    assert edges_of(63, 2).tolist() == [0, 1, 2]
    assert edges_of(128, 1).tolist() == [2, 3]


def test_a_decaying_maximum_equals_its_recursion_in_any_pieces():
    x = np.maximum(np.random.default_rng(0).standard_normal(5000) * 10 - 12, 0.0)
    expected, last = np.empty(x.size), 2.5
    for j, value in enumerate(x):
        last = expected[j] = max(value, 0.97 * last)
    assert np.allclose(decaying_maximum(x, 0.97, 2.5), expected, rtol=1e-9, atol=1e-20)
    first = decaying_maximum(x[:777], 0.97, 2.5)
    assert np.allclose(decaying_maximum(x[777:], 0.97, first[-1]), expected[777:], rtol=1e-9, atol=1e-20)
    assert np.all(decaying_maximum(x, 0.97, 2.5) >= x)


def test_a_long_decay_neither_overflows_nor_stops():
    x = np.zeros(100_000)
    x[0], x[-1] = 12.0, 3.0
    y = decaying_maximum(x, 0.9, 0.0)
    assert y[50] == pytest.approx(12.0 * 0.9**50)
    assert y[-2] < 1e-20
    assert y[-1] == 3.0


def test_the_knee_joins_a_straight_line_and_nothing():
    level = np.array([-40.0, -23.0, -20.0, -17.0, 0.0])
    assert soft_knee(level, -20.0, 4.0, 6.0) == pytest.approx([0.0, 0.0, 0.75 * 9 / 12, 2.25, 15.0])
    assert soft_knee(level, -20.0, 4.0, 0.0) == pytest.approx([0.0, 0.0, 0.0, 2.25, 15.0])


def test_levels_follow_the_louder_channel():
    x = np.zeros((2, 128), np.float32)
    x[0, :64], x[1, 70] = 0.5, -0.8
    assert cell_levels(x, "peak") == pytest.approx([0.5, 0.8])
    assert cell_levels(x, "rms") == pytest.approx([0.25, 0.64 / 64])


def test_a_rider_delays_and_interpolates_the_gain():
    rider = GainRider(1, 1, resting=0.0)
    rider.push(np.array([0.0, 1.0, 1.0]))
    x = np.ones((1, 128), np.float32)
    out = np.concatenate([rider.process(x[:, :50]), rider.process(x[:, 50:])], axis=1)[0]
    assert not out[:64].any()
    assert out[64:] == pytest.approx(np.arange(64) / 64, abs=1e-6)


@pytest.mark.parametrize("hz", [997.0, 5000.0, RATE / 4])
def test_a_true_peak_of_a_sine_is_its_amplitude(hz):
    x = 0.5 * np.sin(2 * np.pi * hz / RATE * np.arange(6400) + np.pi / 4)
    peaks = peaks_of(x[None].astype(np.float32))
    assert 20 * np.log10(peaks[5:-5].max() / 0.5) == pytest.approx(0.0, abs=0.2)


def test_no_signal_rises_further_between_its_frames_than_the_meter_takes_for_granted():
    from dusktape.dsp.loudness import MOST_BETWEEN

    away = np.arange(-64, 64) - 0.5
    worst = np.sign(np.sinc(away))[None].astype(np.float32)
    peak = peaks_of(worst).max()
    assert 2.2 < peak <= MOST_BETWEEN


def test_a_floor_saves_work_without_missing_a_peak():
    x = np.random.default_rng(2).standard_normal((2, 64 * 300)).astype(np.float32)
    x *= np.repeat(np.random.default_rng(3).uniform(0.0, 0.4, 300), 64).astype(np.float32)
    exact, quick = peaks_of(x), peaks_of(x, floor=0.8)
    assert np.allclose(np.maximum(exact, 0.8), np.maximum(quick, 0.8), atol=1e-6)
    assert np.any(quick < exact - 1e-3)


def test_peaks_do_not_depend_on_blocks():
    x = np.random.default_rng(4).standard_normal((2, 3000)).astype(np.float32)
    whole = peaks_of(x)
    meter, pieces = PeakMeter(2), []
    for at in range(0, 3000, 37):
        pieces.append(meter.push(x[:, at : at + 37]))
    pieces.append(meter.push(np.zeros((2, 200), np.float32)))
    assert np.concatenate(pieces)[: whole.size] == pytest.approx(whole, abs=1e-6)


def test_predicted_gains_never_let_a_cell_through_and_rest_at_one():
    rng = np.random.default_rng(5)
    peaks = np.where(rng.random(2000) < 0.02, rng.uniform(0.5, 8.0, 2000), 0.1)
    peaks[:2] = 4.0
    peaks[1200:] = 0.1
    gains = gains_of(peaks, ceiling_dbtp=-1.0, release_ms=50.0)
    assert gains.shape == (2001,)
    assert np.all(np.maximum(gains[:-1], gains[1:]) * peaks <= limiter_ceiling(-1.0) * (1 + 1e-12))
    assert gains[-1] == pytest.approx(1.0, abs=1e-4)
    assert np.all(gains <= 1.0)


def test_a_gain_comes_down_in_the_lookahead_and_goes_back_in_the_release():
    peaks = np.full(1000, 0.1)
    peaks[300] = 10.0
    db = 20 * np.log10(gains_of(peaks, ceiling_dbtp=-1.0, release_ms=100.0, lookahead_ms=6 * 64 / 44.1))
    assert db[294] == 0.0
    assert np.all(np.diff(db[294:301]) <= 0.0)
    assert db[301] == db.min()
    down = db.min()
    after = 301 + round(100e-3 * RATE / 64)
    assert db[after + 3] == pytest.approx(down / np.e, rel=0.07)


def test_gains_do_not_depend_on_how_the_peaks_arrive():
    peaks = np.random.default_rng(6).exponential(0.6, 500)
    whole = gains_of(peaks, ceiling_dbtp=-2.0)
    curve = LimiterCurve(ceiling_dbtp=-2.0, release_ms=120.0, lookahead_cells=3, sample_rate=RATE)
    pieces = [curve.push(piece) for piece in np.split(peaks, [0, 1, 2, 3, 7, 200])]
    assert np.allclose(np.concatenate(pieces), whole[: 500 - 3 + 1], rtol=1e-12)


def test_the_soft_curve_is_the_mean_over_the_step_between_frames():
    x = np.array([[0.0, 0.3, 0.3, -2.0]], np.float32)
    u = np.concatenate([[0.0], 2.0 * x[0].astype(np.float64)])
    fine = [np.mean(v / np.sqrt(1 + v**2)) for v in np.linspace(u[:-1], u[1:], 20_001).T]
    assert SoftCurve(1).process(x, 2.0, 0.5)[0] == pytest.approx(0.5 * np.array(fine), abs=1e-4)


def test_the_power_of_a_gain_is_its_mean_square_in_each_cell():
    edges = np.array([1.0, 0.2, 0.2, 0.7])
    fine = np.interp(np.arange(0.0005, 3.0, 0.001), np.arange(4), edges)
    assert power_of(edges) == pytest.approx((fine.reshape(3, 1000) ** 2).mean(axis=1), rel=1e-4)


def drums_over_chords(seconds=8):
    n = np.arange(seconds * RATE)
    chord = sum(np.sin(2 * np.pi * hz / RATE * n) for hz in (220, 277, 330))
    after = n % (RATE // 2) / RATE
    kick = np.sin(2 * np.pi * (50 * after + 3 * (1 - np.exp(-after / 0.03)))) * np.exp(-after / 0.12)
    snare = np.random.default_rng(7).standard_normal((2, n.size)) * np.exp(-((n + RATE // 4) % (RATE // 2)) / 1800)
    return (0.06 * chord + 0.8 * kick + 0.35 * snare).astype(np.float32)


def test_energies_of_cells_add_up_to_those_of_the_loudness_meter():
    x = drums_over_chords(3)
    meter, cells, reference = EnergyMeter(RATE, 2), [], LoudnessMeter(RATE, 2, with_true_peak=False)
    reference.process(x)
    for at in range(0, x.shape[1], 1000):
        cells.append(meter.push(x[:, at : at + 1000]))
    steps = per_100_ms(np.concatenate(cells), RATE)
    assert integrated(steps) == pytest.approx(reference.integrated_lufs, abs=0.005)


@pytest.mark.parametrize("drive_db", [0.0, 6.0])
def test_the_loudness_behind_the_limiter_can_be_foretold(drive_db):
    x, g = drums_over_chords(), 10 ** (drive_db / 20)
    energies = EnergyMeter(RATE, 2).push(x)
    gains = gains_of(g * peaks_of(x, floor=0.3), ceiling_dbtp=-1.0)[: energies.size + 1]
    foretold = integrated(per_100_ms(energies * g**2 * power_of(gains), RATE))
    processor = Limiter(drive_db=drive_db).open(RATE, 2, cues=Cues(frames=x.shape[1]), seed=Seed(0))
    late = processor.latency_frames
    heard = lufs(processor.process(np.pad(x, ((0, 0), (0, late))))[:, late:], RATE)
    assert gains.min() < 0.7
    assert foretold == pytest.approx(heard, abs=0.05)
