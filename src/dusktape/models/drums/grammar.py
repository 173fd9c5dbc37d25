"""What lo-fi allows a drummer: rules laid over the network's choices, as scores that are added to its logits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.data.groove import CLOSED, CRASH, DRUMS, HIGH_TOM, KICK, OPEN, PEDAL, RIDE, RIM, SNARE
from dusktape.models.drums.tokens import MAX_ADVANCE, REST, STEPS, TIMING_EDGES, VELOCITIES, WHAT, Past

NO = -np.inf
BACKBEATS = (4, 12)
FREE_STYLES = ("jazz", "latin")
"""Styles whose snare may go where it likes."""

FILL_SNARES = 4
"""At most so many snares in a fill's second half: a roll would be rock."""

STEADY = 0.75
"""Cost of leaving out a straight eighth of the hat, in nats."""

STRAIGHT = (-0.17, 0.23)
"""Earliest and latest timing of a straight feel, in sixteenths: triplets belong to the performer's swing."""

GHOST = 2
"""Loudest velocity bin of a ghost note."""


DENSITY = {
    "hiphop": (0.2, 0.55),
    "soul": (0.2, 0.5),
    "funk": (0.45, 0.8),
    "jazz": (0.3, 0.6),
    "rock": (0.15, 0.45),
    "latin": (0.4, 0.7),
}
"""Where a style's density is drawn from."""

LEAD_IN = 4
"""Bars played before the first one that is kept, so that the player has something to remember."""


@dataclass(frozen=True, slots=True)
class Feel:
    """How this song's drummer is asked to play."""

    density: float = param(0.4, low=0.0, high=1.0, text="0 is kick, snare and slow hats; 1 fills the sixteenths")
    cell_bars: int = param(2, low=0, high=4, text="bars of the cell that comes back; 0 never repeats on purpose")
    hold: float = param(2.0, low=0.0, high=8.0, text="how closely the cell comes back; 0 hardly, 6 like a sample")
    rim: float = param(0.0, low=0.0, high=1.0, text="above 0.5 the backbeat is a rim click instead of a snare")
    ride: float = param(0.0, low=0.0, high=1.0, text="above 0.5 time is kept on the ride instead of the hat")
    looseness: float = param(0.6, low=0.0, high=1.5, text="share of the player's own timing that is kept; 1 is all")

    def __post_init__(self) -> None:
        check(self)

    @staticmethod
    def of(style: str, seed: Seed) -> Feel:
        """Draw a feel that suits a style."""
        return Feel(
            density=seed.at("density").between(*DENSITY[style]),
            cell_bars=seed.at("cell").pick((1, 2, 4), (1.0, 4.0, 2.0)),
            hold=seed.at("hold").pick((1.5, 2.0, 2.5)),
            rim=float(seed.at("rim").chance(0.35 if style in FREE_STYLES else 0.18)),
            ride=float(seed.at("ride").chance(0.5 if style == "jazz" else 0.06)),
            looseness=seed.at("looseness").between(0.5, 0.8),
        )


