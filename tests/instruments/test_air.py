from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE, Cues, EventCue, Floats, SectionCue
from dusktape.core.seed import Seed
from dusktape.instruments.air import Air

CALM = {"breath": 0.0, "swell_db": 0.0}


def levels(air: Air, cues: Cues, step: int) -> Floats:
    """RMS of successive stretches of `step` frames, in dB."""
    sound = air.open(SAMPLE_RATE, [], cues=cues, seed=Seed(2)).render(cues.frames).astype(np.float64)
    whole = sound.shape[1] // step * step
    power = np.mean(np.square(sound[:, :whole].reshape(2, -1, step)), axis=(0, 2))
    return np.asarray(10.0 * np.log10(power + 1e-20))


def test_it_lies_above_its_floor() -> None:
    sound = Air().open(SAMPLE_RATE, [], cues=Cues(frames=1 << 17), seed=Seed(2)).render(1 << 17)
    power = np.abs(np.fft.rfft(sound.mean(axis=0))) ** 2
    hz = np.fft.rfftfreq(1 << 17, 1 / SAMPLE_RATE)
    assert power[hz > 3000.0].sum() > 0.9 * power.sum()
    assert power[hz < 500.0].sum() < 1e-4 * power.sum()


def test_a_kick_pushes_it_down_and_it_comes_back() -> None:
    kicks = tuple((frame, 1.0) for frame in range(SAMPLE_RATE, 9 * SAMPLE_RATE, SAMPLE_RATE))
    level = levels(Air(duck_db=9.0, **CALM), Cues(frames=10 * SAMPLE_RATE, kicks=kicks), SAMPLE_RATE // 20)
    beats = level[20:180].reshape(8, 20).mean(axis=0)
    assert beats[0] < beats[-1] - 6.0
    assert np.all(np.diff(beats[:8]) > 0.0)
    assert beats[-1] == pytest.approx(-45.0, abs=1.0)


def test_quiet_and_dark_sections_have_less_of_it() -> None:
    half = 4 * SAMPLE_RATE
    cues = Cues(
        frames=2 * half,
        sections=(SectionCue("intro", 0, half, 0.2, 0.2, 0.7, 0.7), SectionCue("A", half, half)),
    )
    level = levels(Air(follow=1.0, **CALM), cues, SAMPLE_RATE)
    assert level[5] - level[2] > 8.0
    still = levels(Air(follow=0.0, **CALM), cues, SAMPLE_RATE)
    assert abs(still[5] - still[2]) < 0.5


def test_it_swells_into_a_section_and_into_a_riser() -> None:
    half = 6 * SAMPLE_RATE
    sections = (SectionCue("A", 0, half), SectionCue("B", half, half))
    cues = Cues(frames=2 * half, sections=sections, events=(EventCue("riser", 8 * SAMPLE_RATE, 2 * SAMPLE_RATE),))
    level = levels(Air(breath=0.0, swell_db=6.0), cues, SAMPLE_RATE // 4)
    assert level[23] > level[10] + 3.0
    assert level[25] < level[23] - 3.0
    assert level[39] > level[30] + 3.0
