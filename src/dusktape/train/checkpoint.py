"""Checkpoints: one safetensors file, tensors in its body, everything else as JSON in its header. Never a pickle."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from dusktape.core.errors import WeightsError
from dusktape.io import atomic
from dusktape.nn.weights import refuse_pickle

FILE = "checkpoint.safetensors"

FORMAT = 1
"""Of what lies in a checkpoint. Another one is refused."""

_TENSOR, _PAIRS = "tensor:", "pairs:"


def write(path: Path, tree: Mapping[str, Any]) -> None:
    """Write nested dicts, lists, numbers, texts and tensors; the file before is replaced when this one is whole.

    Raises
    ------
    OutputError
        If the disk is full or closed to us.
    """
    from safetensors.torch import save

    tensors: dict[str, torch.Tensor] = {}
    text = json.dumps(_packed(tree, "", tensors))
    with atomic.replacing(path, force=True) as temporary, temporary.open("wb") as file:
        file.write(save(tensors, {"format": str(FORMAT), "tree": text}))
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> Any:
    """Return what `write` was given, tensors on the CPU.

    Raises
    ------
    WeightsError
        If the file is missing, damaged, of another format, or a pickle.
    """
    from safetensors import SafetensorError, safe_open

    refuse_pickle(path)
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            if about.get("format") != str(FORMAT):
                raise WeightsError(
                    f"{path} is of format {about.get('format')!r}, this dusktape reads {FORMAT}; train without --resume"
                )
            return _unpacked(json.loads(about["tree"]), file)
    except FileNotFoundError as error:
        raise WeightsError(f"there is no checkpoint {path}; train without --resume") from error
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror or error}; train without --resume") from error
    except (SafetensorError, ValueError, KeyError) as error:
        raise WeightsError(f"{path} is no checkpoint: {error}; train without --resume") from error


def _packed(tree: Any, path: str, tensors: dict[str, torch.Tensor]) -> Any:
    """Return the tree as JSON, its tensors replaced by their names."""
    if isinstance(tree, torch.Tensor):
        tensors[path] = tree.detach().cpu().contiguous().clone()
        return _TENSOR + path
    if isinstance(tree, Mapping):
        if all(isinstance(key, str) for key in tree):
            return {key: _packed(value, f"{path}/{key}", tensors) for key, value in tree.items()}
        return [_PAIRS, *([key, _packed(value, f"{path}/{key}", tensors)] for key, value in tree.items())]
    if isinstance(tree, (list, tuple)):
        return [_packed(value, f"{path}/{i}", tensors) for i, value in enumerate(tree)]
    return tree


def _unpacked(tree: Any, file: Any) -> Any:
    if isinstance(tree, str) and tree.startswith(_TENSOR):
        return file.get_tensor(tree.removeprefix(_TENSOR))
    if isinstance(tree, dict):
        return {key: _unpacked(value, file) for key, value in tree.items()}
    if isinstance(tree, list) and tree[:1] == [_PAIRS]:
        return {key: _unpacked(value, file) for key, value in tree[1:]}
    if isinstance(tree, list):
        return [_unpacked(value, file) for value in tree]
    return tree