class Rules:
    """Scores of every place and drum, changed as the bars fill up.

    Parameters
    ----------
    style
        One of `DRUM_STYLES`.
    fills
        For each bar, whether it is a fill. The first `LEAD_IN` bars are not kept.
    feel
        What is asked for.
    """

    def __init__(self, style: str, fills: Sequence[bool], feel: Feel) -> None:
        self.style, self.fills, self.feel = style, tuple(fills), feel
        self.end = len(self.fills) * STEPS
        self._score = np.zeros((self.end + MAX_ADVANCE + 1, len(DRUMS)))
        self._skip = np.zeros_like(self._score)
        self._played = np.zeros(self._score.shape, bool)
        self._required = self._requirements()
        for bar, fill in enumerate(self.fills):
            self._write_bar(bar, fill)

    def _requirements(self) -> list[tuple[int, tuple[int, ...]]]:
        """Return (step, one of these drums) that must be hit, in order."""
        must: list[tuple[int, tuple[int, ...]]] = []
        for bar, fill in enumerate(self.fills):
            if bar % 2 == 0:
                must.append((bar * STEPS, (KICK,)))
            if self.style not in FREE_STYLES:
                beats = BACKBEATS[:1] if fill else BACKBEATS
                must += [(bar * STEPS + b, (RIM if self.feel.rim > 0.5 else SNARE,)) for b in beats]
        return must

    def _write_bar(self, bar: int, fill: bool) -> None:
        first = bar * STEPS
        place = np.arange(STEPS)
        rows = self._score[first : first + STEPS]
        odd, late = place % 2 == 1, place >= STEPS // 2
        busy = self.feel.density
        hat, other = (RIDE, CLOSED) if self.feel.ride > 0.5 else (CLOSED, RIDE)
        rows[:, other] = NO
        rows[odd, hat] += _eighth(3.0 * busy - 3.0)
        rows[:, OPEN] = np.where(np.isin(place, (6, 14)), 1.5, np.where(np.isin(place, (2, 10)), 0.25, NO))
        rows[:, PEDAL] = np.where(place % 8 == 4, 0.0, NO) if self.style == "jazz" else NO
        rows[:, CRASH] = NO
        if bar == LEAD_IN:
            rows[0, CRASH] = -1.0
        rows[:, HIGH_TOM:] = np.where(late, 0.0, NO)[:, None] if fill else NO
        rows[odd, KICK] += _eighth(2.0 * busy - 1.5)
        backbeat, unused = (RIM, SNARE) if self.feel.rim > 0.5 else (SNARE, RIM)
        rows[:, unused] = NO
        rows[:, SNARE] += np.where(fill & late, 0.0, _eighth(2.0 * busy - 1.5))
        if self.style not in FREE_STYLES:
            rows[list(BACKBEATS), KICK] += -1.0
            rows[list(BACKBEATS), backbeat] = 0.0
            if backbeat == RIM:
                rows[~np.isin(place, BACKBEATS), RIM] = NO
                rows[~np.isin(place, BACKBEATS), SNARE] = _eighth(2.0 * busy - 1.5)
        if fill:
            rows[late, hat] -= 1.5
            rows[late, OPEN] -= 1.5
            rows[late, SNARE] += 0.5
            rows[late, HIGH_TOM:] += 0.5
        self._skip[first : first + STEPS : 2, hat] = np.where(fill & late[::2], 0.0, STEADY)

    def scores(self, past: Past) -> Floats:
        """Return what to add to the logits of what and when, -inf where a token is forbidden. Shape (WHAT,)."""
        now, last = past.now, past.last_drum
        ahead = self._score[now : now + MAX_ADVANCE + 1].copy()
        skip = self._skip[now : now + MAX_ADVANCE + 1].copy()
        skip[0, : last + 1] = 0.0
        ahead -= np.cumsum(skip).reshape(skip.shape) - skip
        ahead[0, : last + 1] = NO
        if np.count_nonzero(self._played[now]) >= 3:
            ahead[0] = NO
        while self._required and self._is_met(*self._required[0]):
            self._required.pop(0)
        if self._required and self._required[0][0] - now <= MAX_ADVANCE:
            step, drums = self._required[0]
            ahead[step - now + 1 :] = NO
            ahead[step - now, max(drums) + 1 :] = NO
        out = np.full(WHAT, NO)
        out[:REST] = ahead.ravel()
        return out

    def _is_met(self, step: int, drums: tuple[int, ...]) -> bool:
        return bool(self._played[step, list(drums)].any())

    def velocities(self, step: int, drum: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which velocity bins a hit may have: backbeats are loud, snares beside them are ghosts."""
        bins = np.arange(VELOCITIES)
        place = step % STEPS
        if drum in (SNARE, RIM) and self.style not in FREE_STYLES:
            if place in BACKBEATS:
                return np.asarray(bins > GHOST + 1)
            if not (self.fills[step // STEPS] and place >= STEPS // 2):
                return np.asarray(bins <= GHOST)
        if drum == SNARE and self.style in FREE_STYLES:
            return np.asarray(bins <= GHOST + 3)
        return np.asarray(bins > 0)

    def timings(self, step: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which timing bins a hit may have: near the grid, but for jazz, which keeps its triplets."""
        low, high = STRAIGHT if self.style != "jazz" or step % 4 == 0 else (-0.5, 0.5)
        edges = np.array(TIMING_EDGES)
        return np.asarray((edges[:-1] >= low) & (edges[1:] <= high))

    def played(self, step: int, drum: int) -> None:
        """Take note of a hit: what excludes it is forbidden, what a bar has enough of stops."""
        self._played[step, drum] = True
        bar = step // STEPS
        rest_of_bar = slice(step + 1, (bar + 1) * STEPS)
        if drum in (CLOSED, OPEN, RIDE):
            self._score[step, [CLOSED, OPEN, RIDE]] = NO
            self._skip[step, [CLOSED, OPEN, RIDE]] = 0.0
        if drum in (SNARE, RIM):
            self._score[step, [SNARE, RIM]] = NO
        in_bar = self._played[bar * STEPS : (bar + 1) * STEPS]
        busy = self.feel.density
        if drum == OPEN:
            self._score[rest_of_bar, OPEN] = NO
        if drum == KICK and np.count_nonzero(in_bar[:, KICK]) >= 3 + round(2 * busy):
            self._score[rest_of_bar, KICK] = NO
        if drum in (CLOSED, RIDE) and np.count_nonzero(in_bar[1::2, drum]) >= round(4 * busy):
            self._score[step + 1 + step % 2 : (bar + 1) * STEPS : 2, drum] = NO
        if self.fills[bar]:
            if np.count_nonzero(in_bar[STEPS // 2 :, SNARE]) >= FILL_SNARES:
                self._score[rest_of_bar, SNARE] = NO
        elif drum in (SNARE, RIM):
            beside = in_bar[:, SNARE] | in_bar[:, RIM]
            if self.style not in FREE_STYLES:
                beside = np.delete(beside, BACKBEATS)
            if np.count_nonzero(beside) >= 1 + round(2 * busy):
                free = [s for s in range(step + 1, (bar + 1) * STEPS) if not self._is_required(s)]
                self._score[np.ix_(free, [SNARE, RIM])] = NO

    def _is_required(self, step: int) -> bool:
        return any(s == step for s, _ in self._required)

    def bring_back(self, bar: int) -> None:
        """Ask for the bar one cell ago again, before this bar is played. Fills are neither asked for nor kept."""
        period = self.feel.cell_bars
        if not period or bar < period or bar >= len(self.fills) or self.fills[bar]:
            return
        source = bar - period
        while source >= 0 and self.fills[source]:
            source -= period
        if source < 0:
            return
        here = slice(bar * STEPS, (bar + 1) * STEPS)
        old = self._played[source * STEPS : (source + 1) * STEPS].copy()
        old[:, CRASH] = False
        hold = _eighth(self.feel.hold)
        self._skip[here] = np.where(old, hold, 0.0)
        self._score[here] += np.where(old, 0.0, -hold)


def _eighth(x: float) -> float:
    """Round to eighths, so that adding to exact logits stays exact."""
    return round(8.0 * x) / 8.0
