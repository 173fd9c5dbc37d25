import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.flute import Flute


def play(flute: Flute, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return flute.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames)[0].astype(np.float64)


def swaying(x: NDArray[np.float64], hz: float = 5.1) -> float:
    """How much the level moves within 1.2 Hz of a rate, against its mean."""
    level = np.sqrt(np.mean(x[: x.size // 441 * 441].reshape(-1, 441) ** 2, axis=1))
    spectrum = np.abs(np.fft.rfft((level / level.mean() - 1.0) * np.hanning(level.size)))
    near = np.abs(np.fft.rfftfreq(level.size, 0.01) - hz) < 1.2
    return float(spectrum[near].max() / level.size)


def test_the_vibrato_comes_late() -> None:
    x = play(Flute(air=0.0, noise=0.0, vibrato=1.0), [PlayedNote(0, 140_000, 72, 0.6)], 140_000)
    assert swaying(x[60_000:110_000]) > 1.5 * swaying(x[4_000:24_000])
    straight = play(Flute(air=0.0, noise=0.0, vibrato=0.0), [PlayedNote(0, 140_000, 72, 0.6)], 140_000)
    assert swaying(x[60_000:110_000]) > 2.0 * swaying(straight[60_000:110_000])


def test_breath_fills_the_gaps_between_partials() -> None:
    def between(air: float) -> float:
        x = play(Flute(air=air, noise=0.0), [PlayedNote(0, 100_000, 72, 0.6)], 90_000)[30_000:]
        power = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
        hz = np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE)
        return float(power[(hz > 700) & (hz < 900)].sum() / power.sum())

    assert between(1.0) > 100.0 * between(0.0)
    assert between(1.0) < 0.05


def test_a_tongued_note_starts_with_a_chiff_and_a_slurred_one_does_not() -> None:
    notes = [PlayedNote(0, 40_000, 69, 0.6), PlayedNote(40_000, 40_000, 72, 0.6), PlayedNote(110_000, 40_000, 72, 0.6)]
    chiff = play(Flute(noise=1.0), notes, 150_000) - play(Flute(noise=0.0), notes, 150_000)
    slurred, tongued = np.std(chiff[40_600:42_000]), np.std(chiff[110_000:111_400])
    assert tongued > 2.0 * slurred


def test_one_voice_at_a_time() -> None:
    x = play(Flute(air=0.0, noise=0.0), [PlayedNote(0, 80_000, 60, 0.8), PlayedNote(30_000, 50_000, 67, 0.6)], 80_000)
    power = np.abs(np.fft.rfft(x[35_000:] * np.hanning(45_000))) ** 2
    hz = np.fft.rfftfreq(45_000, 1.0 / SAMPLE_RATE)
    assert power[np.abs(hz - 261.6) < 8].sum() < 1e-3 * power[np.abs(hz - 392.0) < 8].sum()
