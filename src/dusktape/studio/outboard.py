"""A second Python process that renders part of the strips, so that two cores really share the work.

Threads do not: between two short numpy calls each holds the interpolator's lock, and two of them are slower than one.
The process gets the song as JSON on its standard input and writes float32 frames to its standard output. If it
cannot be had, or dies, its strips are rendered here instead: the sound is the same.

While we compose it has nothing to render. It then opens the recipe's instruments and effects, whose tables and
responses it will need, and runs errands.
"""

from __future__ import annotations

import importlib
import json
import os
import struct
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import groupby, islice
from typing import IO, Any, TypeVar

import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Block, Cues, LinearEffect, Stems
from dusktape.core.recipe import Recipe
from dusktape.core.score import Score
from dusktape.core.seed import Seed
from dusktape.studio.desk import AHEAD, Desk
from dusktape.studio.rig import Seat, cues_of, open_strip, seats, wanted
from dusktape.studio.second import Second

_COSTS_MS = {
    "cassette": 240.0,
    "chorus": 80.0,
    "compressor": 40.0,
    "crush": 145.0,
    "echo": 170.0,
    "glue": 80.0,
    "radio": 110.0,
    "record": 230.0,
    "reel": 225.0,
    "saturation": 50.0,
    "section_filter": 75.0,
    "small_speaker": 130.0,
    "wow": 100.0,
}
_OTHER_MS, _LONG_CONVOLUTION_MS, _CONVOLUTION_MS = 20.0, 180.0, 60.0
_LONG = ("early", "plate", "room", "spring")
_RARE = ("guest", "riser")
_PLAYERS_MS = {"bass": 150.0, "drums": 255.0, "keys": 330.0, "lead": 190.0, "pad": 100.0}
_PLAYER_MS, _TEXTURE_MS = 90.0, 70.0
_MASTER_MS = 400.0
"""About what three minutes cost: some effects and any other, all neighbours that are one convolution, with a room or
without, a strip without effects, its balance included, by the name of its part (half for those that mostly rest), and
what the mix costs us anyway while strips are rendered, less what the other is late by."""

SUM = "sum"

_AHEAD = 3
"""Hops of stems that may wait to be used."""

_HEARD = 4096
"""Frames of every strip that are rendered before there is a song."""


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
    cost = _TEXTURE_MS if seat.part.texture else _PLAYERS_MS.get(seat.name, _PLAYER_MS)
    for linear, group in groupby(seat.effects, key=lambda named: isinstance(named[1], LinearEffect)):
        names = [name for name, _ in group]
        if linear and any(name in _LONG for name in names):
            cost += _LONG_CONVOLUTION_MS
        elif linear and len(names) > 1:
            cost += _CONVOLUTION_MS
        else:
            cost += sum(_COSTS_MS.get(name, _OTHER_MS) for name in names)
    return cost / 2.0 if seat.name in _RARE else cost


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
    second
        The process, awake; None renders here.
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
        second: Second | None,
        *,
        summed: bool = False,
    ) -> None:
        self._desk = desk
        self._lengths = lengths
        self._summed = summed
        self._names = [SUM] if summed else [s.name for s in desk.seats]
        self._second = second
        self._reader = ThreadPoolExecutor(1)
        self._order = {
            "do": "render",
            "recipe": recipe.model_dump(mode="json"),
            "seed": seed.value,
            "score": score.to_json(),
            "parts": [s.name for s in desk.seats],
            "summed": summed,
            "lengths": list(lengths),
        }

    def __enter__(self) -> Outboard:
        if self._second is not None:
            self._sent = self._second.send(self._order)
        return self

    def __exit__(self, *_: object) -> None:
        if self._second is not None:
            self._second.stop()
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

    def _received(self) -> Iterator[Stems]:
        second = self._second
        if second is None:
            return
        ahead = AHEAD if self._summed else _AHEAD
        waiting: deque[Future[list[Block]]] = deque()
        try:
            self._sent.result()
            for frames in self._lengths:
                waiting.append(self._reader.submit(self._read, second.out, frames))
                if len(waiting) > ahead:
                    yield dict(zip(self._names, waiting.popleft().result(), strict=True))
            while waiting:
                yield dict(zip(self._names, waiting.popleft().result(), strict=True))
        except (OSError, EOFError, ValueError):
            return
        with suppress(OSError, EOFError):
            for errand in second.errands:
                (length,) = _LENGTH.unpack(_filled(bytearray(_LENGTH.size), second.out))
                errand.result = bytes(_filled(bytearray(length), second.out)) or None

    def _read(self, out: IO[bytes], frames: int) -> list[Block]:
        blocks = []
        for _ in self._names:
            block = np.empty((2, frames), np.float32)
            _filled(block.view(np.uint8).reshape(-1).data, out)
            blocks.append(block)
        return blocks


_LENGTH = struct.Struct("<Q")
"""Goes before what an errand brings: how many bytes; none where it failed."""

Room = TypeVar("Room", bytearray, memoryview)


def _filled(room: Room, out: IO[bytes]) -> Room:
    place, have = memoryview(room), 0
    while have < len(place):
        more = out.readinto(place[have:])  # type: ignore[attr-defined]
        if not more:
            raise EOFError
        have += more
    return room


def _serve(orders: IO[bytes], out: IO[bytes]) -> None:
    """What the other process does: one line after the other, and after the song no more."""
    brought: list[bytes] = []
    for line in orders:
        order: dict[str, Any] = json.loads(line)
        if order["do"] == "prepare":
            with suppress(Exception):  # nobody waits for this: what fails here fails again where it can be told
                _prepare(Recipe.of(order["recipe"], where="outboard"), Seed(order["seed"]))
        elif order["do"] == "errand":
            brought.append(_run(order))
        else:
            _render(order, out)
            for result in brought:
                out.write(_LENGTH.pack(len(result)) + result)
            out.flush()
            return


def _prepare(recipe: Recipe, seed: Seed) -> None:
    """Open the seats that will be ours, without notes: what they compute is kept."""
    cues = Cues(frames=SAMPLE_RATE, bpm=recipe.tempo.bpm)
    for seat in shared(wanted(recipe))[1]:
        open_strip(seat, (), cues=cues, seed=seed).render(_HEARD)


def _run(order: Mapping[str, Any]) -> bytes:
    try:
        module, _, name = order["function"].partition(":")
        return bytes(getattr(importlib.import_module(module), name)(**order["arguments"]))
    except Exception:  # the one who sent us does it himself, and is told why it cannot be done
        return b""


def _render(order: Mapping[str, Any], out: IO[bytes]) -> None:
    recipe = Recipe.of(order["recipe"], where="outboard")
    score = Score.from_json(order["score"])
    there = {s.name: s for s in seats(recipe, score) if s.name in order["parts"]}
    desk = Desk([there[name] for name in order["parts"]], score, cues_of(score), Seed(order["seed"]))
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


def serve() -> None:
    """Be the other process: take orders from standard input, write to standard output, end."""
    with suppress(KeyboardInterrupt, BrokenPipeError):
        _serve(sys.stdin.buffer, sys.stdout.buffer)
    # The pipe may be closed by now; nothing is left to be said on the way out.
    os._exit(0)
