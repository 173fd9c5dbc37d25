"""Denoisers around a denoiser: for sounds longer than it was trained on, and for sounds of which a part is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dusktape.models.diffusion.samplers.steps import like
from dusktape.models.diffusion.schedule import Array, noised, velocity


class SoundDenoiser(Protocol):
    """What says v of a sound, and what sound it knows."""

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        ...

    @property
    def channels(self) -> int:
        """1 or 2."""
        ...

    @property
    def frames(self) -> int:
        """The length of window that it takes."""
        ...

    @property
    def objective(self) -> str:
        """`v` or `flow`."""
        ...

    def __call__(self, x: Array, t: Array) -> Array:
        """Return v (B, C, T) for x (B, C, T) and times (B,)."""
        ...


class Windows:
    """A denoiser for longer sounds: in windows that overlap by half, whose answers are blended at every step.

    Parameters
    ----------
    denoiser
        Of one window. If it `takes_lengths`, it is told how much of a window each sound fills.
    ends
        After how many frames each sound of a batch ends; as long as x if empty.

    Source
    ------
    Bar-Tal, Yariv, Lipman, Dekel, "MultiDiffusion: Fusing Diffusion Paths for Controlled Image Generation", ICML 2023;
    here along time, with the windows weighed by a Hann curve.
    """

    def __init__(self, denoiser: SoundDenoiser, ends: Sequence[int] = ()) -> None:
        self._denoiser, self._ends = denoiser, ends
        frames = denoiser.frames
        self._weight = np.sin(np.pi * (np.arange(frames) + 0.5) / frames) ** 2 + 1e-3

    def __call__(self, x: Array, t: Array) -> Array:
        """Return v for x (B, C, frames of the denoiser or more)."""
        frames, total = self._denoiser.frames, x.shape[-1]
        if total == frames:
            return self._at(0, x)(x, t)
        weight = like(self._weight, x)
        out, weights = 0.0 * x, 0.0 * x[:1, :1]
        for start in starts(total, frames):
            span = slice(start, start + frames)
            out[..., span] += weight * self._at(start, x)(x[..., span], t)
            weights[..., span] += weight
        return out / weights

    def _at(self, start: int, x: Array) -> Callable[[Array, Array], Array]:
        """Return the denoiser of the window that begins at a frame."""
        if not getattr(self._denoiser, "takes_lengths", False):
            return self._denoiser
        frames = self._denoiser.frames
        ends = self._ends or [x.shape[-1]] * len(x)
        told: Callable[[Array, Array], Array] = self._denoiser.told([min(frames, max(0, end - start)) for end in ends])  # type: ignore[attr-defined]
        return told


def starts(total: int, frames: int) -> list[int]:
    """Return where windows of a length begin that cover a total, each half over the one before; the last at its end."""
    return sorted({*range(0, total - frames, max(1, frames // 2)), total - frames})


class Held:
    """A denoiser for sounds of which a part is known: that part moves as it must, the rest answers to it.

    Where `known` is 1, x is replaced by the sound with as much noise as there is at the time, always the same noise.

    Parameters
    ----------
    denoiser
        From x and t to v.
    sound, noise
        (B, C, T) of the kind that x will be.
    known
        (T,), 1 where the sound is kept, 0 elsewhere.
    objective
        Of the denoiser.

    Source
    ------
    Song et al., "Score-Based Generative Modeling through Stochastic Differential Equations", ICLR 2021, section 5.
    """

    def __init__(
        self,
        denoiser: Callable[[Array, Array], Array],
        sound: Array,
        noise: Array,
        known: NDArray[np.float64],
        objective: str,
    ) -> None:
        self._denoiser, self._objective = denoiser, objective
        self._sound, self._noise, self._known = sound, noise, like(known, sound)

    def __call__(self, x: Array, t: Array) -> Array:
        """Return v: of the known part exactly, of the rest what the denoiser says."""
        at = t.reshape(-1, 1, 1)
        held = noised(self._sound, self._noise, at, self._objective)
        v = self._denoiser(x + self._known * (held - x), t)
        return v + self._known * (velocity(self._sound, self._noise, at, self._objective) - v)
