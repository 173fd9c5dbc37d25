"""From a recipe and a performed score to strips that are ready to play."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from dusktape.core.audio import SAMPLE_RATE, Cues, Effect, EventCue, Instrument, PlayedNote, SectionCue
from dusktape.core.errors import DusktapeError, PluginError, RecipeError
from dusktape.core.params import build
from dusktape.core.plugins import find
from dusktape.core.recipe import Part, Recipe
from dusktape.core.score import KICKS, Note, Score
from dusktape.core.seed import Seed
from dusktape.core.strangers import open_player, stranger
from dusktape.mix.automation import SongGain
from dusktape.mix.chain import Chain, Named
from dusktape.mix.strip import Strip


@dataclass(frozen=True, slots=True)
class Seat:
    """A part with its instrument and effects made from their parameters, before anything is opened."""

    name: str
    part: Part
    instrument: Instrument
    effects: tuple[Named, ...]


def seats(recipe: Recipe, score: Score) -> tuple[Seat, ...]:
    """Return the parts that sound: textures that are on, and parts that have notes.

    A texture that only `listens_for` kinds of events sounds where the score has one of them.

    Raises
    ------
    RecipeError
        If an instrument or effect gets a parameter it does not have, or a value out of range.
    PluginError
        If an instrument or effect does not exist.
    """
    there = {event.kind for event in score.events}
    playing = wanted(recipe, lambda name: bool(score.parts.get(name)))
    waiting = ((seat, getattr(seat.instrument, "listens_for", ())) for seat in playing)
    return tuple(seat for seat, kinds in waiting if not kinds or not seat.part.texture or there.intersection(kinds))


def wanted(recipe: Recipe, has_notes: Callable[[str], bool] = lambda part: True) -> list[Seat]:
    """Return the parts of a recipe that are on, players only where they have notes. Raises as `seats` does."""
    return [
        Seat(name, part, _instrument(name, part), effects(part.chain, f"parts.{name}.chain"))
        for name, part in recipe.parts.items()
        if part.on and (part.texture or has_notes(name))
    ]


def check_parts(recipe: Recipe, *, where: str) -> None:
    """Make every instrument and effect of a recipe once, whether it plays or not.

    Raises
    ------
    RecipeError
        Naming the recipe's file, the place in it, and what does not exist or is out of range.
    """
    try:
        find("composers", recipe.composer)
        for name, part in recipe.parts.items():
            _instrument(name, part)
            effects(part.chain, f"parts.{name}.chain")
        effects(recipe.master.chain, "master.chain")
    except DusktapeError as error:
        raise RecipeError(f"{where}: {error}") from error


def _instrument(name: str, part: Part) -> Instrument:
    kind = _find("instruments", part.instrument, f"parts.{name}.instrument")
    made: Instrument = _built("instruments", kind, part.params, f"parts.{name} ({part.instrument})")
    return made


def _built(group: str, kind: Any, values: Mapping[str, Any], where: str) -> Any:
    who = stranger(group, kind)
    with who.watched() if who else nullcontext():
        return build(kind, values, where=where)


def _find(group: str, name: str, where: str) -> Any:
    try:
        return find(group, name)
    except PluginError as error:
        raise PluginError(f"{where}: {error}") from error


def effects(chain: Mapping[str, Mapping[str, Any]], where: str) -> tuple[Named, ...]:
    """Make the effects of a chain. A name is that of its effect, unless the table says `effect = "bell"` itself."""
    made: list[Named] = []
    for name, table in chain.items():
        kind = table.get("effect", name)
        if not isinstance(kind, str):
            raise RecipeError(f"{where}.{name}.effect must be the name of an effect, got {kind!r}")
        values = {k: v for k, v in table.items() if k != "effect"}
        place = f"{where}.{name}"
        effect: Effect = _built("effects", _find("effects", kind, place), values, place)
        made.append((name, effect))
    return tuple(made)


def cues_of(score: Score, sample_rate: int = SAMPLE_RATE) -> Cues:
    """Return what effects may follow: length, tempo, kicks and sections, in frames."""
    kicks = [n for n in score.parts.get("drums", ()) if n.pitch in KICKS]
    ends = [_frame(score, s.start + s.length, sample_rate) for s in score.sections]
    sections = tuple(
        SectionCue(
            s.name,
            _frame(score, s.start, sample_rate),
            end - _frame(score, s.start, sample_rate),
            s.brightness,
            s.brightness_end,
            s.level,
            s.level_end,
        )
        for s, end in zip(score.sections, ends, strict=True)
    )
    return Cues(
        frames=max(ends, default=_frame(score, score.length, sample_rate)),
        bpm=score.bpm,
        kicks=tuple((_frame(score, n.start, sample_rate), n.velocity / 127.0) for n in kicks),
        sections=sections,
        events=tuple(
            EventCue(
                e.kind,
                start := _frame(score, e.start, sample_rate),
                _frame(score, e.start + e.length, sample_rate) - start,
            )
            for e in score.events
        ),
    )


def _frame(score: Score, ticks: int, sample_rate: int) -> int:
    return round(score.seconds(ticks) * sample_rate)


def played(notes: Sequence[Note], score: Score, sample_rate: int = SAMPLE_RATE) -> list[PlayedNote]:
    """Return notes in frames, for an instrument."""
    return [
        PlayedNote(
            start := _frame(score, n.start, sample_rate),
            max(1, _frame(score, n.start + n.length, sample_rate) - start),
            n.pitch,
            n.velocity / 127.0,
        )
        for n in notes
    ]


def open_strip(
    seat: Seat,
    notes: Sequence[PlayedNote],
    *,
    cues: Cues,
    seed: Seed,
    gain: float = 1.0,
    song_gain: SongGain | None = None,
    sample_rate: int = SAMPLE_RATE,
) -> Strip:
    """Open a seat's instrument and effects and return the strip at frame 0."""
    here = seed.at("part", seat.name)
    player = open_player(seat.instrument, sample_rate, notes, cues, here)
    chain = Chain(seat.effects, sample_rate, player.channels, cues=cues, seed=here.at("chain"))
    return Strip(player, chain, gain=gain, pan=seat.part.pan, song_gain=song_gain)
