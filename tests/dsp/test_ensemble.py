import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE
from dusktape.dsp.ensemble import Section, add_noise, add_players, loop_of, noise_draws
from dusktape.dsp.noise import band

SIZE = 1 << 17


def drawn(section: Section, f: float = 440.0, channels: int = 2) -> np.ndarray:
    spectrum = np.zeros((channels, SIZE // 2 + 1), dtype=np.complex64)
    add_players(spectrum, SIZE, f, 1.0 / np.arange(1.0, 9.0), section, np.random.default_rng(3), SAMPLE_RATE)
    return loop_of(spectrum, SIZE, 0.1)


def line_width_hz(x: np.ndarray, f: float) -> float:
    power = np.abs(np.fft.rfft(x)) ** 2
    hz = np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE)
    near = np.abs(hz - f) < 60.0
    middle = (power[near] * hz[near]).sum() / power[near].sum()
    return float(np.sqrt((power[near] * (hz[near] - middle) ** 2).sum() / power[near].sum()))


def test_a_loop_has_its_level_and_no_seam() -> None:
    loop = drawn(Section())
    assert np.sqrt(np.mean(loop**2)) == pytest.approx(0.1, rel=1e-3)
    curve = np.abs(np.diff(loop, n=2, axis=1)).max()
    ends = np.concatenate([loop[:, -2:], loop[:, :2]], axis=1)
    assert np.abs(np.diff(ends, n=2, axis=1)).max() <= curve


def test_vibrato_widens_a_line_by_how_far_it_goes() -> None:
    alone = Section(players=1, detune_cents=0.0, motion=0.0)
    still, small, large = (
        line_width_hz(drawn(Section(1, 0.0, 5.5, cents, 0.0, 0.0))[0], 440.0) for cents in (0.0, 10.0, 20.0)
    )
    assert alone.players == 1
    assert still < 0.1
    assert large == pytest.approx(2.0 * small, rel=0.1)
    # A sine of 20 cents either way (each player's own, 0.6 to 1.3 times) deviates by 440 Hz x 0.0116 / sqrt 2.
    assert 0.55 * 3.6 < large < 1.35 * 3.6


def test_motion_makes_the_level_move_at_some_hertz() -> None:
    def moved(motion: float) -> float:
        x = drawn(Section(1, 0.0, 5.5, 0.0, motion, 0.0), channels=1)[0].astype(np.float64)
        level = np.sqrt(np.mean(x[: SIZE // 512 * 512].reshape(-1, 512) ** 2, axis=1))
        return float(np.std(level) / np.mean(level))

    assert moved(0.0) < 0.05
    assert moved(1.0) > 0.1


def test_without_width_both_sides_are_the_same() -> None:
    narrow, wide = drawn(Section(width=0.0)), drawn(Section(width=1.0))
    assert np.array_equal(narrow[0], narrow[1])
    assert not np.allclose(wide[0], wide[1], atol=1e-3)


def test_noise_has_the_level_that_was_asked_for() -> None:
    spectrum = np.zeros((1, SIZE // 2 + 1), dtype=np.complex64)
    draws = noise_draws(1, SAMPLE_RATE, np.random.default_rng(5))
    add_noise(spectrum, draws, 60, band(500.0, 3000.0), 0.3, SAMPLE_RATE)
    line = np.zeros_like(spectrum)
    line[0, 1000] = 0.3
    levels = [np.sqrt(np.sum(np.abs(s) ** 2)) for s in (spectrum, line)]
    assert levels[0] == pytest.approx(levels[1], rel=0.05)
