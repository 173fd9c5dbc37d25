import numpy as np
import pytest
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.muted_guitar import MutedGuitar


def play(guitar: MutedGuitar, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return guitar.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames)[0].astype(np.float64)


def test_the_palm_shortens_the_note() -> None:
    def falls(mute: float) -> float:
        quiet = MutedGuitar(mute=mute, noise=0.0, hum_db=-120.0)
        x = play(quiet, [PlayedNote(0, 60_000, 55, 0.6)], 40_000)
        return float(np.std(x[20_000:24_000]) / np.std(x[500:4_500]))

    assert falls(1.0) < 0.3 * falls(0.0)


def test_the_amplifier_adds_harmonics_when_struck() -> None:
    def high_share(drive: float, velocity: float) -> float:
        quiet = MutedGuitar(drive=drive, noise=0.0, hum_db=-120.0, brightness=0.0)
        x = play(quiet, [PlayedNote(0, 60_000, 60, velocity)], 6_000)
        power = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
        return float(power[np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE) > 1_500].sum() / power.sum())

    assert high_share(1.0, 0.9) > 3.0 * high_share(0.0, 0.9)
    assert high_share(1.0, 0.9) > 3.0 * high_share(1.0, 0.3)


def test_the_amplifier_hums_while_it_plays() -> None:
    notes = [PlayedNote(5_000, 80_000, 60, 0.5)]
    hum = play(MutedGuitar(hum_db=-50.0), notes, 90_000) - play(MutedGuitar(hum_db=-120.0), notes, 90_000)
    assert not hum[:5_000].any()
    assert 10.0 * np.log10(np.mean(hum[10_000:80_000] ** 2)) == pytest.approx(-50.0, abs=1.0)
