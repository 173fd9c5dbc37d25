"""Where the time of one track goes, in a process that is already warm."""

from __future__ import annotations

from bench.effort import Effort, median_s
from bench.material import SONG_SEED
from bench.page import Table, milliseconds, times
from dusktape.core.seed import Seed
from dusktape.studio.production import Production, compose
from dusktape.studio.wish import DEFAULT_RECIPE, Wish

TITLE = "Stages"


def run(effort: Effort) -> list[Table]:
    """Measure composing, rendering, mixing and mastering of one song."""
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
            f"Seed {SONG_SEED}, {sound_s:.0f} s, {len(production().parts)} parts on two threads. Later stages are "
            "differences: they overlap with the rendering.",
            ["stage", "time", "times real time"],
            rows,
        )
    ]
