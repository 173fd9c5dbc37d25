import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.electric_grand import GRAND, ElectricGrand

BARE = {"hum_db": -120.0, "noise": 0.0, "detune_cents": 0.0, "resonance": 0.0}


def play(piano: ElectricGrand, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return piano.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames)[0].astype(np.float64)


def share_above(hz: float, piano: ElectricGrand, velocity: float) -> float:
    power = np.abs(np.fft.rfft(play(piano, [PlayedNote(0, 60_000, 57, velocity)], 40_000))) ** 2
    return float(power[round(hz * 40_000 / SAMPLE_RATE) :].sum() / power.sum())


def test_its_short_strings_are_stretched() -> None:
    partials = GRAND.partials(57, 220.0, 12)
    assert partials[0] == 220.0
    assert 1.01 < partials[11] / (12 * 220.0) < 1.06


def test_harder_hammers_and_a_harder_touch_are_brighter() -> None:
    assert share_above(1_200.0, ElectricGrand(**BARE), 0.9) > 3.0 * share_above(1_200.0, ElectricGrand(**BARE), 0.3)
    hard, soft = (share_above(1_200.0, ElectricGrand(brightness=b, **BARE), 0.6) for b in (1.0, 0.0))
    assert hard > 2.0 * soft


def test_two_strings_apart_beat_at_their_difference() -> None:
    x = play(ElectricGrand(unison_cents=15.0, wear=0.0, **BARE), [PlayedNote(0, 200_000, 69, 0.6)], 176_400)
    level = np.sqrt(np.mean(x.reshape(-1, 441) ** 2, axis=1))[20:]
    level = np.log(level) - np.polyval(np.polyfit(np.arange(level.size), np.log(level), 2), np.arange(level.size))
    spectrum = np.abs(np.fft.rfft(level * np.hanning(level.size)))
    rate = np.fft.rfftfreq(level.size, 0.01)
    beat = rate[np.argmax(np.where(rate > 1.0, spectrum, 0.0))]
    # 60 to 100 % of 15 cents at 440 Hz.
    assert 2.0 < beat < 4.2


def test_it_rings_longer_than_asked_for_less() -> None:
    long, short = (
        play(ElectricGrand(decay_s=d, **BARE), [PlayedNote(0, 100_000, 57, 0.6)], 88_200)[70_000:].std()
        for d in (3.0, 0.7)
    )
    assert long > 4.0 * short


def test_other_strings_go_on_singing_after_the_key_is_up() -> None:
    bare = {**BARE, "resonance": 1.0}
    note = [PlayedNote(0, 30_000, 60, 0.6)]
    wet, dry = (play(ElectricGrand(**values), note, 60_000)[44_000:48_000].std() for values in (bare, BARE))
    assert wet > 2.0 * dry
