"""Seeds of a batch, whose draws keep apart: Latin hypercube sampling by address."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dusktape.core.seed import Seed


@dataclass(frozen=True, slots=True)
class Stratum(Seed):
    """One track's seed in a batch of `groups` kinds, each of which takes `turns` turns.

    Every single number drawn below it lies in a stratum of its own: the turns of one kind divide [0, 1) between them
    evenly, and within each such part the kinds do. So a choice of five comes out every way in five turns, and
    sixteen kinds that all draw a tempo do not meet at the same one. Which stratum falls to whom differs from address to
    address, so that no two choices go together.

    Parameters
    ----------
    value, path
        The song's own seed, which places it within its stratum.
    batch
        The seed that the whole batch shares.
    group, groups
        Which kind this is, of how many.
    turn, turns
        Which of its turns.

    Source
    ------
    McKay, Beckman and Conover, Technometrics 21 (1979); the strata in strata as in Tang, JASA 88 (1993).
    """

    batch: int = 0
    group: int = 0
    groups: int = 1
    turn: int = 0
    turns: int = 1

    def at(self, *keys: str | int) -> Stratum:
        """Return the seed at a place below this one."""
        return replace(self, path=self.path + keys)

    def unit(self) -> float:
        """Return one number in [0, 1), inside this track's stratum of this address."""
        own = Seed(self.value, self.path).unit()
        shared = Seed(self.batch, self.path)
        coarse = _place(shared.at("turns", self.group), self.turn, self.turns)
        fine = _place(shared.at("groups", self.turn), self.group, self.groups)
        return min((coarse + (fine + own) / self.groups) / self.turns, 1.0 - 2.0**-53)


def _place(seed: Seed, k: int, count: int) -> int:
    """Return where `k` comes when 0 to `count` - 1 are shuffled."""
    mine = seed.at(k).key
    return sum(seed.at(other).key < mine for other in range(count))
