"""One part of the mix: a player, its effects, its gain, its place."""

from __future__ import annotations

import math

import numpy as np

from dusktape.core.audio import CONTROL_FRAMES, Block, Floats, Player
from dusktape.dsp.dynamics import ramp
from dusktape.dsp.silence import silent
from dusktape.mix.automation import SongGain
from dusktape.mix.chain import Chain


class Strip:
    """Hands out a finished stem, block after block, with the latency of its effects taken back.

    Parameters
    ----------
    player
        At frame 0.
    chain
        At rest, opened for the player's channels.
    gain
        Linear, as the balance found it.
    pan
        -1 left to 1 right, equal power; at 0 nothing is changed.
    song_gain
        Section levels and the end's fade; None leaves the level alone.
    """

    def __init__(
        self, player: Player, chain: Chain, *, gain: float = 1.0, pan: float = 0.0, song_gain: SongGain | None = None
    ) -> None:
        self._player = player
        self._chain = chain
        self._song_gain = song_gain
        self._waiting = chain.latency_frames
        self._frame = 0
        angle = (pan + 1.0) * math.pi / 4.0
        self._gains = [gain * math.sqrt(2.0) * math.cos(angle), gain * math.sqrt(2.0) * math.sin(angle)]

    def render(self, frames: int) -> Block:
        """Return the next frames of the stem, shape (2, frames)."""
        block = self._chain.process(self._player.render(self._waiting + frames))
        self._waiting = 0
        if silent(block):
            self._frame += frames
            return np.zeros((2, frames), np.float32)
        out = np.empty((2, frames), np.float32)
        edges = self._edges(frames)
        level = bool(np.all(edges == edges[0]))
        curve: Block | np.float32 | None = None
        for side, gain in enumerate(self._gains):
            if curve is None or gain != self._gains[0]:
                curve = (
                    np.float32(edges[0] * gain) if level else ramp(edges * gain, self._frame % CONTROL_FRAMES, frames)
                )
            np.multiply(block[side % len(block)], curve, out=out[side])
        self._frame += frames
        return out

    def _edges(self, frames: int) -> Floats:
        if self._song_gain is None:
            return np.ones(frames // CONTROL_FRAMES + 3)
        return self._song_gain.edges(self._frame, frames)
