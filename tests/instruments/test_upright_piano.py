import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.upright_piano import UprightPiano

BARE = {"air_db": -120.0, "noise": 0.0}


def play(piano: UprightPiano, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return piano.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames)[0].astype(np.float64)


def chords(count: int) -> list[PlayedNote]:
    return [PlayedNote(i * 44_100, 20_000, pitch, 0.6) for i in range(count) for pitch in (52, 57, 60)]


def test_a_pedal_lets_chords_ring_into_the_next() -> None:
    def between(share: float) -> float:
        return float(play(UprightPiano(pedal=share, resonance=0.0, **BARE), chords(3), 100_000)[40_000:44_000].std())

    assert between(1.0) > 10.0 * between(0.0)


def test_a_foot_is_heard_only_where_there_is_a_pedal_and_noise() -> None:
    quiet, loud = (
        play(UprightPiano(pedal=1.0, air_db=-120.0, noise=n), chords(2), 80_000)[60_000:80_000] for n in (0.0, 1.0)
    )
    assert np.abs(loud - quiet).max() > 1e-3


def test_the_hammer_knocks_on_wood() -> None:
    note = [PlayedNote(0, 40_000, 84, 0.7)]
    knock = play(UprightPiano(noise=1.0), note, 20_000) - play(UprightPiano(noise=0.0), note, 20_000)
    power = np.abs(np.fft.rfft(knock)) ** 2
    hz = np.fft.rfftfreq(20_000, 1.0 / SAMPLE_RATE)
    assert power[hz < 600.0].sum() > 0.5 * power.sum()
    assert np.std(knock[:4_000]) > 20.0 * np.std(knock[15_000:])


def test_false_beats_tremble() -> None:
    def wobble(wear: float) -> float:
        levels = []
        for pitch in (52, 57, 62):
            x = play(UprightPiano(wear=wear, unison_cents=0.0, **BARE), [PlayedNote(0, 88_200, pitch, 0.6)], 88_200)
            level = 10 * np.log10(np.mean(x.reshape(-1, 441) ** 2, axis=1))[10:]
            levels.append(level - np.polyval(np.polyfit(np.arange(level.size), level, 3), np.arange(level.size)))
        return float(np.std(levels))

    assert wobble(1.0) > 1.5 * wobble(0.0)


def test_the_room_has_air_while_it_plays() -> None:
    note = [PlayedNote(10_000, 40_000, 60, 0.6)]
    air = play(UprightPiano(air_db=-50.0), note, 80_000) - play(UprightPiano(air_db=-120.0), note, 80_000)
    assert not air[:10_000].any()
    assert -51.5 < 20.0 * np.log10(np.std(air[15_000:50_000])) < -48.5
