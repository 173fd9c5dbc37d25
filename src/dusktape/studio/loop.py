"""A loop on its way from score to sound: several turns of it are played, and one is cut out that closes on itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.compose.control import Control
from dusktape.compose.loop import Loop, turned, wrapped
from dusktape.core.audio import SAMPLE_RATE, Block, Stems
from dusktape.core.plugins import find
from dusktape.core.recipe import Recipe
from dusktape.core.score import Score
from dusktape.core.seed import Seed
from dusktape.dsp.closing import Homing, Seam
from dusktape.dsp.loudness import LoudnessMeter
from dusktape.io.spool import Spool
from dusktape.mix.chain import Chain
from dusktape.mix.master import Ceiling, FirstPass
from dusktape.studio.desk import total
from dusktape.studio.production import HOP, Measured, Production, Progress, StemTap
from dusktape.studio.second import Errand, Second

_SETTLED_S = 8.0
"""Tails, tapes and compressors have forgotten how a song began after so long."""

_GOES_ON_S = 4.0
"""It is played on for so long after the turn that is taken, since songs fade out."""

_TEXTURE_FADE_S, _PART_FADE_S, _MIX_FADE_S, _LIMITER_FADE_S = 4.0, 0.25, 0.05, 0.01
"""Weather is faded over slowly, for it is never twice the same; what plays the same notes in every turn, quickly."""

_BEND_S = 2.0
_AROUND, _REACH = 2048, 600
"""Frames on either side of the seam that are compared, and how far two turns may lie apart on a tape: 14 ms."""

_HEARD_S = 20.0
"""A loop is played round for so long, and at least twice, when its loudness is measured."""


def _no_tap(stems: Stems) -> None:
    pass


def _no_progress(stage: str, share: float) -> None:
    pass


@dataclass
class LoopProduction(Production):
    """A loop, composed, and ready to be rendered any number of times. Its control starts from a `compose.loop.Loop`.

    The score is one turn. To be heard, it is played round through the same strips as any song, and a turn is taken when
    everything has settled. What is not the same in every turn (weather, tremolo, tape) is led, at the end of the turn
    taken, into what preceded its start: each stem by itself, then the mix behind the master's effects, last the
    limiter. Loudness and true peak are those of the loop going round.
    """

    def __post_init__(self) -> None:
        outboard, self.outboard = self.outboard, False
        errands, self.errands = self.errands, ()
        super().__post_init__()
        before, after = self._bars_in(_SETTLED_S), self._bars_in(_GOES_ON_S)
        self._first = round(self.score.seconds(before) * SAMPLE_RATE)
        played = turned(self.score, before=before, after=after)
        mixed = Control(levels=self.control.levels)
        self._turns = Production(
            self.recipe,
            self.seed,
            played,
            threads=self.threads,
            outboard=outboard,
            control=mixed,
            errands=errands,
        )

    def _composed(self) -> Score:
        return wrapped(super()._composed())

    def _bars_in(self, seconds: float) -> int:
        """Return the ticks of so many whole bars that they last at least this long."""
        bar = self.score.ticks_per_bar
        return bar * math.ceil(seconds / self.score.seconds(bar))

    def _frames_in(self, seconds: float, share: int) -> int:
        return min(round(seconds * SAMPLE_RATE), self.frames // share)

    def stems(self, hop: int = HOP) -> Iterator[Stems]:
        """Yield all stems of the loop, each closed on itself. Their sum is the mix before the master."""
        reach = self._frames_in(_TEXTURE_FADE_S, 2)
        weather = Homing(reach, around=_AROUND)
        player = Homing(self._frames_in(_PART_FADE_S, 8), self._frames_in(_BEND_S, 4), _AROUND, _REACH)
        seams = {
            seat.name: Seam(self._first, self.frames, reach, _AROUND, weather if seat.part.texture else player)
            for seat in self._seats
        }
        for stems in self._turns.stems(hop):
            of_loop = {part: seam.process(stems[part]) for part, seam in seams.items()}
            if any(block.shape[1] for block in of_loop.values()):
                yield of_loop
            if all(seam.done for seam in seams.values()):
                return

    def mix(self, tap: StemTap = _no_tap) -> Iterator[Block]:
        """Yield the sum of the stems, as it comes out of the master's effects when it goes round and round."""
        with Spool(2) as once:
            for stems in self.stems():
                tap(stems)
                once.write(total(stems))
                self.progress("rendering", once.frames / self.frames)
            chain = Chain(self._master_effects, SAMPLE_RATE, 2, cues=self._turns.cues, seed=self.seed.at("master"))
            reach, fade = self._frames_in(_BEND_S, 4), self._frames_in(_MIX_FADE_S, 8)
            join = Homing(fade, reach, _AROUND, _REACH)
            seam = Seam(self._first, self.frames, reach, _AROUND, join)
            yield from _cut(chain, _leading_up(once, self._first), seam)

    def master(self, tap: StemTap = _no_tap) -> Iterator[Block]:
        """Yield the loop, at its loudness and under its ceiling when it is played round.

        Parameters
        ----------
        tap
            Is shown the stems as they go by.
        """
        master, turns = self.recipe.master, max(2, math.ceil(_HEARD_S * SAMPLE_RATE / self.frames))
        limiter = find("effects", "limiter")(ceiling_dbtp=master.ceiling_dbtp)
        with Spool(2) as mixed, Spool(2) as done:
            for block in self.mix(tap):
                mixed.write(block)
            first = FirstPass(SAMPLE_RATE, frames=turns * self.frames)
            for _ in range(turns):
                for block in mixed.read(HOP):
                    first.process(block)
            ceiling = Ceiling(limiter.ceiling_dbtp, limiter.release_ms, limiter.lookahead_ms)
            gain = np.float32(10.0 ** (first.gain_db(master.loudness_lufs, ceiling) / 20.0))
            last = Chain([("limiter", limiter)], SAMPLE_RATE, 2, cues=self.cues, seed=self.seed)
            fade = self._frames_in(_LIMITER_FADE_S, 8)
            louder = (block * gain for block in _leading_up(mixed, self._first))
            for block in _cut(last, louder, Seam(self._first, self.frames, fade, 0, Homing(fade))):
                done.write(block)
                self.progress("mastering", done.frames / self.frames)
            meter = LoudnessMeter(SAMPLE_RATE, 2)
            for _ in range(turns):
                for block in done.read(HOP):
                    meter.process(block)
            yield from done.read(HOP)
        self.measured = Measured(meter.integrated_lufs, meter.range_lu, meter.true_peak_db)


def produced(
    recipe: Recipe,
    seed: Seed,
    *,
    control: Control | None = None,
    outboard: bool | Second = False,
    progress: Progress = _no_progress,
    errands: Sequence[Errand] = (),
) -> Production:
    """Return the production of a song, or of a loop where that is what its control starts from.

    Parameters
    ----------
    recipe, seed, control, outboard, progress, errands
        As for `Production`.
    """
    control = control or Control()
    kind = LoopProduction if isinstance(control.start, Loop) else Production
    return kind(recipe, seed, outboard=outboard, progress=progress, control=control, errands=errands)


def _leading_up(spool: Spool, frames: int) -> Iterator[Block]:
    """Yield what is spooled, round and round, from so many frames before its start on."""
    skipped = -frames % spool.frames
    while True:
        for block in spool.read(HOP):
            here = block[:, skipped:]
            skipped = max(0, skipped - block.shape[1])
            if here.shape[1]:
                yield here


def _cut(chain: Chain, blocks: Iterator[Block], seam: Seam) -> Iterator[Block]:
    """Yield the loop that a seam cuts out of what a chain makes of an endless stream."""
    while not seam.done:
        out = seam.process(chain.process(next(blocks)))
        if out.shape[1]:
            yield out
