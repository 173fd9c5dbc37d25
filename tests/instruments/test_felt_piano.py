import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.felt_piano import FeltPiano


def play(piano: FeltPiano, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return piano.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames)[0].astype(np.float64)


def peak_hz(x: NDArray[np.float64], near: float, width: float) -> float:
    size = 1 << 19
    power = np.abs(np.fft.rfft(x * np.hanning(x.size), size))
    hz = np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE)
    return float(hz[np.argmax(np.where(np.abs(hz - near) < width, power, 0.0))])


def test_partials_are_stretched_as_stiff_strings_are() -> None:
    piano = FeltPiano(unison_cents=0.0, detune_cents=0.0, resonance=0.0, noise=0.0, brightness=1.0)
    x = play(piano, [PlayedNote(0, 88_200, 57, 0.9)], 66_150)
    k = 12
    stretched = 220.0 * k * np.sqrt((1 + 0.00035 * k * k) / (1 + 0.00035))
    assert abs(1200 * np.log2(peak_hz(x, stretched, 60.0) / stretched)) < 3.0
    assert stretched > 220.0 * k * 1.02


def test_a_note_falls_fast_first_and_then_hangs() -> None:
    fast, slow = [], []
    for pitch in range(52, 64):
        x = play(FeltPiano(noise=0.0), [PlayedNote(0, 200_000, pitch, 0.6)], 132_300)
        level = [10 * np.log10(np.mean(x[i : i + 13_230] ** 2)) for i in (2_000, 24_050, 88_200, 110_250)]
        fast.append(level[0] - level[1])
        slow.append(level[2] - level[3])
    assert np.mean(fast) > 1.4 * np.mean(slow)


def test_strings_apart_beat() -> None:
    def wobble(cents: float) -> float:
        piano = FeltPiano(unison_cents=cents, noise=0.0, resonance=0.0)
        x = play(piano, [PlayedNote(0, 88_200, 57, 0.6)], 88_200)
        level = 10 * np.log10(np.mean(x[: 88_200 // 441 * 441].reshape(-1, 441) ** 2, axis=1))[10:]
        trend = np.polyval(np.polyfit(np.arange(level.size), level, 2), np.arange(level.size))
        return float(np.std(level - trend))

    assert wobble(10.0) > 1.3 * wobble(0.0)


def test_other_strings_go_on_singing_after_the_key_is_up() -> None:
    note = [PlayedNote(0, 30_000, 60, 0.6)]
    wet, dry = (play(FeltPiano(noise=0.0, resonance=r), note, 80_000)[45_000:50_000] for r in (1.0, 0.0))
    assert np.std(wet) > 3.0 * np.std(dry)


def test_bare_hammers_are_brighter_than_felt() -> None:
    def share_above_1k(brightness: float) -> float:
        x = play(FeltPiano(brightness=brightness), [PlayedNote(0, 60_000, 60, 0.6)], 40_000)
        power = np.abs(np.fft.rfft(x)) ** 2
        return float(power[40_000 // 44 :].sum() / power.sum())

    assert share_above_1k(1.0) > 3.0 * share_above_1k(0.0)
