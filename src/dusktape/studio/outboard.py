"""A second Python process that renders part of the strips, so that two cores really share the work.

Threads do not: between two short numpy calls each holds the interpolator's lock, and two of them are slower than one.
The process gets the song as JSON on its standard input and writes float32 frames to its standard output. If it
cannot be had, or dies, its strips are rendered here instead: the sound is the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import groupby, islice
from typing import IO, Any

import numpy as np

from dusktape.core.audio import Block, LinearEffect, Stems
from dusktape.core.recipe import Recipe
from dusktape.core.score import Score
from dusktape.core.seed import Seed
from dusktape.studio.desk import AHEAD, Desk
from dusktape.studio.rig import Seat, cues_of, seats

Process = subprocess.Popen[bytes]

_COSTS_MS = {
    "cassette": 300.0,
    "chorus": 190.0,
    "crush": 130.0,
    "echo": 190.0,
    "glue": 80.0,
    "radio": 130.0,
    "record": 290.0,
    "reel": 280.0,
    "small_speaker": 150.0,
    "wow": 135.0,
}
_OTHER_MS, _CONVOLUTION_MS = 25.0, 165.0
_LONG = ("early", "plate", "room", "spring")
_PLAYER_MS, _TEXTURE_MS = 200.0, 110.0
_MASTER_MS = 900.0
"""About what three minutes cost: some effects and any other, all neighbours that are one convolution, a strip without
effects, its balance included, and what the mix and the cover cost us anyway while strips are rendered."""

SUM = "sum"

_AHEAD = 3
"""Hops of stems that may wait to be used."""


def shared(all_seats: Sequence[Seat]) -> tuple[list[Seat], list[Seat]]:
    """Return the seats to keep and the seats to hand over, about equal in work with the master added to ours."""
    ours: list[Seat] = []
    theirs: list[Seat] = []
    load = [_MASTER_MS, 0.0]
    for seat in sorted(all_seats, key=_cost, reverse=True):
        far = load[1] < load[0]
        (theirs if far else ours).append(seat)
        load[far] += _cost(seat)
    return ours, theirs


def _cost(seat: Seat) -> float:
    cost = _TEXTURE_MS if seat.part.texture else _PLAYER_MS
    for linear, group in groupby(seat.effects, key=lambda named: isinstance(named[1], LinearEffect)):
        names = [name for name, _ in group]
        alone = len(names) == 1 and names[0] not in _LONG
        cost += _CONVOLUTION_MS if linear and not alone else sum(_COSTS_MS.get(name, _OTHER_MS) for name in names)
    return cost


class Outboard:
    """The strips of some seats, rendered by another process. A context manager: leaving it ends the process.

    Parameters
    ----------
    recipe, seed, score
        Of the song.
    desk
        The seats to hand over, as they would be rendered here.
    lengths
        Frames of each hop.
    process
        From `start`; None renders here.
    summed
        Hand over only the sum of the strips, under the name `SUM`: a fifth of the bytes.
    """

    def __init__(
        self,
        recipe: Recipe,
        seed: Seed,
        score: Score,
        desk: Desk,
        lengths: Sequence[int],
        process: Process | None,
        *,
        summed: bool = False,
    ) -> None:
        self._desk = desk
        self._lengths = lengths
        self._summed = summed
        self._names = [SUM] if summed else [s.name for s in desk.seats]
        self._process = process
        self._reader = ThreadPoolExecutor(1)
        self._order = json.dumps(
            {
                "recipe": recipe.model_dump(mode="json"),
                "seed": seed.value,
                "score": score.to_json(),
                "parts": [s.name for s in desk.seats],
                "summed": summed,
                "lengths": list(lengths),
            }
        )

    def __enter__(self) -> Outboard:
        self._sent = self._reader.submit(self._send)
        return self

    def __exit__(self, *_: object) -> None:
        stop(self._process)
        self._reader.shutdown(cancel_futures=True)

    def stems(self) -> Iterator[Stems]:
        """Yield the stems, hop by hop."""
        done = 0
        for stems in self._received():
            done += 1
            yield stems
        if done < len(self._lengths):
            yield from islice(self._made_here(), done, None)

    def _made_here(self) -> Iterator[Stems]:
        if self._summed:
            return ({SUM: whole} for whole in self._desk.sums(self._lengths))
        return self._desk.stems(self._lengths)

    def _send(self) -> None:
        """Hand over the order; the process may still be waking up, and takes what does not fit its pipe later."""
        if self._process is not None:
            assert self._process.stdin is not None
            with self._process.stdin as orders:
                orders.write(self._order.encode())

    def _received(self) -> Iterator[Stems]:
        process = self._process
        if process is None:
            return
        assert process.stdout is not None
        out, ahead = process.stdout, AHEAD if self._summed else _AHEAD
        waiting: deque[Future[list[Block]]] = deque()
        try:
            self._sent.result()
            for frames in self._lengths:
                waiting.append(self._reader.submit(self._read, out, frames))
                if len(waiting) > ahead:
                    yield dict(zip(self._names, waiting.popleft().result(), strict=True))
            while waiting:
                yield dict(zip(self._names, waiting.popleft().result(), strict=True))
        except (OSError, EOFError, ValueError):
            return

    def _read(self, out: IO[bytes], frames: int) -> list[Block]:
        blocks = []
        for _ in self._names:
            block = np.empty((2, frames), np.float32)
            place = block.view(np.uint8).reshape(-1).data
            have = 0
            while have < len(place):
                more = out.readinto(place[have:])  # type: ignore[attr-defined]
                if not more:
                    raise EOFError
                have += more
            blocks.append(block)
        return blocks


GARBAGE = 50_000
"""Objects made between two looks for cycles to collect: at Python's 700, imports and scores are gone through often."""


def start() -> Process | None:
    """Start the other process; it takes a while to wake up. None if there is no way to."""
    if not sys.executable:
        return None
    path = os.pathsep.join(p for p in sys.path if p)
    try:
        return subprocess.Popen(
            [sys.executable, "-c", f"import gc; gc.set_threshold({GARBAGE}); import {__name__} as here; here.serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": path},
        )
    except OSError:
        return None


def stop(process: Process | None) -> None:
    """End a process, whatever it is doing."""
    if process is None:
        return
    process.kill()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            assert pipe is not None
            pipe.close()
    process.wait()


def _serve(orders: IO[bytes], out: IO[bytes]) -> None:
    """What the other process does."""
    order: dict[str, Any] = json.loads(orders.read())
    recipe = Recipe.of(order["recipe"], where="outboard")
    score = Score.from_json(order["score"])
    wanted = {s.name: s for s in seats(recipe, score) if s.name in order["parts"]}
    desk = Desk([wanted[name] for name in order["parts"]], score, cues_of(score), Seed(order["seed"]))
    lengths = order["lengths"]
    hops: Iterator[Iterable[Block]]
    hops = (
        ([whole] for whole in desk.sums(lengths, ahead=AHEAD))
        if order["summed"]
        else (s.values() for s in desk.stems(lengths))
    )
    for blocks in hops:
        for block in blocks:
            out.write(np.ascontiguousarray(block, np.float32).data)
    out.flush()


def serve() -> None:
    """Be the other process: take an order from standard input, write frames to standard output, end."""
    with suppress(KeyboardInterrupt, BrokenPipeError):
        _serve(sys.stdin.buffer, sys.stdout.buffer)
    # The pipe may be closed by now; nothing is left to be said on the way out.
    os._exit(0)
