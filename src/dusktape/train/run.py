"""`dusktape train NAME`: learn, keep checkpoints, measure against counting baselines, write weights and their card.

A trainer module gives `SETTINGS`, `OPTIONS`, `load_splits(data, options)`, `build(seed, splits, options)` and
`export(net, splits)`; and may give `augment`, `flat_tokens` with `FLAT_VOCABULARY`, `details`, `lines(data)` and, if it
reads sources, `held_out_lines(data)`; `STORED` and `MEASURE` where weights stay floats and the loss is no code length;
`COUNTED`, what its examples hold, where that is no events; `begin(word)` and `FINE_TUNING` (settings) where a training
may go on from other weights; `ON_CPU` (a config) for machines without a GPU. One that only counts gives `COUNT(data)`
instead: what to save, and its figures. A package whose trainer needs long to load may have `SETTINGS`, `OPTIONS` and
`check(options)`, too, for the sake of early errors.
"""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dusktape.core.draws import merge
from dusktape.core.errors import InputError, PluginError
from dusktape.core.plugins import find
from dusktape.data import dataset, sounds
from dusktape.io import atomic
from dusktape.nn.model import Model
from dusktape.nn.run import CUT, FACTS, SOUND, SOUNDS, WEIGHTS
from dusktape.nn.training import Splits
from dusktape.nn.weights import save
from dusktape.train import early, keep
from dusktape.train.launch import leads
from dusktape.train.report import Listener, Silent
from dusktape.train.settings import ASIDE, Settings, as_table, resolve


def train(
    name: str,
    data: Path,
    out: Path,
    *,
    config: Mapping[str, Any] | None = None,
    where: str = "the config",
    epochs: int | None = None,
    seed: int | None = None,
    device: str | None = None,
    wandb: bool = False,
    resume: bool = False,
    start: str | None = None,
    force: bool = False,
    listener: Listener | None = None,
) -> Path:
    """Train a registered model into a folder that `nn.run.Run` reads.

    While it trains the folder holds a checkpoint, `log.jsonl`, TensorBoard's `logs/` and `demos/`; when it has ended,
    `weights.safetensors`, `README.md` (the card), `curves.png`, `config.toml` and, of models of melodies, `index.npz`
    too. `weights.json` comes last: without it the run is not finished. The folder is made with the first checkpoint.

    Parameters
    ----------
    name
        A registered model: `harmony`.
    data
        A dataset, or the folder that holds the sources its card names.
    out
        Folder to make; with `resume`, the folder of the run to go on with.
    config
        Tables `train` (fields of `Settings`) and `model` (the model's own options).
    where
        How the user knows the config, for messages.
    epochs, seed, wandb
        Shorthands of `train.epochs`, `train.seed` and `train.wandb`.
    device
        A torch device: `cpu`, `cuda`; the best there is if not given. Models that count have no use for it.
    resume
        Go on from the checkpoint in `out`. What the config leaves out is as it was.
    start
        A checkpoint to begin with: the folder of a run, or what else the model's trainer can read. The network is as
        that one is.
    force
        Replace files that are in `out`.
    listener
        Is told the progress.

    Returns
    -------
    The weights file.

    Raises
    ------
    PluginError
        If there is no such model, or torch or Weights & Biases is missing.
    InputError
        If the config or `data` will not do, or memory has run out.
    WeightsError
        If there is nothing to resume, or it was begun with something else.
    OutputError
        If `out` is there already, or cannot be written.
    """
    model = find("models", name)
    listener = listener or Silent()
    early.check_data(name, data)
    short = {"epochs": epochs, "seed": seed, "wandb": wandb or None}
    config = merge(config or {}, {"train": {k: v for k, v in short.items() if v is not None}})
    if start is not None and resume:
        raise InputError("a run that goes on has weights of its own; leave --from away")
    if not resume and start is None:
        early.check(model, config, data, out, where, force=force)
    trainer = _trainer(model)
    if start is not None and not hasattr(trainer, "begin"):
        raise InputError(f"{name} cannot begin with other weights; leave --from away")
    if hasattr(trainer, "COUNT"):
        return _count(model, trainer, data, out, listener, force=force)
    saved = keep.load(out) if resume else None
    if saved:
        keep.check_model(out, saved["about"]["model"], model.name)
    begun = trainer.begin(start) if start is not None else None
    if not saved and not begun:
        config = early.for_here(trainer, config, device, listener)
    settings, options = _wanted(trainer, config, saved, begun, where)
    order = Order(model, trainer, data, out, settings, options, device, listener, begun, start)
    order.check(resume=resume, force=force)
    return order.carry_out(saved, force=force)


def check(name: str, data: Path, out: Path, *, config: Mapping[str, Any], where: str, force: bool = False) -> None:
    """Refuse what a new training would refuse, as far as that is known before torch has loaded: see `train`."""
    early.check(find("models", name), config, data, out, where, force=force)


