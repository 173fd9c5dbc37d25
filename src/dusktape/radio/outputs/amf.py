"""Action Message Format 0: the few types that RTMP's commands use.

Source
------
Adobe, "Action Message Format -- AMF 0", 2007.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

Value = float | bool | str | None | Mapping[str, "Value"]

_NUMBER, _BOOLEAN, _STRING, _OBJECT, _NULL, _UNDEFINED, _ARRAY, _END = 0, 1, 2, 3, 5, 6, 8, 9
_LONGEST: Final = 65_535


def encode(*values: Value) -> bytes:
    """Return values one after the other."""
    return b"".join(_encoded(value) for value in values)


def decode(data: bytes) -> list[Value]:
    """Return the values in some bytes.

    Raises
    ------
    ValueError
        If they end early or hold a type we do not know.
    """
    values: list[Value] = []
    at = 0
    try:
        while at < len(data):
            value, at = _decoded(data, at)
            values.append(value)
    except (IndexError, struct.error) as error:
        raise ValueError("an AMF message ends early") from error
    return values


def _encoded(value: Value) -> bytes:
    if value is None:
        return bytes([_NULL])
    if isinstance(value, bool):
        return bytes([_BOOLEAN, value])
    if isinstance(value, (int, float)):
        return struct.pack(">Bd", _NUMBER, value)
    if isinstance(value, str):
        return bytes([_STRING]) + _name(value)
    fields = b"".join(_name(key) + _encoded(one) for key, one in value.items())
    return bytes([_OBJECT]) + fields + b"\0\0" + bytes([_END])


def _name(text: str) -> bytes:
    data = text.encode()[:_LONGEST]
    return struct.pack(">H", len(data)) + data


def _decoded(data: bytes, at: int) -> tuple[Value, int]:
    kind, at = data[at], at + 1
    if kind == _NUMBER:
        return struct.unpack_from(">d", data, at)[0], at + 8
    if kind == _BOOLEAN:
        return bool(data[at]), at + 1
    if kind == _STRING:
        return _text(data, at)
    if kind in (_NULL, _UNDEFINED):
        return None, at
    if kind not in (_OBJECT, _ARRAY):
        raise ValueError(f"an AMF message holds type {kind}")
    found: dict[str, Value] = {}
    if kind == _ARRAY:
        at += 4
    while True:
        key, at = _text(data, at)
        if not key and data[at] == _END:
            return found, at + 1
        found[key], at = _decoded(data, at)


def _text(data: bytes, at: int) -> tuple[str, int]:
    (size,) = struct.unpack_from(">H", data, at)
    if at + 2 + size > len(data):
        raise ValueError("an AMF message ends early")
    return data[at + 2 : at + 2 + size].decode(errors="replace"), at + 2 + size
