from __future__ import annotations

from dataclasses import replace

from dusktape.core.score import BAR, Event, Key, Note, Score, Section
from dusktape.core.seed import Seed
from dusktape.studio import presets
from dusktape.studio.rig import seats


def named(events: tuple[Event, ...]) -> set[str]:
    table = presets.override(presets.load("dusk"), ["riser.on=true", "vinyl.on=true"])
    recipe = presets.resolve(table, Seed(1), where="dusk")
    score = Score(80.0, Key(0, "major"), (Section("A", 0, 4 * BAR),), parts={"keys": (Note(0, BAR, 60, 80),)})
    return {seat.name for seat in seats(recipe, replace(score, events=events))}


def test_a_texture_that_waits_for_an_event_has_no_strip_without_one() -> None:
    assert "riser" not in named(())
    assert "riser" not in named((Event(0, BAR, "cut"),))
    assert "riser" in named((Event(0, BAR, "swell"),))
    assert "vinyl" in named(())
