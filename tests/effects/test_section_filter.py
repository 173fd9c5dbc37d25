import numpy as np
import pytest

from dusktape.core.audio import Cues, SectionCue
from dusktape.core.seed import Seed
from dusktape.effects.section_filter import BrightnessCurve, SectionFilter

RATE = 44_100


def run(x, *sections, sizes=None, **values):
    running = SectionFilter(**values).open(RATE, len(x), cues=Cues(x.shape[1], sections=sections), seed=Seed(1))
    parts = [x] if sizes is None else np.split(x, np.cumsum(sizes), axis=1)
    return np.concatenate([running.process(p) for p in parts], axis=1)


def noise(frames, channels=1):
    return (0.3 * np.random.default_rng(1).standard_normal((channels, frames))).astype(np.float32)


def share_db(out, x, low, high):
    """Level of a band of what came out, over what went in."""
    hz = np.fft.rfftfreq(x.shape[1], 1 / RATE)
    band = (hz > low) & (hz < high)
    energy = [np.sum(np.abs(np.fft.rfft(y[0] * np.hanning(y.shape[1])))[band] ** 2) for y in (out, x)]
    return 10 * np.log10(energy[0] / energy[1])


def test_open_sections_pass_bit_by_bit():
    x = noise(60_000, 2)
    assert np.array_equal(run(x), x)
    assert np.array_equal(run(x, SectionCue("a", 0, 60_000)), x)
    out = run(x, SectionCue("intro", 0, 20_000, 0.1, 0.3), SectionCue("a", 20_000, 40_000))
    assert np.array_equal(out[:, 34_000:], x[:, 34_000:])
    assert not np.array_equal(out[:, :20_000], x[:, :20_000])


def test_closed_is_a_second_order_lowpass_at_the_cutoff():
    x = np.zeros((1, 40_000), np.float32)
    x[0, 20_000] = 1.0
    out = run(x, SectionCue("intro", 0, 40_000, 0.0, 0.0), closed_hz=500.0)[0, 20_000:30_000]
    hz = np.array([50.0, 500.0, 2_000.0])
    level = 20 * np.log10(np.abs(np.exp(-2j * np.pi * np.outer(hz, np.arange(10_000)) / RATE) @ out))
    assert np.allclose(level, [0.0, -3.01, -24.2], atol=0.2)


def test_the_brighter_the_more_top_is_heard_and_no_band_has_a_hole():
    x = noise(60_000)
    levels = []
    for brightness in np.linspace(0.0, 1.0, 17):
        out = run(x, SectionCue("a", 0, 60_000, brightness, brightness))
        bands = [share_db(out, x, hz, hz * 1.3) for hz in (200.0, 800.0, 2_000.0, 5_000.0, 12_000.0)]
        assert np.all(np.diff(bands) < 0.3)
        levels.append(bands)
    assert np.all(np.diff(np.array(levels), axis=0) > -0.5)
    assert np.ptp(np.array(levels)[:, -1]) > 30.0


def test_equal_steps_of_brightness_move_the_cutoff_by_equal_octaves():
    x = noise(120_000)
    cutoffs = []
    for brightness in (0.0, 0.25, 0.5, 0.75):
        out = run(x, SectionCue("a", 0, 120_000, brightness, brightness), closed_hz=500.0)
        bands = 100.0 * 2.0 ** np.arange(0.0, 7.5, 0.25)
        levels = np.array([share_db(out, x, hz, hz * 1.19) for hz in bands])
        cutoffs.append(np.log2(bands[np.argmax(levels < -6.0)]))
    steps = np.diff(cutoffs)
    expected = np.log2(18_000.0 / 500.0) / 4
    assert np.all(np.abs(steps - expected) < 0.6), steps


def test_blocks_of_any_size_cross_its_edges_unheard():
    sections = (
        SectionCue("i", 0, 9_000, 0.0, 0.7),
        SectionCue("a", 9_000, 20_000),
        SectionCue("b", 29_000, 9_000, 0.3),
    )
    x = noise(38_000, 2)
    expected = run(x, *sections)
    heard = run(x, *sections, sizes=[1, 63, 64, 65, 4096, 8192, 8191, 1, 2, 8000])
    assert np.abs(heard - expected).max() < 1e-6


def test_a_jump_in_brightness_does_not_click():
    x = (0.5 * np.sin(2 * np.pi * 200.0 * np.arange(60_000) / RATE))[None].astype(np.float32)
    dark, bright = SectionCue("a", 0, 30_000, 0.0, 0.0), SectionCue("b", 30_000, 30_000)
    glides = run(x, dark, bright, glide_ms=50.0)
    jumps = np.where(np.arange(60_000) < 30_000, run(x, SectionCue("a", 0, 60_000, 0.0, 0.0)), x)
    edge = [np.abs(np.diff(y[0, 2_000:].astype(np.float64), 4)).max() for y in (glides, jumps)]
    assert edge[0] < 0.01 * edge[1]


def test_depth_sets_how_far_it_follows():
    x, section = noise(60_000), SectionCue("a", 0, 60_000, 0.0, 0.0)
    assert np.array_equal(run(x, section, depth=0.0), x)
    half, full = (share_db(run(x, section, depth=d), x, 2_000.0, 4_000.0) for d in (0.5, 1.0))
    assert full < half - 6.0


def test_the_curve_is_linear_inside_sections_and_smooth_between():
    curve = BrightnessCurve((SectionCue("a", 0, 1_000, 0.2, 0.6), SectionCue("b", 1_000, 1_000, 1.0, 1.0)), 100.0)
    frames = np.array([-500.0, 500.0, 940.0, 1_000.0, 1_060.0, 5_000.0])
    assert np.allclose(curve.at(frames), [0.2, 0.4, 0.576, 0.795, 1.0, 1.0], atol=1e-9)
    fine = curve.at(np.arange(2_000.0))
    assert np.abs(np.diff(fine)).max() < 0.006


@pytest.mark.parametrize("sections", [(), (SectionCue("a", 0, 0, 0.0, 0.0),)])
def test_without_sections_it_is_open(sections):
    x = noise(10_000)
    assert np.array_equal(run(x, *sections), x)
