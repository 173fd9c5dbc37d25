"""Strips side by side: opened, balanced and rendered hop by hop."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from dusktape.core.audio import SAMPLE_RATE, Cues, Stems
from dusktape.core.score import Score
from dusktape.core.seed import Seed
from dusktape.mix.automation import SongGain
from dusktape.mix.strip import Strip
from dusktape.studio.levels import gain_for
from dusktape.studio.rig import Seat, open_strip, played

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
        with ThreadPoolExecutor(self.threads) as pool:
            strips = dict(zip((s.name for s in self.seats), pool.map(self._strip, self.seats), strict=True))
            # A strip may only ever be in one pair of hands: the next hop starts when all of this one is in.
            jobs = [pool.submit(strip.render, lengths[0]) for strip in strips.values()]
            for following in [*lengths[1:], 0]:
                blocks = [job.result() for job in jobs]
                jobs = [pool.submit(strip.render, following) for strip in strips.values()] if following else []
                yield dict(zip(strips, blocks, strict=True))

    def _strip(self, seat: Seat) -> Strip:
        notes = played(self.score.parts.get(seat.name, ()), self.score)
        if seat.name not in self.gains:
            self.gains[seat.name] = gain_for(seat, notes, cues=self.cues, seed=self.seed)
        song_gain = SongGain(_weathered(self.cues) if seat.part.texture else self.cues, SAMPLE_RATE, fade_s=FADE_S)
        gain = self.gains[seat.name]
        return open_strip(seat, notes, cues=self.cues, seed=self.seed, gain=gain, song_gain=song_gain)


def _weathered(cues: Cues) -> Cues:
    """Return the cues as textures take them: levels hardly change, but for the end, where they fade with the rest."""
    gentler = [
        replace(s, level=s.level**WEATHER_FOLLOWS, level_end=s.level_end**WEATHER_FOLLOWS) for s in cues.sections
    ]
    ends = [replace(s, level_end=was.level_end) for s, was in zip(gentler[-1:], cues.sections[-1:], strict=True)]
    return replace(cues, sections=(*gentler[:-1], *ends))
