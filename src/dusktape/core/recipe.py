"""What is wanted: a frozen, strict description that a seed turns into one song."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NoReturn, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.fields import FieldInfo

from dusktape.core.errors import InputError, RecipeError, suggestion
from dusktape.core.roles import DRUM_STYLES, MOODS
from dusktape.core.score import Key


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def _one_of(value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"there is no {value!r}{suggestion(value, known)}")
    return value


ROLES = ("harmony", "melody", "drums", "comping", "song")
"""What a model can write; `song` is harmony and melody together."""

_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{k}" for port in ("com", "lpt") for k in range(1, 10))}


def _file_name(value: str, *, allowed: str, told: str) -> str:
    # The name becomes that of a file, here or on somebody else's computer; Windows keeps some for its devices.
    if not re.fullmatch(f"[{allowed}]+", value) or not value.isprintable() or value.lower() in _DEVICES:
        raise ValueError(f"{value!r} is no name for a file; use {told}")
    return value


class Tempo(_Table):
    """How fast, and how the beat leans."""

    bpm: Annotated[float, Field(ge=40, le=160, description="beats a minute; lo-fi lives between 60 and 96")]
    swing: Annotated[float, Field(ge=0.5, le=0.67, description="place of the second sixteenth in the eighth")]
    lay_back_ms: Annotated[float, Field(ge=0, le=60, description="how late the snare is; hats and bass a third of it")]
    jitter_ms: Annotated[float, Field(ge=0, le=20, description="standard deviation of everybody's timing")]


class Form(_Table):
    """How long, and how it is laid out."""

    length_s: Annotated[float, Field(ge=30, le=3600, description="length of the track in seconds, within one bar")]
    loop_bars: Annotated[Literal[2, 4, 8], Field(description="bars after which the chords come round")]
    intro_bars: Annotated[Literal[2, 4, 8], Field(description="bars before the first section")]
    one_loop: Annotated[bool, Field(description="B turns on the same chords as A, in other clothes")]
    fullness: Annotated[float, Field(ge=0, le=1, description="0 few parts at a time, 1 all of them")]
    contrast: Annotated[float, Field(ge=0, le=1, description="how far sections differ in level and filter")]
    ending: Annotated[
        Literal["ring", "fade"], Field(description="a last chord that rings, or a band that fades while it plays on")
    ] = "ring"


class Harmony(_Table):
    """The chords."""

    temperature: Annotated[float, Field(gt=0, le=2, description="1 as learned, lower is safer")]
    colour: Annotated[float, Field(ge=0, le=1, description="0 as written, 0.6 ninths and elevenths, 1 jazz")]
    max_chords: Annotated[
        int, Field(ge=1, le=16, description="most chords in one loop; one every two bars there are always")
    ]
    centre: Annotated[int, Field(ge=52, le=70, description="MIDI pitch the voicings gather around")]


class Melody(_Table):
    """The lead."""

    density: Annotated[float, Field(ge=0, le=1, description="0 a note now and then, 1 busy")]
    temperature: Annotated[float, Field(gt=0, le=2, description="1 as learned")]
    transpose: Annotated[Literal[-12, 0, 12], Field(description="semitones by which the lead is moved")]
    first_a: Annotated[bool, Field(description="whether the lead already plays in the first A")]
    top_k: Annotated[int, Field(ge=0, le=512, description="draw from so many of the likeliest; 0 from all")] = 0
    min_p: Annotated[float, Field(ge=0, le=0.9, description="drop what is below this share of the likeliest")] = 0.05
    repetition_penalty: Annotated[
        float, Field(ge=1, le=10, description="divides the odds of what was just played; for trainings of lines")
    ] = 1.0
    rule: Annotated[
        Literal["draw", "argmax"], Field(description="argmax always takes the likeliest; for trainings of lines")
    ] = "draw"


class Drums(_Table):
    """The pattern of the kit."""

    style: Annotated[str, Field(description="family of drumming")]
    temperature: Annotated[float, Field(gt=0, le=2, description="1 as learned")]
    ghosts: Annotated[float, Field(ge=0, le=1, description="loudness of the softest hits; 0 leaves them out")]
    looseness: Annotated[float, Field(ge=0, le=3, description="how far hits stray from the grid; 1 as learned")]
    half_time: Annotated[bool, Field(description="snare on the third beat only")]
    shaker: Annotated[bool, Field(description="a shaker doubles the hats in B")]
    density: Annotated[float | None, Field(ge=0, le=1, description="0 kick and snare, 1 full sixteenths")] = None
    rim: Annotated[bool | None, Field(description="the backbeat is a rim click")] = None
    ride: Annotated[bool | None, Field(description="time is kept on the ride")] = None
    loop_bars: Annotated[
        Literal[2, 4, 8], Field(description="bars after which the beat comes round, but for fills")
    ] = 8

    @field_validator("style")
    @classmethod
    def _style(cls, value: str) -> str:
        return _one_of(value, DRUM_STYLES)


class Bass(_Table):
    """The bass line."""

    style: Annotated[Literal["roots", "kick", "walking"], Field(description="held roots, locked to the kick, walking")]
    top: Annotated[int, Field(ge=36, le=50, description="highest MIDI pitch of a root")]


class Comping(_Table):
    """How the chords are struck."""

    style: Annotated[Literal["struck", "arpeggio", "held"], Field(description="how the chords are played")]
    density: Annotated[float, Field(ge=0, le=1, description="0 once a chord, 1 busy")]
    temperature: Annotated[float, Field(gt=0, le=2, description="1 as learned")]
    roll_ms: Annotated[float, Field(ge=0, le=80, description="how long a chord takes from its lowest note to its top")]
    early: Annotated[float, Field(ge=0, le=1, description="how often a chord is struck before its beat")] = 0.15
    looped: Annotated[
        bool, Field(description="every turn of the chords is played as the first was, as samples are")
    ] = False


_Share = Annotated[float, Field(ge=0, le=1)]


class Method(_Table):
    """What is done to the music at the seams of its form: the share of seams at which each thing happens."""

    tape_stop: Annotated[_Share, Field(description="the machine is stopped before a section begins")] = 0.0
    cut: Annotated[_Share, Field(description="everything is cut off for a beat or two")] = 0.0
    stutter: Annotated[_Share, Field(description="the last beat stammers")] = 0.0
    filter_drop: Annotated[_Share, Field(description="a low-pass closes on the whole mix and opens on the one")] = 0.0
    silence: Annotated[_Share, Field(description="the last bar is left out, by all or by bass and drums")] = 0.0
    riser: Annotated[_Share, Field(description="noise climbs towards a section, if the part riser is on")] = 0.0
    swell: Annotated[_Share, Field(description="a cymbal backwards leads into it, if the part riser is on")] = 0.0


class Part(_Table):
    """One player: its instrument, its place in the mix and the effects it goes through, in order."""

    instrument: str
    texture: Annotated[bool, Field(description="sounds throughout and takes no notes")] = False
    on: Annotated[bool, Field(description="whether it plays in this song")] = True
    loudness_lufs: Annotated[float, Field(ge=-80, le=-8, description="gated loudness before the master")]
    pan: Annotated[float, Field(ge=-1, le=1, description="-1 left, 1 right")] = 0.0
    params: Mapping[str, float | int | str | bool] = Field(default_factory=dict)
    chain: Mapping[str, Mapping[str, float | int | str | bool]] = Field(default_factory=dict)


class Master(_Table):
    """What the whole mix goes through, and how loud it ends."""

    loudness_lufs: Annotated[float, Field(ge=-30, le=-8, description="integrated loudness of the finished track")]
    ceiling_dbtp: Annotated[float, Field(ge=-9, le=-0.1, description="highest true peak")]
    chain: Mapping[str, Mapping[str, float | int | str | bool]] = Field(default_factory=dict)


class Recipe(_Table):
    """One song's wishes, every choice closed."""

    name: str
    description: str = ""
    composer: str = "networks"
    models: Annotated[
        Mapping[str, str], Field(description="role to the folder of a finished training that takes it over")
    ] = {}
    mood: str
    weather: Annotated[Literal["clear", "rain", "snow", "fog"], Field(description="seen on the cover")] = "clear"
    key: str
    tempo: Tempo
    form: Form
    harmony: Harmony
    melody: Melody
    drums: Drums
    bass: Bass
    comping: Comping
    method: Method = Method()
    parts: Mapping[str, Part]
    master: Master

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        if not value.strip() or value.startswith("."):
            raise ValueError(f"{value!r} is no name for a file; use letters, digits, spaces and hyphens")
        return _file_name(value, allowed=r'^/\\:*?"<>|', told="letters, digits, spaces and hyphens")

    @field_validator("parts")
    @classmethod
    def _parts(cls, value: Mapping[str, Part]) -> Mapping[str, Part]:
        for name in value:
            _file_name(name, allowed="A-Za-z0-9_-", told="letters, digits, - and _")
        if len({name.lower() for name in value}) < len(value):
            raise ValueError("two parts differ only in capitals, which some disks cannot keep apart; rename one")
        return value

    @field_validator("models", mode="before")
    @classmethod
    def _models(cls, value: Any) -> Any:
        for role, folder in value.items() if isinstance(value, Mapping) else ():
            _one_of(role, ROLES)
            if not isinstance(folder, str) or not folder.strip():
                raise ValueError(f"{role} wants the folder of a finished training, got {folder!r}; write it in quotes")
        return value

    @field_validator("mood")
    @classmethod
    def _mood(cls, value: str) -> str:
        return _one_of(value, MOODS)

    @field_validator("key")
    @classmethod
    def _key(cls, value: str) -> str:
        try:
            return Key.parse(value).name
        except InputError as error:
            raise ValueError(str(error)) from error

    @staticmethod
    def of(table: Mapping[str, Any], *, where: str, options: Mapping[str, str] | None = None) -> Recipe:
        """Check a table whose choices are closed.

        Parameters
        ----------
        table
            As TOML or JSON gives it.
        where
            File or name that the table came from, for messages.
        options
            Field to the option that set it, for messages: `{"tempo.bpm": "--bpm"}`.

        Raises
        ------
        RecipeError
            Naming the place, the field, and a suggestion for a field that does not exist.
        """
        try:
            return Recipe.model_validate(table)
        except ValidationError as error:
            _explain(error, where, options or {})


