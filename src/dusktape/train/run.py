"""`dusktape train NAME`: learn, measure against counting baselines, write weights and figures.

A trainer module gives `build`, `load_splits`, `SETTINGS`, `flat_tokens`, `FLAT_VOCABULARY` and `export`; and may give
`augment` and `details`. One that only counts gives `COUNT(data)` instead: what to save, and its figures.
"""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dusktape.core.errors import InputError, PluginError
from dusktape.core.plugins import find
from dusktape.io import atomic
from dusktape.nn.ngram import baselines
from dusktape.nn.training import Splits
from dusktape.nn.weights import save

WEIGHTS = "weights.safetensors"


def train(
    name: str,
    data: Path,
    out: Path,
    *,
    epochs: int | None = None,
    device: str = "cpu",
    seed: int = 0,
    force: bool = False,
) -> Path:
    """Train a registered model and write `weights.safetensors`, `weights.json` and, of a network, `log.jsonl`.

    The folder appears when all of it is there; whatever goes wrong, Ctrl-C included, leaves none.

    Parameters
    ----------
    name
        A registered model: `harmony`.
    data
        The folder that holds the sources its card names.
    out
        Folder to make.
    epochs
        At most so many; the model's own number if not given. Models that count go by neither epochs nor device.
    device
        A torch device: `cpu`, `cuda`.
    seed
        Of initial weights, order and augmentation.
    force
        Replace files that are in `out`.

    Returns
    -------
    The weights file.

    Raises
    ------
    PluginError
        If there is no such model, or torch is missing.
    InputError
        If `data` is not a folder, or lacks a source; if there are no epochs, or no such device.
    OutputError
        If `out` is there already, or cannot be written.
    """
    model = find("models", name)
    if not data.is_dir():
        raise InputError(f"{data} is no folder; give the one that holds the sources named in the card of {name!r}")
    if epochs is not None and epochs < 1:
        raise InputError(f"a training takes 1 epoch or more, got {epochs}; leave it out for the model's own number")
    atomic.check_folder_writable(out, force=force)
    trainer = _trainer(model.trainer)
    if hasattr(trainer, "COUNT"):
        started = time.perf_counter()
        weights, figures = trainer.COUNT(data)
        figures |= {"seconds": round(time.perf_counter() - started, 1), "device": "cpu"}
        with atomic.replacing_folder(out, force=force) as folder:
            _write(folder, name, weights, {**figures, "seed": seed})
    else:
        _check_device(device)
        splits = trainer.load_splits(data)
        with atomic.replacing_folder(out, force=force) as folder:
            weights, figures = _learn(trainer, splits, folder / "log.jsonl", epochs=epochs, device=device, seed=seed)
            _write(folder, name, weights, figures)
    return out / WEIGHTS


def _trainer(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise PluginError("training needs torch; install it with: pip install 'dusktape[train]'") from error


def _check_device(device: str) -> None:
    import torch

    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise InputError(f"torch cannot use the device {device!r}: {reason}; take --device cpu") from error


def _learn(
    trainer: Any, splits: Splits, log: Path, *, epochs: int | None, device: str, seed: int
) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Return the weights of the best epoch and the figures of the training."""
    import torch

    from dusktape.train.loop import Run, collate, fit

    started = time.perf_counter()
    run = Run(**{**trainer.SETTINGS, "device": device, "seed": seed, "log": log})
    run.epochs = run.epochs if epochs is None else epochs
    net = fit(trainer.build(seed), splits, run, getattr(trainer, "augment", None))
    net.load_state_dict({k: torch.round(v * 4096).clamp(-32767, 32767) / 4096 for k, v in net.state_dict().items()})
    figures = _figures(trainer, net, splits, run)
    figures |= {"seconds": round(time.perf_counter() - started, 1), "device": device, "seed": seed}
    if hasattr(trainer, "details"):
        figures["details"] = trainer.details(net, splits, lambda example: collate([example], device))
    return trainer.export(net), figures


def _figures(trainer: Any, net: Any, splits: Splits, run: Any) -> dict[str, Any]:
    """Return what the network and its yardsticks measure on songs they have not seen."""
    from dusktape.train.loop import bits

    sides = {"train": splits.train, "valid": splits.valid, "test": splits.test}
    events = {side: sum(map(splits.events, examples)) for side, examples in sides.items()}
    best = min(run.history, key=lambda row: row["valid_bits_per_event"])
    return {
        "parameters": sum(p.numel() for p in net.parameters()),
        "songs": {side: len({int(e["song"][0]) for e in examples}) for side, examples in sides.items()},
        "events": events,
        "epochs": len(run.history),
        "train_bits_per_event": best["train_bits_per_event"],
        "valid_bits_per_event": best["valid_bits_per_event"],
        "test_bits_per_event": bits(net, splits.test, run) / events["test"],
        "baselines": baselines(
            [trainer.flat_tokens(e) for e in splits.train],
            [trainer.flat_tokens(e) for e in splits.test],
            vocabulary=trainer.FLAT_VOCABULARY,
            events=events["test"],
        ),
    }


def _write(folder: Path, name: str, weights: Mapping[str, Any], figures: dict[str, Any]) -> None:
    sha256 = save(folder / WEIGHTS, weights, {"model": name})
    text = json.dumps({"model": name, **figures, "sha256": sha256}, indent=1, sort_keys=True) + "\n"
    (folder / "weights.json").write_text(text, encoding="utf-8")
