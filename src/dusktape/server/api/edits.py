"""What the studio orders: edits of a track, and files to take away; held to what a worker can do."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from dusktape.core.errors import InputError
from dusktape.radio import beforehand, editing
from dusktape.radio.nouns import Made
from dusktape.radio.state import State
from dusktape.server.api.schema import Model, Title

_SEEDS = 1_000_000

Part = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,20}$")]
Setting = Annotated[str, StringConstraints(max_length=300)]
Tick = Annotated[int, Field(ge=0, lt=1 << 24)]
NoteRow = tuple[
    Tick,
    Annotated[int, Field(ge=1, lt=1 << 24)],
    Annotated[int, Field(ge=0, le=127)],
    Annotated[int, Field(ge=1, le=127)],
]


def _short_enough(seed: str) -> str:
    if int(seed) >= 1 << 63:
        raise ValueError(f"seed must be below {1 << 63}, got {seed}; give a smaller one")
    return seed


class Fader(Model):
    """A part in the mix. Beside one that is heard alone all others are silent."""

    gain_db: float = Field(default=0.0, ge=-60.0, le=12.0)
    mute: bool = False
    solo: bool = False


class Edit(Model):
    """One thing to do to a track: parts again (or kept), notes, or settings; and the mix with it, or alone."""

    again: list[Word] = Field(default=[], max_length=8)
    keep: list[Word] = Field(default=[], max_length=8)
    bars: tuple[Annotated[int, Field(ge=1, le=9999)], Annotated[int, Field(ge=1, le=9999)]] | None = None
    seed: Annotated[str, StringConstraints(pattern=r"^\d{1,19}$"), AfterValidator(_short_enough)] | None = None
    variants: int = Field(default=1, ge=1, le=8)
    settings: list[Setting] = Field(default=[], max_length=100)
    effects: list[Part] = Field(default=[], max_length=8)
    notes: dict[Part, Annotated[list[NoteRow], Field(max_length=50_000)]] | None = None
    mix: dict[Part, Fader] | None = None
    title: Title | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Edit:
        there = [
            bool(self.again),
            bool(self.keep),
            bool(self.settings or self.effects),
            self.notes is not None,
        ]
        if (self.bars or self.seed or self.variants > 1) and not (self.again or self.keep):
            raise ValueError("bars, seed and variants go with again or keep: name parts in one of them")
        if not any(there) and self.mix is None and self.title is not None:
            raise ValueError("title goes with what makes a new version: again, keep, settings, notes or mix; name one")
        if sum(there) > 1 or (not any(there) and self.mix is None):
            raise ValueError("an edit is one of again, keep, settings, notes and mix; only the mix goes with another")
        if self.bars and self.bars[0] > self.bars[1]:
            raise ValueError("bars are first and last, counted from 1, as in [9, 12]")
        return self


class Export(Model):
    """What to take away: everything in a zip, a loop of so many bars, or the track in a format."""

    what: Literal["bundle", "loop", "flac", "wav", "mp3", "ogg"] = "bundle"
    bars: int = Field(default=8, ge=2, le=64, multiple_of=2)


def edits(state: State, made: Made, told: Edit) -> tuple[str, list[dict[str, Any]]]:
    """Return the kind of job that an edit is, and what workers are told, once for each variant.

    Raises
    ------
    InputError
        If it cannot be done to the track.
    """
    _check(made, told)
    spec = {"track": made.id, **told.model_dump(mode="json", exclude_defaults=True, exclude={"variants"})}
    if told.notes is not None:
        spec["notes"] = told.notes
    if told.mix is not None:
        spec["mix"] = {part: fader.model_dump() for part, fader in told.mix.items()}
    editing.check(state, made, spec)
    others = told.again or told.keep or told.settings or told.effects
    kind = "notes" if told.notes is not None else "edit" if others else "mix"
    if not told.again and not told.keep:
        return kind, [spec]
    first = int(told.seed) if told.seed else secrets.randbelow(_SEEDS)
    return kind, [{**spec, "seed": str(first + k)} for k in range(told.variants)]


def export_of(state: State, made: Made, told: Export) -> dict[str, Any]:
    """Return what workers are told of a file to take away. A loop of no length told is as long as the song at most.

    Raises
    ------
    InputError
        If the track cannot give it.
    """
    if told.what != "loop":
        return {"track": made.id, "what": told.what}
    score = beforehand.score_of(state, made)
    most = told.bars if score is None else max(2, beforehand.bars_of(score) // 2 * 2)
    bars = told.bars if "bars" in told.model_fields_set else min(told.bars, most)
    beforehand.check_export(state, made, told.what, bars)
    return {"track": made.id, "what": told.what, "bars": bars}


def recipe_of(made: Made) -> dict[str, Any]:
    """Return what a track says of its recipe."""
    recipe = made.provenance.get("recipe")
    return recipe if isinstance(recipe, dict) else {}


def playing(made: Made) -> dict[str, dict[str, Any]]:
    """Return the parts of a track's recipe that play."""
    parts = recipe_of(made).get("parts", {})
    return {name: part for name, part in parts.items() if part.get("on", True)}


def _check(made: Made, told: Edit) -> None:
    """Refuse at once what would only fail later: parts that do not play."""
    there = playing(made)
    for part in {**(told.mix or {}), **dict.fromkeys(told.notes or {})}:
        if part not in there:
            raise InputError(f"no {part} plays in this song; it has {', '.join(there)}")
    mix = told.mix or {}
    alone = [part for part, fader in mix.items() if fader.solo] or list(there)
    if mix and all(part in mix and mix[part].mute for part in alone):
        raise InputError(f"nothing would sound: {', '.join(alone)} muted, and no other part heard; leave one in")


__all__ = ["Edit", "Export", "Fader", "Part", "edits", "export_of", "playing", "recipe_of"]
