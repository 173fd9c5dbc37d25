"""Under which licence files are, by what people say of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from dusktape.core.errors import InputError

UNKNOWN = "unknown"
"""The licence of files that nobody has said anything about."""


def licence_of(file: str, licences: Mapping[str, str], otherwise: str) -> str:
    """Return the licence of a file.

    Parameters
    ----------
    file
        As the manifest names it.
    licences
        From a file or a folder to its licence; the longest that fits counts.
    otherwise
        Of files that none fits.
    """
    places = [place for place in licences if _within(file, place)]
    return licences[max(places, key=len)] if places else otherwise


def check_licences(files: Iterable[str], licences: Mapping[str, str]) -> None:
    """Refuse licences of what is not there.

    Raises
    ------
    InputError
        If one is given for a file or folder that was not found.
    """
    there = list(files)
    for place in licences:
        if not any(_within(file, place) for file in there):
            raise InputError(
                f"licences are given for {place!r}, and no such file was found; name it as below the folder"
            )


def _within(file: str, place: str) -> bool:
    return file == place or file.startswith(place.rstrip("/") + "/")


def read_licences(path: Path) -> dict[str, str]:
    """Read a CSV of files or folders, as the manifest names them, and their licences.

    Raises
    ------
    InputError
        If it cannot be read, or a line has not two columns.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [(number, row) for number, row in enumerate(csv.reader(file), 1) if row]
    except (OSError, UnicodeError, csv.Error) as error:
        raise InputError(f"{str(path)!r} cannot be read as CSV: {error}") from error
    for number, row in rows:
        if len(row) != 2 or not all(cell.strip() for cell in row):
            raise InputError(f"{str(path)!r}, line {number}: write a file or folder, a comma and its licence")
    return {row[0].strip(): row[1].strip() for _, row in rows if row != ["path", "licence"]}
