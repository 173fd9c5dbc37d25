import numpy as np
import pytest
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.errors import RecipeError
from dusktape.core.seed import Seed
from dusktape.instruments.rhodes import Rhodes

SILENT_AMP = {"hum_db": -120.0}


def play(piano: Rhodes, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return piano.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames)[0].astype(np.float64)


def harmonics(piano: Rhodes, velocity: float = 0.6) -> NDArray[np.float64]:
    """Heights of the first eight harmonics of a held A3."""
    x = play(piano, [PlayedNote(0, 60_000, 57, velocity)], 50_000)[4_000:]
    spectrum = np.abs(np.fft.rfft(x * np.hanning(x.size)))
    hz = np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE)
    return np.array([spectrum[np.abs(hz - 220.0 * k) < 8.0].max() for k in range(1, 9)])


def test_a_tine_in_the_middle_of_the_pickup_sounds_an_octave_up() -> None:
    h = harmonics(Rhodes(pickup_offset=0.0, noise=0.0, **SILENT_AMP))
    assert h[1] > 10.0 * h[0]
    h = harmonics(Rhodes(pickup_offset=0.6, noise=0.0, **SILENT_AMP))
    assert h[0] > h[1]


def test_a_sharper_field_and_a_harder_touch_bark() -> None:
    def bark(piano: Rhodes, velocity: float) -> float:
        h = harmonics(piano, velocity)
        return float(h[3:].sum() / h.sum())

    assert bark(Rhodes(bark=2.0), 0.6) > 1.5 * bark(Rhodes(bark=0.5), 0.6)
    assert bark(Rhodes(), 0.9) > 1.5 * bark(Rhodes(), 0.3)


def test_the_bell_rings_above_the_harmonics_and_dies_first() -> None:
    note = [PlayedNote(0, 80_000, 60, 0.8)]
    bell = play(Rhodes(bell=1.0), note, 60_000) - play(Rhodes(bell=0.0), note, 60_000)
    assert np.mean(bell[:4_000] ** 2) > 10.0 * np.mean(bell[40_000:44_000] ** 2)


def test_letting_go_is_heard() -> None:
    note = [PlayedNote(0, 30_000, 60, 0.6)]
    thump = play(Rhodes(noise=1.0), note, 50_000) - play(Rhodes(noise=0.0), note, 50_000)
    assert not thump[20_000:30_000].any()
    assert np.sqrt(np.mean(thump[30_000:31_000] ** 2)) > 1e-3


def test_the_amplifier_hums_at_its_level_while_notes_sound() -> None:
    note = [PlayedNote(10_000, 60_000, 60, 0.6)]
    hum = play(Rhodes(hum_db=-50.0), note, 120_000) - play(Rhodes(**SILENT_AMP), note, 120_000)
    assert not hum[:10_000].any()
    assert 20.0 * np.log10(np.std(hum[20_000:60_000])) == pytest.approx(-50.0, abs=1.0)
    assert not hum[100_000:].any()


def test_decay_time_is_what_the_parameter_says() -> None:
    x = play(Rhodes(decay_s=1.0, noise=0.0, **SILENT_AMP), [PlayedNote(0, 200_000, 57, 0.2)], 150_000)
    early, late = (np.std(x[i : i + 8_820]) for i in (44_100, 88_200))
    assert early / late == pytest.approx(np.e, rel=0.25)


def test_values_out_of_range_are_refused() -> None:
    with pytest.raises(RecipeError, match="rhodes: bark must be between"):
        Rhodes(bark=9.0)