def _trainer(model: Model) -> Any:
    try:
        importlib.import_module("accelerate")
        return importlib.import_module(model.trainer)
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing not in ("torch", "accelerate", "diffusers"):
            raise
        extra = "audio" if model.role == SOUND else "train"
        raise PluginError(f"training needs {missing}; install it with: pip install 'dusktape[{extra}]'") from error


def _wanted(
    trainer: Any, config: Mapping[str, Any], saved: Mapping[str, Any] | None, begun: Any, where: str
) -> tuple[Settings, dict[str, Any]]:
    """Return settings and options: of the config, over those of the checkpoint, over the model's own."""
    own, options = trainer.SETTINGS, getattr(trainer, "OPTIONS", {})
    if begun:
        asked = config.get("model", {})
        for key, value in begun.fixed.items():
            if isinstance(asked, Mapping) and asked.get(key, value) != value:
                raise InputError(f"model.{key} is {value!r} in {begun.name}, got {asked[key]!r}; leave it away")
        own = {**own, **getattr(trainer, "FINE_TUNING", {})}
        options = {**options, **begun.options, **begun.fixed}
    if saved:
        own, options = {**own, **saved["about"]["train"], **saved["about"]["aside"]}, saved["about"]["options"]
    return resolve(config, own, options, where=where)


def _count(model: Model, trainer: Any, data: Path, out: Path, listener: Listener, *, force: bool) -> Path:
    from dusktape.train import card

    if not leads():
        return out / WEIGHTS
    atomic.check_folder_writable(out, force=force)
    started = time.perf_counter()
    listener.status(f"counting what is in {data}", 0.0)
    with early.other_kind_of_data(model, data):
        weights, figures = trainer.COUNT(data)
    facts = {
        "model": model.name,
        "data": {"name": data.resolve().name, "kind": "sources", "sha256": None},
        "options": {},
        **figures,
        "seconds": round(time.perf_counter() - started, 1),
        "device": "cpu",
    }
    with atomic.replacing_folder(out, force=force) as folder:
        facts["sha256"] = save(folder / WEIGHTS, weights, {"model": model.name})
        (folder / keep.CARD).write_text(card.text(model, facts, (), files=(WEIGHTS, FACTS)), encoding="utf-8")
        (folder / FACTS).write_text(_json(facts), encoding="utf-8")
    return out / WEIGHTS


