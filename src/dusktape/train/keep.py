"""The folder of a run in progress: its checkpoint, what may go on from it, and how it is put down."""

from __future__ import annotations

import hashlib
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dusktape.core.errors import WeightsError
from dusktape.io import atomic
from dusktape.nn.training import Splits
from dusktape.nn.weights import refuse_pickle
from dusktape.train.launch import processes
from dusktape.train.settings import ASIDE, Settings, as_table

if TYPE_CHECKING:
    from dusktape.train.loop import Job

CHECKPOINT = "checkpoint.safetensors"
LOG, CURVES, CARD, CONFIG, BOARD, DEMOS = "log.jsonl", "curves.png", "README.md", "config.toml", "logs", "demos"
INDEX = "index.npz"

_STALE = ("weights.json", "weights.safetensors", CHECKPOINT, LOG, CURVES, CONFIG, INDEX)


class Keeper:
    """Writes the checkpoint at its cadence, at the end of every epoch and at the last step.

    The folder is made with the first checkpoint: whatever goes wrong before leaves nothing.

    Parameters
    ----------
    folder
        Of the run.
    about
        What a resume has to agree with: `model`, `data`, `vocabulary`, `train`, `options`.
    resumed
        Whether the folder and its checkpoint are there.
    force
        Whether files of an earlier run in the folder may be replaced.
    """

    def __init__(self, folder: Path, about: Mapping[str, Any], *, resumed: bool, force: bool) -> None:
        self.folder, self.about, self.kept, self._force = folder, dict(about), resumed, force
        self.more: dict[str, Any] = {}
        self.step = -1

    def __call__(self, job: Job) -> None:
        """Keep what is due."""
        state = job.state
        ended = state.batch == 0 and job.validated
        if ended or state.stopped or state.step % job.settings.checkpoint_steps == 0:
            self.keep(job)

    def keep(self, job: Job) -> None:
        """Write the checkpoint, unless this very step is kept."""
        if self.step == job.state.step:
            return
        from dusktape.train import checkpoint

        snapshot = job.snapshot()
        if job.accelerator.is_main_process:
            if not self.kept:
                _make_room(self.folder, force=self._force)
            checkpoint.write(self.folder / CHECKPOINT, {"about": self.about, "more": self.more, **snapshot})
        self.kept, self.step = True, job.state.step


def _make_room(folder: Path, *, force: bool) -> None:
    atomic.check_folder_writable(folder, force=force)
    with atomic.writing(folder):
        folder.mkdir(exist_ok=True)
        demos = sorted(folder.glob(f"{DEMOS}/step-*")) + sorted(folder.glob(f"{BOARD}/events.out.*"))
        for old in [*(folder / name for name in _STALE), *demos]:
            old.unlink(missing_ok=True)


def load(folder: Path) -> dict[str, Any]:
    """Return the checkpoint of a run.

    Raises
    ------
    WeightsError
        If there is none, it is damaged or a pickle.
    """
    from dusktape.train import checkpoint

    if folder.is_file():
        refuse_pickle(folder)
        raise WeightsError(f"{folder} is a file; give the folder of a run that dusktape train began")
    for foreign in sorted(folder.glob("*.p*t*")) + sorted(folder.glob("*.ckpt")) + sorted(folder.glob("*.pkl")):
        if foreign.is_file() and not (folder / CHECKPOINT).exists():
            refuse_pickle(foreign)
    saved: dict[str, Any] = checkpoint.read(folder / CHECKPOINT)
    return saved


def check_model(folder: Path, before: str, now: str) -> None:
    """Refuse to go on with a run of another model: it has other options, too.

    Raises
    ------
    WeightsError
        Naming both.
    """
    if before != now:
        raise WeightsError(f"{folder} is a run of {before}, not of {now}; dusktape train {before} goes on with it")


def check_same(folder: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse to go on with anything that is not what the run began with.

    Raises
    ------
    WeightsError
        Saying in one line what differs.
    """
    found = []
    defaults = {k: v for k, v in as_table(Settings()).items() if k not in ASIDE}
    before = {**before, "train": {**defaults, **before["train"]}}  # older runs lack newer settings
    for table in ("train", "options"):
        name = "model" if table == "options" else table
        found += [
            f"{name}.{key} = {before[table].get(key)!r}, not {now[table].get(key)!r}"
            for key in {**before[table], **now[table]}
            if before[table].get(key) != now[table].get(key)
        ]
    if before["vocabulary"] != now["vocabulary"]:
        words = sorted(k for k in {**before["vocabulary"], **now["vocabulary"]} if _differ(k, before, now))
        found.append(f"another vocabulary ({', '.join(words)})")
    if before["data"]["sha256"] != now["data"]["sha256"]:
        found.append(f"the dataset {before['data']['sha256'][:12]}, not {now['data']['sha256'][:12]}")
    if found:
        raise WeightsError(f"{folder} was begun with {'; '.join(found)}; give it the same, or train without --resume")


def _differ(key: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    return bool(before["vocabulary"].get(key) != now["vocabulary"].get(key))


def fingerprint(splits: Splits) -> str:
    """Return the SHA-256 of all examples: what a training of them depends on."""
    digest = hashlib.sha256()
    for side in (splits.train, splits.valid, splits.test):
        digest.update(b"side")
        for example in side:
            for name, array in sorted(example.items()):
                digest.update(f"{name}{array.dtype}{array.shape}".encode())
                digest.update(array.tobytes())
    return digest.hexdigest()


class Interrupt:
    """Ctrl-C or SIGTERM while it trains: the step is finished and kept, then it stops. A second one stops at once.

    A validation is broken off, and no demo is made any more.
    """

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._caught: int | None = None

    def heard(self) -> bool:
        """Return whether somebody asked for it."""
        return self._caught is not None

    def __call__(self, job: Job) -> None:
        """Stop if somebody asked for it, the way that would have been without us."""
        if self._caught is not None:
            self._keeper.keep(job)
            signal.raise_signal(self._caught)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen, where signals can be listened to; of several processes none does, or they would part."""
        if threading.current_thread() is not threading.main_thread() or processes() > 1:
            yield
            return
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        heard = {number: handler for number, handler in before.items() if callable(handler)}

        def note(number: int, frame: Any) -> None:
            self._caught = number
            signal.signal(number, heard[signal.Signals(number)])

        for number in heard:
            signal.signal(number, note)
        try:
            yield
        finally:
            for number, handler in heard.items():
                signal.signal(number, handler)
