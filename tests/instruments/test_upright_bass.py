import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.upright_bass import UprightBass


def play(bass: UprightBass, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return bass.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames)[0].astype(np.float64)


def crossings_hz(x: NDArray[np.float64]) -> float:
    rising = np.flatnonzero((x[:-1] < 0) & (x[1:] >= 0))
    return float((rising.size - 1) / (rising[-1] - rising[0]) * SAMPLE_RATE)


def test_every_third_strike_of_a_pitch_is_slid_into() -> None:
    bass = UprightBass(slide=1.0, buzz=0.0, body=0.0, brightness=0.0, growl=0.0, detune_cents=0.0)
    starts = [0, 40_000, 80_000]
    x = play(bass, [PlayedNote(s, 30_000, 45, 0.3) for s in starts], 120_000)
    early = [crossings_hz(x[s + 300 : s + 2_500]) for s in starts]
    assert early[2] < 0.97 * min(early[:2])


def test_a_new_note_stops_the_last_one() -> None:
    x = play(UprightBass(), [PlayedNote(0, 80_000, 28, 0.8), PlayedNote(20_000, 60_000, 40, 0.6)], 60_000)[23_000:]
    power = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
    hz = np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE)
    assert power[np.abs(hz - 41.2) < 3].sum() < 1e-3 * power[np.abs(hz - 82.4) < 3].sum()


def test_open_strings_ring_longest() -> None:
    def held(pitch: int) -> float:
        x = play(UprightBass(), [PlayedNote(0, 90_000, pitch, 0.6)], 80_000)
        return float(np.std(x[66_150:75_000]) / np.std(x[4_410:13_230]))

    assert held(33) > 1.15 * max(held(32), held(34))


def test_only_hard_strikes_buzz() -> None:
    def rattle(velocity: float) -> float:
        note = [PlayedNote(0, 60_000, 33, velocity)]
        return float(np.std(play(UprightBass(buzz=1.0), note, 9_000) - play(UprightBass(buzz=0.0), note, 9_000)))

    assert rattle(0.3) < 1e-7
    assert rattle(0.9) > 1e-3


def test_growl_blooms_after_the_pluck() -> None:
    note = [PlayedNote(0, 60_000, 40, 0.6)]

    def middle(growl: float, first: int) -> float:
        x = play(UprightBass(growl=growl, buzz=0.0), note, 40_000)[first : first + 4_410]
        power = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
        hz = np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE)
        return float(power[(hz > 210) & (hz < 520)].sum() / power[hz < 120].sum())

    assert middle(1.0, 8_000) / middle(0.0, 8_000) > 1.5 * middle(1.0, 0) / middle(0.0, 0)


def test_old_gut_beats_with_itself() -> None:
    def moves(wear: float) -> float:
        quiet = UprightBass(wear=wear, buzz=0.0, body=0.0, noise=0.0, slide=0.0)
        x = play(quiet, [PlayedNote(0, 130_000, 45, 0.7)], 130_000)
        spectrum = np.fft.rfft(x)
        spectrum[np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE) < 150.0] = 0.0
        high = np.fft.irfft(spectrum, x.size)[20_000:110_000]
        level = np.log(np.sqrt(np.mean(high[:88_200].reshape(-1, 882) ** 2, axis=1)) + 1e-9)
        moved = np.abs(np.fft.rfft((level - np.linspace(level[0], level[-1], level.size)) * np.hanning(level.size)))
        hz = np.fft.rfftfreq(level.size, 0.02)
        return float(np.sqrt(np.sum(moved[(hz > 3.0) & (hz < 20.0)] ** 2)))

    assert moves(1.0) > 2.0 * moves(0.0)
