import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.choir import Choir


def play(choir: Choir, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return choir.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames)[0].astype(np.float64)


def share(x: NDArray[np.float64], low: float, high: float) -> float:
    power = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
    hz = np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE)
    return float(power[(hz > low) & (hz < high)].sum() / power.sum())


def test_a_tape_is_over_after_eight_seconds() -> None:
    x = play(Choir(noise=0.0), [PlayedNote(0, 12 * SAMPLE_RATE, 60, 0.6)], 12 * SAMPLE_RATE)
    assert np.std(x[7 * SAMPLE_RATE : 8 * SAMPLE_RATE]) > 0.03
    assert not x[9 * SAMPLE_RATE :].any()


def test_ooh_is_darker_than_aah() -> None:
    note = [PlayedNote(0, 100_000, 55, 0.6)]
    ooh, aah = (play(Choir(vowel=v, noise=0.0), note, 90_000) for v in (0.0, 1.0))
    assert share(aah, 700, 1_300) > 3.0 * share(ooh, 700, 1_300)


def test_the_tape_has_an_upper_end() -> None:
    x = play(Choir(brightness=0.4, noise=0.0), [PlayedNote(0, 100_000, 60, 0.9)], 90_000)
    assert share(x, 6_000, 20_000) < 1e-4


def test_a_key_starts_with_a_clack() -> None:
    note = [PlayedNote(0, 60_000, 60, 0.6)]
    clack = play(Choir(noise=1.0), note, 70_000) - play(Choir(noise=0.0), note, 70_000)
    assert np.std(clack[:1_500]) > 5e-3
    assert not clack[20_000:59_000].any()
    assert np.std(clack[60_000:61_500]) > 1e-3


def test_wow_moves_the_pitch_of_each_key_on_its_own() -> None:
    def phase(cents: float, pitch: int) -> NDArray[np.float64]:
        x = play(Choir(wow_cents=cents, noise=0.0, motion=0.0, air=0.0), [PlayedNote(0, 200_000, pitch, 0.6)], 180_000)
        f = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
        down = x * np.exp(-2j * np.pi * f / SAMPLE_RATE * np.arange(x.size))
        smooth = np.convolve(down, np.hanning(4_001), "valid")[::500]
        return np.unwrap(np.angle(smooth))

    moved = [np.diff(phase(30.0, p)) - np.diff(phase(0.0, p)) for p in (62, 65)]
    assert all(np.std(m) > 0.02 for m in moved)
    assert abs(np.corrcoef(moved[0], moved[1])[0, 1]) < 0.95
