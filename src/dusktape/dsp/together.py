"""Several players heard as one instrument: the strings, and the hand that squeaks along them."""

from __future__ import annotations

from collections.abc import Sequence

from dusktape.core.audio import Block, Player


class Together:
    """The sum of players that share one part. Mono ones sound in the middle.

    Costs one addition a frame for each player after the first.

    Parameters
    ----------
    players
        The widest first.
    tail_frames
        From the part's last note's end to the last sample; None where the first one's notes end last, as the part's do.
    """

    def __init__(self, players: Sequence[Player], *, tail_frames: int | None = None) -> None:
        first, *others = players
        if any(player.channels not in (1, first.channels) for player in others):
            raise ValueError("the first of several players must be the widest")
        self._first, self._others = first, others
        self._tail = max(player.tail_frames for player in players) if tail_frames is None else tail_frames

    @property
    def channels(self) -> int:
        """1 or 2: those of the first player."""
        return self._first.channels

    @property
    def tail_frames(self) -> int:
        """The longest tail of all, counted from the last note's end."""
        return self._tail

    def render(self, frames: int) -> Block:
        """Return the next `frames` frames, shape (channels, frames)."""
        out = self._first.render(frames)
        for player in self._others:
            out += player.render(frames)
        return out