def _explain(error: ValidationError, where: str, options: Mapping[str, str]) -> NoReturn:
    first = error.errors()[0]
    path = ".".join(str(p) for p in first["loc"])
    if first["type"] == "extra_forbidden":
        field = str(first["loc"][-1])
        raise RecipeError(
            f"{where}: unknown field {path!r}{suggestion(field, fields_at(first['loc'][:-1]))}"
        ) from error
    if first["type"] == "missing":
        raise RecipeError(f"{where}: {path} is missing; add it") from error
    if first["type"] == "value_error":
        raise RecipeError(f"{where}: {path}: {first['msg'].removeprefix('Value error, ')}") from error
    loc, value = first["loc"], first["input"]
    free = len(loc) > 1 and loc[-1] in _KINDS  # a parameter's value, which may be any of these
    loc = loc[:-1] if free else loc
    path = ".".join(str(p) for p in loc if p != "[key]")
    wants, way = _FREE if free else _wanted(_field_at(loc), value, options.get(path, "one"))
    raise RecipeError(f"{where}: {path} must be {wants}, got {_shown(value)}; {way}") from error


_KINDS = ("float", "int", "str", "bool")
_FREE = ("a number, text, true or false", "write one, or a choice: {between = [low, high]} or {any_of = [...]}")


