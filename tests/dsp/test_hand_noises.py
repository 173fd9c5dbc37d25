import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE, PlayedNote
from dusktape.core.seed import Seed
from dusktape.dsp.hum import amplifier_hum
from dusktape.dsp.onsets import OnsetNoise, Onsets
from dusktape.dsp.scrapes import Scrapes

NOISE = OnsetNoise(low_hz=500.0, high_hz=2000.0, decay_ms=20.0, attack_ms=5.0, peak_db=-40.0, leave_db=-50.0)


def test_notes_start_and_end_with_a_noise_and_are_silent_between() -> None:
    notes = [PlayedNote(1_000, 40_000, 60, 0.6)]
    x = Onsets(NOISE, 0.5, SAMPLE_RATE, Seed(1)).play(notes, Seed(2)).render(60_000)[0]
    assert not x[:1_000].any()
    assert np.std(x[1_000:3_000]) > 1e-3
    assert not x[15_000:41_000].any()
    assert np.std(x[41_000:43_000]) > 3e-4


def test_an_amount_of_nothing_is_silent() -> None:
    notes = [PlayedNote(0, 10_000, 60, 0.6)]
    assert not Onsets(NOISE, 0.0, SAMPLE_RATE, Seed(1)).play(notes, Seed(2)).render(30_000).any()


def test_fingers_squeak_before_shifts_and_never_before_the_first_note() -> None:
    notes = [PlayedNote(40_000 * i, 30_000, 50 + 7 * (i % 2), 0.6) for i in range(12)]
    x = Scrapes(1.0, SAMPLE_RATE, Seed(4)).play(notes).render(480_000)[0]
    assert not x[:33_000].any()
    squeaks = [np.std(x[n.start_frame - 5_000 : n.start_frame]) > 1e-4 for n in notes[1:]]
    assert 3 <= sum(squeaks) <= 10
    assert not any(x[n.start_frame + 3_000 : n.start_frame + 30_000].any() for n in notes)


def test_a_hand_that_stays_does_not_squeak() -> None:
    notes = [PlayedNote(40_000 * i, 30_000, 50 + i % 2, 0.6) for i in range(8)]
    assert not Scrapes(1.0, SAMPLE_RATE, Seed(4)).play(notes).render(320_000).any()


def test_hum_has_its_level_and_lies_on_the_mains() -> None:
    loop = amplifier_hum(SAMPLE_RATE, Seed(3), -60.0).astype(np.float64)
    assert 10.0 * np.log10(np.mean(loop**2)) == pytest.approx(-60.0, abs=0.1)
    power = np.abs(np.fft.rfft(loop)) ** 2
    hz = np.fft.rfftfreq(loop.size, 1.0 / SAMPLE_RATE)
    strongest = hz[np.argmax(power)]
    assert min(strongest % 50.0, strongest % 60.0) == pytest.approx(0.0, abs=0.3)
    assert np.abs(loop[0] - loop[-1]) <= np.abs(np.diff(loop)).max()
