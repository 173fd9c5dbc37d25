"""Checkpoints to begin with or to sample from: runs of ours, hub folders of diffusers, Harmonai's own `.ckpt` files.

What needs no tensors (names, rates, lengths) works without torch.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dusktape.core.errors import InputError, PluginError, WeightsError
from dusktape.models.diffusion.options import Options
from dusktape.nn.run import FACTS, WEIGHTS
from dusktape.nn.weights import metadata


@dataclass(frozen=True, slots=True)
class Native:
    """What a checkpoint was trained on: rate in Hz, 1 or 2 channels, length in frames."""

    sample_rate: int
    channels: int
    frames: int


CHANNELS = 2
"""Of Harmonai's networks."""


class UnsaidRate(InputError):
    """A checkpoint does not say its sample rate."""


KNOWN = {
    "maestro-150k": Native(16_000, 2, 65_536),
    "unlocked-250k": Native(16_000, 2, 65_536),
    "honk-140k": Native(16_000, 2, 65_536),
    "glitch-440k": Native(48_000, 2, 65_536),
    "jmann-small-190k": Native(48_000, 2, 65_536),
    "jmann-large-580k": Native(48_000, 2, 131_072),
}
"""Harmonai's published checkpoints. Rates and lengths: the table in diffusers' conversion script for Dance Diffusion,
where `glitch-440k` is called `gwf-440k`; all are stereo."""

_ALIASES = {
    "gwf-440k": "glitch-440k",
    "maestro-uncond-150k": "maestro-150k",
    "unlocked-uncond-250k": "unlocked-250k",
}

SUFFIXES = (".ckpt", ".pt", ".pth", ".bin", ".safetensors")
"""What files of weights are called."""

WANTED = "give a run of dusktape train diffusion, a hub folder with unet/config.json, or a Dance Diffusion .ckpt"
"""The way out where something is no checkpoint."""

_FIXED = {
    "extra_in_channels": 16,
    "time_embedding_type": "fourier",
    "flip_sin_to_cos": True,
    "use_timestep_embedding": False,
    "mid_block_type": "UNetMidBlock1D",
    "out_block_type": None,
    "layers_per_block": 1,
    "downsample_each_block": False,
}
"""What diffusers' `UNet1DModel` has to be set to, to be the published network."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A checkpoint to go on from.

    Parameters
    ----------
    name
        Of the file or folder.
    sha256
        Of its weights.
    fixed
        Options that a network with these weights must have.
    options
        Options that it was trained with and that may be changed: its length.
    read
        Returns name to tensor, given the parameters that are wanted.
    lengths
        Quantiles of the lengths of the sounds it learned, if it is known.
    """

    name: str
    sha256: str
    fixed: Mapping[str, Any]
    options: Mapping[str, Any]
    read: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    lengths: tuple[int, ...] = ()

    def load(self, net: Any) -> None:
        """Give a network (`net.Net`) the weights.

        Raises
        ------
        WeightsError
            If they are of another architecture.
        """
        net.unet.load_state_dict(self.read(net.unet.state_dict()))


def native(word: str | Path) -> Native:
    """Return what a checkpoint was trained on, without loading it and without torch.

    Parameters
    ----------
    word
        A published name (`honk-140k`, `harmonai/honk-140k`), the folder of a run of ours, its weights file, a hub
        folder, or a `.ckpt` file whose name has a published one in it.

    Raises
    ------
    InputError
        If it is nothing of the kind; `UnsaidRate` if it does not say.
    WeightsError
        If the run is not finished or of another model.
    """
    path = Path(word)
    if path.is_dir() and (path / FACTS).exists():
        return _of_run(path / WEIGHTS)
    if path.is_dir() and config_of(path):
        return _of_config(path)
    if path.is_file() and path.suffix == ".safetensors":
        return _of_run(path)
    if found := known(str(word)):
        return found
    if foreign(path):
        raise UnsaidRate(f"{path} does not say its sample rate; {WANTED}, named as it was published: {_names()}")
    if path.exists():
        raise InputError(f"{path} is no checkpoint; {WANTED}")
    raise InputError(f"{str(word)!r} is no checkpoint: there is no such file, and Harmonai published {_names()}")


def known(word: str) -> Native | None:
    """Return what a published checkpoint was trained on, if the last part of a name or path has one in it."""
    last = Path(word).name
    for name in (*KNOWN, *_ALIASES):
        if name in last:
            return KNOWN[_ALIASES.get(name, name)]
    return None


def foreign(place: Path) -> bool:
    """Return whether a path looks like a checkpoint that is no run of ours, or is a published name without a file."""
    if place.is_dir():
        return not (place / FACTS).exists() and config_of(place) is not None
    return place.suffix.lower() in SUFFIXES if place.is_file() else known(str(place)) is not None


def config_of(folder: Path) -> Path | None:
    """Return the configuration of a hub folder's network, if it is one."""
    places = (folder / "unet" / "config.json", folder / "config.json")
    return next((place for place in places if place.is_file()), None)


