"""Counts how pop pianists comp. There is no network here and no torch: counting is the training."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dusktape.data import pop909
from dusktape.data.split import fold
from dusktape.models.comping.tokens import (
    MAX_STRIKES,
    NONE,
    ORDERS,
    REPEATS,
    STEPS,
    Bar,
    Chain,
    change_kind,
    contexts,
    mask,
    nearest,
)
from dusktape.nn.exact import WEIGHT_STEP
from dusktape.nn.ngram import baselines

LOWEST = 52
"""Piano notes from here up are the comping hand; below lies the bass."""

LEAST = 4
"""A pattern seen less often in the training songs becomes its nearest neighbour."""

Songs = list[list[Bar]]


def strikes(song: pop909.Song) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the sixteenths at which at least two notes of the comping hand begin, and how long they sound."""
    piano = song.tracks["piano"]
    hand = piano.pitch >= LOWEST
    start = np.rint(4.0 * piano.start[hand]).astype(np.int64)
    end = np.maximum(np.rint(4.0 * (piano.start + piano.length)[hand]).astype(np.int64), start + 1)
    where, first, count = np.unique(start, return_index=True, return_counts=True)
    longest = np.maximum.reduceat(end, first) if len(first) else end
    chords = count >= 2
    return where[chords], (longest - where)[chords]


