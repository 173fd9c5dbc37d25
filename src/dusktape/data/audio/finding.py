"""What was found in a sound file, as bytes: it travels from process to process and lies in the journal."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HEAD = struct.Struct("<I")

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What came of one file.

    Parameters
    ----------
    facts
        Measured, JSON: see `Levels.facts` and `Heard.facts`.
    arrays
        `strikes` in seconds (N,), `prints` (anchors, numbers) with their `anchors` in seconds, `track`, `texture`, and
        two pictures, `waveform` and `mel`: see `measure`.
    why, reason
        In a word and in a sentence why the file cannot be used; empty where it can.
    """

    facts: Mapping[str, Any]
    arrays: Arrays = field(default_factory=dict)
    why: str = ""
    reason: str = ""

    def encoded(self) -> bytes:
        """Return it as bytes: JSON, then the arrays one after the other."""
        shapes = {name: [array.dtype.str, *array.shape] for name, array in self.arrays.items()}
        head = {"facts": dict(self.facts), "why": self.why, "reason": self.reason, "arrays": shapes}
        text = json.dumps(head, separators=(",", ":")).encode()
        return _HEAD.pack(len(text)) + text + b"".join(array.tobytes() for array in self.arrays.values())

    @staticmethod
    def decoded(data: bytes) -> Finding:
        """Read what `encoded` wrote."""
        (length,) = _HEAD.unpack_from(data)
        place = _HEAD.size + length
        head = json.loads(data[_HEAD.size : place])
        arrays = {}
        for name, (kind, *shape) in head["arrays"].items():
            count = int(np.prod(shape))
            arrays[name] = np.frombuffer(data, kind, count, place).reshape(shape)
            place += count * np.dtype(kind).itemsize
        return Finding(head["facts"], arrays, head["why"], head["reason"])
