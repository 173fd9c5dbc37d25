"""Several processes for one training: started here, or by `accelerate launch` or `torchrun`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from dusktape.core.errors import InputError

_PATIENCE_S = 10.0


def processes() -> int:
    """Return how many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def leads() -> bool:
    """Whether this process is the one that writes and talks."""
    return os.environ.get("RANK", "0") == "0"


def wanted(config: Mapping[str, Any], device: str | None) -> int:
    """Return how many processes to start: `train.processes`, or one for each GPU; 1 where they are started already.

    Raises
    ------
    InputError
        If so many cannot train together.
    """
    train = config.get("train")
    asked = train.get("processes", 0) if isinstance(train, Mapping) else 0
    if "WORLD_SIZE" in os.environ or not isinstance(asked, int) or asked < 0:
        return 1
    if asked or device not in (None, "cuda"):
        check(asked, device)
        return asked or 1
    return max(1, _gpus())


def check(count: int, device: str | None) -> None:
    """Refuse several processes on one device, or more on this machine than it has GPUs; on the CPU any number will do.

    Raises
    ------
    InputError
        With what there is.
    """
    if count < 2 or device == "cpu":
        return
    if device not in (None, "cuda"):
        raise InputError(
            f"train.processes is {count}, and --device {device} is one device; leave train.processes out, "
            "or take --device cpu"
        )
    gpus = _gpus()
    if count > gpus and (gpus or device == "cuda"):
        there = "one GPU" if gpus == 1 else f"{gpus} GPUs"
        raise InputError(
            f"train.processes is {count}, and this machine has {there}; leave train.processes out, or take --device cpu"
        )


def _gpus() -> int:
    try:
        import torch
    except ModuleNotFoundError:
        return 0  # whoever trains will say so
    return int(torch.cuda.device_count())


def launch(arguments: Sequence[str], count: int) -> int:
    """Run the command line `dusktape ARGUMENTS` in `count` processes that know of each other; return the exit code.

    The first one talks. What the others say is told only if one of them fails while it does not.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = [tempfile.TemporaryFile() for _ in range(1, count)]  # noqa: SIM115
    running = []
    try:
        for rank in range(count):
            own = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count}
            master = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
            environment = {**os.environ, **{name: str(value) for name, value in {**own, **master}.items()}}
            environment = {"OMP_NUM_THREADS": "1", "TORCH_CPP_LOG_LEVEL": "ERROR", **environment}
            command = [sys.executable, "-m", "dusktape.cli.train", *arguments]
            out = {} if rank == 0 else {"stdout": subprocess.DEVNULL, "stderr": told[rank - 1]}
            running.append(subprocess.Popen(command, env=environment, **out))  # type: ignore[call-overload]
        codes = _finished(running)
    except KeyboardInterrupt:
        code = _code_when_stopped(running[0])
        if code is None:
            raise
        return code
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
            process.wait()
    failed = [rank for rank, code in enumerate(codes) if code not in (0, None)]
    if failed and 0 not in failed:
        told[failed[0] - 1].seek(0)
        sys.stderr.write(told[failed[0] - 1].read().decode(errors="replace"))
    return codes[failed[0]] or 1 if failed else 0


def _code_when_stopped(first: subprocess.Popen[bytes]) -> int | None:
    """Let the first process end and tell what it kept; Ctrl-C asks it when it asks us. None if it does not end."""
    for ask in (first.poll, first.terminate):
        ask()
        with suppress(subprocess.TimeoutExpired):
            return first.wait(_PATIENCE_S / 2)
    return None


def _finished(running: Sequence[subprocess.Popen[bytes]]) -> list[int | None]:
    """Wait until all have ended, or one has failed and the others have had time to say why."""
    while any(process.poll() is None for process in running):
        if any(process.poll() for process in running):
            deadline = time.monotonic() + _PATIENCE_S
            while time.monotonic() < deadline and running[0].poll() is None:
                time.sleep(0.1)
            break
        time.sleep(0.1)
    return [process.poll() for process in running]
