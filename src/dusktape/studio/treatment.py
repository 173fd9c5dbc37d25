"""What somebody wants done to a file of theirs, and the recipe that this makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dusktape.core.draws import merge
from dusktape.core.errors import InputError, suggestion
from dusktape.core.score import Key
from dusktape.studio.kits import kit_of
from dusktape.studio.overlay import Overlay
from dusktape.studio.presets import load, override, places
from dusktape.studio.words import FALLBACK, hear
from dusktape.studio.yours import laid_over

RECORDING = "recording"
"""The part that a recording is."""

WEATHERS = ("none", "rain", "storm", "wind", "birds", "night", "fire", "cafe", "street", "train")
"""What may be heard around the music."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is to be done to a file. None leaves a thing to us.

    Parameters
    ----------
    recipe
        A name, a TOML file or a wish in words: kit, textures, drummer, master; the players of a MIDI file.
    speed
        0.4 to 1.6; 0.88 when nothing is said.
    pitch
        In semitones. Beside a speed or tempo it is free of them; alone it moves both, as on any machine.
    bpm
        Tempo of the result, in place of a speed.
    key
        Of the result; MIDI only.
    source_bpm
        Tempo of a recording, where it is hard to hear.
    downbeat
        Which of the first four beats, 1 to 4, begins a bar.
    drums
        Whether ours play.
    kit
        A character of the kit, the name of one of the user's own kits, or the path of a folder of one-shots or a
        SoundFont.
    weather
        One of `WEATHERS`.
    loudness_lufs
        Of the finished track.
    settings
        `part.param=value`, as for `--set`; they have the last word.
    source_key
        Key of a MIDI file, where it is heard wrongly.
    effects
        Names of the user's recordings that are laid over it.
    """

    recipe: str = FALLBACK
    speed: float | None = None
    pitch: float | None = None
    bpm: float | None = None
    key: str | None = None
    source_bpm: float | None = None
    downbeat: int | None = None
    drums: bool = True
    kit: str | None = None
    weather: str | None = None
    loudness_lufs: float | None = None
    settings: Sequence[str] = field(default=())
    source_key: str | None = None
    effects: Sequence[str] = field(default=())

    def check(self) -> None:
        """Refuse what contradicts itself.

        Raises
        ------
        InputError
            Naming both options.
        """
        if self.speed is not None and self.bpm is not None:
            raise InputError("--speed and --bpm both say how fast; leave one out")
        if self.bpm is not None and not 30.0 <= self.bpm <= 200.0:
            raise InputError(f"--bpm is 30 to 200, got {self.bpm:g}; lo-fi lives between 60 and 96")
        if self.weather is not None and self.weather not in WEATHERS:
            raise InputError(f"there is no weather {self.weather!r}{suggestion(self.weather, WEATHERS)}")

    def table(self, bpm: float | None, *, layer: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the recipe's table with everything that was asked for in it, its choices open."""
        heard = hear(self.recipe)
        if heard is not None and heard.loop is not None:
            raise InputError(
                f"--recipe {self.recipe!r} asks for a loop, but a file is as long as it is; leave that out"
            )
        table = load(self.recipe) if heard is None else dict(heard.table)
        table = merge(table, layer or {})
        if bpm is not None:
            table = merge(table, {"tempo": {"bpm": round(min(160.0, max(40.0, bpm)), 3)}})
        if self.key is not None:
            table["key"] = Key.parse(self.key).name
        if self.loudness_lufs is not None:
            table = merge(table, {"master": {"loudness_lufs": self.loudness_lufs}})
        if self.weather is not None:
            table = _weathered(table, self.weather)
        if self.kit is not None:
            table = merge(table, {"parts": {"drums": {**kit_of(self.kit), "on": True}}})
        if not self.drums:
            table = merge(table, {"parts": {"drums": {"on": False}}})
        return override(table, self._told())

    def options(self, table: Mapping[str, Any]) -> dict[str, str]:
        """Return recipe key to the option that set it, for messages and for what a kit takes over from another."""
        own = {"parts.drums.instrument": f"--kit {self.kit}"} if self.kit is not None else {}
        return {**own, **places(table, self._told())}

    def _told(self) -> tuple[str, ...]:
        return (*laid_over(self.effects), *self.settings)


def _weathered(table: dict[str, Any], weather: str) -> dict[str, Any]:
    """Return the table with this weather and no other."""
    overlay = Overlay(table)
    for name in WEATHERS:
        if name in table["parts"] and name != weather and table["parts"][name].get("texture"):
            overlay.silence(name)
    if weather != "none":
        name = "rain" if weather == "storm" else weather
        overlay.texture(name, "very")
        if weather == "storm":
            overlay.set("parts.rain.params.weight", "storm")
        if name == "rain":
            overlay.set("weather", "rain")
    return overlay.laid()
