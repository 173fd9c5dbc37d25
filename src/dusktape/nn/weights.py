"""Reading and writing the weights that ship: safetensors, int16, checked against the hash in the card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.errors import WeightsError
from dusktape.nn.exact import from_int16, to_int16


def sha256(path: Path) -> str:
    """Return the file's SHA-256 in hex.

    Raises
    ------
    WeightsError
        If the file is not there.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsError(f"cannot read weights {path}: {error.strerror}; reinstall dusktape") from error


def refuse_pickle(path: Path) -> None:
    """Refuse a file that Python would unpickle: reading one can run any code. Nothing of it is run to find out.

    Raises
    ------
    WeightsError
        If the file is a pickle, bare (of protocol 2 or later) or in torch's archive.
    """
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except OSError:
        return  # whoever reads it will say so
    safe = head[8:] == b"{"  # safetensors: eight bytes of any kind, then JSON
    if not safe and (head[:2] == b"PK" or (head[:1] == b"\x80" and head[1:2] in _PROTOCOLS)):
        raise WeightsError(
            f"{path} is a pickle, which may hold code, and was refused unread; dusktape reads safetensors only: "
            "train again with dusktape train"
        )


_PROTOCOLS = tuple(bytes([number]) for number in range(2, 10))


def save(path: Path, weights: Mapping[str, Any], metadata: Mapping[str, str]) -> str:
    """Write weights (name to array, floats) as int16 multiples of 2^-12; return the file's SHA-256.

    The same weights and metadata make the same bytes.
    """
    from safetensors.numpy import save as pack

    # Not safetensors' own save_file: that leaves a file which only its owner may read.
    path.write_bytes(_ordered(pack({name: to_int16(w) for name, w in weights.items()}, dict(metadata))))
    return sha256(path)


def _ordered(file: bytes) -> bytes:
    """Sort the metadata in the header of a safetensors file, which come in another order each time."""
    length = int.from_bytes(file[:8], "little")
    header = json.loads(file[8 : 8 + length])
    if "__metadata__" in header:
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode().ljust(length)
    return len(text).to_bytes(8, "little") + text + file[8 + length :]


def load(path: Path, expected_sha256: str | None = None) -> dict[str, Floats]:
    """Return name to float64 array, on the weight grid, read-only. A file that has not changed is read once.

    Parameters
    ----------
    path
        A safetensors file that `save` wrote.
    expected_sha256
        What the file must hash to; None for weights the user trained.

    Raises
    ------
    WeightsError
        If the file is missing, is a pickle, is not what `save` writes, or does not have the hash.
    """
    refuse_pickle(path)
    found = sha256(path)
    if expected_sha256 is not None and found != expected_sha256:
        raise WeightsError(
            f"weights {path} are damaged or swapped: sha256 {found[:12]}, expected {expected_sha256[:12]}; "
            "train again, or reinstall dusktape"
        )
    return dict(_parsed(path, found))


def metadata(path: Path) -> dict[str, str]:
    """Return the texts that `save` put beside the weights: `model`, and what the model itself added.

    Raises
    ------
    WeightsError
        If the file is missing, is a pickle or no safetensors file.
    """
    refuse_pickle(path)
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as file:
            return dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"weights {path} are no safetensors file: {error}; train or install them again") from error


@lru_cache(maxsize=8)
def _parsed(path: Path, found: str) -> dict[str, Floats]:
    """Read the tensors of a file with this hash."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as parse

    try:
        tensors = parse(path.read_bytes())
    except SafetensorError as error:
        raise WeightsError(
            f"weights {path} ({found[:12]}) are no safetensors file: {error}; train or install them again"
        ) from error
    foreign = [name for name, array in tensors.items() if array.dtype != np.int16]
    if foreign:
        raise WeightsError(f"weights {path} hold {foreign[0]!r} not as int16; train them with dusktape")
    weights = {name: from_int16(array) for name, array in tensors.items()}
    for array in weights.values():
        array.setflags(write=False)  # every song shares them
    return weights
