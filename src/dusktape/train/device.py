"""Where a training computes: one device, or several processes that `accelerate` or `torchrun` started."""

from __future__ import annotations

import os
from typing import Any

import torch

from dusktape.core.errors import InputError
from dusktape.train import launch
from dusktape.train.launch import processes

LARGE = 20_000_000
"""Parameters from which 16 bits make a network faster; in small ones they only cost precision."""


def accelerator(device: str | None, precision: str, parameters: int) -> Any:
    """Return accelerate's view of the devices.

    Parameters
    ----------
    device
        `cpu`, `cuda`, `cuda:1`, `mps`; the best there is if not given. Several processes choose theirs themselves.
    precision
        `auto`, `no`, `bf16` or `fp16`.
    parameters
        Of the network.
    """
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState
    from accelerate.utils import DistributedDataParallelKwargs

    alone = processes() == 1
    if alone:
        # accelerate keeps device and precision for the whole Python process; the next training may want others.
        AcceleratorState._reset_state(reset_partial_state=True)
    if device and device != "cpu" and alone:
        os.environ["ACCELERATE_TORCH_DEVICE"] = device
    try:
        made = Accelerator(
            cpu=device == "cpu" or not (alone or torch.cuda.is_available()),  # or several would not meet
            mixed_precision=_precision(device, parameters) if precision == "auto" else precision,
            kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
        )
    finally:
        os.environ.pop("ACCELERATE_TORCH_DEVICE", None)
    if made.device.type == "cuda":
        # The same bits again after a resume. cuBLAS reads this when it first wakes up.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
    return made


def part() -> None:
    """Take leave of the other processes: threads that talk to them and outlive Python abort it."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def used(net: Any) -> str:
    """Return where a network was trained: `cpu`, `cuda:0`; of several processes their number, as in `4 x cuda`."""
    device = next(net.parameters()).device
    return str(device) if processes() == 1 else f"{processes()} x {device.type}"


def _precision(device: str | None, parameters: int) -> str:
    on_gpu = parameters >= LARGE and (device is None or device.startswith("cuda")) and torch.cuda.is_available()
    return "bf16" if on_gpu and torch.cuda.is_bf16_supported(including_emulation=False) else "no"


def check(device: str | None) -> None:
    """Refuse a device that torch cannot use, or that so many processes cannot share.

    Raises
    ------
    InputError
        With the reason.
    """
    launch.check(int(os.environ.get("LOCAL_WORLD_SIZE", "1")), device)
    try:
        torch.zeros(1, device=device or "cpu").item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise InputError(f"torch cannot use the device {device!r}: {reason}; take --device cpu") from error


def has_gpu(device: str | None) -> bool:
    """Return whether a training that is asked to run there, or on the best there is, runs on a GPU."""
    if device is not None:
        return device != "cpu"
    return torch.cuda.is_available() or torch.backends.mps.is_available()
