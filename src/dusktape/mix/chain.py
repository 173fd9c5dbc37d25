"""Effects in a row. Neighbours that are plain convolutions become one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from functools import lru_cache
from itertools import groupby

import numpy as np

from dusktape.core.audio import Block, Cues, Effect, Floats, LinearEffect, Processor
from dusktape.core.seed import Seed
from dusktape.core.strangers import open_processor, stranger
from dusktape.dsp.convolve import Convolver, fuse

Named = tuple[str, Effect]


class Chain:
    """Processors in a row, seen as one.

    Each effect's latency is taken back before the next one hears anything, so what follows the song (ducking, section
    filters, wow) stays on its frames behind a reverb, too. The chain therefore swallows its first `latency_frames`
    frames: feed it that much more.

    Two or more linear effects in a row are multiplied into one response and run as a single FFT convolution,
    so an equaliser in front of a reverb costs nothing.

    Parameters
    ----------
    effects
        (name, effect) in the order the sound meets them; the name is the address of the effect's randomness.
    sample_rate, channels, cues, seed
        As for `Effect.open`.
    """

    def __init__(self, effects: Sequence[Named], sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> None:
        self._processors: list[Processor] = []
        for linear, group in groupby(effects, key=lambda named: isinstance(named[1], LinearEffect)):
            run = list(group)
            if linear and len(run) > 1:
                self._processors.append(Convolver(_fused(tuple(run), sample_rate, channels, seed), channels))
                channels = self._processors[-1].channels
                continue
            for name, effect in run:
                self._processors.append(open_processor(effect, sample_rate, channels, cues, seed.at(name)))
                channels = self._processors[-1].channels
        self.channels = channels
        self.latency_frames = sum(p.latency_frames for p in self._processors)
        self.tail_frames = sum(p.tail_frames for p in self._processors)
        self._late = [p.latency_frames for p in self._processors]

    def process(self, block: Block) -> Block:
        """Return what the block brings out at the end: as many frames, but for the first `latency_frames` in all."""
        for k, processor in enumerate(self._processors):
            if block.shape[1] == 0:
                return np.zeros((self.channels, 0), np.float32)
            block = processor.process(block)
            late = min(self._late[k], block.shape[1])
            self._late[k] -= late
            block = block[:, late:]
        return block


@lru_cache(maxsize=8)
def _fused(run: tuple[Named, ...], sample_rate: int, channels: int, seed: Seed) -> Floats:
    """Return the one response of a run; kept, since each strip is opened twice: to be levelled, and to be heard."""
    return fuse(_responses(run, sample_rate, channels, seed))


def _responses(run: Sequence[Named], sample_rate: int, channels: int, seed: Seed) -> list[Floats]:
    responses = []
    for name, effect in run:
        assert isinstance(effect, LinearEffect)
        who = stranger("effects", type(effect))
        with who.watched() if who else nullcontext():
            responses.append(effect.impulse_response(sample_rate, channels, seed=seed.at(name)))
        channels = max(channels, responses[-1].shape[0])
    return responses
