"""What was found in a MIDI file, as bytes: it travels from process to process and lies in the journal."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dusktape.core.score import Chord, Key
from dusktape.data.dataset import Notes, Song

_HEAD = struct.Struct("<I")
_COLUMNS = (("start", "<i4"), ("length", "<i4"), ("pitch", "u1"), ("velocity", "u1"))


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What came of one file.

    Parameters
    ----------
    song
        Without name and split; None where the file cannot be used.
    found
        Measured facts, JSON.
    why
        In a word, why it is dropped; empty where it is not.
    reason
        The same in a sentence.
    """

    song: Song | None
    found: Mapping[str, Any]
    why: str = ""
    reason: str = ""

    def encoded(self) -> bytes:
        """Return it as bytes: JSON, then the notes column by column."""
        head: dict[str, Any] = {"found": dict(self.found), "why": self.why, "reason": self.reason}
        body = b""
        if (s := self.song) is not None:
            head["song"] = {
                "bpm": s.bpm,
                "beats_per_bar": s.beats_per_bar,
                "key": [s.key.tonic, s.key.mode],
                "chords": [[c.start, c.length, c.root, c.quality] for c in s.chords],
                "notes": len(s.notes),
            }
            columns = [getattr(s.notes, name).astype(kind) for name, kind in _COLUMNS]
            body = b"".join(c.tobytes() for c in (*columns, s.part.astype("u1")))
        text = json.dumps(head, separators=(",", ":")).encode()
        return _HEAD.pack(len(text)) + text + body

    @staticmethod
    def decoded(data: bytes) -> Finding:
        """Read what `encoded` wrote."""
        (length,) = _HEAD.unpack_from(data)
        place = _HEAD.size + length
        head = json.loads(data[_HEAD.size : place])
        song = None
        if facts := head.get("song"):
            columns = []
            for kind in (*(kind for _, kind in _COLUMNS), "u1"):
                columns.append(np.frombuffer(data, kind, facts["notes"], place).astype(np.int64))
                place += facts["notes"] * np.dtype(kind).itemsize
            song = Song(
                name="",
                split="",
                bpm=facts["bpm"],
                beats_per_bar=facts["beats_per_bar"],
                key=Key(*facts["key"]),
                chords=tuple(Chord(*c) for c in facts["chords"]),
                notes=Notes(*columns[:4]),
                part=columns[4],
            )
        return Finding(song, head["found"], head["why"], head["reason"])
