"""The amplitude net in plain numpy: foresees sounds, and runs on by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.audio import Block, Floats
from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.models.amplitude.running import Array, Kernel, Stack
from dusktape.models.amplitude.shape import CONTEXT, WINDOW, convolutions, weight_scale
from dusktape.nn.weights import load, metadata

_LONGEST_S = 600


@dataclass(frozen=True, slots=True, eq=False)
class Amplitude:
    """Writes sound sample by sample. Implements `core.roles.SoundWriter`.

    Parameters
    ----------
    kernels
        Of the layers.
    sample_rate
        In Hz.
    error_rms
        The root of its mean squared error on sound that it had not learned from.
    prime, prime_rms
        Linear prediction of the training sound, (32,), and the level of what that leaves: what is run on from.
    """

    kernels: tuple[Kernel, ...]
    sample_rate: int
    error_rms: float
    prime: Floats
    prime_rms: float
    channels: int = 1
    frames: int = WINDOW
    labels: tuple[str, ...] = ()

    @staticmethod
    def of(weights: Mapping[str, Any], vocabulary: Mapping[str, Any]) -> Amplitude:
        """Take the weights by their names.

        Raises
        ------
        KeyError, ValueError
            If they are of another shape.
        """
        kernels = []
        for number, (ins, outs, kernel) in enumerate(convolutions(vocabulary["layers"])):
            weight, bias = weights[f"layers.{number}.weight"], weights[f"layers.{number}.bias"]
            if weight.shape != (outs, ins, kernel) or bias.shape != (outs,):
                raise ValueError(f"layer {number} has the shape {weight.shape}, not {(outs, ins, kernel)}")
            scale = weight_scale(ins, kernel)
            kernels.append(Kernel.of((weight * scale).astype(np.float32), bias * scale[0]))
        return Amplitude(
            kernels=tuple(kernels),
            sample_rate=int(vocabulary["sample_rate"]),
            error_rms=float(10.0 ** (0.5 * weights["error"][0])),
            prime=np.array(vocabulary["prime"], np.float64),
            prime_rms=float(vocabulary["prime_rms"]),
        )

    @staticmethod
    def load(path: Path, expected_sha256: str | None = None) -> Amplitude:
        """Open weights that `dusktape train amplitude` wrote."""
        weights, told = load(path, expected_sha256), metadata(path)
        return Amplitude.of(weights, json.loads(told["vocabulary"]))

    def open(self, streams: int = 1) -> Stack:
        """Return the net at rest, for so many sounds side by side."""
        return Stack(self.kernels, streams)

    def foresee(self, sounds: Array) -> Array:
        """Return what is foreseen of the sample after each, (N, T) to (N, T), silence before the first."""
        return self.open(len(sounds)).feed(sounds)

    def run_on(self, prime: Array, frames: int, noise: Array | None = None) -> Array:
        """Go on from the ends of some sounds, each sample made from those before it.

        Parameters
        ----------
        prime
            (N, T): what is heard first.
        frames
            How many samples to make.
        noise
            (N, frames), added to what is foreseen before it is heard again; None adds nothing, as published.

        Returns
        -------
        (N, frames), kept within full scale.
        """
        stack = self.open(len(prime))
        told = stack.feed(prime)[:, -1]
        out = np.empty((len(prime), frames), np.float32)
        for t in range(frames):
            if noise is not None:
                told += noise[:, t]
            np.clip(told, -1.0, 1.0, out=out[:, t])
            told = stack.push(out[:, t])
        return out

    def write_sounds(self, count: int, *, seed: Seed, label: str = "", frames: int = 0, steps: int = 0) -> list[Block]:
        """See `core.roles.SoundWriter`; there is one step to a sample, so `steps` is not heard.

        Each sound runs on from noise that is coloured like the training sound, and each sample is drawn from a normal
        distribution around what is foreseen, as wide as the net's own error: a mean squared error says just that.
        Without the draws the net falls into a few steady tones. The sounds are made one by one: side by side the
        last bit of a sum may differ, and what runs on by itself makes much of it.
        """
        if label:
            raise InputError(f"amplitude knows no kinds of sound, got {label!r}; leave the label out")
        frames = frames or self.frames
        if count < 0 or not 0 < frames <= _LONGEST_S * self.sample_rate:
            raise InputError(
                f"cannot make {count} sounds of {frames} samples; ask for 0 or more, up to {_LONGEST_S} s long"
            )
        return [self._sound(seed.at("sound", number), frames) for number in range(count)]

    def _sound(self, seed: Seed, frames: int) -> Block:
        rng = seed.rng()
        prime = np.clip(self._coloured(rng.standard_normal(2 * CONTEXT) * self.prime_rms)[-CONTEXT:], -1.0, 1.0)
        noise = rng.standard_normal((1, frames)) * self.error_rms
        return self.run_on(prime[None].astype(np.float32), frames, noise.astype(np.float32))

    def _coloured(self, noise: Floats) -> Floats:
        """Return noise through the inverse of the linear prediction."""
        order = len(self.prime)
        out = np.concatenate([np.zeros(order), noise])
        newest_last = self.prime[::-1].copy()
        for t in range(order, len(out)):
            out[t] += newest_last @ out[t - order : t]
        return out[order:]
