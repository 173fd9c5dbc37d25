import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.fretless_bass import FretlessBass

STILL = {"noise": 0.0, "hum_db": -120.0, "detune_cents": 0.0}


def play(bass: FretlessBass, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return bass.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames)[0].astype(np.float64)


def strongest_hz(x: NDArray[np.float64], low: float, high: float) -> float:
    power = np.abs(np.fft.rfft(x * np.hanning(x.size), 1 << 18)) ** 2
    hz = np.fft.rfftfreq(1 << 18, 1.0 / SAMPLE_RATE)
    return float(hz[np.argmax(np.where((hz > low) & (hz < high), power, 0.0))])


def centroid_hz(x: NDArray[np.float64]) -> float:
    power = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
    return float((power * np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE)).sum() / power.sum())


def test_a_joined_note_is_slid_into_from_the_last_one() -> None:
    notes = [PlayedNote(0, 40_000, 40, 0.6), PlayedNote(40_000, 40_000, 45, 0.6)]
    x = play(FretlessBass(slide=1.0, vibrato_cents=0.0, **STILL), notes, 80_000)
    early, late = strongest_hz(x[40_300:43_500], 70, 130), strongest_hz(x[60_000:78_000], 70, 130)
    assert abs(1200 * np.log2(late / 110.0)) < 8.0
    assert 1200 * np.log2(early / late) < -90.0


def test_after_a_rest_it_starts_where_it_belongs() -> None:
    notes = [PlayedNote(0, 20_000, 40, 0.6), PlayedNote(60_000, 40_000, 45, 0.6)]
    x = play(FretlessBass(slide=1.0, vibrato_cents=0.0, **STILL), notes, 100_000)
    early, late = strongest_hz(x[60_300:63_500], 70, 130), strongest_hz(x[80_000:98_000], 70, 130)
    assert abs(1200 * np.log2(early / late)) < 60.0


def test_the_tone_opens_after_the_pluck_and_closes_again() -> None:
    def opening(growl: float) -> tuple[float, float]:
        x = play(FretlessBass(growl=growl, vibrato_cents=0.0, **STILL), [PlayedNote(0, 90_000, 40, 0.7)], 90_000)
        pluck, sung, late = (centroid_hz(x[at : at + 4_000]) for at in (0, 7_000, 70_000))
        return sung / pluck, late / sung

    plain, sings = opening(0.0), opening(1.0)
    assert plain[0] < 1.0
    assert sings[0] > 1.15 * plain[0]
    assert sings[1] < 0.9


def test_the_vibrato_comes_late() -> None:
    note = [PlayedNote(0, 130_000, 43, 0.6)]
    still, wavering = (play(FretlessBass(vibrato_cents=v, **STILL), note, 130_000) for v in (0.0, 20.0))
    difference = wavering - still
    early, late = (np.std(difference[a:b]) / np.std(still[a:b]) for a, b in ((0, 6_000), (50_000, 80_000)))
    assert late > 3.0 * early
    assert late > 0.03
