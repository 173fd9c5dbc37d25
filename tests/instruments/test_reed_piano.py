import numpy as np
import pytest
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.errors import RecipeError
from dusktape.core.seed import Seed
from dusktape.instruments.reed_piano import PLUCKED, STRUCK, ReedPiano, Reeds

BARE = {"hum_db": -120.0, "noise": 0.0, "detune_cents": 0.0}


def play(piano: ReedPiano, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return piano.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames)[0].astype(np.float64)


def harmonics_db(piano: ReedPiano, pitch: int, velocity: float) -> NDArray[np.float64]:
    """Levels of the first six harmonics in the first quarter of a second, next to their sum."""
    x = play(piano, [PlayedNote(0, 40_000, pitch, velocity)], 13_000)[1_000:]
    power = np.abs(np.fft.rfft(x * np.hanning(x.size), 1 << 17)) ** 2
    hz = np.fft.rfftfreq(1 << 17, 1.0 / SAMPLE_RATE)
    f = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
    found = np.array([power[np.abs(hz - k * f) < 0.1 * f].max() for k in range(1, 7)])
    return np.asarray(10.0 * np.log10(found / found.sum()))


def test_a_soft_touch_is_nearly_a_sine_and_a_hard_one_bites() -> None:
    soft, hard = (harmonics_db(ReedPiano(**BARE), 57, v) for v in (0.25, 0.9))
    assert soft[0] > -1.5
    assert hard[2] > soft[2] + 5.0
    assert hard[4] > soft[4] + 12.0


def test_a_plucked_reed_is_rounder() -> None:
    pad, hammer = (harmonics_db(ReedPiano(action=a, **BARE), 57, 0.8) for a in ("pad", "hammer"))
    assert pad[2:].max() < hammer[2:].max() - 5.0


def test_the_bite_goes_first() -> None:
    x = play(ReedPiano(wear=0.0, **BARE), [PlayedNote(0, 120_000, 57, 0.8)], 100_000)

    def third(start: int) -> float:
        part = x[start : start + 16_384] * np.hanning(16_384)
        power = np.abs(np.fft.rfft(part)) ** 2
        hz = np.fft.rfftfreq(16_384, 1.0 / SAMPLE_RATE)
        return float(power[np.abs(hz - 660.0) < 15.0].max() / power[np.abs(hz - 220.0) < 15.0].max())

    assert third(80_000) < 0.5 * third(4_000)


def test_worn_reeds_tremble() -> None:
    def wobble(wear: float) -> float:
        levels = []
        for pitch in (60, 64, 70):
            x = play(ReedPiano(wear=wear, **BARE), [PlayedNote(0, 88_200, pitch, 0.4)], 88_200)
            level = 10 * np.log10(np.mean(x.reshape(-1, 441) ** 2, axis=1))[10:]
            levels.append(level - np.polyval(np.polyfit(np.arange(level.size), level, 3), np.arange(level.size)))
        return float(np.std(levels))

    assert wobble(1.0) > 2.0 * wobble(0.0)


@pytest.mark.parametrize("reeds", [STRUCK, PLUCKED])
def test_constants_stay_in_the_range_of_a_keyboard(reeds: Reeds) -> None:
    for pitch in range(21, 109):
        for velocity in (0.01, 0.6, 1.0):
            assert 1e-3 < reeds.swing_at(pitch, velocity) < 13.0
        assert 0.05 < reeds.decay_at(pitch) < 30.0


def test_an_action_that_does_not_exist_is_refused() -> None:
    with pytest.raises(RecipeError, match="action must be one of hammer, pad"):
        ReedPiano(action="bow")
