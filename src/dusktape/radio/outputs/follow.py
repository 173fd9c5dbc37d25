"""What an output hears: the station's samples at the pace of the clock, one lead behind the newest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import DusktapeError
from dusktape.radio.clock import LEAD
from dusktape.radio.ring import DISCONTINUITY, RingReader, Slot

LEAD_S: Final = LEAD / SAMPLE_RATE
"""How far the playout is ahead of what is heard; a playout that dies is back before this is used up."""

PIECE: Final = SAMPLE_RATE // 4
"""Frames of silence at a time; slots of the ring are as long."""

_SLACK_S: Final = 2.0
_FADE: Final = 1_024
_LATE_S: Final = 1.0

Samples = NDArray[np.int16]
"""Interleaved stereo, shape (frames, 2)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A quarter of a second or so.

    Parameters
    ----------
    frame
        The station's sample clock at its first sample; None where the station had nothing.
    sound
        Shape (frames, 2).
    late_s
        How far whoever takes it lies behind the clock.
    """

    frame: int | None
    sound: Samples
    late_s: float = 0.0


class Follower:
    """Reads a station's ring from one lead behind its newest sample; the playout never notices.

    When the station skips, its newest sample jumps ahead by a lead. The follower waits until it has come to rest and
    then goes there with a short crossfade, to the slot that is marked as the join if there is one. Where the ring
    has nothing (no playout for longer than the lead) it gives silence and goes on where it stopped.

    Parameters
    ----------
    ring
        Path of a ring of 16-bit stereo; it need not be there yet.
    lead_s
        How far behind the newest sample to be, in seconds.
    """

    def __init__(self, ring: Path, *, lead_s: float = LEAD_S) -> None:
        self._path = ring
        self._lead = int(lead_s * SAMPLE_RATE)
        self._reader: RingReader | None = None
        self._number = 0
        self._head = 0
        self._last: Samples = np.zeros((1, 2), np.int16)
        self._silent = True

    def take(self) -> Piece:
        """Return what comes next, a slot or a quarter second of silence, without waiting."""
        slot, before = self._next()
        if slot is None:
            silence = np.zeros((PIECE, 2), np.int16)
            if not self._silent:
                ramp = np.linspace(1.0, 0.0, _FADE)[:, None]
                silence[:_FADE] = (self._last[-1:] * ramp).astype(np.int16)
            self._silent = True
            return Piece(None, silence)
        sound = _samples(slot)
        if before is not None or self._silent:
            sound = _joined(None if before is None else _samples(before), sound)
        self._silent = False
        self._last = sound
        self._number = slot.number + 1
        return Piece(slot.frame, sound)

    def paced(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], object] = time.sleep
    ) -> Iterator[Piece]:
        """Yield pieces for ever, each when the one before has been heard.

        Whoever takes a piece late gets the next ones sooner, up to a second; what is later than that stays late, and
        the follower makes up for it by a jump when it lies too far behind.
        """
        due = clock()
        while True:
            piece = self.take()
            now = clock()
            if now > due + _LATE_S:
                due = now
            elif now < due:
                sleep(due - now)
            yield replace(piece, late_s=max(0.0, now - due))
            due += len(piece.sound) / SAMPLE_RATE

    def close(self) -> None:
        """Let go of the ring."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _next(self) -> tuple[Slot | None, Slot | None]:
        """Return the slot that comes next, and what would have come if there is a jump."""
        ring = self._open()
        head = None if ring is None else ring.read(ring.newest())
        if ring is None or head is None:
            return None, None
        grown, self._head = head.end - self._head, head.end
        if not self._number:
            return self._place(ring, head.end - self._lead), None
        slot = ring.read(self._number)
        if slot is None:
            if self._number > head.number + 1 or self._number < ring.oldest():  # another ring, or it ran away
                return self._place(ring, head.end - self._lead), None
            return None, None
        ahead = head.end - slot.frame - self._lead
        if ahead > _SLACK_S * SAMPLE_RATE and grown <= 2 * PIECE:
            join = self._join(ring, slot.number + 1, head)
            return (join, slot) if join is not None else (self._place(ring, head.end - self._lead), slot)
        return slot, None

    def _join(self, ring: RingReader, first: int, head: Slot) -> Slot | None:
        """Return the newest slot that is marked as a join and has not been passed, if it lies near one lead behind."""
        for number in range(head.number, first - 1, -1):
            slot = ring.read(number)
            if slot is not None and slot.mark & DISCONTINUITY:
                near = abs(head.end - self._lead - slot.frame) <= 2 * _SLACK_S * SAMPLE_RATE
                return slot if near else None
        return None

    def _place(self, ring: RingReader, frame: int) -> Slot | None:
        """Return the slot that holds a frame, or the oldest that is still whole."""
        number = ring.find(frame) or ring.oldest()
        return next((slot for n in range(number, number + 3) if (slot := ring.read(n)) is not None), None)

    def _open(self) -> RingReader | None:
        if self._reader is not None and self._reader.replaced():
            self.close()
        if self._reader is None:
            with suppress(FileNotFoundError, DusktapeError):
                self._reader = RingReader(self._path)
        return self._reader


def _samples(slot: Slot) -> Samples:
    return np.frombuffer(slot.data, np.int16).reshape(-1, 2)


def _joined(before: Samples | None, sound: Samples) -> Samples:
    """Return `sound` faded in over what would have come; equal power, for the two are not alike."""
    length = min(_FADE, len(sound), len(sound) if before is None else len(before))
    turn = np.linspace(0.0, np.pi / 2, length)[:, None]
    mixed = sound[:length] * np.sin(turn)
    if before is not None:
        mixed += before[:length] * np.cos(turn)
    result = sound.copy()
    result[:length] = np.clip(mixed, -32_768, 32_767).astype(np.int16)
    return result
