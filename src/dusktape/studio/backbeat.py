"""Our drums beside music that somebody gave: a form in whole bars, a drummer for it, and everything on its beat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dusktape.compose.material import PHRASE_BARS, write_drums
from dusktape.compose.starts import writers_of
from dusktape.core.recipe import Recipe
from dusktape.core.score import BAR, SIXTEENTH, Event, Note, Score, Section
from dusktape.core.seed import Seed

_SHORT, _LONG = 12, 40
_NAMES = ("A", "B")
_LAST = "outro"

OnGrid = Callable[[float], float]
"""Where a tick of the music falls, in ticks of the score: its beat is not quite even."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Some bars of the form: name, first bar, how many, whether the drums play, brightness at both ends."""

    name: str
    first: int
    bars: int
    drums: bool
    brightness: float
    brightness_end: float


def form_of(bars: int) -> tuple[Passage, ...]:
    """Return a form for so many bars of somebody's music.

    It comes out of a filter without drums, turns in eights, holds back once in a long piece, and closes without drums.
    What is shorter than twelve bars has drums throughout.
    """
    if bars < _SHORT:
        return (Passage("A", 0, bars, True, 1.0, 1.0),)
    edge = 4 if bars >= 2 * _SHORT else 2
    out = [Passage("intro", 0, edge, False, 0.3, 0.9)]
    middle = bars - 2 * edge
    holds = -(-middle // PHRASE_BARS) // 2 if bars >= _LONG else -1
    for turn, first in enumerate(range(0, middle, PHRASE_BARS)):
        size = min(PHRASE_BARS, middle - first)
        name = _NAMES[turn // 2 % 2]
        if turn == holds and size == PHRASE_BARS:
            out.append(Passage("break", edge + first, 4, False, 0.4, 0.7))
            first, size = first + 4, 4
        out.append(Passage(name, edge + first, size, True, 1.0 if name == "B" else 0.9, 1.0))
    out.append(Passage(_LAST, bars - edge, edge, False, 0.8, 0.2))
    return tuple(out)


def drum_part(form: Sequence[Passage], recipe: Recipe, seed: Seed) -> tuple[Note, ...]:
    """Return what our drummer plays through a form, on the grid: eight bars for A and for B, a fill at each end."""
    writers = writers_of(recipe, seed)
    fills = (False,) * (PHRASE_BARS - 1) + (True,)
    patterns = {
        name: write_drums(recipe, writers, fills, seed.at(name))
        for name in dict.fromkeys(s.name for s in form if s.drums)
    }
    hits: list[Note] = []
    for passage in form:
        if passage.drums:
            # The last bars of the pattern: a short passage ends with its fill, too.
            skip = (PHRASE_BARS - passage.bars % PHRASE_BARS) % PHRASE_BARS
            for hit in patterns[passage.name]:
                start = hit.start - skip * BAR
                if 0 <= start < passage.bars * BAR:
                    hits.append(replace(hit, start=start + passage.first * BAR, length=SIXTEENTH))
    return tuple(sorted(hits))


def sections_of(form: Sequence[Passage], *, end: int) -> tuple[Section, ...]:
    """Return the sections of a form, on the grid, the last one up to tick `end`."""
    starts = [s.first * BAR for s in form]
    ends = [*starts[1:], max(end, starts[-1] + BAR)]
    return tuple(
        Section(s.name, start, after - start, s.brightness, s.brightness_end)
        for s, start, after in zip(form, starts, ends, strict=True)
    )


def warped(score: Score, on_grid: OnGrid, *, end: int) -> Score:
    """Return a score with all its times moved to somebody's beat.

    The first section begins at 0, the last ends at `end`. Notes that would begin before 0 are left out.
    """

    def moved(start: int, length: int) -> tuple[int, int]:
        first = round(on_grid(start))
        return first, max(1, round(on_grid(start + length)) - first)

    parts = {}
    for name, notes in score.parts.items():
        placed = ((n, *moved(n.start, n.length)) for n in notes)
        parts[name] = tuple(replace(n, start=s, length=k) for n, s, k in placed if 0 <= s < end)
    starts = [0, *(max(1, round(on_grid(s.start))) for s in score.sections[1:])]
    ends = [*starts[1:], end]
    sections = tuple(
        replace(s, start=start, length=max(1, after - start))
        for s, start, after in zip(score.sections, starts, ends, strict=True)
    )
    events = tuple(Event(*moved(e.start, e.length), e.kind) for e in score.events)
    return replace(score, parts=parts, sections=sections, events=events)
