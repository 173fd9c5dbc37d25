"""What can be made with a denoiser of sounds: new ones, variations, what lies between two, what is missing in one.

Sound number i depends on `seed.at("sound", i)` alone, not on how many there are. Sounds come one by one, in order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block
from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.models.diffusion.samplers import DEFAULT, SAMPLERS, check, sample
from dusktape.models.diffusion.samplers.single import heun
from dusktape.models.diffusion.samplers.steps import Denoiser, like, seeded
from dusktape.models.diffusion.schedule import Array, noised, renoised, times
from dusktape.models.diffusion.windows import Held, SoundDenoiser, Windows

_SEAM_S = 0.01
"""Over so long a known part hands over to a new one."""

_FADE_S = 0.005

_CHUNKS = 10
"""Into so many stretches the way is cut where a part is known, to go each of them several times."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to sample.

    Parameters
    ----------
    steps
        1 or more.
    sampler
        One of `samplers.SAMPLERS`.
    eta
        Share of fresh noise; the sampler's own if not given.
    batch
        So many sounds at a time.
    progress
        Told the share that is done, 0 to 1.
    """

    steps: int = 20
    sampler: str = DEFAULT
    eta: float | None = None
    batch: int = 8
    progress: Callable[[float], None] | None = None

    def __post_init__(self) -> None:
        check(self.sampler, self.eta)
        if self.steps < 1:
            raise InputError(f"steps are 1 or more, got {self.steps}; 20 is usual")


def generate(
    denoiser: SoundDenoiser,
    count: int,
    *,
    plan: Plan,
    seed: Seed,
    frames: int = 0,
    lengths: Sequence[int] = (),
) -> Iterator[Block]:
    """Yield new sounds, each (channels, frames).

    Parameters
    ----------
    denoiser
        Of sounds.
    count
        How many.
    plan
        How to sample.
    seed
        Where all draws come from.
    frames
        Length; the denoiser's own if 0. Longer ones are made in windows, shorter ones are cut.
    lengths
        Quantiles, ascending, of the lengths that the denoiser learned, in frames, if it can be told: each sound that
        fits a window draws where it ends, and is silent from there on.
    """
    length = frames or denoiser.frames
    total = max(length, denoiser.frames)
    for seeds in _batches(seed, count, plan):
        drawn = lengths if total == denoiser.frames else ()
        ends = [_drawn(drawn, each) for each in seeds] if drawn else [total] * len(seeds)
        x = _run(denoiser, _noise(denoiser, seeds, total), plan, seeds, ends, of=count)
        for made, end in zip(_blocks(x, length), ends, strict=True):
            yield _ended(made, end, denoiser.sample_rate)


def _drawn(quantiles: Sequence[int], seed: Seed) -> int:
    """Return a length drawn from the quantiles of lengths."""
    place = seed.at("length").unit() * (len(quantiles) - 1)
    return round(float(np.interp(place, np.arange(len(quantiles)), quantiles)))


def _ended(made: Block, end: int, sample_rate: int) -> Block:
    """Return a sound that fades out before its end and is silent from there on."""
    if end < made.shape[1]:
        fade = min(end, max(1, round(_FADE_S * sample_rate)))
        made[:, end - fade : end] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
        made[:, end:] = 0.0
    return made


def vary(denoiser: SoundDenoiser, sound: Block, count: int, *, noise: float, plan: Plan, seed: Seed) -> Iterator[Block]:
    """Yield variations of a sound, as long as it is: noise is laid over it and taken away again.

    Parameters
    ----------
    denoiser, count, plan, seed
        As for `generate`.
    sound
        (channels, frames) of the denoiser.
    noise
        Time up to which it is noised, above 0 (the same sound) to 1 (another one).

    Source
    ------
    Meng et al., "SDEdit: Guided Image Synthesis and Editing with Stochastic Differential Equations", ICLR 2022.
    """
    _check_noise(noise)
    length = sound.shape[1]
    padded = _padded(denoiser, sound)
    for seeds in _batches(seed, count, plan):
        rest = _noise(denoiser, seeds, padded.shape[1])
        x = noised(like(padded[None].astype(np.float64), rest), rest, noise, denoiser.objective)
        yield from _blocks(_run(denoiser, x, plan, seeds, [length] * len(x), start=noise, of=count), length)


def between(
    denoiser: SoundDenoiser, a: Block, b: Block, count: int, *, noise: float = 1.0, plan: Plan, seed: Seed
) -> Iterator[Block]:
    """Yield sounds on the way from a to b, evenly spaced, the ends left out; as long as the longer of the two.

    Both are turned into the noise that they come from, which needs no draw; the noise between is turned into sound.

    Parameters
    ----------
    denoiser, count, plan, seed
        As for `generate`.
    a, b
        (channels, frames) of the denoiser.
    noise
        Time up to which they are turned into noise, above 0 to 1. The less, the more of both is heard at once.

    Source
    ------
    Song, Meng, Ermon, "Denoising Diffusion Implicit Models", ICLR 2021, section 5.3. Up by Heun's method.
    """
    _check_noise(noise)
    if plan.eta or (plan.eta is None and SAMPLERS[plan.sampler].eta):
        raise InputError(
            f"between two sounds nothing is drawn, and {plan.sampler!r} draws; take another sampler, or eta 0"
        )
    length = max(a.shape[1], b.shape[1])
    ends = np.zeros((2, denoiser.channels, max(length, denoiser.frames)), np.float32)
    for k, sound in enumerate((a, b)):
        ends[k, :, : sound.shape[1]] = sound
    up = times(plan.steps, start=noise, objective=denoiser.objective)[::-1]
    wide = Windows(denoiser, (a.shape[1], b.shape[1]))
    latent = heun(wide, _array(denoiser, ends), up, objective=denoiser.objective, noise=seeded(()))
    for seeds in _batches(seed, count, plan):
        shares = [(int(s.path[-1]) + 1) / (count + 1) for s in seeds]
        x = like(np.zeros((len(shares), *ends.shape[1:])), latent)
        for k, share in enumerate(shares):
            x[k] = slerp(latent[0], latent[1], share)
        yield from _blocks(_run(denoiser, x, plan, seeds, [length] * len(x), start=noise, of=count), length)


def slerp(a: Array, b: Array, share: float) -> Array:
    """Return what lies between a (0) and b (1) on an arc, whose length between theirs keeps noise as loud as noise.

    Source
    ------
    Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985.
    """
    size = float((a * a).sum()) ** 0.5 * float((b * b).sum()) ** 0.5
    angle = math.acos(min(1.0, max(-1.0, float((a * b).sum()) / size))) if size > 0.0 else 0.0
    if math.sin(angle) < 1e-4:
        return (1.0 - share) * a + share * b
    sine = math.sin(angle)
    return (math.sin((1.0 - share) * angle) / sine) * a + (math.sin(share * angle) / sine) * b


def inpaint(
    denoiser: SoundDenoiser,
    sound: Block,
    start: int,
    end: int,
    count: int,
    *,
    plan: Plan,
    seed: Seed,
    resample: int = 2,
) -> Iterator[Block]:
    """Yield the sound with the frames [start, end) made anew, to fit what is before and behind.

    Parameters
    ----------
    denoiser, count, plan, seed
        As for `generate`.
    sound
        (channels, frames) of the denoiser. Beside the gap it comes out as it went in, but for 10 ms at the edges.
    start, end
        Of the gap, in frames.
    resample
        So often each stretch of the way is gone, with noise laid over again between: the more, the better the new part
        fits, and the longer it takes.

    Raises
    ------
    InputError
        If the gap does not lie in the sound, or is all of it.

    Source
    ------
    Lugmayr et al., "RePaint: Inpainting using Denoising Diffusion Probabilistic Models", CVPR 2022. We hold the known
    part's noise, so that any sampler can be used.
    """
    length = sound.shape[1]
    if not 0 <= start < end <= length or end - start == length:
        raise InputError(f"frames {start} to {end} of {length} leave nothing to go by; choose a shorter part")
    first, last = _around(start, end, length, denoiser.frames)
    piece = _padded(denoiser, sound[:, first:last])
    known = np.ones(piece.shape[1])
    known[start - first : end - first] = 0.0
    for made in _held(denoiser, piece, known, count, last - first, plan=plan, seed=seed, resample=resample):
        out = sound.copy()
        out[:, first:last] = made[:, : last - first]
        yield out


def onward(
    denoiser: SoundDenoiser, sound: Block, frames: int, count: int, *, plan: Plan, seed: Seed, resample: int = 2
) -> Iterator[Block]:
    """Yield the sound with so many new frames behind it, made to follow from its end.

    Parameters
    ----------
    denoiser, count, plan, seed
        As for `generate`.
    sound
        (channels, frames) of the denoiser; it looks back as far as half a window.
    frames
        How many to add, 1 or more.
    resample
        As for `inpaint`, which also names the source.
    """
    back = min(sound.shape[1], denoiser.frames // 2)
    piece = np.zeros((denoiser.channels, max(back + frames, denoiser.frames)), np.float32)
    piece[:, :back] = sound[:, sound.shape[1] - back :]
    known = (np.arange(piece.shape[1]) < back).astype(np.float64)
    for made in _held(denoiser, piece, known, count, back + frames, plan=plan, seed=seed, resample=resample):
        yield np.concatenate([sound[:, : sound.shape[1] - back], made[:, : back + frames]], axis=1)


def _held(
    denoiser: SoundDenoiser,
    piece: Block,
    known: NDArray[np.float64],
    count: int,
    end: int,
    *,
    plan: Plan,
    seed: Seed,
    resample: int,
) -> Iterator[Block]:
    """Yield a piece with what is not known made anew; the borders of what is known fade over."""
    if resample < 1:
        raise InputError(f"resample is 1 or more, got {resample}; 1 is once")
    fade = _handing_over(known, max(1, round(_SEAM_S * denoiser.sample_rate)))
    held = (fade >= 1.0).astype(np.float64)
    for seeds in _batches(seed, count, plan):
        x = _noise(denoiser, seeds, piece.shape[1])
        sound = like(np.repeat(piece[None].astype(np.float64), len(seeds), axis=0), x)
        over = Held(Windows(denoiser, [end] * len(seeds)), sound, x, held, denoiser.objective)
        told = _told(over, plan, seeds, count)
        for made in _blocks(_again(told, x, plan, seeds, denoiser.objective, resample), piece.shape[1]):
            yield ((1.0 - fade) * made + fade * piece).astype(np.float32)


def _again(denoiser: Denoiser, x: Array, plan: Plan, seeds: list[Seed], objective: str, resample: int) -> Array:
    """Return x at time 0, each stretch of the way gone `resample` times."""
    grid = times(plan.steps, objective=objective)
    size = max(1, plan.steps // _CHUNKS) if resample > 1 else plan.steps
    kind = SAMPLERS[plan.sampler]
    eta = (kind.eta or 0.0) if plan.eta is None else plan.eta
    for first in range(0, plan.steps, size):
        stretch = grid[first : first + size + 1]
        for turn in range(resample):
            noise = seeded([seed.at("stretch", first, turn) for seed in seeds])
            if turn:
                x = renoised(x, noise(x, -1), stretch[-1], stretch[0], objective)
            x = kind.run(denoiser, x, stretch, objective=objective, noise=noise, eta=eta)
    return x


def _run(
    denoiser: SoundDenoiser,
    x: Array,
    plan: Plan,
    seeds: list[Seed],
    ends: Sequence[int],
    *,
    of: int,
    start: float = 1.0,
) -> Array:
    return sample(
        _told(Windows(denoiser, ends), plan, seeds, of),
        x,
        steps=plan.steps,
        seeds=seeds,
        sampler=plan.sampler,
        eta=plan.eta,
        start=start,
        objective=denoiser.objective,
    )


def _told(denoiser: Denoiser, plan: Plan, seeds: list[Seed], of: int) -> Denoiser:
    """Return the denoiser, or one that says how far the work is, by the time that it is asked about."""
    if plan.progress is None:
        return denoiser
    return partial(_telling, denoiser, plan.progress, int(seeds[0].path[-1]), len(seeds), of)


def _telling(
    denoiser: Denoiser, tell: Callable[[float], None], done: int, batch: int, of: int, x: Array, t: Array
) -> Array:
    tell((done + batch * (1.0 - float(t[0]))) / of)
    return denoiser(x, t)


def _batches(seed: Seed, count: int, plan: Plan) -> Iterator[list[Seed]]:
    if count < 1:
        raise InputError(f"make 1 sound or more, got {count}")
    size = plan.batch if SAMPLERS[plan.sampler].evaluations else 1  # what chooses its steps does so for each sound
    for first in range(0, count, size):
        yield [seed.at("sound", k) for k in range(first, min(first + size, count))]


def _noise(denoiser: SoundDenoiser, seeds: list[Seed], frames: int) -> Array:
    shape = denoiser.channels, frames
    drawn = [seed.at("noise").rng().standard_normal(shape, dtype=np.float32) for seed in seeds]
    return _array(denoiser, np.stack(drawn))


def _array(denoiser: SoundDenoiser, values: NDArray[np.float32]) -> Array:
    """Return values as the denoiser takes them: it may have a method `array` for that; else they are numpy's."""
    make: Callable[[NDArray[np.float32]], Array] | None = getattr(denoiser, "array", None)
    return make(values) if make else values


