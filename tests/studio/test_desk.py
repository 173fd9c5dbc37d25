from __future__ import annotations

from dataclasses import replace

import numpy as np

from dusktape.core.score import BAR, Key, Note, Score, Section
from dusktape.core.seed import Seed
from dusktape.studio import presets
from dusktape.studio.desk import Desk
from dusktape.studio.rig import cues_of, seats

QUIET_DB = -24.0


def heard(level: float) -> dict[str, float]:
    """Return the level of each strip in a quiet section, in dB, against the open one that follows."""
    told = ["rain.on=true", "rain.gusts=0", "keys.instrument=felt_piano", "keys.noise=0.3"]
    recipe = presets.resolve(presets.override(presets.load("dusk"), told), Seed(3), where="dusk")
    sections = (Section("intro", 0, 2 * BAR, level=level, level_end=level), Section("A", 2 * BAR, 2 * BAR))
    notes = tuple(Note(k * BAR // 4, BAR // 4, 60 + k % 3, 80) for k in range(16))
    score = Score(80.0, Key(0, "major"), sections, parts={"keys": notes})
    some = [replace(s, effects=()) for s in seats(recipe, score) if s.name in ("keys", "rain")]
    cues = cues_of(score)
    half = cues.frames // 2
    first, second = Desk(some, score, cues, Seed(3)).stems([half, cues.frames - half])
    middle = slice(half // 4, 3 * half // 4)

    def db(block: np.ndarray) -> float:
        return float(10.0 * np.log10(np.mean(np.square(block[:, middle]))))

    return {name: db(first[name]) - db(second[name]) for name in first}


def test_weather_goes_on_where_players_step_back() -> None:
    step = heard(10.0 ** (QUIET_DB / 20.0))
    assert abs(step["keys"] - QUIET_DB) < 3.0
    assert -9.0 < step["rain"] < -5.0


def test_without_a_quiet_section_nothing_changes() -> None:
    step = heard(1.0)
    assert abs(step["rain"]) < 1.5
    assert abs(step["keys"]) < 3.0
