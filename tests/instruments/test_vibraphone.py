import numpy as np
import pytest
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.vibraphone import Vibraphone


def play(vibes: Vibraphone, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return vibes.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames)[0].astype(np.float64)


def pulse(x: NDArray[np.float64], hz: float) -> complex:
    """The envelope's component at a rate, relative to its mean."""
    n = np.arange(x.size)
    power = x**2
    return complex(np.sum(power * np.exp(-2j * np.pi * hz * n / SAMPLE_RATE)) / np.sum(power))


def test_every_note_pulses_with_the_same_fans() -> None:
    vibes = Vibraphone(motor_hz=5.0, motor_depth=0.5, decay_s=6.0, noise=0.0)
    length = 3 * SAMPLE_RATE // 5 * 5
    notes = [PlayedNote(0, length, 65, 0.6), PlayedNote(length + 61_234, length, 72, 0.6)]
    x = play(vibes, notes, 2 * length + 61_234)
    turns = SAMPLE_RATE // 5
    phases = []
    for start in (turns, -(-(length + 61_234 + turns) // turns) * turns):
        component = pulse(x[start : start + 10 * turns], 5.0)
        assert abs(component) > 0.15
        phases.append(np.angle(component))
    difference = (phases[1] - phases[0] + np.pi) % (2 * np.pi) - np.pi
    assert abs(difference) < 0.6


def test_without_the_motor_it_does_not_pulse() -> None:
    x = play(Vibraphone(motor_hz=5.0, motor_depth=0.0, noise=0.0), [PlayedNote(0, 90_000, 65, 0.6)], 88_200)
    y = play(Vibraphone(motor_hz=5.0, motor_depth=0.5, noise=0.0), [PlayedNote(0, 90_000, 65, 0.6)], 88_200)
    assert abs(pulse(y[8_820:], 5.0)) > abs(pulse(x[8_820:], 5.0)) + 0.1


def test_the_first_overtone_lies_two_octaves_up() -> None:
    vibes = Vibraphone(hardness=1.0, detune_cents=0.0, motor_depth=0.0, noise=0.0)
    x = play(vibes, [PlayedNote(0, 60_000, 60, 0.9)], 30_000)
    spectrum = np.abs(np.fft.rfft(x * np.hanning(x.size)))
    hz = np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE)
    above = np.where(hz > 1.5 * 261.63, spectrum, 0.0)
    assert hz[np.argmax(above)] / 261.63 == pytest.approx(4.0, abs=0.1)


def test_hard_mallets_are_brighter() -> None:
    def overtones(hardness: float) -> float:
        x = play(Vibraphone(hardness=hardness), [PlayedNote(0, 60_000, 65, 0.6)], 20_000)
        power = np.abs(np.fft.rfft(x)) ** 2
        return float(power[np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE) > 1_000].sum() / power.sum())

    assert overtones(1.0) > 4.0 * overtones(0.0)