def _blocks(x: Array, length: int) -> Iterator[Block]:
    """Yield the sounds of a batch as numpy blocks."""
    plain = x if isinstance(x, np.ndarray) else x.detach().float().cpu().numpy()
    for each in plain:
        yield np.ascontiguousarray(each[:, :length], np.float32)


def _padded(denoiser: SoundDenoiser, sound: Block) -> Block:
    """Return a sound with silence behind it, if it is shorter than a window."""
    missing = max(0, denoiser.frames - sound.shape[1])
    return np.pad(sound, ((0, 0), (0, missing)))


def _around(start: int, end: int, length: int, window: int) -> tuple[int, int]:
    """Return the frames to look at for a gap: half a window or more beside it, a whole window or more in all."""
    total = max(window, end - start + window // 2)
    first = max(0, min((start + end - total) // 2, length - total))
    return first, min(length, first + total)


def _handing_over(known: NDArray[np.float64], frames: int) -> NDArray[np.float64]:
    """Return `known` with its borders falling off inside the known parts, from 1 to 0 over so many frames."""
    unknown = np.flatnonzero(known < 0.5)
    place = np.arange(len(known))
    after = np.searchsorted(unknown, place)
    left = place - unknown[np.maximum(after - 1, 0)]
    right = unknown[np.minimum(after, len(unknown) - 1)] - place
    near = np.minimum(np.where(left < 0, len(known), np.abs(left)), np.where(right < 0, len(known), np.abs(right)))
    return np.minimum(1.0, near / (frames + 1)) * known


def _check_noise(noise: float) -> None:
    if not 0.0 < noise <= 1.0:
        raise InputError(f"noise is above 0 (the same sound) to 1 (another one), got {noise!r}")