def raw_bars(song: pop909.Song) -> list[tuple[int, int]]:
    """Return (mask, kind of change) of each bar; the mask is `NONE` where there are no strikes, or too many."""
    struck, _ = strikes(song)
    begins = [round(4 * chord[0]) for chord in song.chords]
    bars = max([*struck.tolist(), *begins, 0]) // STEPS + 1
    in_bar: dict[int, list[int]] = defaultdict(list)
    changes: dict[int, list[int]] = defaultdict(list)
    for step in struck.tolist():
        in_bar[step // STEPS].append(step % STEPS)
    for step in begins:
        changes[step // STEPS].append(step % STEPS)
    return [
        (mask(in_bar[b]) if 1 <= len(in_bar[b]) <= MAX_STRIKES else NONE, change_kind(changes[b])) for b in range(bars)
    ]


def load(data: Path) -> tuple[tuple[int, ...], dict[str, Songs], NDArray[np.float64]]:
    """Return the vocabulary of patterns, the songs of each split and the counts of lengths given gaps."""
    raw: dict[str, list[list[tuple[int, int]]]] = {"train": [], "valid": [], "test": []}
    gaps = np.zeros((STEPS, STEPS))
    for song in pop909.songs(data):
        if not song.common_time:
            continue
        side = fold(song.id)
        raw[side].append(raw_bars(song))
        if side == "train":
            where, length = strikes(song)
            gap = np.minimum(np.diff(where), STEPS)
            np.add.at(gaps, (gap - 1, np.minimum(length[:-1], gap) - 1), 1.0)
    seen = Counter(m for song in raw["train"] for m, _ in song if m != NONE)
    patterns = tuple(m for m, n in sorted(seen.items(), key=lambda kv: (-kv[1], kv[0])) if n >= LEAST)
    index = {m: nearest(patterns, m) for m in {m for songs in raw.values() for s in songs for m, _ in s if m != NONE}}
    sides = {
        side: [[Bar(index.get(m, NONE), change) for m, change in song] for song in songs] for side, songs in raw.items()
    }
    return patterns, sides, gaps


def events(songs: Songs) -> Iterable[tuple[list[int], Bar]]:
    """Yield each learned bar with the patterns before it."""
    for song in songs:
        history: list[int] = []
        for bar in song:
            if bar.pattern != NONE:
                yield history, bar
            history.append(bar.pattern)


def count(patterns: tuple[int, ...], songs: Songs, gaps: NDArray[np.float64]) -> Chain:
    """Return the chain that the songs give, without copies."""
    tables: list[dict[tuple[int, ...], Counter[int]]] = [defaultdict(Counter) for _ in range(ORDERS)]
    for history, bar in events(songs):
        for table, context in zip(tables, contexts(history, bar.change), strict=True):
            table[context][bar.pattern] += 1
    return chain_of(patterns, tables, (1.0, *(0.0 for _ in REPEATS)), gaps)


def chain_of(
    patterns: Sequence[int],
    tables: Sequence[Mapping[tuple[int, ...], Counter[int]]],
    weights: Sequence[float],
    gaps: NDArray[np.float64],
) -> Chain:
    """Return a chain from plain counters."""
    followers = tuple(
        {c: (np.array(list(n), np.int64), np.array(list(n.values()), np.float64)) for c, n in table.items()}
        for table in tables
    )
    return Chain(tuple(patterns), followers, tuple(weights), gaps)


def weigh(chain: Chain, songs: Songs, rounds: int = 12) -> Chain:
    """Return the chain with shares of counts and copies fitted to held-out songs (expectation maximisation)."""
    weights = np.full(1 + len(REPEATS), 1.0 / (1 + len(REPEATS)))
    rows = [
        (
            [float(chain.counted(history, bar.change)[bar.pattern])]
            + [float(len(history) >= b and history[-b] == bar.pattern) for b in REPEATS],
            [True] + [len(history) >= b and history[-b] != NONE for b in REPEATS],
        )
        for history, bar in events(songs)
    ]
    given, there = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    for _ in range(rounds):
        share = weights * there
        share = share / share.sum(axis=1, keepdims=True) * given
        mean = (share / share.sum(axis=1, keepdims=True)).sum(axis=0)
        weights = mean / there.sum(axis=0)
        weights /= weights.sum()
    stored = np.maximum(np.rint(weights / WEIGHT_STEP), 1.0) * WEIGHT_STEP
    return Chain(chain.patterns, chain.followers, tuple(float(w) for w in stored), chain.gaps)


def bits(chain: Chain, songs: Songs) -> float:
    """Return bits a bar."""
    nats = [-math.log(float(chain.probabilities(history, bar.change)[bar.pattern])) for history, bar in events(songs)]
    return sum(nats) / math.log(2.0) / len(nats)


def export(chain: Chain) -> dict[str, NDArray[Any]]:
    """Return the chain as arrays of whole numbers, scaled to the grid that `nn.weights.save` stores."""
    arrays = {"weights": np.array(chain.weights) / WEIGHT_STEP, "gaps": np.minimum(chain.gaps, 32767.0)}
    arrays["patterns"] = np.array([[m & 255, m >> 8] for m in chain.patterns], np.float64)
    for order, table in enumerate(chain.followers):
        rows = [[*c, int(k), int(n)] for c, (ks, ns) in sorted(table.items()) for k, n in zip(ks, ns, strict=True)]
        arrays[f"order_{order}"] = np.array(rows, np.float64)
    return {name: array * WEIGHT_STEP for name, array in arrays.items()}


def train(data: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Count, weigh and measure the songs of POP909-CL in a folder; return what to save, and the figures."""
    patterns, sides, gaps = load(data)
    chain = weigh(count(patterns, sides["train"], gaps), sides["valid"])
    flat = {side: [[b.pattern for b in song if b.pattern != NONE] for song in songs] for side, songs in sides.items()}
    bars = {side: sum(map(len, songs)) for side, songs in flat.items()}
    figures = {
        "parameters": sum(len(ks) for table in chain.followers for ks, _ in table.values()),
        "songs": {side: len(songs) for side, songs in sides.items()},
        "events": bars,
        "patterns": len(patterns),
        "epochs": 1,
        "train_bits_per_event": bits(chain, sides["train"]),
        "valid_bits_per_event": bits(chain, sides["valid"]),
        "test_bits_per_event": bits(chain, sides["test"]),
        "baselines": baselines(flat["train"], flat["test"], vocabulary=len(patterns), events=bars["test"]),
    }
    return export(chain), figures


COUNT = train
"""What `dusktape train comping` calls instead of the training loop."""
