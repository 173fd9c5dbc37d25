"""Weights that stay floats: safetensors with their own precision, checked against the hash beside them.

For networks too large, or too finely tuned, for the grid that `nn.weights` rounds to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.errors import WeightsError
from dusktape.nn.weights import refuse_pickle

_PIECE = 1 << 22


def save(path: Path, weights: Mapping[str, Any], metadata: Mapping[str, str]) -> str:
    """Write weights (name to array) as float32; return the file's SHA-256. The same weights make the same bytes."""
    from safetensors.numpy import save as pack

    arrays = {name: np.ascontiguousarray(w, np.float32) for name, w in weights.items()}
    file = pack(arrays, dict(metadata))
    length = int.from_bytes(file[:8], "little")
    header = json.loads(file[8 : 8 + length])
    header["__metadata__"] = dict(sorted(metadata.items()))  # safetensors writes them in another order each time
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text = text.ljust(-(-len(text) // 8) * 8)
    with path.open("wb") as out:
        out.write(len(text).to_bytes(8, "little") + text)
        out.write(memoryview(file)[8 + length :])
    return sha256(path)


def load(path: Path, expected_sha256: str | None = None) -> dict[str, np.ndarray[Any, Any]]:
    """Return name to array.

    Raises
    ------
    WeightsError
        If the file is missing, is a pickle, no safetensors file, or does not have the hash.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    refuse_pickle(path)
    found = sha256(path)
    if expected_sha256 is not None and found != expected_sha256:
        raise WeightsError(
            f"weights {path} are damaged or swapped: sha256 {found[:12]}, expected {expected_sha256[:12]}; train again"
        )
    try:
        return dict(load_file(path))
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"weights {path} ({found[:12]}) are no safetensors file: {error}; train again") from error


def sha256(path: Path) -> str:
    """Return a file's SHA-256 in hex, however large it is.

    Raises
    ------
    WeightsError
        If it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror}; check the name") from error
    return digest.hexdigest()
