"""Doing parts of a song again: all through, or in some bars. What is kept stays as it is, note for note."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dusktape.compose.fit import fitting
from dusktape.compose.guest import answered_again
from dusktape.compose.over import VOICES, Scene, cut, fitted, shakers, tails
from dusktape.compose.perform import perform
from dusktape.compose.starts import Start, writers_of
from dusktape.compose.take import GIVEN, HANDS, HARMONY, ROLES, SUNG, Take, as_written, paired
from dusktape.core.errors import InputError
from dusktape.core.recipe import Recipe
from dusktape.core.score import BAR, SIXTEENTH, TICKS_PER_BEAT, Chord, Note, Score
from dusktape.core.seed import Seed

_ORDER = ("drums", "bass", "keys", "pad", "lead")
"""Who has to be heard before whom."""


@dataclass(frozen=True, slots=True)
class Again:
    """What is done again, and from which seed.

    Parameters
    ----------
    what
        Some of `take.ROLES`. New chords take keys, pad and bass along; a guest answers a new lead.
    seed
        The new parts' seed.
    bars
        First and last, counted from 1 as they are heard; None for the whole song.
    """

    what: tuple[str, ...]
    seed: int
    bars: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        wanted = {*self.what, *(HANDS if HARMONY in self.what else ())}
        object.__setattr__(self, "what", tuple(role for role in ROLES if role in wanted))

    @property
    def mark(self) -> str:
        """The seed, for the names of files."""
        return str(self.seed)

    @property
    def told(self) -> str:
        """What was done, for people."""
        return f"{' '.join(self.what)} again from seed {self.seed}"

    def table(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"what": list(self.what), "bars": list(self.bars) if self.bars else None, "seed": self.seed}


def again(take: Take, recipe: Recipe, edit: Again, start: Start) -> Take:
    """Return the next take.

    The form stays: which sections there are and who plays in them. Through the whole song, parts are composed as the
    first time, from the new seed, so that what returned returns again. Where the chords that stand are not those that
    this gives (they were changed before, or the melody is kept and the harmony is not), pitched parts are written
    over them bar for bar. New chords under a kept melody are searched for, so that it fits, and so does what a guest
    answers it. A guest that is done again stays in its bars.

    Parameters
    ----------
    take
        What there is.
    recipe
        Of the song.
    edit
        What to do again.
    start
        What the song began from.

    Raises
    ------
    InputError
        If the song has no such bars.
    """
    if edit.bars is None:
        return _everywhere(take, recipe, edit, start)
    first, last = edit.bars
    bars = -(-take.written.length // BAR)
    if not 1 <= first <= last <= bars:
        raise InputError(f"there are no bars {first}-{last} in this song; it has {bars}, counted from 1")
    return _in_bars(take, recipe, edit, first - 1, last)


def _everywhere(take: Take, recipe: Recipe, edit: Again, start: Start) -> Take:
    seed = replace(
        take.seed, roles=tuple(sorted({**dict(take.seed.roles), **dict.fromkeys(edit.what, edit.seed)}.items()))
    )
    here = seed.at("compose")
    fresh, old = start.write(recipe, here), take.written
    what = _with_guest(edit.what, recipe)
    parts = {p: n for p, n in old.parts.items() if p not in what}
    parts |= {p: n for p, n in fresh.parts.items() if p in what}
    chords = fresh.chords if HARMONY in edit.what else old.chords
    scene = Scene(recipe, old.key, writers_of(recipe, here), chords, parts)
    if HARMONY in edit.what and "lead" not in edit.what and old.parts.get("lead"):
        chords = _under(_sung(old.parts, what), scene, old, here)
        scene = replace(scene, chords=chords)
    spans = _changed(old, chords, fresh.chords)
    for part in _ORDER[1:]:
        if part in edit.what and part in parts:
            for first, bars, name in spans:
                if _plays(fresh.parts[part], first, bars):
                    scene, _ = _rewritten(scene, part, first, bars, here.at(part, "over", name))
    if "guest" in what:
        before = (fresh if "lead" in what else old).parts.get("guest", ())
        scene = replace(scene, parts=_answered(scene, old, before, here.at("guest")))
    written = replace(old, chords=chords, parts={p: tuple(n) for p, n in scene.parts.items()})
    played = perform(written, recipe, seed.at("perform"))
    played = as_written(written, played, {p: n for p, n in start.given.items() if p in edit.what})
    kept = {p: n for p, n in take.played.parts.items() if p not in what}
    return Take(written, replace(played, parts={**played.parts, **kept}), seed)


def _with_guest(what: tuple[str, ...], recipe: Recipe) -> tuple[str, ...]:
    """Return what is done again with the guest, if there is one, behind its lead."""
    follows = "lead" in what and "guest" not in what and "guest" in recipe.parts and recipe.parts["guest"].on
    return (*what, "guest") if follows else what


def _sung(parts: Mapping[str, Sequence[Note]], what: Sequence[str]) -> list[Note]:
    """Return the melody that stays: the lead, and what a guest answers it."""
    return sorted(n for part in SUNG if part not in what for n in parts.get(part, ()))


def _answered(scene: Scene, song: Score, before: Sequence[Note], seed: Seed) -> Mapping[str, Sequence[Note]]:
    """Return the scene's parts with a guest in the bars in which it played before, while the lead rests."""
    score = replace(song, chords=scene.chords, parts={p: tuple(sorted(n)) for p, n in scene.parts.items()})
    return answered_again(score, before, seed).parts


