"""Strips side by side: opened, balanced and rendered hop by hop."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from dusktape.core.audio import SAMPLE_RATE, Block, Cues, Stems
from dusktape.core.score import Score
from dusktape.core.seed import Seed
from dusktape.mix.automation import SongGain
from dusktape.mix.strip import Strip
from dusktape.studio.levels import gain_for
from dusktape.studio.rig import Seat, open_strip, played

T = TypeVar("T")

AHEAD = 24
"""Hops of sums by which two processes may get ahead of each other: half a megabyte each."""

FADE_S = 1.6
"""The last chord falls silent in this time."""


WEATHER_FOLLOWS = 0.3
"""How far textures follow the level of a section, in dB over dB: players step back, rain goes on."""


@dataclass
class Desk:
    """Some seats of a song, ready to be rendered any number of times.

    Parameters
    ----------
    seats, score, cues, seed
        Of the song.
    gains
        Linear gains found so far, by part; measured where they are missing, and kept here.
    threads
        How many strips are rendered at once. Changes nothing in the sound.
    """

    seats: Sequence[Seat]
    score: Score
    cues: Cues
    seed: Seed
    gains: MutableMapping[str, float] = field(default_factory=dict)
    threads: int = 1

    def stems(self, lengths: Sequence[int]) -> Iterator[Stems]:
        """Yield hops of these lengths. While one is being used, the strips are already at work on the next."""
        return self._ahead(lengths, lambda stems: stems, hops=1)

    def sums(self, lengths: Sequence[int], *, ahead: int = 1) -> Iterator[Block]:
        """Yield the sums of these hops; the strips go up to so many hops ahead of what is used."""
        return self._ahead(lengths, total, hops=ahead)

    def _ahead(self, lengths: Sequence[int], made_of: Callable[[Stems], T], *, hops: int) -> Iterator[T]:
        driver, pool = ThreadPoolExecutor(1), ThreadPoolExecutor(self.threads)
        each: Callable[..., Iterator[Any]] = map if self.threads == 1 else pool.map
        try:
            names = [seat.name for seat in self.seats]
            strips = driver.submit(lambda: list(each(self._strip, self.seats))).result()

            def hop(frames: int) -> T:
                # A strip may only ever be in one pair of hands: one hop after the other.
                return made_of(dict(zip(names, each(lambda strip: strip.render(frames), strips), strict=True)))

            waiting: deque[Future[T]] = deque()
            for frames in lengths:
                waiting.append(driver.submit(hop, frames))
                if len(waiting) > hops:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            driver.shutdown(cancel_futures=True)
            pool.shutdown()

    def _strip(self, seat: Seat) -> Strip:
        notes = played(self.score.parts.get(seat.name, ()), self.score)
        if seat.name not in self.gains:
            self.gains[seat.name] = gain_for(seat, notes, cues=self.cues, seed=self.seed)
        song_gain = SongGain(_weathered(self.cues) if seat.part.texture else self.cues, SAMPLE_RATE, fade_s=FADE_S)
        gain = self.gains[seat.name]
        return open_strip(seat, notes, cues=self.cues, seed=self.seed, gain=gain, song_gain=song_gain)


def total(stems: Stems) -> Block:
    """Return the sum of the stems."""
    blocks = list(stems.values())
    whole = blocks[0].copy()
    for block in blocks[1:]:
        whole += block
    return whole


def _weathered(cues: Cues) -> Cues:
    """Return the cues as textures take them: levels hardly change, but for the end, where they fade with the rest."""
    gentler = [
        replace(s, level=s.level**WEATHER_FOLLOWS, level_end=s.level_end**WEATHER_FOLLOWS) for s in cues.sections
    ]
    ends = [replace(s, level_end=was.level_end) for s, was in zip(gentler[-1:], cues.sections[-1:], strict=True)]
    return replace(cues, sections=(*gentler[:-1], *ends))
