"""Reading what others saved, without running any of it: `.ckpt` files of Harmonai, hub folders of diffusers."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from dusktape.core.errors import WeightsError
from dusktape.models.diffusion import layout
from dusktape.models.diffusion.checkpoints import WANTED, Begun, config_options, known
from dusktape.nn import floats

_PREFIXES = ("diffusion_ema.", "diffusion.", "")
"""Averaged weights come first: they are what was sampled from."""

_FILES = ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin")


def original(path: Path) -> Begun:
    """Return a `.ckpt` of Harmonai's training.

    Raises
    ------
    WeightsError
        If it is damaged, holds more than tensors, or is of another architecture.
    """
    sha256 = floats.sha256(path)
    saved = unpickled(path)
    state = saved.get("state_dict", saved) if isinstance(saved, Mapping) else None
    if not isinstance(state, Mapping):
        raise WeightsError(f"{path} holds no weights: it has no state_dict; give one of Dance Diffusion")
    prefix = next(p for p in _PREFIXES if f"{p}{layout.TIME}" in state or not p)
    tensors = {
        name.removeprefix(prefix): tensor
        for name, tensor in state.items()
        if isinstance(name, str) and name.startswith((f"{prefix}net.", f"{prefix}timestep_embed.")) and _floats(tensor)
    }
    fixed = layout.options_of(tensors, str(path))
    found = known(str(path))
    if found:
        fixed["sample_rate"] = found.sample_rate

    def read(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        return layout.translated(tensors, wanted, str(path))

    return Begun(path.name, sha256, fixed, {"frames": found.frames if found else layout.FRAMES}, read)


def hub(folder: Path) -> Begun:
    """Return a folder as diffusers saves pipelines or networks.

    Raises
    ------
    WeightsError
        If its weights are missing, damaged or of another architecture.
    """
    options = config_options(folder)
    inner = folder / "unet" if (folder / "unet" / "config.json").is_file() else folder
    path = next((inner / name for name in _FILES if (inner / name).is_file()), None)
    if path is None:
        raise WeightsError(f"{inner} has no weights; it should hold {' or '.join(_FILES)}")
    file = path

    def read(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        if file.suffix == ".safetensors":
            tensors = {name: torch.from_numpy(array) for name, array in floats.load(file).items()}
        else:
            tensors = unpickled(file)
        return fitting(tensors, wanted, str(file))

    frames = options.pop("frames")
    fixed = {k: v for k, v in options.items() if v or k == "length"}
    return Begun(folder.name, floats.sha256(file), fixed, {"frames": frames}, read)


def fitting(tensors: Any, wanted: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return tensors as they are wanted, or refuse them.

    Raises
    ------
    WeightsError
        If one is missing, left over or of another shape.
    """
    if not isinstance(tensors, Mapping):
        raise WeightsError(f"{where} holds no weights; download it again")
    out = {name: like for name, like in wanted.items() if name.endswith("kernel")}
    for name, like in wanted.items():
        if name in out:
            continue
        tensor: Any = tensors.get(name)
        if not _floats(tensor) or tensor.shape != like.shape:
            told = f"has the shape {tuple(tensor.shape)}" if _floats(tensor) else "is not in it"
            raise WeightsError(f"{where} is of another architecture: {name!r} {told}; give one of Dance Diffusion")
        out[name] = tensor.to(like.dtype)
    left = sorted(name for name in tensors if name not in out)
    if left:
        raise WeightsError(f"{where} is of another architecture: it also has {left[0]!r}; give one of Dance Diffusion")
    return out


def unpickled(path: Path) -> Any:
    """Return what torch saved, if it is tensors in plain containers and nothing else.

    Raises
    ------
    WeightsError
        If it would run code, or is damaged.
    """
    with path.open("rb") as file:
        if not file.read(2).startswith((b"PK", b"\x80")):
            raise WeightsError(f"{path} is no checkpoint: it is neither torch's archive nor a pickle; {WANTED}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of protocols it may not know: then it refuses, which is told below
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        if named := re.search(r"(?:GLOBAL|Unsupported class):? +'?([A-Za-z_][\w.]*)", str(error)):
            raise WeightsError(
                f"{path} asks Python for {named[1]!r}, which may run code, and was refused; "
                "get it from whoever made it as .safetensors"
            ) from error
        raise WeightsError(f"{path} is no checkpoint that can be read safely; get it as .safetensors") from error
    except (RuntimeError, EOFError, ValueError, KeyError, OSError, IndexError, AttributeError, TypeError) as error:
        raise WeightsError(f"{path} is damaged or breaks off; get it again") from error


def _floats(tensor: Any) -> bool:
    return isinstance(tensor, torch.Tensor) and tensor.is_floating_point()
