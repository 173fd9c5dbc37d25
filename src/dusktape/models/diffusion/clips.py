"""From a dataset of sounds to examples: which clip, from where on, which way up; read when their batch is made."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dusktape.core.audio import Block
from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.data.sounds import Clip, SoundDataset
from dusktape.models.diffusion.options import LONGEST, Options
from dusktape.nn.training import Example, Splits

HELD_BYTES = 1 << 30
"""Clips are kept in memory until they fill so much; the others are read each time."""

_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
_QUANTILES = 33


def splits(dataset: SoundDataset, options: Options) -> Splits:
    """Return a dataset's clips as examples of one length, split as its files are.

    An example says where its sound lies: `clip`, `start`, `sign`; held-out ones also how much of which noise is added,
    the same at every validation. `fetch` gives `sound` (T, C), its `frames` until it ends, and `time` and `noise`
    where they are fixed.

    Raises
    ------
    InputError
        If the dataset's rate or channels are not those the options ask for, saying what to do.
    """
    check(dataset, options)
    clips = dataset.clips
    longest = max((clip.frames for clip in clips), default=1)
    frames = options.rounded(options.frames or min(longest, LONGEST))
    source = {name: i for i, name in enumerate(sorted({clip.file for clip in clips}))}
    vocabulary = {
        "sample_rate": dataset.sample_rate,
        "channels": dataset.channels,
        "frames": frames,
        "lengths": _lengths(dataset.of("train"), frames),
    }
    train, valid, test = (
        [_example(i, clip, source[clip.file], frames, options) for i, clip in enumerate(clips) if clip.split == split]
        for split in ("train", "valid", "test")
    )
    times = options.held_out_times
    return Splits(
        train,
        _fixed(valid, times),
        _fixed(test, times),
        events=lambda example: 1,
        vocabulary=vocabulary,
        fetch=Reader(dataset, frames),
        valid_to_learn=valid,
    )


def check(dataset: SoundDataset, options: Options) -> None:
    """Refuse sounds of another rate or number of channels than the network is made for."""
    again = "make it again: dusktape data audio DIR"
    if options.sample_rate and options.sample_rate != dataset.sample_rate:
        raise InputError(
            f"{dataset.folder} holds {dataset.sample_rate:,} Hz, but this network is made for "
            f"{options.sample_rate:,}; {again} --rate {options.sample_rate}"
        )
    if options.channels and options.channels != dataset.channels:
        kinds = {1: "mono", 2: "stereo"}
        raise InputError(
            f"{dataset.folder} is {kinds[dataset.channels]}, but this network is made for "
            f"{kinds[options.channels]}; {again} --channels {options.channels}"
        )


def _example(number: int, clip: Clip, song: int, frames: int, options: Options) -> Example:
    return {
        "clip": np.array([number], np.int64),
        "song": np.array([song], np.int64),
        "room": np.array([max(0, clip.frames - frames) if options.crop else 0], np.int64),
        "start": np.array([0], np.int64),
        "flips": np.array([options.flip], np.bool_),
        "sign": np.array([1.0], np.float32),
        "time": np.array([-1.0], np.float32),
    }


def _fixed(examples: list[Example], times: int) -> list[Example]:
    """Return held-out examples, each at so many times that together fill [0, 1]; crops begin in the middle."""
    return [
        {
            **example,
            "start": example["room"] // 2,
            "time": np.array([(k + ((i + 0.5) * _GOLDEN) % 1.0) / times], np.float32),
        }
        for i, example in enumerate(examples)
        for k in range(times)
    ]


def augment(example: Example, rng: np.random.Generator) -> Example:
    """Return another stretch of the clip, one time in two upside down."""
    start, flipped = rng.integers(0, int(example["room"][0]) + 1), rng.random() < 0.5
    sign = -1.0 if flipped and example["flips"][0] else 1.0
    return {**example, "start": np.array([start], np.int64), "sign": np.array([sign], np.float32)}


class Reader:
    """Gives an example its sound. Keeps clips in memory while there is room."""

    def __init__(self, dataset: SoundDataset, frames: int) -> None:
        self._dataset, self._frames = dataset, frames
        self._held: dict[int, Block] = {}
        self._bytes = 0

    def __call__(self, example: Example) -> Example:
        """Return `sound` (T, C), zeros after its end, and `frames` (1,) until then; at fixed times also the noise."""
        number, start, time = int(example["clip"][0]), int(example["start"][0]), float(example["time"][0])
        heard = self._clip(number)[:, start : start + self._frames]
        sound = np.zeros((self._frames, heard.shape[0]), np.float32)
        sound[: heard.shape[1]] = heard.T * example["sign"]
        out: dict[str, Any] = {"sound": sound, "frames": np.array([heard.shape[1]], np.int64)}
        if time >= 0.0:
            rng = Seed(0).at("held out", number, time.hex()).rng()
            out |= {"time": example["time"], "noise": rng.standard_normal(sound.shape, np.float32)}
        return out

    def _clip(self, number: int) -> Block:
        if number in self._held:
            return self._held[number]
        block = self._dataset.load(self._dataset.clips[number])
        if self._bytes + block.nbytes <= HELD_BYTES:
            self._held[number] = block
            self._bytes += block.nbytes
        return block


def _lengths(clips: tuple[Clip, ...], frames: int) -> list[int]:
    """Return quantiles of how long clips are heard, ascending: what lengths are drawn from when none is asked for."""
    heard = sorted(min(clip.frames, frames) for clip in clips) or [frames]
    return [int(np.quantile(heard, q)) for q in np.linspace(0.0, 1.0, _QUANTILES)]
