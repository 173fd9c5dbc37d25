import numpy as np
import pytest
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.brass import Brass
from dusktape.instruments.strings import Strings


def play(part: Strings | Brass, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return part.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames).astype(np.float64)


def centroid_hz(x: NDArray[np.float64]) -> float:
    power = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
    return float((power * np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE)).sum() / power.sum())


def shaking(x: NDArray[np.float64]) -> float:
    """How much the level above 150 Hz moves between 3 and 20 Hz, as a share of its mean."""
    spectrum = np.fft.rfft(x)
    spectrum[np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE) < 150.0] = 0.0
    high = np.fft.irfft(spectrum, x.size)
    level = np.sqrt(np.mean(high[: x.size // 441 * 441].reshape(-1, 441) ** 2, axis=1))
    moved = np.fft.rfft((level / level.mean() - 1.0) * np.hanning(level.size))
    hz = np.fft.rfftfreq(level.size, 0.01)
    return float(np.sqrt(np.sum(np.abs(moved[(hz > 3) & (hz < 20)]) ** 2)) / level.size)


@pytest.mark.parametrize("kind", [Strings, Brass])
def test_held_notes_are_unsteady_when_players_move(kind: type[Strings] | type[Brass]) -> None:
    note = [PlayedNote(0, 200_000, 57, 0.6)]
    still, alive = (
        shaking(play(kind(motion=m, vibrato_cents=v, detune_cents=d, air=0.0), note, 180_000)[0, 40_000:])
        for m, v, d in ((0.0, 0.0, 0.0), (0.8, 14.0, 8.0))
    )
    assert alive > 3.0 * still
    assert alive > 0.02


def test_brass_opens_after_it_has_begun() -> None:
    one = Brass(noise=0.0, air=0.0, motion=0.0, detune_cents=0.0, vibrato_cents=0.0, attack_ms=300.0)
    x = play(one, [PlayedNote(0, 120_000, 55, 0.7)], 110_000)[0]
    assert centroid_hz(x[40_000:60_000]) > 1.1 * centroid_hz(x[1_000:6_000])


def test_brass_closes_before_it_is_gone() -> None:
    x = play(Brass(noise=0.0, release_ms=400.0), [PlayedNote(0, 80_000, 55, 0.9)], 130_000)[0]
    assert centroid_hz(x[95_000:105_000]) < 0.95 * centroid_hz(x[60_000:80_000])


def test_bows_catch_and_leave() -> None:
    note = [PlayedNote(0, 60_000, 57, 0.6)]
    bows = play(Strings(noise=1.0), note, 90_000) - play(Strings(noise=0.0), note, 90_000)
    assert np.std(bows[0, 2_000:6_000]) > 1e-3
    assert np.std(bows[0, 62_000:66_000]) > 3e-4
    assert np.allclose(bows[0], bows[1], atol=1e-6), "hands are in the middle"


def test_vibrato_weeps_more_the_further_it_goes() -> None:
    note = [PlayedNote(0, 200_000, 69, 0.6)]

    def width(cents: float) -> float:
        quiet = Strings(vibrato_cents=cents, detune_cents=0.0, motion=0.0, air=0.0, noise=0.0, attack_ms=5.0)
        x = play(quiet, note, 180_000)[0, 20_000:]
        power = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
        hz = np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE)
        near = np.abs(hz - 440.0) < 40.0
        return float(np.sqrt((power[near] * (hz[near] - 440.0) ** 2).sum() / power[near].sum()))

    assert width(30.0) > 2.0 * width(8.0)
