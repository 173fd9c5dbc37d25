import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.sub_bass import SubBass


def play(bass: SubBass, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return bass.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames)[0].astype(np.float64)


def power_above(x: NDArray[np.float64], hz: float) -> float:
    power = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
    return float(power[np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE) > hz].sum() / power.sum())


def test_nearly_all_its_power_lies_in_the_first_three_partials() -> None:
    x = play(SubBass(), [PlayedNote(0, 88_200, 33, 0.6)], 60_000)
    assert power_above(x, 3.5 * 55.0) < 1e-3


def test_warmth_adds_harmonics() -> None:
    pure, warm = (play(SubBass(warmth=w, thump=0.0), [PlayedNote(0, 88_200, 33, 0.6)], 60_000) for w in (0.0, 1.0))
    assert power_above(pure, 80.0) < 1e-4
    assert power_above(warm, 80.0) > 0.05


def test_a_new_note_stops_the_last_one() -> None:
    x = play(SubBass(), [PlayedNote(0, 80_000, 28, 0.8), PlayedNote(20_000, 60_000, 40, 0.6)], 60_000)[22_000:]
    power = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
    hz = np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE)
    assert power[np.abs(hz - 41.2) < 4].sum() < 1e-4 * power[np.abs(hz - 82.4) < 4].sum()


def test_it_sustains_and_lets_go_in_its_release_time() -> None:
    x = play(SubBass(release_ms=50.0, decay_s=10.0), [PlayedNote(0, 88_200, 45, 0.6)], 110_000)
    rms = [float(np.sqrt(np.mean(x[i : i + 4_410] ** 2))) for i in (10_000, 80_000, 88_200 + 4_410)]
    assert rms[1] > 0.6 * rms[0]
    assert rms[2] < 0.2 * rms[1]
    assert not x[88_200 + 12_000 :].any()


def test_drift_makes_the_harmonics_unsteady() -> None:
    def unsteady(drift: float) -> float:
        x = play(SubBass(drift=drift, thump=0.0, detune_cents=0.0), [PlayedNote(0, 132_300, 45, 0.6)], 132_300)
        power = np.abs(np.fft.rfft(x[44_100:] * np.hanning(88_200))) ** 2
        hz = np.fft.rfftfreq(88_200, 1.0 / SAMPLE_RATE)
        beside = (np.abs(hz - 220.0) > 2.5) & (np.abs(hz - 220.0) < 9.0)
        return float(power[beside].sum() / power[np.abs(hz - 220.0) < 2.0].sum())

    assert unsteady(1.0) > 20.0 * unsteady(0.0)
