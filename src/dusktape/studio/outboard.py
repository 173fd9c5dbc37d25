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
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Any

import numpy as np

from dusktape.core.audio import Block, Stems
from dusktape.core.recipe import Recipe
from dusktape.core.score import Score
from dusktape.core.seed import Seed
from dusktape.studio.desk import Desk
from dusktape.studio.rig import Seat, cues_of, seats

Process = subprocess.Popen[bytes]

_WEIGHTS = {
    "cassette": 4.0,
    "chorus": 3.5,
    "early": 3.0,
    "echo": 4.0,
    "plate": 3.0,
    "radio": 2.0,
    "record": 4.0,
    "reel": 4.0,
    "room": 3.0,
    "small_speaker": 2.5,
    "spring": 3.5,
    "wow": 2.5,
    "crush": 1.5,
}
_STRIP = 4.0
_MASTER = 16.0
"""Rough costs: of some effects against 1 for the others, of a strip without any, and of what the mix costs us anyway
while strips are rendered. One is about 60 ms for three minutes."""

SUM = "sum"

_AHEAD = 3
"""Hops that may wait to be used."""


def shared(all_seats: Sequence[Seat]) -> tuple[list[Seat], list[Seat]]:
    """Return the seats to keep and the seats to hand over, about equal in work with the master added to ours."""
    ours: list[Seat] = []
    theirs: list[Seat] = []
    load = [_MASTER, 0.0]
    for seat in sorted(all_seats, key=_cost, reverse=True):
        far = load[1] < load[0]
        (theirs if far else ours).append(seat)
        load[far] += _cost(seat)
    return ours, theirs


def _cost(seat: Seat) -> float:
    return _STRIP + sum(_WEIGHTS.get(name, 1.0) for name, _ in seat.effects)


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
            for k, stems in enumerate(self._desk.stems(self._lengths)):
                if k >= done:
                    yield {SUM: total(stems)} if self._summed else stems

    def _received(self) -> Iterator[Stems]:
        process = self._process
        if process is None:
            return
        assert process.stdin is not None and process.stdout is not None
        out = process.stdout
        try:
            with process.stdin as orders:
                orders.write(self._order.encode())
        except OSError:
            return
        waiting: list[Future[list[Block]]] = []
        for k in range(len(self._lengths)):
            while len(waiting) < _AHEAD and k + len(waiting) < len(self._lengths):
                waiting.append(self._reader.submit(self._read, out, self._lengths[k + len(waiting)]))
            try:
                blocks = waiting.pop(0).result()
            except (OSError, EOFError, ValueError):
                return
            yield dict(zip(self._names, blocks, strict=True))

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


def total(stems: Stems) -> Block:
    """Return the sum of the stems."""
    blocks = list(stems.values())
    whole = blocks[0].copy()
    for block in blocks[1:]:
        whole += block
    return whole


def start() -> Process | None:
    """Start the other process; it takes a while to wake up. None if there is no way to."""
    if not sys.executable:
        return None
    path = os.pathsep.join(p for p in sys.path if p)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", __name__],
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
    for stems in desk.stems(order["lengths"]):
        for block in [total(stems)] if order["summed"] else stems.values():
            out.write(np.ascontiguousarray(block, np.float32).data)
    out.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        _serve(sys.stdin.buffer, sys.stdout.buffer)
    # The pipe may be closed by now; nothing is left to be said on the way out.
    os._exit(0)
