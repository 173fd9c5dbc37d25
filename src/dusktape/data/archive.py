"""Archives of notes and chord symbols: plain arrays in one file, with what is known of each song as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.data.unreadable import ERRORS, unreadable

Arrays = dict[str, np.ndarray[Any, Any]]


def read(path: Path, source: str, names: Mapping[str, str]) -> tuple[Arrays, Any, list[str]]:
    """Return the arrays by name, the songs' facts, and the chord qualities in the order of their numbers.

    Parameters
    ----------
    path
        An `.npz` with `meta` (JSON) and `quals` (names of qualities) among its arrays.
    source
        What it is called, for messages.
    names
        The source's name of a quality to ours, where they differ.

    Raises
    ------
    InputError
        If the file is missing or is not what it should be.
    """
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            table = {name: file[name] for name in file.files}
        meta = json.loads(str(table["meta"]))
        qualities = [names.get(str(q), str(q)) for q in table["quals"]]
    except ERRORS as error:
        raise unreadable(source, path, error) from error
    return table, meta, qualities
