"""Crops of long sounds as examples: those that are held say where their samples lie, and are read when needed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np

from dusktape.core.audio import Floats
from dusktape.data.dataset import SPLITS
from dusktape.data.sounds import Clip, SoundDataset
from dusktape.nn.training import Example

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Crops:
    """Windows of equal length, cut from the clips of a dataset, mixed to mono.

    Parameters
    ----------
    dataset
        Where the clips lie.
    frames
        Of a window. Clips that are shorter are left out.
    """

    dataset: SoundDataset
    frames: int

    def to_learn(self, clips: Sequence[Clip], every: int) -> list[Example]:
        """Return an example for each stretch of `every` windows; `varied` moves the window about in its stretch."""
        number = self._numbers()
        return [
            _example(clip, number[clip.name], start, min(every * self.frames, clip.frames - start) - self.frames)
            for clip in clips
            for start in range(0, clip.frames - self.frames + 1, every * self.frames)
        ]

    def to_judge(self, clips: Sequence[Clip], most: int) -> list[Example]:
        """Return at most so many windows that do not overlap, evenly spread over all clips."""
        number = self._numbers()
        starts = [(clip, start) for clip in clips for start in range(0, clip.frames - self.frames + 1, self.frames)]
        return [_example(clip, number[clip.name], start, 0) for clip, start in spread_over(starts, most)]

    def _numbers(self) -> dict[str, int]:
        return {clip.name: number for number, clip in enumerate(self.dataset.clips)}

    def clip_of(self, example: Example) -> Clip:
        """Return the clip that an example was cut from."""
        return self.dataset.clips[int(example["clip"][0])]

    def samples(self, example: Example) -> Floats:
        """Return the window of an example, (frames,), full scale 1."""
        start = int(example["start"][0])
        block = self.dataset.load(self.clip_of(example))[:, start : start + self.frames]
        return np.asarray(block.mean(axis=0, dtype=np.float64))


def spread_over(items: Sequence[T], most: int) -> list[T]:
    """Return at most so many of some items, evenly spread over all."""
    places = np.linspace(0, len(items), min(most, len(items)), endpoint=False).astype(int)
    return [items[k] for k in places.tolist()]


def varied(example: Example, rng: np.random.Generator) -> Example:
    """Return an example whose window lies somewhere else in its stretch."""
    start = example["start"] + rng.integers(0, int(example["room"][0]) + 1)
    return {**example, "start": start, "room": np.zeros_like(start)}


def splits_of(dataset: SoundDataset, shares: Mapping[str, float]) -> dict[str, list[Clip]]:
    """Return the clips by split: as the dataset has them if it has some of each, otherwise split anew in `shares`."""
    own = {split: list(dataset.of(split)) for split in SPLITS}
    return own if all(own.values()) else resplit(dataset.clips, shares, dataset.groups)


def resplit(
    clips: Sequence[Clip], shares: Mapping[str, float], groups: Mapping[str, str] | None = None
) -> dict[str, list[Clip]]:
    """Split clips anew, whole files at a time, in shares of the files as near as whole files come to them.

    Every split has a file if there are as many files as splits. The order is that of a hash of the files' names. Near
    copies count as one file.

    Parameters
    ----------
    clips
        Which.
    shares
        Of each split.
    groups
        File to the file that it is a near copy of.
    """
    home = {clip.file: (groups or {}).get(clip.file, clip.file) for clip in clips}
    files = sorted(set(home.values()), key=lambda name: hashlib.blake2b(name.encode()).digest())
    counts = {split: max(1, round(shares[split] * len(files))) for split in SPLITS[1:]}
    held_out = min(sum(counts.values()), max(0, len(files) - 1))
    first = len(files) - held_out
    edges = [0, first, min(len(files), first + counts[SPLITS[1]]), len(files)]
    of = {name: split for split, (a, b) in zip(SPLITS, pairwise(edges), strict=True) for name in files[a:b]}
    return {split: [clip for clip in clips if of[home[clip.file]] == split] for split in SPLITS}


def _example(clip: Clip, number: int, start: int, room: int) -> Example:
    # One row, so that the loop counts an example as one place, whatever its window holds.
    place = {"song": _number(clip.file), "clip": number, "start": start, "room": room}
    return {name: np.array([value], np.int64) for name, value in place.items()}


def _number(name: str) -> int:
    """Return a number for a file, so that songs can be counted."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=6).digest(), "little")
