"""TOML, read with the place of every mistake, and written."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from dusktape.core.errors import InputError

_PLACE = re.compile(
    r"^(?P<what>.*?) \((?:at line (?P<line>\d+), column (?P<column>\d+)|at end of document)\)$", re.DOTALL
)


def read(path: str | Path) -> dict[str, Any]:
    """Return what a TOML file says.

    Raises
    ------
    InputError
        If the file is missing, no text, or no TOML; names the file, line and column.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}; check the name") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{str(path)!r}, line {line}: this is not UTF-8; save the file as UTF-8 text") from error
    return loads(text, where=str(path))


def loads(text: str, *, where: str) -> dict[str, Any]:
    """Return what a TOML text says.

    Parameters
    ----------
    text
        The TOML.
    where
        How the user knows the text: a file name.

    Raises
    ------
    InputError
        If the text is no TOML; names `where`, line and column.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        found = _PLACE.match(message)
        what = found["what"] if found else message
        line, column = _end_of(text)
        if found and found["line"]:
            line, column = int(found["line"]), int(found["column"])
        what = what[:1].lower() + what[1:]
        raise InputError(f"{where!r}, line {line}, column {column}: {what}; mend the TOML there") from error


def dumps(data: Mapping[str, Any]) -> str:
    """Return the TOML text of plain data: dicts, lists, strings, numbers, booleans, dates."""
    return tomli_w.dumps(data)


def _end_of(text: str) -> tuple[int, int]:
    lines = text.split("\n")
    return len(lines), len(lines[-1]) + 1
