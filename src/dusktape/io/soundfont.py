"""What is in a SoundFont: its presets, and whether its tables hold together. Reads headers, never the samples."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from dusktape.core.errors import InputError

LARGEST_BYTES = 1_000_000_000
"""Larger fonts are refused: what a preset needs of them would not fit beside the song."""

PERCUSSION = 128
"""Bank of the drum kits, by General MIDI's habit."""

_LARGEST_TABLE = 64 << 20
_MOST_CHUNKS = 64
_COMPRESSED = 0x10
_INSTRUMENT, _SAMPLE = 41, 53

_PRESET = np.dtype([("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("rest", "V12")])
_BAG = np.dtype([("gen", "<u2"), ("mod", "<u2")])
_GENERATOR = np.dtype([("what", "<u2"), ("amount", "<u2")])
_KEYED = np.dtype([("name", "S20"), ("bag", "<u2")])
_HEADER = np.dtype(
    [
        ("name", "S20"),
        ("start", "<u4"),
        ("end", "<u4"),
        ("loop_start", "<u4"),
        ("loop_end", "<u4"),
        ("rate", "<u4"),
        ("tuning", "V2"),
        ("link", "<u2"),
        ("kind", "<u2"),
    ]
)
_TABLES = {
    b"phdr": _PRESET,
    b"pbag": _BAG,
    b"pmod": np.dtype("V10"),
    b"pgen": _GENERATOR,
    b"inst": _KEYED,
    b"ibag": _BAG,
    b"imod": np.dtype("V10"),
    b"igen": _GENERATOR,
    b"shdr": _HEADER,
}
Table = NDArray[np.void]


@dataclass(frozen=True, slots=True, order=True)
class Preset:
    """One sound of a font: MIDI bank and program, and its name."""

    bank: int
    program: int
    name: str


def presets(path: Path) -> tuple[Preset, ...]:
    """Return a font's presets by bank and program, after checking every table that a player would follow.

    Parameters
    ----------
    path
        A `.sf2` or `.sf3`.

    Raises
    ------
    InputError
        If it cannot be read, is cut off or too large, has no presets, or a table in it points to nowhere.

    Source
    ------
    E-mu, SoundFont Technical Specification 2.04, 2006, chapters 4 to 7; samples as Ogg Vorbis (sf3) are MuseScore's.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            tables, sample_bytes = _tables(file, size)
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}; check the file") from error
    except _Broken as error:
        raise InputError(f"{str(path)!r} is no SoundFont that we can play: {error}; take another copy") from error
    try:
        _check(tables, sample_bytes)
    except _Broken as error:
        raise InputError(f"{str(path)!r} is a broken SoundFont: {error}; take another copy") from error
    rows = tables[b"phdr"][:-1]
    listed = [
        Preset(int(r["bank"]), int(r["program"]), _text(bytes(r["name"])))
        for r in rows
        if r["bank"] <= PERCUSSION and r["program"] < 128
    ]
    if not listed:
        raise InputError(f"{str(path)!r} is a SoundFont without presets; take another")
    return tuple(sorted(listed))


class _Broken(Exception):
    pass


def _text(name: bytes) -> str:
    shown = "".join(c if c.isprintable() else " " for c in name.split(b"\0")[0].decode("latin-1"))
    return " ".join(shown.split()) or "unnamed"


def _tables(file: BinaryIO, size: int) -> tuple[dict[bytes, Table], int]:
    """Return the tables of `pdta` and the bytes of the samples."""
    if size == 0:
        raise _Broken("it is empty")
    if size > LARGEST_BYTES:
        raise _Broken(f"it has {math.ceil(size / 1e7) / 100:.2f} GB, and we go to {LARGEST_BYTES / 1e9:g}")
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise _Broken("it does not begin like one")
    if struct.unpack("<I", head[4:8])[0] + 8 > size:
        raise _Broken(f"it is cut off after {size} bytes")
    tables: dict[bytes, Table] = {}
    samples = 0
    for kind, start, length in _chunks(file, 12, size):
        if kind != b"LIST":
            continue
        file.seek(start)
        what = file.read(4)
        inside = _chunks(file, start + 4, start + length)
        if what == b"sdta":
            samples = next((n for name, _, n in inside if name == b"smpl"), 0)
        elif what == b"pdta":
            tables = {name: _table(file, name, at, n) for name, at, n in inside if name in _TABLES}
    if missing := [name.decode() for name in _TABLES if name not in tables]:
        raise _Broken(f"it has no table {missing[0]}")
    return tables, samples


def _chunks(file: BinaryIO, start: int, end: int) -> list[tuple[bytes, int, int]]:
    """Return name, first byte and length of the chunks between two places."""
    found: list[tuple[bytes, int, int]] = []
    while start + 8 <= end:
        if len(found) == _MOST_CHUNKS:
            raise _Broken("it has more chunks than any font")
        file.seek(start)
        name, length = struct.unpack("<4sI", file.read(8))
        if start + 8 + length > end:
            raise _Broken(f"its chunk {name.decode('latin-1')!r} reaches beyond the end")
        found.append((name, start + 8, length))
        start += 8 + length
        if length % 2:
            file.seek(start)
            start += file.read(1) == b"\0"  # some that write Vorbis leave the padding out
    return found


def _table(file: BinaryIO, name: bytes, start: int, length: int) -> Table:
    kind = _TABLES[name]
    if length > _LARGEST_TABLE or length % kind.itemsize or length < kind.itemsize:
        raise _Broken(f"its table {name.decode()} has {length} bytes")
    file.seek(start)
    return np.frombuffer(file.read(length), kind)


def _check(tables: dict[bytes, Table], sample_bytes: int) -> None:
    """Refuse tables that point beyond each other or beyond the samples."""
    last = {name: len(table) - 1 for name, table in tables.items()}
    for of, field, to in (
        (b"phdr", "bag", b"pbag"),
        (b"pbag", "gen", b"pgen"),
        (b"pbag", "mod", b"pmod"),
        (b"inst", "bag", b"ibag"),
        (b"ibag", "gen", b"igen"),
        (b"ibag", "mod", b"imod"),
    ):
        places = tables[of][field].astype(np.int64)
        if np.any(np.diff(places) < 0) or places[-1] > last[to]:
            raise _Broken(f"its table {of.decode()} points beyond {to.decode()}")
    for of, what, to in ((b"pgen", _INSTRUMENT, b"inst"), (b"igen", _SAMPLE, b"shdr")):
        table = tables[of]
        if np.any(table["amount"][table["what"] == what] >= max(1, last[to])):
            raise _Broken(f"its table {of.decode()} points beyond {to.decode()}")
    samples = tables[b"shdr"][:-1]
    whole = (samples["kind"] & 0x8000) == 0  # others lie in the ROM of a sound card
    unit = np.where(samples["kind"] & _COMPRESSED, 1, 2)
    ends = samples["end"].astype(np.int64) * unit
    if np.any(whole & ((ends > sample_bytes) | (samples["start"] > samples["end"]))):
        raise _Broken("its samples reach beyond the end")
