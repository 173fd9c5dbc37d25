"""One song on its way from score to sound. Everything that sounds comes through here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from dusktape.compose.control import Control
from dusktape.compose.perform import perform
from dusktape.core.audio import SAMPLE_RATE, Block, Stems
from dusktape.core.errors import InputError, RecipeError
from dusktape.core.plugins import find
from dusktape.core.recipe import Recipe
from dusktape.core.score import Score
from dusktape.core.seed import Seed
from dusktape.dsp.loudness import LoudnessMeter
from dusktape.io.spool import Spool
from dusktape.mix.chain import Chain
from dusktape.mix.master import Ceiling, FirstPass
from dusktape.studio.desk import AHEAD, Desk, total
from dusktape.studio.levels import levelled
from dusktape.studio.outboard import Outboard, shared
from dusktape.studio.rig import Seat, cues_of, effects, seats
from dusktape.studio.second import Errand, Second

HOP = 65_536
"""Frames rendered at a time. Blocks of any size are cut from these."""

THREADS = 1
"""One beside the master's own; with more of them, Python's lock costs more than they bring."""

OUTBOARD_FROM_S = 45.0
"""Shorter songs are done before another process has woken up."""

CLOSES_S = 0.4
"""The noise of a machine that everything goes through falls silent in this time, when the music has."""

Progress = Callable[[str, float], None]
"""Called with a stage (`composing`, `rendering`, `mastering`) and how much of it is done, 0 to 1."""


StemTap = Callable[[Stems], None]
"""Called with every hop of stems on their way to the mix."""


def _quiet(stage: str, share: float) -> None:
    pass


def _no_tap(stems: Stems) -> None:
    pass


def compose(recipe: Recipe, seed: Seed) -> Score:
    """Return the song as its recipe's composer writes it and the players perform it."""
    composer = find("composers", recipe.composer)()
    written: Score = composer.compose(recipe, seed.at("compose"))
    return perform(written, recipe, seed.at("perform"))


@dataclass
class Measured:
    """What the finished track measures; filled while it is heard."""

    lufs: float = float("nan")
    lra: float = float("nan")
    true_peak_dbtp: float = float("nan")