def _under(melody: Sequence[Note], scene: Scene, old: Score, seed: Seed) -> tuple[Chord, ...]:
    """Return new chords for the song under its melody; those of a beginning that was given and the last one stay."""
    start = old.sections[0]
    first = start.length // BAR if start.name == GIVEN else 0
    ringing = old.chords[-1]
    last = ringing.start // BAR
    found = fitting(
        melody,
        first=first,
        bars=last - first,
        recipe=scene.recipe,
        key=scene.key,
        writers=scene.writers,
        seed=seed.at("loop", "under"),
    )
    before = cut(old.chords, 0, first * BAR) if first else ()
    return (*before, *found, *cut(old.chords, last * BAR, ringing.start + ringing.length - last * BAR))


def _changed(song: Score, these: Sequence[Chord], those: Sequence[Chord]) -> list[tuple[int, int, str]]:
    """Return (first bar, bars, section) of each stretch, within a section, over which the chords differ."""
    spans: list[tuple[int, int, str]] = []
    for section in song.sections:
        for bar in range(section.start // BAR, (section.start + section.length) // BAR):
            if cut(these, bar * BAR, BAR) == cut(those, bar * BAR, BAR):
                continue
            if spans and sum(spans[-1][:2]) == bar and bar * BAR > section.start:
                spans[-1] = (spans[-1][0], spans[-1][1] + 1, spans[-1][2])
            else:
                spans.append((bar, 1, section.name))
    return spans


def _plays(notes: Sequence[Note], first: int, bars: int) -> bool:
    return any(first * BAR <= n.start < (first + bars) * BAR for n in notes)


def _rewritten(scene: Scene, part: str, first: int, bars: int, seed: Seed) -> tuple[Scene, list[Note]]:
    """Return the scene with one part written anew in some bars, and what is new in it."""
    start, end = first * BAR, (first + bars) * BAR
    notes = scene.parts.get(part, ())
    gone = [n for n in notes if start <= n.start < end]
    kept = [n for n in notes if not start <= n.start < end]
    new = [*scene.write(part, first, bars, seed), *tails(part, gone, end)]
    new += shakers(gone) if part == "drums" else []
    new = fitted(part, kept, new, start, end)
    return replace(scene, parts={**scene.parts, part: (*kept, *new)}), new


def _in_bars(take: Take, recipe: Recipe, edit: Again, first: int, last: int) -> Take:
    old, start, end = take.written, first * BAR, last * BAR
    here = Seed(edit.seed).at("again", first, last)
    what = [p for p in _ORDER if p in edit.what and p in recipe.parts and recipe.parts[p].on]
    shortened = [p for p in what if p in HANDS and HARMONY in edit.what]
    scene = Scene(recipe, old.key, writers_of(recipe, take.seed.at("compose")), old.chords, dict(old.parts))
    if HARMONY in edit.what:
        scene = replace(scene, chords=_other_chords(scene, edit, first, last, here))
        scene = replace(scene, parts={p: _ended(n, start) if p in shortened else n for p, n in scene.parts.items()})
    new: dict[str, list[Note]] = {}
    for part in what:
        scene, new[part] = _rewritten(scene, part, first, last - first, here.at(part))
    if "guest" in _with_guest(edit.what, recipe) and old.parts.get("guest"):
        answered = _answered(scene, old, old.parts["guest"], here.at("guest"))
        for part in [p for p in what if p == "lead"] + ["guest"]:
            new[part] = [n for n in answered.get(part, ()) if start <= n.start < end]
            kept = [n for n in scene.parts.get(part, ()) if not start <= n.start < end]
            scene = replace(scene, parts={**scene.parts, part: (*kept, *new[part])})
    written = replace(old, chords=scene.chords, parts={p: tuple(n) for p, n in scene.parts.items()})
    performed = perform(written, recipe, here.at("perform")).parts
    played = dict(take.played.parts)
    for part in new:
        pairs = paired(old.parts.get(part, ()), played.get(part, ()))
        kept = [p for w, p in pairs if not start <= w.start < end]
        kept = _ended(kept, start) if part in shortened else kept
        played[part] = (*kept, *_played(part, new[part], written.parts[part], performed[part], kept, end))
    return Take(written, replace(take.played, chords=written.chords, parts=played), take.seed)


def _other_chords(scene: Scene, edit: Again, first: int, last: int, seed: Seed) -> tuple[Chord, ...]:
    """Return the song's chords with other ones in some bars, under the melody if that stays."""
    found = fitting(
        () if "lead" in edit.what else _sung(scene.parts, edit.what),
        first=first,
        bars=last - first,
        recipe=scene.recipe,
        key=scene.key,
        writers=scene.writers,
        seed=seed.at(HARMONY),
    )
    whole = max(c.start + c.length for c in scene.chords)
    before, after = cut(scene.chords, 0, first * BAR), cut(scene.chords, last * BAR, whole - last * BAR)
    return (*(before if first else ()), *found, *(after if whole > last * BAR else ()))


def _ended(notes: Sequence[Note], tick: int) -> list[Note]:
    """Return notes of which none rings over a tick by more than a beat: those that would end there."""
    over = (n.start < tick < n.start + n.length - TICKS_PER_BEAT for n in notes)
    return [replace(n, length=tick - n.start) if rings else n for n, rings in zip(notes, over, strict=True)]


def _played(
    part: str, new: Sequence[Note], written: Sequence[Note], performed: Sequence[Note], kept: Sequence[Note], end: int
) -> list[Note]:
    """Return new notes as performed; in a part of one voice none sounds into the next kept one."""
    wanted = Counter(new)
    out = []
    for note, played in paired(written, performed):
        if wanted[note]:
            wanted[note] -= 1
            out.append(played)
    following = min((n.start for n in kept if n.start > end - SIXTEENTH), default=None)
    if part not in VOICES or following is None:
        return out
    return [replace(n, length=max(1, min(n.length, following - n.start))) for n in out if n.start < following]
