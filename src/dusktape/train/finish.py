"""The end of a training: weights as they are stored, their figures, an index of phrases, a last demo, the card."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dusktape.core.seed import Seed
from dusktape.data import dataset
from dusktape.io import atomic, toml
from dusktape.nn import floats, phrases
from dusktape.nn.run import DATA_AT, FACTS, SOUNDS, WEIGHTS
from dusktape.nn.training import Splits
from dusktape.nn.weights import save
from dusktape.train import card, curves, device, figures
from dusktape.train.demo import Demos
from dusktape.train.keep import BOARD, CARD, CONFIG, CURVES, DEMOS, LOG, Keeper
from dusktape.train.loop import Job, State
from dusktape.train.randomness import undrawn
from dusktape.train.settings import as_table

if TYPE_CHECKING:
    from dusktape.train.run import Order


@dataclass(frozen=True, slots=True)
class Packer:
    """Makes weights files that open by themselves: the model's options and vocabulary travel in them.

    Weights are rounded to the grid of `nn.exact`, unless the trainer's `STORED` says `float32`.
    """

    model: str
    trainer: Any
    splits: Splits
    options: Mapping[str, Any]

    def __call__(self, job: Job, path: Path) -> str:
        """Write what a job's network is now; return the SHA-256. The job does not notice."""
        with undrawn(), job.averaged():
            net = copy.deepcopy(job.net).cpu().eval()
            self.settle(net)
            return self.write(path, self.trainer.export(net, self.splits))

    @property
    def keeps_floats(self) -> bool:
        """Whether weights are stored as they are."""
        return bool(getattr(self.trainer, "STORED", "int16") == "float32")

    def settle(self, net: Any) -> None:
        """Round a network's weights to what is stored, so that what is measured is what ships."""
        if not self.keeps_floats:
            figures.on_grid(net)

    def write(self, path: Path, weights: Mapping[str, Any]) -> str:
        """Write weights, whole or not at all; return the SHA-256."""
        about = {
            "model": self.model,
            "options": json.dumps(dict(self.options), sort_keys=True),
            "vocabulary": json.dumps(dict(self.splits.vocabulary), sort_keys=True),
        }
        with atomic.replacing(path, force=True) as temporary:
            return floats.save(temporary, weights, about) if self.keeps_floats else save(temporary, weights, about)


def finish(
    order: Order,
    net: Any,
    splits: Splits,
    state: State,
    packer: Packer,
    keeper: Keeper,
    energy: Mapping[str, Any],
) -> None:
    """Write all that a finished run holds beside its checkpoint; `weights.json` last."""
    folder, where = order.out, device.used(net)
    net.cpu().eval()
    packer.settle(net)
    # The first export may fit what is left to fit, and changes the network by it; the figures are of what is stored.
    weights = order.trainer.export(net, splits)
    packer.settle(net)
    found = figures.measured(order.trainer, net, splits, order.settings, state)
    sha256 = packer.write(folder / WEIGHTS, weights)
    _index(order, splits)
    if order.settings.demos:
        Demos(keeper, order.model, packer, order.listener).make(
            folder / WEIGHTS, sha256, "step-last", Seed(order.settings.seed)
        )
    if any(row["train_loss"] is not None for row in state.history):
        unit = "bits per event" if hasattr(net, "nats") else getattr(order.trainer, "MEASURE", "loss")
        if hasattr(net, "nats") and hasattr(net, "loss"):
            unit += " (training: what is minimised)"
        atomic.write_bytes(folder / CURVES, curves.draw(state.history, state.best_step, unit), force=True)
    table = {"train": as_table(order.settings), "model": {k: v for k, v in order.options.items() if v is not None}}
    atomic.write_bytes(folder / CONFIG, toml.dumps(table).encode(), force=True)
    heard = keeper.about["data"]["kind"] == SOUNDS
    facts = figures.finite(
        {
            "model": order.model.name,
            "sha256": sha256,
            "data": keeper.about["data"],
            **({DATA_AT: places} if (places := whereabouts(order.data, order.out)) and heard else {}),
            **({"from": keeper.about["from"]} if keeper.about.get("from") else {}),
            "stored": "float32" if packer.keeps_floats else "int16",
            **({"measure": order.trainer.MEASURE} if hasattr(order.trainer, "MEASURE") else {}),
            **({"counted": order.trainer.COUNTED} if hasattr(order.trainer, "COUNTED") else {}),
            "options": dict(order.options),
            "train": as_table(order.settings),
            **found,
            "device": where,
            "seed": order.settings.seed,
            "energy": dict(energy),
        }
    )
    about = card.text(order.model, facts, figures.finite(state.history), files=_files(folder))
    atomic.write_bytes(folder / CARD, about.encode(), force=True)
    atomic.write_bytes(folder / FACTS, (json.dumps(facts, indent=1, sort_keys=True) + "\n").encode(), force=True)


def _index(order: Order, splits: Splits) -> None:
    """Write the index of the phrases that were learned, where the trainer tells its lines."""
    if not hasattr(order.trainer, "lines"):
        return
    held_out = []
    if (order.data / dataset.MANIFEST).is_file():
        songs = dataset.Dataset.read(order.data)
        held_out = [line for side in ("valid", "test") for line in songs.lines(side)]
    elif hasattr(order.trainer, "held_out_lines"):
        held_out = order.trainer.held_out_lines(order.data)
    index = phrases.build(order.trainer.lines(order.data), held_out=held_out)
    with atomic.replacing(order.out / phrases.FILE, force=True) as temporary:
        index.save(temporary)


def whereabouts(data: Path, out: Path) -> list[str]:
    """Return where the dataset lies, as a path from the run's folder; nothing if that would tell more than a project.

    Both lie below the folder that one works in, then, and the path names folders of that alone: a run that is passed on
    does not say where its maker lives. The dataset's name is told in any case, and it is looked for beside the run.
    """
    data, out, here = data.resolve(), out.resolve(), Path.cwd().resolve()
    if here in Path.home().resolve().parents or not (data.is_relative_to(here) and out.is_relative_to(here)):
        return []
    return [os.path.relpath(data, out).replace(os.sep, "/")]


def _files(folder: Path) -> list[str]:
    """Return what lies in the folder of a finished run, in the order it is told."""
    names = [WEIGHTS, FACTS, phrases.FILE, CURVES, CONFIG, LOG, "checkpoint.safetensors", f"{DEMOS}/", f"{BOARD}/"]
    return [name for name in names if name == FACTS or (folder / name).exists()]