def _wanted(field: FieldInfo | None, value: object, option: str) -> tuple[str, str]:
    """Return what a field must be, and the way out, in our words."""
    if field is None:
        return "a table", "write one"
    kinds = [kind for kind in (get_args(field.annotation) or (field.annotation,)) if kind is not type(None)]
    if get_origin(field.annotation) is Literal:
        told = [str(kind) for kind in kinds]
        return f"{', '.join(told[:-1])} or {told[-1]}", "choose one of these"
    if kinds == [bool]:
        return "true or false", "choose one of these"
    if kinds == [str]:
        return "text", "write it in quotes"
    if kinds not in ([float], [int]):
        return "a table", "write one"
    kind = "" if isinstance(value, (float, int)) and kinds == [float] else "a number "
    return f"{'a whole number ' if kinds == [int] else kind}{_range(field)}", f"choose {option} in that range"


def _range(field: FieldInfo) -> str:
    edges = {name: getattr(m, name) for m in field.metadata for name in ("ge", "gt", "le") if hasattr(m, name)}
    if "gt" in edges:
        return f"above {edges['gt']:g} and at most {edges['le']:g}"
    return f"between {edges['ge']:g} and {edges['le']:g}"


def _shown(value: object) -> str:
    text = repr(int(value) if isinstance(value, float) and value.is_integer() else value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _field_at(path: tuple[str | int, ...]) -> FieldInfo | None:
    """Return the field that a path leads to; None inside tables whose keys are free."""
    fields, field = Recipe.model_fields, None
    steps = list(path)
    while steps:
        step = str(steps.pop(0))
        if step not in fields:
            return None
        field = fields[step]
        table: Any = field.annotation
        if field is Recipe.model_fields["parts"] and steps:
            table, field = Part, None
            steps.pop(0)
        fields = table.model_fields if isinstance(table, type) and issubclass(table, BaseModel) else {}
    return field


def fields_at(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """Return the field names that a recipe knows at a path, for suggestions."""
    table: Any = Recipe
    for step in path:
        if table is Recipe and step == "parts":
            table = None
        elif table is None:
            table = Part
        else:
            found = table.model_fields.get(str(step))
            table = found.annotation if found else None
        if table is not None and not (isinstance(table, type) and issubclass(table, BaseModel)):
            return ()
    return tuple(table.model_fields) if table is not None else ()
