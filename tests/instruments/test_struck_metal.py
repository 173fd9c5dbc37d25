"""Kalimba and music box: small bars that are clamped at one end."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.kalimba import Kalimba
from dusktape.instruments.music_box import MusicBox, clockwork


def play(part: Kalimba | MusicBox, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return part.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames)[0].astype(np.float64)


def share(x: NDArray[np.float64], low: float, high: float) -> float:
    power = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
    hz = np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE)
    return float(power[(hz > low) & (hz < high)].sum() / power.sum())


@pytest.mark.parametrize("part", [Kalimba(noise=0.0), MusicBox(noise=0.0, clockwork_db=-120.0)])
def test_its_overtone_is_far_above_and_gone_first(part: Kalimba | MusicBox) -> None:
    x = play(part, [PlayedNote(0, 90_000, 72, 0.8)], 60_000)
    early, late = share(x[200:4_000], 2_600, 3_500), share(x[30_000:45_000], 2_600, 3_500)
    assert early > 1e-3
    assert late < 0.1 * early


def test_the_box_knocks_below_the_tine() -> None:
    booming, board = (
        share(play(Kalimba(body=b, noise=0.0, buzz=0.0), [PlayedNote(0, 60_000, 84, 0.6)], 20_000), 120, 500)
        for b in (1.0, 0.0)
    )
    assert booming > 10.0 * board


def test_a_hard_struck_tine_buzzes_and_a_soft_one_does_not() -> None:
    def buzz(velocity: float) -> float:
        note = [PlayedNote(0, 60_000, 69, velocity)]
        return float(np.std(play(Kalimba(buzz=1.0), note, 10_000) - play(Kalimba(buzz=0.0), note, 10_000)))

    assert buzz(0.9) > 1e-3
    assert buzz(0.2) == 0.0


def test_a_thumb_lands_on_the_tine() -> None:
    note = [PlayedNote(0, 30_000, 72, 0.6)]
    thumbs = play(Kalimba(noise=1.0), note, 40_000) - play(Kalimba(noise=0.0), note, 40_000)
    assert np.std(thumbs[30_000:31_000]) > 3e-4
    assert not thumbs[15_000:30_000].any()


def test_the_clockwork_runs_while_it_plays_and_stops_in_a_long_rest() -> None:
    notes = [PlayedNote(10_000, 10_000, 79, 0.6), PlayedNote(15 * SAMPLE_RATE, 10_000, 79, 0.6)]
    box = {"noise": 0.0, "release_ms": 100.0}
    loud, none = (play(MusicBox(clockwork_db=db, **box), notes, 16 * SAMPLE_RATE) for db in (-40.0, -120.0))
    works = loud - none
    assert not works[:10_000].any()
    assert np.std(works[13_000:25_000]) == pytest.approx(0.01, rel=0.4)
    assert not works[6 * SAMPLE_RATE : 14 * SAMPLE_RATE].any()


def test_the_clockwork_is_a_loop_of_its_level() -> None:
    loop = clockwork(SAMPLE_RATE, Seed(2), -50.0).astype(np.float64)
    assert 10.0 * np.log10(np.mean(loop**2)) == pytest.approx(-50.0, abs=0.1)
    assert np.abs(loop[0] - loop[-1]) <= np.abs(np.diff(loop)).max()