@dataclass(frozen=True, slots=True)
class Order:
    """A training of a network, all choices made."""

    model: Model
    trainer: Any
    data: Path
    out: Path
    settings: Settings
    options: Mapping[str, Any]
    device: str | None
    listener: Listener
    begun: Any = None
    start: str | None = None

    def check(self, *, resume: bool, force: bool) -> None:
        """Refuse what cannot work before any work is done."""
        from dusktape.train import device
        from dusktape.train.report import check_wandb

        if not resume:
            atomic.check_folder_writable(self.out, force=force)
        device.check(self.device)
        if self.settings.wandb:
            check_wandb()

    def carry_out(self, saved: Mapping[str, Any] | None, *, force: bool) -> Path:
        """Train, or go on, to the end."""
        self.listener.status(f"reading {self.data}", 0.0)
        with early.other_kind_of_data(self.model, self.data):
            splits = self.trainer.load_splits(self.data, self.options)
        if not splits.train:
            raise InputError(f"{self.data} has nothing to learn from for {self.model.name}; make it from other files")
        about = self._about(splits)
        if saved:
            keep.check_same(self.out, saved["about"], about)
            if saved["state"]["stopped"] and (self.out / FACTS).is_file():
                self.listener.say(f"{self.out} is finished; there is nothing to go on with")
                return self.out / WEIGHTS
        net = self._build(splits)
        if self.begun:
            self.begun.load(net)
            about["from"] = {"name": self.begun.name, "sha256": self.begun.sha256, **_licences_of(self.start)}
            self.listener.say(f"beginning with {self.begun.name}, sha256 {self.begun.sha256}")
        elif saved and saved["about"].get("from"):
            about["from"] = saved["about"]["from"]
        keeper = keep.Keeper(self.out, about, resumed=saved is not None, force=force)
        if saved:
            keeper.more, keeper.step = dict(saved["more"]), saved["state"]["step"]
        try:
            return self._learn(net, splits, keeper, saved)
        except KeyboardInterrupt as stop:
            if keeper.kept:
                again = f"dusktape train {self.model.name} --data {self.data} --resume {self.out}"
                stop.add_note(f"stopped at step {keeper.step}; go on with: {again}")
            raise
        except (RuntimeError, MemoryError) as error:
            from dusktape.train import memory

            if not memory.ran_out(error):
                raise
            raise InputError(memory.told(error, net, splits, self.settings, self.listener.say)) from error

    def _about(self, splits: Splits) -> dict[str, Any]:
        table = as_table(self.settings)
        about = {
            "model": self.model.name,
            "data": _data_facts(self.data, splits, self.model.role),
            "vocabulary": dict(splits.vocabulary),
            "train": {k: v for k, v in table.items() if k not in ASIDE},
            "aside": {k: v for k, v in table.items() if k in ASIDE},
            "options": dict(self.options),
        }
        plain: dict[str, Any] = json.loads(json.dumps(about))  # as a checkpoint gives it back: lists for tuples
        return plain

    def _build(self, splits: Splits) -> Any:
        try:
            return self.trainer.build(self.settings.seed, splits, self.options)
        except (RuntimeError, ValueError, ZeroDivisionError) as error:
            reason = str(error).partition("\n")[0].rstrip(".")
            raise InputError(
                f"{self.model.name} cannot be built with these options: {reason}; change [model]"
            ) from error

    def _learn(self, net: Any, splits: Splits, keeper: keep.Keeper, saved: Mapping[str, Any] | None) -> Path:
        from dusktape.train.demo import Demos
        from dusktape.train.finish import Packer, finish
        from dusktape.train.loop import State, fit

        state = State()
        packer = Packer(self.model.name, self.trainer, splits, self.options)
        interrupt = keep.Interrupt(keeper)
        meter = self._meter(keeper)
        watches = [*self._watches(keeper, packer, meter), interrupt]

        def watch(job: Any) -> None:
            for one in watches:
                if not (isinstance(one, Demos) and interrupt.heard()):
                    one(job)

        self._tell_start(net, splits, saved)
        try:
            with interrupt.listening():
                fit(
                    net,
                    splits,
                    self.settings,
                    getattr(self.trainer, "augment", None),
                    state=state,
                    device=self.device,
                    saved=saved,
                    watch=watch,
                    hurry=interrupt.heard,
                )
        finally:
            for one in watches:
                if hasattr(one, "close"):
                    one.close()
        if leads():
            self.listener.say("measuring what was learned")
            finish(self, net, splits, state, packer, keeper, meter.stop() if meter else {})
        return self.out / WEIGHTS

    def _tell_start(self, net: Any, splits: Splits, saved: Mapping[str, Any] | None) -> None:
        size = f"{self.model.name}, {sum(p.numel() for p in net.parameters()):,} parameters"
        if saved:
            self.listener.say(f"{size}; going on at step {saved['state']['step']}")
        elif splits.valid and self.settings.hold_out:
            self.listener.say(f"{size}; validating once before the first step")
        else:
            self.listener.say(size)

    def _meter(self, keeper: keep.Keeper) -> Any:
        from dusktape.train.energy import Meter

        if not self.settings.energy or not leads():
            return None
        return Meter(self.settings.country, keeper.more.get("energy_kwh") or 0.0)

    def _watches(self, keeper: keep.Keeper, packer: Any, meter: Any) -> list[Any]:
        """Return who watches every step. Checkpoints come first: what follows may fail."""
        from dusktape.train import report
        from dusktape.train.demo import Demos

        def note_energy(job: Any) -> None:
            keeper.more["energy_kwh"] = meter.kwh

        demos = Demos(keeper, self.model, packer, self.listener)
        watches: list[Any] = [note_energy] if meter else []
        watches += [keeper, *([demos] if self.settings.demos else [])]
        if not leads():
            return watches
        watches += [report.Progress(self.listener, getattr(self.trainer, "COUNTED", "events")), report.Log(keeper)]
        if self.settings.tensorboard:
            watches.append(report.Board(keeper, demos))
        if self.settings.wandb:
            watches.append(report.Wandb(self.model.name, {**as_table(self.settings), **self.options}, self.out))
        return watches


def _data_facts(data: Path, splits: Splits, role: str) -> dict[str, Any]:
    """Return name, kind and SHA-256 of what is learned from, and its licences where it tells them."""
    name = data.resolve().name
    if not (data / dataset.MANIFEST).is_file():
        return {"name": name, "kind": "sources", "sha256": keep.fingerprint(splits)}
    heard = role == SOUND
    found = sounds.SoundDataset.read(data) if heard else dataset.Dataset.read(data)
    licences: dict[str, int] = {}
    for file in found.manifest.get("files", ()):
        if isinstance(file, Mapping) and file.get("kept", True):
            licence = str(file.get("licence") or "unknown")
            licences[licence] = licences.get(licence, 0) + 1
    kind = SOUNDS if heard else "dataset"
    labels = {clip.label for clip in found.clips} if isinstance(found, sounds.SoundDataset) else set()
    only = {"label": labels.pop()} if len(labels) == 1 and "" not in labels else {}
    cut = {CUT: found.manifest["cut"]} if heard and isinstance(found.manifest.get("cut"), str) else {}
    return {"name": name, "kind": kind, "sha256": found.sha256, "licences": licences, **only, **cut}


def _licences_of(start: str | None) -> dict[str, Any]:
    """Return what a run of ours that a training begins with says of its material: licences, and what it began with."""
    place = Path(start or "")
    try:
        facts = json.loads(((place if place.is_dir() else place.parent) / FACTS).read_text(encoding="utf-8"))
        told = {"licences": facts["data"]["licences"], "from": facts.get("from")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {key: value for key, value in told.items() if isinstance(value, Mapping) and value}


def _json(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, indent=1, sort_keys=True, allow_nan=False) + "\n"