def begin(word: str | Path) -> Begun:
    """Return what a training that goes on from a checkpoint must be like, and how to read its weights.

    Raises
    ------
    InputError
        If there is no such file.
    WeightsError
        If it is of another architecture, damaged, or a pickle that would run code.
    PluginError
        If torch or diffusers is missing.
    """
    path = Path(word)
    if not path.exists():
        told = "; dusktape downloads none: get it, and give the file or folder" if known(str(word)) else ""
        raise InputError(f"{str(word)!r}: there is no such checkpoint{told or '; ' + WANTED}")
    foreign = _foreign()
    hub = path.is_dir() and not (path / FACTS).exists() and config_of(path)
    if not hub and (path.is_dir() or path.suffix == ".safetensors"):
        return _own(path / WEIGHTS if path.is_dir() else path)
    begun: Begun = foreign.hub(path) if hub else foreign.original(path)
    return begun


def writer(path: Path, expected_sha256: str | None = None) -> Any:
    """Return a `core.roles.SoundWriter` over any checkpoint that `begin` takes.

    Raises
    ------
    WeightsError
        As `begin`, and if the file does not have the hash.
    InputError
        If a foreign checkpoint does not say its sample rate.
    PluginError
        If torch or diffusers is missing.
    """
    begun = begin(path)
    if expected_sha256 is not None and begun.sha256 != expected_sha256:
        raise WeightsError(
            f"weights {path} are damaged or swapped: sha256 {begun.sha256[:12]}, expected {expected_sha256[:12]}; "
            "train again"
        )
    from dusktape.models.diffusion.infer import Writer

    options = Options.of({**begun.fixed, **begun.options})
    if not options.sample_rate:
        native(path)  # says what is missing
    return Writer.of(begun, options)


def _own(path: Path) -> Begun:
    """Return weights that our training wrote."""
    from dusktape.nn import floats

    options, vocabulary = _facts(path)
    sha256 = floats.sha256(path)
    fixed = {k: v for k, v in options.items() if k in ("size", "widths", "attention", "length", "objective")}
    fixed |= {"sample_rate": vocabulary["sample_rate"], "channels": vocabulary["channels"]}

    def read(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        import torch

        return {name: torch.from_numpy(array) for name, array in floats.load(path, sha256).items()}

    name = path.parent.name if path.name == WEIGHTS else path.name
    return Begun(name, sha256, fixed, {"frames": vocabulary["frames"]}, read, tuple(vocabulary["lengths"]))


def _facts(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return options and vocabulary that lie in a weights file of ours."""
    about = metadata(path)
    if about.get("model") != "diffusion":
        said = repr(about["model"]) if "model" in about else "nobody it names"
        raise WeightsError(f"{path} holds weights of {said}, not of diffusion; {WANTED}")
    try:
        return json.loads(about["options"]), json.loads(about["vocabulary"])
    except (KeyError, ValueError) as error:
        raise WeightsError(f"{path} does not say what it holds: {error!r}; train again") from error


def _of_run(path: Path) -> Native:
    _, vocabulary = _facts(path)
    return Native(*(int(vocabulary[name]) for name in ("sample_rate", "channels", "frames")))


def _of_config(folder: Path) -> Native:
    options = config_options(folder)
    if not options["sample_rate"]:
        raise UnsaidRate(f"{folder} does not say its sample rate; name it as it was published: {_names()}")
    return Native(options["sample_rate"], options["channels"], options["frames"])


def config_options(folder: Path) -> dict[str, Any]:
    """Return `Options` by the configuration of a hub folder; `sample_rate` is 0 where it says none.

    Raises
    ------
    WeightsError
        If it is of another architecture.
    """
    path = config_of(folder)
    if path is None:
        raise WeightsError(f"{folder} has no unet/config.json; {WANTED}")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        if config.get("_class_name") != "UNet1DModel":
            raise ValueError(f"it is a {config.get('_class_name')}")
        for name, value in _FIXED.items():
            if config.get(name, value) != value:
                raise ValueError(f"{name} is {config[name]!r}")
        if config.get("time_embedding_dim") not in (None, 16):
            raise ValueError(f"time_embedding_dim is {config['time_embedding_dim']!r}")
        widths, channels = list(config["block_out_channels"]), int(config["out_channels"])
        attending = sum(kind == "AttnDownBlock1D" for kind in config["down_block_types"])
        if int(config["in_channels"]) != channels:
            raise ValueError(f"it takes {config['in_channels']} channels and gives {channels}")
        found = known(str(folder.resolve()))
        rate = int(config.get("sample_rate") or (found.sample_rate if found else 0))
        frames = int(config.get("sample_size") or 0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path} describes another architecture: {error}; {WANTED}") from error
    levels = {"widths": [*widths, widths[-1]], "attention": attending + 1, "length": False, "objective": "v"}
    return {**levels, "sample_rate": rate, "channels": channels, "frames": frames}


def _foreign() -> Any:
    """Return the module that reads tensors, or say what is missing for it."""
    try:
        import diffusers  # noqa: F401

        from dusktape.models.diffusion import foreign
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        raise PluginError(
            f"diffusion needs the module {missing!r}; install it with: pip install 'dusktape[audio]'"
        ) from error
    return foreign


def _names() -> str:
    return ", ".join(KNOWN)