@dataclass
class Production:
    """A recipe and a seed, composed, and ready to be rendered any number of times.

    Parameters
    ----------
    recipe
        Every choice closed.
    seed
        The song's.
    given
        A score to play instead of composing.
    threads
        How many strips are rendered at once, in this process. Changes nothing in the sound.
    outboard
        Whether a second process may render part of a longer song; or that process, awake already, which ends with the
        rendering. Changes nothing in the sound.
    progress
        Told how far things are.
    control
        What the song began from beside recipe and seed, what was done to it since, and its mix.
    errands
        For the second process, while we compose; where there is none they are not sent.
    """

    recipe: Recipe
    seed: Seed
    given: Score | None = None
    threads: int = THREADS
    outboard: bool | Second = False
    progress: Progress = _quiet
    control: Control = field(default_factory=Control)
    errands: Sequence[Errand] = ()
    score: Score = field(init=False)

    def __post_init__(self) -> None:
        self.progress("composing", 0.0)
        self._gains: dict[str, float] = {}
        self.measured = Measured()
        self._second = self._woken()
        try:
            self._compose()
        except BaseException:
            self._stop()
            raise
        self.progress("composing", 1.0)

    def _woken(self) -> Second | None:
        """Return the other process, which wakes up and makes ready while we compose."""
        long = self.recipe.form.length_s >= OUTBOARD_FROM_S
        if not isinstance(self.outboard, Second):
            second = Second.wake() if self.outboard and long and self.given is None else None
        else:
            second = self.outboard
        if second is not None:
            second.send({"do": "prepare", "recipe": self.recipe.model_dump(mode="json"), "seed": self.seed.value})
            for errand in self.errands:
                second.ask(errand)
        return second

    def _stop(self) -> None:
        second, self._second = self._second, None
        if second is not None:
            second.stop()

    def _compose(self) -> None:
        if self.given is not None:
            _check_parts_of(self.given, self.recipe)
        self.score = self.given or self._composed()
        levels = self.control.levels
        self._balanced = levelled(self.recipe, levels) if levels else self.recipe
        there = seats(self._balanced, self.score)
        if not there:
            raise RecipeError(f"recipe {self.recipe.name!r} has no part that sounds; switch one on")
        self._seats = tuple(s for s in there if s.name not in levels or not levels[s.name].mute)
        if not self._seats:
            raise InputError("every part of this song is muted; leave one on")
        self.cues = cues_of(self.score)
        if self.cues.frames < 1:
            raise InputError("the score has no length; give it sections, or notes that last")
        self._master_effects = effects(self.recipe.master.chain, "master.chain")

    def _composed(self) -> Score:
        if self.control.composes:
            return self.control.take(self.recipe, self.seed).played
        return compose(self.recipe, self.seed)

    @property
    def frames(self) -> int:
        """Length of the track."""
        return self.cues.frames

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the stems."""
        return tuple(s.name for s in self._seats)

    @property
    def instruments(self) -> dict[str, str]:
        """Part to the name of its instrument."""
        return {s.name: s.part.instrument for s in self._seats}

    def stems(self, hop: int = HOP) -> Iterator[Stems]:
        """Yield all stems, hop by hop. Their sum is the mix before the master."""
        for stems in self._rendered(hop, summed=False):
            yield {part: stems[part] for part in self.parts}

    def _rendered(self, hop: int, *, summed: bool) -> Iterator[Stems]:
        """Yield the stems, in any order; where a sum will do, some of them may come as one."""
        lengths = [min(hop, self.frames - first) for first in range(0, self.frames, hop)]
        if not self.outboard or self.frames < OUTBOARD_FROM_S * SAMPLE_RATE or len(self._seats) < 3:
            self._stop()
            yield from self._made_here(self._seats, lengths, summed=summed, ahead=1)
            return
        second, self._second = self._second or Second.wake(), None
        ours, theirs = shared(self._seats)
        order = (self._balanced, self.seed, self.score, self._desk(theirs), lengths, second)
        mine = self._made_here(ours, lengths, summed=summed, ahead=AHEAD)
        with Outboard(*order, summed=summed) as outboard:
            for near, far in zip(mine, outboard.stems(), strict=True):
                yield {**near, **far}

    def _made_here(self, some: Sequence[Seat], lengths: Sequence[int], *, summed: bool, ahead: int) -> Iterator[Stems]:
        desk = self._desk(some)
        return ({"": whole} for whole in desk.sums(lengths, ahead=ahead)) if summed else desk.stems(lengths)

    def _desk(self, some: Sequence[Seat]) -> Desk:
        return Desk(some, self.score, self.cues, self.seed, self._gains, self.threads)

    def mix(self, tap: StemTap = _no_tap) -> Iterator[Block]:
        """Yield the sum of the stems through the master's effects, before its gain and limiter."""
        mixed = self._mixed(tap)
        return closing(mixed, self.frames, round(CLOSES_S * SAMPLE_RATE)) if self._master_effects else mixed

    def _mixed(self, tap: StemTap) -> Iterator[Block]:
        chain = Chain(self._master_effects, SAMPLE_RATE, 2, cues=self.cues, seed=self.seed.at("master"))
        untapped = tap is _no_tap
        for stems in self._rendered(HOP, summed=True) if untapped else self.stems():
            tap(stems)
            yield chain.process(total(stems))
        if chain.latency_frames:
            yield chain.process(np.zeros((2, chain.latency_frames), np.float32))

    def master(self, tap: StemTap = _no_tap) -> Iterator[Block]:
        """Yield the finished track: the mix, brought to its loudness, under its ceiling.

        Parameters
        ----------
        tap
            Is shown the stems as they go by.
        """
        master = self.recipe.master
        limiter = find("effects", "limiter")(ceiling_dbtp=master.ceiling_dbtp)
        first = FirstPass(SAMPLE_RATE, frames=self.frames)
        meter = LoudnessMeter(SAMPLE_RATE, 2)
        with Spool(2) as spool:
            for block in self.mix(tap):
                spool.write(block)
                first.process(block)
                self.progress("rendering", spool.frames / self.frames)
            ceiling = Ceiling(limiter.ceiling_dbtp, limiter.release_ms, limiter.lookahead_ms)
            gain = np.float32(10.0 ** (first.gain_db(master.loudness_lufs, ceiling) / 20.0))
            last = Chain([("limiter", limiter)], SAMPLE_RATE, 2, cues=self.cues, seed=self.seed)
            heard = 0
            with ThreadPoolExecutor(1) as beside:
                measuring: list[Future[None]] = []
                for block in _with_silence(spool.read(HOP), last.latency_frames):
                    out = last.process(block * gain)
                    if measuring:
                        measuring.pop().result()  # no more than one block may wait, or an hour would pile up
                    measuring.append(beside.submit(meter.process, out))
                    heard += out.shape[1]
                    self.progress("mastering", heard / self.frames)
                    yield out
                for job in measuring:
                    job.result()
        self.measured = Measured(meter.integrated_lufs, meter.range_lu, meter.true_peak_db)

    def stream(self, block_frames: int = 4096) -> Iterator[Block]:
        """Yield the finished track in blocks of `block_frames`; the last may be shorter."""
        return reblock(self.master(), block_frames)


def _check_parts_of(score: Score, recipe: Recipe) -> None:
    players = {name for name, part in recipe.parts.items() if not part.texture}
    if not any(recipe.parts[name].on for name in players):  # a loop of rain alone
        return
    if not players & set(score.parts):
        there = ", ".join(map(repr, score.parts)) or "no parts"
        raise InputError(
            f"the score has {there}, the recipe plays {', '.join(sorted(players))}; rename the score's parts"
        )
    if not any(score.parts.get(name) for name in players):
        raise InputError("the score has no note for any part that the recipe plays; give it some")


def closing(blocks: Iterator[Block], frames: int, fade: int) -> Iterator[Block]:
    """Yield a sound of so many frames with its last ones, `fade` of them, let down to silence by a raised cosine."""
    fade = min(fade, frames)
    down = (0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 1.0) / fade)).astype(np.float32)
    into = fade - frames
    for block in blocks:
        start, into = into, into + block.shape[1]
        if into > 0:
            some = down[max(0, start) : into]
            block = block.copy()
            block[:, max(0, -start) :][:, : some.size] *= some
        yield block


def _with_silence(blocks: Iterator[Block], frames: int) -> Iterator[Block]:
    yield from blocks
    if frames:
        yield np.zeros((2, frames), np.float32)


def reblock(blocks: Iterator[Block], frames: int) -> Iterator[Block]:
    """Yield the same sound in blocks of `frames`.

    Raises
    ------
    RecipeError
        If `frames` is not positive.
    """
    if frames < 1:
        raise RecipeError(f"block_frames must be 1 or more, got {frames!r}")
    kept: list[Block] = []
    have = 0
    for block in blocks:
        kept.append(block)
        have += block.shape[1]
        if have < frames:
            continue
        whole = np.concatenate(kept, axis=1) if len(kept) > 1 else block
        cut = have - have % frames
        for first in range(0, cut, frames):
            yield whole[:, first : first + frames]
        kept, have = [whole[:, cut:]], have - cut
    if have:
        yield np.concatenate(kept, axis=1)
