"""Several players heard as one instrument: the strings, and the hand that squeaks along them."""

from __future__ import annotations

from collections.abc import Sequence

from dusktape.core.audio import Block, Player


class Together:
    """The sum of players that share one part. The first one's notes end last; mono ones sound in the middle.

    Costs one addition a frame for each player after the first.
    """

    def __init__(self, players: Sequence[Player]) -> None:
        first, *others = players
        if any(player.channels not in (1, first.channels) for player in others):
            raise ValueError("the first of several players must be the widest")
        self._first, self._others = first, others

    @property
    def channels(self) -> int:
        """1 or 2: those of the first player."""
        return self._first.channels

    @property
    def tail_frames(self) -> int:
        """The longest tail of all, counted from the last note's end."""
        return max(player.tail_frames for player in (self._first, *self._others))

    def render(self, frames: int) -> Block:
        """Return the next `frames` frames, shape (channels, frames)."""
        out = self._first.render(frames)
        for player in self._others:
            out += player.render(frames)
        return out
