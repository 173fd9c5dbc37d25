"""Effects in a row. Neighbours that are plain convolutions become one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from dusktape.core.audio import Block, Cues, Effect, Floats, LinearEffect, Processor
from dusktape.core.seed import Seed
from dusktape.dsp.convolve import Convolver, fuse

Named = tuple[str, Effect]


class Chain:
    """Processors in a row, seen as one. Its latency is theirs together.

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
                responses = _responses(run, sample_rate, channels, seed)
                self._processors.append(Convolver(fuse(responses), channels))
                channels = self._processors[-1].channels
                continue
            for name, effect in run:
                self._processors.append(effect.open(sample_rate, channels, cues=cues, seed=seed.at(name)))
                channels = self._processors[-1].channels
        self.channels = channels
        self.latency_frames = sum(p.latency_frames for p in self._processors)
        self.tail_frames = sum(p.tail_frames for p in self._processors)

    def process(self, block: Block) -> Block:
        """Return the block after all effects, `latency_frames` late."""
        for processor in self._processors:
            block = processor.process(block)
        return block


def _responses(run: Sequence[Named], sample_rate: int, channels: int, seed: Seed) -> list[Floats]:
    responses = []
    for name, effect in run:
        assert isinstance(effect, LinearEffect)
        responses.append(effect.impulse_response(sample_rate, channels, seed=seed.at(name)))
        channels = max(channels, responses[-1].shape[0])
    return responses
