"""Where the time of one track goes, in a process that is already warm."""

from __future__ import annotations

from bench.effort import Effort, median_s
from bench.material import SONG_SEED
from bench.page import Table, milliseconds, times
from dusktape.core.seed import Seed
from dusktape.mix.strip import Strip
from dusktape.studio.levels import gain_for
from dusktape.studio.production import HOP, Production, compose
from dusktape.studio.rig import Seat, open_strip, played, seats
from dusktape.studio.wish import DEFAULT_RECIPE, Wish

TITLE = "Stages"


def run(effort: Effort) -> list[Table]:
    """Measure composing, rendering, mixing and mastering of one song, then its parts."""
    seed = Seed(SONG_SEED)
    recipe = Wish(DEFAULT_RECIPE, minutes=effort.minutes).resolve(seed)
    score = compose(recipe, seed)

    def production() -> Production:
        return Production(recipe, seed, score)

    composing = median_s(lambda: compose(recipe, seed), effort.repeats)
    stems = median_s(lambda: sum(1 for _ in production().stems()), effort.repeats)
    mix = median_s(lambda: sum(1 for _ in production().mix()), effort.repeats)
    master = median_s(lambda: sum(1 for _ in production().master()), effort.repeats)
    sound_s = production().frames / 44_100
    stages = {
        "composing": composing,
        "balance and stems": stems,
        "sum and the master's effects": max(0.0, mix - stems),
        "limiter and loudness": max(0.0, master - mix),
    }
    rows = [[name, milliseconds(spent), times(sound_s, max(spent, 1e-9))] for name, spent in stages.items()]
    rows.append(["**all**", milliseconds(composing + master), times(sound_s, composing + master)])
    return [
        Table(
            f"Seed {SONG_SEED}, {sound_s:.0f} s, {len(production().parts)} parts in one process. Later stages are "
            "differences: they overlap with the rendering.",
            ["stage", "time", "times real time"],
            rows,
        ),
        _strips(production(), sound_s, effort),
    ]


def _strips(production: Production, sound_s: float, effort: Effort) -> Table:
    rows, total = [], 0.0
    for seat in seats(production.recipe, production.score):
        balance, opening, rendering = _strip(seat, production, effort)
        total += balance + rendering
        cells = [milliseconds(t) for t in (balance, opening, rendering)]
        rows.append([seat.name, seat.part.instrument, *cells, times(sound_s, balance + rendering)])
    rows.append(["**all**", "", "", "", milliseconds(total), times(sound_s, total)])
    return Table(
        f"The parts of seed {SONG_SEED}, {sound_s:.0f} s, each alone on one thread with its own effects. Rendering "
        "includes opening; the last line is balance and rendering.",
        ["part", "instrument", "balance", "open", "render", "times real time"],
        rows,
    )


def _strip(seat: Seat, production: Production, effort: Effort) -> tuple[float, float, float]:
    """Return the times of balancing, opening and rendering one part."""
    notes = played(production.score.parts.get(seat.name, ()), production.score)
    cues, seed = production.cues, production.seed

    def opened() -> Strip:
        return open_strip(seat, notes, cues=cues, seed=seed)

    def rendered() -> None:
        strip = opened()
        for start in range(0, cues.frames, HOP):
            strip.render(min(HOP, cues.frames - start))

    def balanced() -> float:
        return gain_for(seat, notes, cues=cues, seed=seed)

    return median_s(balanced, effort.repeats), median_s(opened, effort.repeats), median_s(rendered, effort.repeats)
