"""What all our pitched instruments owe a listener: pitch, level, touch, and ends without clicks."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dusktape.core import plugins
from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.params import parameters
from dusktape.core.seed import Seed

MIDDLE = {
    "rhodes": 60,
    "felt_piano": 60,
    "reed_piano": 60,
    "electric_grand": 60,
    "upright_piano": 60,
    "nylon_guitar": 57,
    "vibraphone": 67,
    "pad": 60,
    "upright_bass": 40,
    "muted_guitar": 57,
    "kalimba": 72,
    "music_box": 79,
    "flute": 72,
    "strings": 60,
    "brass": 58,
    "choir": 60,
    "fretless_bass": 40,
    "sub_bass": 38,
}
ENSEMBLES = ("pad", "strings", "brass", "choir")
every_pitched = pytest.mark.parametrize("name", MIDDLE)


def play(name: str, notes: list[PlayedNote], frames: int, seed: int = 3, **values: Any) -> NDArray[np.float64]:
    part = plugins.find("instruments", name)(**values)
    p = part.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(seed).at(name))
    return p.render(frames).astype(np.float64)


def note(pitch: int, velocity: float = 0.6, seconds: float = 1.5, start: int = 0) -> PlayedNote:
    return PlayedNote(start, int(seconds * SAMPLE_RATE), pitch, velocity)


def settled(name: str) -> dict[str, Any]:
    """A pad is judged once it has swelled up; set to a quick attack it is as level as the others."""
    return {"attack_ms": 5.0} if name in ENSEMBLES else {}


def level_db(x: NDArray[np.float64]) -> float:
    return float(10.0 * np.log10(np.mean(x**2) + 1e-20))


def centroid_hz(x: NDArray[np.float64]) -> float:
    power = np.abs(np.fft.rfft(x)) ** 2
    return float((power * np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE)).sum() / power.sum())


def fundamental_cents(x: NDArray[np.float64], pitch: int) -> float:
    """How far the strongest line near the pitch is from it."""
    f0 = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
    size = 1 << 20
    power = np.abs(np.fft.rfft(x * np.hanning(x.size), size))
    hz = np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE)
    near = np.abs(np.log2(np.maximum(hz, 1.0) / f0)) < 0.5 / 12.0
    return float(1200.0 * np.log2(hz[np.argmax(np.where(near, power, 0.0))] / f0))


@every_pitched
@pytest.mark.parametrize("interval", [-10, 0, 11])
def test_it_is_in_tune_within_its_own_tolerance(name: str, interval: int) -> None:
    pitch = MIDDLE[name] + interval
    x = play(name, [note(pitch, seconds=3.0)], 3 * SAMPLE_RATE, **settled(name)).mean(axis=0)
    own = {p.name: p.default for p in parameters(plugins.find("instruments", name))}
    allowed = float(own.get("detune_cents", 0.0)) + 3.0
    assert abs(fundamental_cents(x[SAMPLE_RATE // 4 :], pitch)) <= allowed


@every_pitched
def test_a_middle_note_has_the_common_level(name: str) -> None:
    levels = []
    for pitch in range(MIDDLE[name] - 3, MIDDLE[name] + 4):
        x = play(name, [note(pitch)], 2 * SAMPLE_RATE, seed=pitch, **settled(name))
        # A pad's players drift in and out of phase: a longer look is fair.
        seconds = 1.4 if name in ENSEMBLES else 0.3
        levels.append(level_db(x[:, : int(seconds * SAMPLE_RATE)]))
    assert np.mean(levels) == pytest.approx(-20.0, abs=1.5)
    assert np.std(levels) < 1.8


@every_pitched
def test_playing_harder_is_louder_by_nine_to_twelve_decibels(name: str) -> None:
    soft, hard = (
        np.mean([level_db(play(name, [note(MIDDLE[name] + i, v)], 60_000, **settled(name))) for i in range(5)])
        for v in (0.3, 0.9)
    )
    assert 8.0 <= hard - soft <= 12.5


@every_pitched
def test_playing_harder_is_brighter(name: str) -> None:
    for interval in (-8, 0, 9):
        soft, hard = (
            centroid_hz(play(name, [note(MIDDLE[name] + interval, v)], 20_000, **settled(name)).mean(axis=0))
            for v in (0.3, 0.9)
        )
        assert hard > 1.03 * soft


@every_pitched
def test_notes_end_and_restart_without_clicks(name: str) -> None:
    pitch = MIDDLE[name] + 5
    off, again = 30_000, 60_000
    notes = [
        PlayedNote(0, off, pitch, 0.6),
        PlayedNote(40_000, 40_000, pitch, 0.6),
        PlayedNote(again, 40_000, pitch, 0.05),
    ]
    step = np.abs(np.diff(play(name, notes, 100_000))).max(axis=0)
    before = step[off - 8_000 : off].max()
    assert step[off : off + 6_000].max() < 1.5 * before + 0.003
    before = step[again - 8_000 : again].max()
    strike = np.abs(np.diff(play(name, [PlayedNote(0, 40_000, pitch, 0.05)], 600))).max()
    assert step[again : again + 600].max() < 1.5 * (before + strike) + 0.003, "a restrike stops the old voice softly"


@every_pitched
def test_no_two_neighbouring_strikes_are_the_same(name: str) -> None:
    starts = [0, 50_000]
    x = play(name, [note(MIDDLE[name], 0.6, 0.5, s) for s in starts], 100_000)
    first, second = x[:, :20_000], x[:, 50_000:70_000]
    assert np.abs(first - second).max() > 0.02 * np.abs(first).max()


@every_pitched
def test_another_sample_rate_plays_the_same_pitch(name: str) -> None:
    part = plugins.find("instruments", name)(**settled(name))
    pitch, rate = MIDDLE[name], 32_000
    p = part.open(rate, [PlayedNote(0, 2 * rate, pitch, 0.6)], cues=Cues(frames=2 * rate), seed=Seed(3))
    x = p.render(2 * rate).astype(float).mean(axis=0)
    power = np.abs(np.fft.rfft(x * np.hanning(x.size)))
    hz = np.fft.rfftfreq(x.size, 1.0 / rate)
    f0 = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
    near = np.abs(hz - f0) < 3.0
    assert power[near].max() > 20.0 * np.median(power[np.abs(hz - f0) < 0.4 * f0])


@every_pitched
def test_extreme_parameters_and_pitches_stay_finite(name: str) -> None:
    kind = plugins.find("instruments", name)
    numbers = [p for p in parameters(kind) if isinstance(p.default, float)]
    notes = [PlayedNote(0, 8_000, pitch, velocity) for pitch in (21, 60, 108) for velocity in (0.01, 1.0)]
    for values in ({p.name: p.low for p in numbers}, {p.name: p.high for p in numbers}):
        x = play(name, notes, 20_000, **values)
        assert np.isfinite(x).all()
        assert np.abs(x).max() < 8.0
