"""What the workbench offers for a new song: a few of a recipe's many keys, in people's words, with their ranges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from dusktape.core import plugins
from dusktape.core.errors import PluginError
from dusktape.core.params import parameters
from dusktape.core.recipe import Drums, Melody, Tempo
from dusktape.core.roles import MOODS
from dusktape.core.score import Key
from dusktape.server.api.schema import Model
from dusktape.studio import catalogue, kits, yours
from dusktape.studio.seating import plays_drums, takes_notes

_BASSES = ("sub_bass", "upright_bass", "fretless_bass")
_NOT_KEYS = ("kit", "backwards", *_BASSES)
_WEATHER = {
    "clear": ("weather=clear", "rain.on=false"),
    "rain": ("weather=rain", "rain.on=true"),
    "snow": ("weather=snow", "rain.on=false"),
    "fog": ("weather=fog", "rain.on=false"),
}
_TAPE = {
    "none": ("master.chain.wow.wow_cents=0", "master.chain.wow.flutter_cents=0"),
    "a little": ("master.chain.wow.wow_cents=5", "master.chain.wow.flutter_cents=1.2"),
    "worn": (
        "master.chain.wow.wow_cents=12",
        "master.chain.wow.flutter_cents=3",
        "master.chain.lowpass.cutoff_hz=9000",
    ),
    "cassette": ("master.chain.cassette=true",),
    "reel": ("master.chain.reel=true",),
    "record": ("master.chain.record=true",),
}


class Choice(Model):
    """Something to choose: what it is called, and the settings that it means."""

    value: str
    label: str
    text: str = ""
    settings: list[str] = Field(default=[])


class Control(Model):
    """A control: a field of a track's spec (`field`), or a recipe key that `settings` takes (`setting`)."""

    name: str
    label: str
    kind: Literal["range", "choice"]
    group: Literal["song", "players", "room"]
    field: str | None = None
    setting: str | None = None
    low: float | None = None
    high: float | None = None
    step: float | None = None
    unit: str = ""
    text: str = ""
    choices: list[Choice] = Field(default=[])


def controls(named: Mapping[str, str]) -> list[Control]:
    """Return them in the order in which they are shown.

    Parameters
    ----------
    named
        What sounds that were sent are called, by the names under which they are instruments.
    """
    return [
        Control(
            name="recipe",
            label="Recipe",
            kind="choice",
            group="song",
            field="recipe",
            text="what the song is made from",
            choices=[Choice(value=name, label=name, text=text) for name, text in catalogue.recipes().items()],
        ),
        Control(name="mood", label="Mood", kind="choice", group="song", field="mood", choices=_plain(MOODS)),
        Control(name="key", label="Key", kind="choice", group="song", field="key", choices=_plain(_keys())),
        _range("bpm", "Tempo", "song", Tempo, "bpm", field="bpm", step=1, unit="bpm"),
        Control(
            name="minutes",
            label="Length",
            kind="range",
            group="song",
            field="minutes",
            low=0.5,
            high=10.0,
            step=0.5,
            unit="min",
            text="length of the track",
        ),
        _range("swing", "Swing", "song", Tempo, "swing", setting="tempo.swing", step=0.01),
        _range("melody", "Busy melody", "players", Melody, "density", setting="melody.density", step=0.05),
        _range("drums", "Busy drums", "players", Drums, "density", setting="drums.density", step=0.05),
        Control(name="keys", label="Keys", kind="choice", group="players", choices=_instruments("keys", named)),
        Control(name="lead", label="Melody", kind="choice", group="players", choices=_instruments("lead", named)),
        Control(
            name="bass", label="Bass", kind="choice", group="players", choices=_instruments("bass", named, _BASSES)
        ),
        Control(name="kit", label="Kit", kind="choice", group="players", choices=_kits(named)),
        Control(name="weather", label="Weather", kind="choice", group="room", choices=_settings(_WEATHER)),
        Control(name="tape", label="Tape", kind="choice", group="room", choices=_settings(_TAPE)),
        Control(name="vinyl", label="Vinyl", kind="choice", group="room", choices=_settings(_switch("vinyl"))),
        Control(name="over", label="Laid over", kind="choice", group="room", choices=_overlaid(named)),
    ]


def _range(name: str, label: str, group: Any, table: Any, key: str, **more: Any) -> Control:
    field = table.model_fields[key]
    bounds = {edge: getattr(m, edge) for m in field.metadata for edge in ("ge", "le") if hasattr(m, edge)}
    low, high = bounds["ge"], bounds["le"]
    return Control(
        name=name, label=label, kind="range", group=group, low=low, high=high, text=field.description or "", **more
    )


def _plain(words: Iterable[str]) -> list[Choice]:
    return [Choice(value=word, label=word) for word in words]


def _keys() -> list[str]:
    return [Key(tonic, mode).name for mode in ("minor", "major") for tonic in range(12)]


def _kits(named: Mapping[str, str]) -> list[Choice]:
    return [
        Choice(value=name, label=_words(name, named), settings=[f"kit={name}"])
        for name in (*kits.characters(), *kits.own_kits())
    ]


def _instruments(part: str, named: Mapping[str, str], ours: Sequence[str] = ()) -> list[Choice]:
    """Return what plays notes there: ours (all of them, if none are named), then the user's own."""
    own = yours.names()
    listed = [*(ours or (n for n in plugins.registered("instruments") if n not in _NOT_KEYS)), *own]
    return [
        Choice(value=name, label=_words(name, named), settings=[f"{part}.on=true", f"{part}.instrument={name}"])
        for name in listed
        if _plays(name)
    ]


def _plays(name: str) -> bool:
    try:
        parameters(plugins.find("instruments", name))
        return takes_notes(name) is not False and plays_drums(name) is not True
    except PluginError:
        return False


def _overlaid(named: Mapping[str, str]) -> list[Choice]:
    return [
        Choice(value=name, label=_words(name, named), settings=list(yours.laid_over([name])))
        for name in yours.recordings()
    ]


def _settings(choices: Mapping[str, tuple[str, ...]]) -> list[Choice]:
    return [Choice(value=name, label=name, settings=list(told)) for name, told in choices.items()]


def _switch(part: str) -> dict[str, tuple[str, ...]]:
    return {"on": (f"{part}.on=true",), "off": (f"{part}.on=false",)}


def _words(name: str, named: Mapping[str, str]) -> str:
    return named.get(name) or name.replace("_", " ")
