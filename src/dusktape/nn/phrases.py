"""Which phrases stood in the songs that a network learned from: a compact index, asked for the longest match."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.errors import WeightsError
from dusktape.nn.line import Ints, Line

FORMAT = 1
FILE = "index.npz"
"""What the index is called beside the weights."""

Mode = Literal["rhythm", "intervals"]
MODES: tuple[Mode, ...] = get_args(Mode)
"""Intervals with rhythm (the ratios of successive inter-onset times), or intervals alone. Neither hears a
transposition, half time or double time."""

GRAM = 4
"""Notes in one hashed n-gram."""

SHORTEST, LONGEST = 5, 30
"""Matches of fewer notes are not told: a single hash is met by chance. Shares are told up to the longest."""

LENGTHS = range(SHORTEST, LONGEST + 1)
"""Notes in the sequences whose share is told."""

Hashes = NDArray[np.uint16]

_BREAK = 0
_VALUES = 65_535


@dataclass(frozen=True, slots=True)
class Match:
    """The longest phrase of a line that stands in the songs: `length` in notes, 0 if below `SHORTEST`; and where."""

    length: int
    song: str


@dataclass(frozen=True, eq=False)
class People:
    """What songs by people that nobody learned from reach against the same index.

    Parameters
    ----------
    reach
        By mode, `Phrases.reach` of each song.
    """

    reach: dict[Mode, tuple[Ints, ...]]

    @cached_property
    def longest(self) -> dict[Mode, Ints]:
        """By mode, each song's longest match in notes, ascending; (songs,)."""
        return {mode: _longest(reaches) for mode, reaches in self.reach.items()}

    @cached_property
    def share(self) -> dict[Mode, Floats]:
        """By mode, the share of all their sequences of `LENGTHS` notes that stands in the index; (26,)."""
        return {mode: shares(reaches) for mode, reaches in self.reach.items()}

    def percentile(self, mode: Mode, percent: float) -> float:
        """Return a percentile of their longest matches, in notes; 0 if there are no songs."""
        return float(np.percentile(self.longest[mode], percent)) if len(self.longest[mode]) else 0.0

    def stretches(self, mode: Mode, notes: int) -> Ints:
        """Return the longest match of every whole stretch of so many notes, laid end to end through each song.

        A long song has more chances of a long match than a short one: this is what short ones are held against.
        """
        most = np.arange(1, notes + 1)  # a phrase that began before the stretch counts from its start
        cut = [r[: len(r) // notes * notes].reshape(-1, notes) for r in self.reach[mode]]
        found = np.minimum(np.concatenate([np.zeros((0, notes), np.int64), *cut]), most).max(axis=1, initial=0)
        return np.sort(np.where(found < SHORTEST, 0, found))


def _longest(reaches: Sequence[Ints]) -> Ints:
    return np.sort(np.array([reach.max(initial=0) for reach in reaches], np.int64))


@dataclass(frozen=True, eq=False)
class Phrases:
    """The n-grams of some lines, hashed, in the order of the songs.

    A phrase of any length is a run of n-grams that match in a row in one line. Nothing that is there is missed. Each
    n-gram has a hash of 16 bits, so each place where a true match ends may be told a note too long once in 65,535
    times; more than a note is not invented, since a foreign note in the midst spoils `GRAM` hashes in a row. Beside a
    dictionary of all phrases, for 156 songs and an index of 349,000 notes: of sequences with rhythm, 7 in 10,000 are
    told wrongly at five notes, 2 at seven, none from nine on; of intervals, fewer; the longest match is right for all.

    Parameters
    ----------
    names
        Of the lines' songs; a song may have several.
    first
        (lines + 1,) where each line's hashes begin; the last of each is a break.
    hashes
        By mode, (first[-1],).
    people
        What held-out songs reach.
    """

    names: tuple[str, ...]
    first: Ints
    hashes: dict[Mode, Hashes]
    people: People = field(default_factory=lambda: People(dict.fromkeys(MODES, ())))

    @property
    def songs(self) -> int:
        """How many songs the lines come from."""
        return len(set(self.names))

    @property
    def notes(self) -> int:
        """How many notes stand in lines that have `GRAM` notes or more."""
        return int(self.first[-1]) + (GRAM - 2) * len(self.names)

    def reach(self, line: Line, mode: Mode) -> Ints:
        """Return for each note how many notes long the longest phrase is that ends there; (N,), 0 below `SHORTEST`."""
        return self._search(line, mode)[0]

    def longest(self, line: Line, mode: Mode) -> Match:
        """Return the longest phrase of the line that stands in the index, and the first song it stands in."""
        _, length, place = self._search(line, mode)
        if not length:
            return Match(0, "")
        return Match(length, self.names[int(np.searchsorted(self.first, place, side="right")) - 1])

    def share(self, line: Line, length: int, mode: Mode) -> float:
        """Return which share of the line's sequences of `length` notes stands in the index; 0 if it has none."""
        if length < SHORTEST:
            raise ValueError(f"length must be {SHORTEST} notes or more, got {length!r}")
        ends = self.reach(line, mode)[length - 1 :]
        return float((ends >= length).mean()) if len(ends) else 0.0

    def _search(self, line: Line, mode: Mode) -> tuple[Ints, int, int]:
        """Return `reach`, the longest of it, and where in the hashes that one ends."""
        order, bounds = self._places[mode]
        # For each place in the index: how many hashes up to it match those up to the query's, and since which query.
        run, seen = np.zeros((2, len(order) + 1), np.int32)
        seen -= 1
        found = np.zeros(len(line), np.int64)
        longest, place = 0, 0
        for i, value in enumerate(grams(line, mode).tolist()):
            here = order[bounds[value] : bounds[value + 1]]
            if not len(here):
                continue
            before = here - 1  # of place 0, the spare entry at the end
            length = np.where(seen[before] == i - 1, run[before], 0) + 1
            run[here], seen[here] = length, i
            best = int(length.argmax())
            notes = int(length[best]) + GRAM - 1
            if notes >= SHORTEST:
                found[i + GRAM - 1] = notes
            if notes > max(longest, SHORTEST - 1):
                longest, place = notes, int(here[best])
        return found, longest, place

    @cached_property
    def _places(self) -> dict[Mode, tuple[Ints, Ints]]:
        """By mode: places ordered by their hash, and where in that order each hash begins."""
        places = {}
        for mode, hashes in self.hashes.items():
            counts = np.bincount(hashes, minlength=_VALUES + 1)
            places[mode] = (np.argsort(hashes, kind="stable"), np.concatenate([[0], np.cumsum(counts)]))
        return places

    def save(self, path: Path) -> None:
        """Write the index as a compressed `.npz`. The same lines make the same bytes."""
        arrays: dict[str, Any] = {
            "format": np.array(FORMAT),
            "name": np.array(self.names, dtype=np.str_),
            "first": self.first.astype(np.uint32),
            "people_notes": np.array([len(reach) for reach in self.people.reach[MODES[0]]], np.uint32),
        }
        for mode in MODES:
            arrays[mode] = self.hashes[mode]
            arrays[f"people_{mode}"] = np.concatenate([np.zeros(0), *self.people.reach[mode]]).astype(np.uint16)
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)

    @staticmethod
    def load(path: Path) -> Phrases:
        """Read what `save` wrote.

        Raises
        ------
        WeightsError
            If the file is missing, is no index, or is damaged.
        """
        again = "train again, or reinstall dusktape"
        try:
            with path.open("rb") as raw:
                if not zipfile.is_zipfile(raw):
                    raise ValueError("it is no .npz file")
            with np.load(path, allow_pickle=False) as file:
                if "format" not in file.files or int(file["format"]) != FORMAT:
                    raise ValueError(f"it is not of format {FORMAT}")
                index = Phrases(
                    names=tuple(map(str, file["name"].tolist())),
                    first=file["first"].astype(np.int64),
                    hashes={mode: file[mode] for mode in MODES},
                    people=People({mode: _parted(file[f"people_{mode}"], file["people_notes"]) for mode in MODES}),
                )
            _check(index)
        except OSError as error:
            raise WeightsError(
                f"cannot read the index of phrases {path}: {error.strerror or error}; {again}"
            ) from error
        except (ValueError, KeyError, TypeError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
            raise WeightsError(f"{path} is no index of phrases: {error}; {again}") from error
        return index


def build(lines: Sequence[Line], *, held_out: Sequence[Line] = ()) -> Phrases:
    """Return the index of some lines, with what held-out lines by people reach against it.

    Parameters
    ----------
    lines
        What is learned from. Those below `GRAM` notes are left out.
    held_out
        Songs by people, one line each.
    """
    kept = [line for line in lines if len(line) >= GRAM]
    sizes = [len(line) - GRAM + 2 for line in kept]
    stop = np.full(1, _BREAK, np.uint16)
    hashes = {mode: np.concatenate([stop[:0], *(x for k in kept for x in (grams(k, mode), stop))]) for mode in MODES}
    index = Phrases(tuple(line.name for line in kept), np.cumsum([0, *sizes]), hashes)
    people = People({mode: tuple(index.reach(line, mode) for line in held_out) for mode in MODES})
    return Phrases(index.names, index.first, hashes, people)


def shares(reaches: Sequence[Ints]) -> Floats:
    """Return the share of all sequences of `LENGTHS` notes that stand in the index, from each line's `reach`; (26,)."""
    out = np.zeros(len(LENGTHS))
    for k, length in enumerate(LENGTHS):
        ends = [reach[length - 1 :] for reach in reaches]
        windows = sum(map(len, ends))
        out[k] = sum(int((e >= length).sum()) for e in ends) / windows if windows else 0.0
    return out


def grams(line: Line, mode: Mode) -> Hashes:
    """Return the hash of each `GRAM` notes in a row, 1 to 65,535; (max(0, N - GRAM + 1),).

    Hashed are the three intervals and, with rhythm, the two ratios of inter-onset times between them.

    Source
    ------
    Mixing: the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
    """
    count = len(line) - GRAM + 1
    if count < 1:
        return np.zeros(0, np.uint16)
    columns = [np.diff(line.pitch)[k : k + count] for k in range(GRAM - 1)]
    if mode == "rhythm":
        step, before = line.step[2:], line.step[1:-1]
        common = np.maximum(np.gcd(step, before), 1)
        ratio = (step // common << 24) + before // common
        columns += [ratio[k : k + count] for k in range(GRAM - 2)]
    state = np.full(count, len(columns), np.uint64)
    for column in columns:
        state = _mixed(state + column.astype(np.uint64))
    return (state % np.uint64(_VALUES) + np.uint64(1)).astype(np.uint16)


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _check(index: Phrases) -> None:
    """Refuse arrays that do not belong together."""
    first = index.first
    if first.ndim != 1 or len(first) != len(index.names) + 1 or first[0] != 0 or (np.diff(first) < 2).any():
        raise ValueError("its lines do not add up")
    for mode in MODES:
        hashes = index.hashes[mode]
        if hashes.dtype != np.uint16 or hashes.shape != (first[-1],) or (hashes[first[1:] - 1] != _BREAK).any():
            raise ValueError(f"its {mode} are not as long as its lines")


def _parted(array: NDArray[np.generic], sizes: NDArray[np.generic]) -> tuple[Ints, ...]:
    """Return an array cut into pieces of these sizes."""
    if sizes.dtype != np.uint32 or array.dtype != np.uint16 or array.shape != (int(sizes.astype(np.int64).sum()),):
        raise ValueError("what people reach does not add up")
    return tuple(np.split(array.astype(np.int64), np.cumsum(sizes.astype(np.int64))))[: len(sizes)]
