"""The layout of Harmonai's original checkpoints: which of their tensors is which of ours.

There the levels lie inside one another: `net.0` to `net.2` and `net.4` to `net.6` are the residual blocks at the sample
rate, `net.3` is the level below, and `main.7` of each level the next one down. On each lower level `main.1`, `main.3`,
`main.5` are residual blocks on the way down and `main.8`, `main.10`, `main.12` on the way up, each followed by
attention where there is some.

Source
------
Harmonai, sample-generator (2022); the conversion script for it in diffusers, which names the same correspondence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dusktape.core.errors import WeightsError
from dusktape.models.diffusion.options import SIZES

TIME = "timestep_embed.weight"

_RESIDUAL = {
    "conv_1": "main.0",
    "group_norm_1": "main.1",
    "conv_2": "main.3",
    "group_norm_2": "main.4",
    "conv_skip": "skip",
}
_ATTENTION = {
    "group_norm": "norm",
    "proj_attn": "out_proj",
    "query": "qkv_proj",
    "key": "qkv_proj",
    "value": "qkv_proj",
}
_THIRD = {"query": 0, "key": 1, "value": 2}

_OURS = re.compile(
    r"(?:(?P<side>down|up)_blocks\.(?P<block>\d+)|mid_block)\."
    r"(?P<kind>resnets|attentions)\.(?P<number>\d+)\.(?P<layer>\w+)\.(?P<what>weight|bias)"
)


def options_of(tensors: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return `Options` (widths, attention, channels) of a network by the shapes of its tensors in the original layout.

    Raises
    ------
    WeightsError
        If it is of another architecture.
    """
    try:
        widths = [len(tensors["net.0.main.0.weight"])]
        attending = []
        while (name := f"{_level(len(widths))}main.1.main.0.weight") in tensors:
            attending.append(f"{_level(len(widths))}main.2.qkv_proj.weight" in tensors)
            widths.append(len(tensors[name]))
        channels = len(tensors["net.6.main.3.weight"])
        features = 2 * tensors[TIME].numel()
        given = tensors["net.0.main.0.weight"].shape[1]
    except (KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{where} is of another architecture: it has no {error}; {_WANTED}") from error
    deep = sum(attending)
    if features != 16 or given != channels + features or channels not in (1, 2) or not all(attending[-deep:]):
        raise WeightsError(f"{where} is of another architecture: {channels} channels, {given} with the time; {_WANTED}")
    sized = next((name for name, size in SIZES.items() if size == (tuple(widths), deep)), None)
    shape = {"size": sized} if sized else {"widths": widths, "attention": deep}
    return {**shape, "length": False, "objective": "v", "channels": channels}


def translated(tensors: Mapping[str, Any], wanted: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return tensors in the original layout under our names.

    Parameters
    ----------
    tensors
        Of the network alone: names begin with `net.`.
    wanted
        Our names and tensors of the right shapes.
    where
        What the tensors lie in, for messages.

    Raises
    ------
    WeightsError
        If one is missing, left over or of another shape.
    """
    levels = sum(name.endswith("down.kernel") for name in wanted) + 1
    left = {name for name in tensors if not name.endswith("kernel")}
    out = {}
    for name, like in wanted.items():
        if name.endswith("kernel"):
            out[name] = like  # of the resampling: always the same
            continue
        theirs, third = (TIME, None) if name == "time_proj.weight" else theirs_of(name, levels)
        if theirs not in tensors:
            raise WeightsError(f"{where} is of another architecture: it has no {theirs!r}; {_WANTED}")
        tensor = tensors[theirs]
        if third is not None:
            tensor = tensor.chunk(3)[third]
        if tensor.numel() != like.numel() or tensor.shape[0] != like.shape[0]:
            raise WeightsError(
                f"{where} is of another architecture: {theirs!r} has the shape {tuple(tensor.shape)}; {_WANTED}"
            )
        out[name] = tensor.reshape(like.shape).to(like.dtype)
        left.discard(theirs)
    if left:
        raise WeightsError(f"{where} is of another architecture: it also has {min(left)!r}; {_WANTED}")
    return out


def theirs_of(name: str, levels: int) -> tuple[str, int | None]:
    """Return how one of our parameters is called there, and which third of it ours is, if it is one.

    Raises
    ------
    KeyError
        If there is no such parameter.
    """
    found = _OURS.fullmatch(name)
    if found is None:
        raise KeyError(name)
    number, layer, what = int(found["number"]), found["layer"], found["what"]
    if found["side"] is None:
        level, rising, number = levels - 1, number > 2, number % 3
    else:
        rising = found["side"] == "up"
        level = levels - 2 - int(found["block"]) if rising else int(found["block"])
    if level == 0:
        block = f"net.{number + 4 * rising}."
    else:
        block = f"{_level(level)}main.{1 + 7 * rising + 2 * number + (found['kind'] == 'attentions')}."
    inner = _RESIDUAL if found["kind"] == "resnets" else _ATTENTION
    return f"{block}{inner[layer]}.{what}", _THIRD.get(layer) if found["kind"] == "attentions" else None


def _level(level: int) -> str:
    """Return the prefix of a level below the first."""
    return "net.3." + "main.7." * (level - 1)


_WANTED = "give one of Dance Diffusion"

FRAMES = 65_536
"""What was learned at once, where a file does not say."""
