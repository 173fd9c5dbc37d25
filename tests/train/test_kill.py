"""What no promise can be made about inside one process: a kill, and several processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.nn.weights import load
from dusktape.train import keep, run

pytest.importorskip("torch", reason="training needs torch; install 'dusktape[train]'")

SETS = ("train.tensorboard=false", "train.energy=false", "train.demos=false", "train.checkpoint_steps=2")


def command(data: Path, out: Path, *more: str, device: str | None = "cpu") -> list[str]:
    sets = [word for change in (*SETS, *more) for word in ("--set", change)]
    where = ["--data", str(data), "--out", str(out), *(["--device", device] if device else [])]
    return [sys.executable, "-m", "dusktape.cli.train", "train", "toy", *where, *sets]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_kill_9_in_the_middle_and_going_on_gives_the_same_weights(
    toy: Any, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    data = toy.write_data(tmp_path / "data")
    config = {"train": {"tensorboard": False, "energy": False, "demos": False, "checkpoint_steps": 2}}
    unbroken = run.train("toy", data, tmp_path / "whole", config=config, device="cpu")
    out = tmp_path / "out"
    process = subprocess.Popen(command(data, out), env={**elsewhere, "TOY_SLOW_S": "0.05"}, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + 120.0
        while not (out / keep.LOG).exists() or len((out / keep.LOG).read_text().splitlines()) < 2:
            assert process.poll() is None, process.stderr and process.stderr.read().decode()
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (out / "weights.json").exists()
    state = keep.load(out)["state"]
    assert 0 < state["step"] < 18, "it was killed in the middle"
    again = run.train("toy", data, out, resume=True, device="cpu")
    assert again.read_bytes() == unbroken.read_bytes()
    whole, resumed = (
        [json.loads(line)["valid_loss"] for line in (folder / keep.LOG).read_text().splitlines()]
        for folder in (tmp_path / "whole", out)
    )
    assert whole == resumed


def test_two_processes_take_the_steps_of_one(toy: Any, elsewhere: dict[str, str], tmp_path: Path) -> None:
    # 21 songs in batches of 4: one batch of an epoch has a single song, and nothing for the second process. Nor has
    # the only batch to validate by.
    data = toy.write_data(tmp_path / "data", train=21, valid=3)
    more = ("train.processes=2", "model.dropout=0.0", "train.epochs=2")
    config = {"train": {"tensorboard": False, "energy": False, "demos": False}, "model": {"dropout": 0.0}}
    alone = load(run.train("toy", data, tmp_path / "one", config=config, device="cpu", epochs=2))
    done = subprocess.run(
        command(data, tmp_path / "two", *more, device=None),
        env={**elsewhere, "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(tmp_path / "two")]
    together = load(tmp_path / "two" / "weights.safetensors")
    assert max(float(np.abs(together[name] - alone[name]).max()) for name in alone) <= 2 * 2.0**-12
    assert [line.split()[:4] for line in done.stderr.splitlines()[1:-1]] == [
        ["epoch", "1/2", "step", "6"],
        ["epoch", "2/2", "step", "12"],
    ]


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="Windows has no process groups")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_several_processes_that_are_stopped_say_once_how_to_go_on(
    toy: Any, elsewhere: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    data, out = toy.write_data(tmp_path / "data"), tmp_path / "out"
    process = subprocess.Popen(
        command(data, out, "train.processes=2", "train.epochs=1000"),
        env={**elsewhere, "TOY_SLOW_S": "0.05"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + 120.0
    while not (out / keep.LOG).exists():
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    told = process.communicate(timeout=60)[1].splitlines()
    assert process.returncode == (130 if number == signal.SIGINT else 143)
    step = keep.load(out)["state"]["step"]
    last = f"dusktape: stopped at step {step}; go on with: dusktape train toy --data {data} --resume {out}"
    assert [line for line in told if line.startswith("dusktape")] == [last]


def test_a_mistake_in_several_processes_is_told_once(toy: Any, elsewhere: dict[str, str], tmp_path: Path) -> None:
    data = toy.write_data(tmp_path / "data")
    done = subprocess.run(
        command(data, tmp_path / "out", "train.processes=2", "train.epoch=3"),
        env=elsewhere,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["dusktape: --set: train: unknown key 'epoch'; did you mean 'epochs'?"]
    assert not (tmp_path / "out").exists()
    assert os.listdir(tmp_path / "data") == ["songs.json"]  # noqa: PTH208
