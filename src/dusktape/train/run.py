"""`dusktape train NAME`: learn, measure against counting baselines, write weights and figures.

A trainer module gives `build`, `load_splits`, `SETTINGS`, `flat_tokens`, `FLAT_VOCABULARY` and `export`; and may give
`augment` and `details`. One that only counts gives `TRAIN(data, out, seed=)` instead.
"""

from __future__ import annotations

import importlib
import json
import time
from pathlib import Path
from typing import Any

from dusktape.core.errors import InputError, PluginError
from dusktape.core.plugins import find
from dusktape.nn.ngram import baselines
from dusktape.nn.weights import save


def train(name: str, data: Path, out: Path, *, epochs: int | None = None, device: str = "cpu", seed: int = 0) -> Path:
    """Train a registered model and write `weights.safetensors`, `weights.json` and `log.jsonl` into `out`.

    Parameters
    ----------
    name
        A registered model: `harmony`.
    data
        The folder that holds the sources its card names.
    out
        Made if it is not there.
    epochs
        At most so many; the model's own number if not given.
    device
        A torch device: `cpu`, `cuda`.
    seed
        Of initial weights, order and augmentation.

    Returns
    -------
    The weights file.

    Raises
    ------
    PluginError
        If there is no such model, or torch is missing.
    InputError
        If `data` is not a folder, or lacks a source.
    """
    model = find("models", name)
    if not data.is_dir():
        raise InputError(f"{data} is no folder; give the one that holds the sources named in the card of {name!r}")
    try:
        trainer: Any = importlib.import_module(model.trainer)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise PluginError("training needs torch; install it with: pip install 'dusktape[train]'") from error
    if hasattr(trainer, "TRAIN"):
        counted: Path = trainer.TRAIN(data, out, seed=seed)
        return counted
    import torch

    from dusktape.train.loop import Run, bits, collate, fit

    started = time.perf_counter()
    splits = trainer.load_splits(data)
    out.mkdir(parents=True, exist_ok=True)
    run = Run(**{**trainer.SETTINGS, "device": device, "seed": seed, "log": out / "log.jsonl"})
    run.epochs = epochs or run.epochs
    (out / "log.jsonl").unlink(missing_ok=True)
    net = fit(trainer.build(seed), splits, run, getattr(trainer, "augment", None))
    events = sum(splits.events(e) for e in splits.test)
    net.load_state_dict({k: torch.round(v * 4096).clamp(-32767, 32767) / 4096 for k, v in net.state_dict().items()})
    figures: dict[str, Any] = {
        "model": name,
        "parameters": sum(p.numel() for p in net.parameters()),
        "songs": {k: len({int(e["song"][0]) for e in getattr(splits, k)}) for k in ("train", "valid", "test")},
        "events": {k: sum(splits.events(e) for e in getattr(splits, k)) for k in ("train", "valid", "test")},
        "epochs": len(run.history),
        "train_bits_per_event": min(run.history, key=lambda r: r["valid_bits_per_event"])["train_bits_per_event"],
        "valid_bits_per_event": min(r["valid_bits_per_event"] for r in run.history),
        "test_bits_per_event": bits(net, splits.test, run) / events,
        "baselines": baselines(
            [trainer.flat_tokens(e) for e in splits.train],
            [trainer.flat_tokens(e) for e in splits.test],
            vocabulary=trainer.FLAT_VOCABULARY,
            events=events,
        ),
        "seconds": round(time.perf_counter() - started, 1),
        "device": device,
        "seed": seed,
    }
    if hasattr(trainer, "details"):
        figures["details"] = trainer.details(net, splits, lambda example: collate([example], device))
    path = out / "weights.safetensors"
    figures["sha256"] = save(path, trainer.export(net), {"model": name})
    (out / "weights.json").write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path
