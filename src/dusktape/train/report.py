"""What a training says while it runs, and who else is told its curves."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from PIL import Image

from dusktape.core.errors import PluginError
from dusktape.io import atomic
from dusktape.io.audiofile import read
from dusktape.train.keep import BOARD, LOG, Keeper

if TYPE_CHECKING:
    from dusktape.train.demo import Demos
    from dusktape.train.loop import Job, State


_STEPS_TO_TELL, _LONG_S = 10, 2.0 * 3600.0
"""After so many steps it is told once how long it will take, if it is longer than that."""


class Listener(Protocol):
    """Who is talked to."""

    def say(self, text: str) -> None:
        """Take a sentence."""
        ...

    def status(self, text: str, share: float) -> None:
        """Take a line that replaces the last one, and how much of all is done, 0 to 1."""
        ...


class Silent:
    """Listens to nothing."""

    def say(self, text: str) -> None:
        """Take a sentence."""

    def status(self, text: str, share: float) -> None:
        """Take a line."""


class Progress:
    """Says loss, speed and time left: a line that is redrawn, and a sentence at every validation.

    Parameters
    ----------
    listener
        Who is told.
    counted
        What is learned from, as in `events` a second.
    """

    def __init__(self, listener: Listener, counted: str = "events") -> None:
        self._listener, self._counted = listener, counted
        self._began: tuple[float, int] | None = None
        self._warned = False

    def __call__(self, job: Job) -> None:
        """Tell what is due; once, how long it will take, if that is long."""
        state, now = job.state, time.monotonic()
        if self._began is None:
            self._began = now, state.step
        done = state.step - self._began[1]
        left = (now - self._began[0]) / done * (job.steps - state.step) if done else None
        if not self._warned and left is not None and done >= _STEPS_TO_TELL:
            self._warned = True
            if left > _LONG_S:
                self._listener.say(
                    f"{spoken(left)} left at this speed; Ctrl-C keeps a checkpoint for --resume, and "
                    "--set train.steps=N asks for fewer steps"
                )
        if job.validated:
            self._listener.say(self._validated(job, left))
        elif state.step % job.settings.report_steps == 0:
            self._listener.status(f"{_place(job)}  {self._speed(job, left)}", state.step / job.steps)
        if state.stopped == "early":
            self._listener.say(f"no better for {state.since} validations; it stops")
        elif state.stopped == "diverged":
            back = f"step {state.best_step}" if state.best_step else "the untrained network"
            self._listener.say(f"the loss diverged ({_last(state)}); it stops and goes back to {back}")
        if state.stopped and not state.best_step:
            self._listener.say("no step was better than the untrained network: nothing was learned")

    def _validated(self, job: Job, left: float | None) -> str:
        state, row = job.state, job.state.history[-1]
        if row["valid_loss"] is None:
            return f"{_place(job)}  {self._speed(job, left)}"
        verdict = "best so far" if state.best_step == state.step else f"best was {_figure(state.best)}"
        return (
            f"{_place(job)}  train {_figure(row['train_loss'])}  valid {_figure(row['valid_loss'])} ({verdict})  "
            f"{self._rest(job, left)}"
        )

    def _speed(self, job: Job, left: float | None) -> str:
        return f"loss {_figure(job.state.recent)}  {self._rest(job, left)}"

    def _rest(self, job: Job, left: float | None) -> str:
        ending = "" if left is None or job.state.stopped else f"  {spoken(left)} left"
        pace = job.state.events_per_s
        return f"{pace:,.{0 if pace >= 10.0 else 1}f} {self._counted}/s{ending}"


def _place(job: Job) -> str:
    state, settings = job.state, job.settings
    if settings.steps:
        return f"step {state.step}/{job.steps}"
    return f"epoch {min(state.epoch + (state.batch > 0), settings.epochs)}/{settings.epochs} step {state.step}"


def _last(state: State) -> str:
    """Return the figures that tell of a divergence."""
    if not state.history or state.history[0]["valid_loss"] is None or state.history[-1]["step"] != state.step:
        return f"last {_figure(state.recent)}"
    first, row = state.history[0]["valid_loss"], state.history[-1]
    last = "no number" if row["valid_loss"] is None else f"{row['valid_loss']:,.3f}"
    return f"validation: {last}, before the first step {first:.3f}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def spoken(seconds: float) -> str:
    """Return a time as people say it."""
    if seconds < 60.0:
        return f"{seconds:.0f} s"
    if seconds < 3600.0:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"


class Log:
    """`log.jsonl`: one line for each validation."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def __call__(self, job: Job) -> None:
        """Write it anew, so that it says what the checkpoint says."""
        if (job.validated or job.state.stopped) and self._keeper.kept:
            text = "".join(json.dumps(row) + "\n" for row in job.state.history)
            atomic.write_bytes(self._keeper.folder / LOG, text.encode(), force=True)


class Board:
    """TensorBoard's event files, in `logs/`: curves, and what demos sound and look like."""

    def __init__(self, keeper: Keeper, demos: Demos | None = None) -> None:
        self._keeper, self._demos = keeper, demos
        self._shown: Path | None = None
        self._writer: Any = None

    def __call__(self, job: Job) -> None:
        """Add what was reported."""
        if not self._keeper.kept:
            return
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(self._keeper.folder / BOARD), purge_step=job.state.step)
        for name, value in reported(job).items():
            self._writer.add_scalar(name, value, job.state.step)
        demo = self._demos.last if self._demos else None
        if demo is not None and demo != self._shown:
            self._shown = demo
            self._show(demo, job.state.step)
        if job.validated:
            self._writer.flush()

    def _show(self, demo: Path, step: int) -> None:
        """Add what there is of a demo: its sound, both channels in one, and its picture."""
        if (path := demo.with_suffix(".flac")).exists():
            audio = read(path)
            self._writer.add_audio("demo", audio.samples.mean(0, keepdims=True), step, sample_rate=audio.sample_rate)
        if (path := demo.with_suffix(".png")).exists():
            picture = np.asarray(Image.open(path).convert("RGB"))
            self._writer.add_image("demo", picture, step, dataformats="HWC")

    def close(self) -> None:
        """Finish the files."""
        if self._writer is not None:
            self._writer.close()


class Wandb:
    """Weights & Biases. Asked for with `--wandb`; everything else stays on this machine."""

    def __init__(self, name: str, config: Mapping[str, Any], folder: Path) -> None:
        self._run = check_wandb().init(
            project="dusktape", name=folder.name, job_type=name, config=dict(config), id=folder.name, resume="allow"
        )

    def __call__(self, job: Job) -> None:
        """Send what was reported."""
        if figures := reported(job):
            self._run.log(figures, step=job.state.step)

    def close(self) -> None:
        """Finish."""
        self._run.finish()


def check_wandb() -> Any:
    """Return the module of Weights & Biases.

    Raises
    ------
    PluginError
        If it is not installed.
    """
    try:
        import wandb
    except ModuleNotFoundError as error:
        raise PluginError("--wandb needs Weights & Biases; install it with: pip install wandb") from error
    return wandb


def reported(job: Job) -> dict[str, float]:
    """Return the figures that are new after this step."""
    state, row = job.state, job.state.history[-1] if job.state.history else {}
    out: dict[str, float] = {}
    if state.recent is not None and (job.validated or state.step % job.settings.report_steps == 0):
        out = {"loss/train": state.recent, "speed/events_per_s": state.events_per_s}
    if job.validated:
        out["learning_rate"] = row["learning_rate"]
        out |= {"loss/valid": row["valid_loss"]} if row["valid_loss"] is not None else {}
    return out


Watches = Callable[["Job"], None]
