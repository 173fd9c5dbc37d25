"""The writers, and one step of each recurrent network beside torch's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bench.effort import Effort, median_s, race
from bench.page import Table, milliseconds, ratio
from dusktape.core import plugins
from dusktape.core.score import TICKS_PER_BEAT, Chord, Key
from dusktape.core.seed import Seed
from dusktape.nn.exact import on_grid
from dusktape.nn.layers import GRU, LSTM
from dusktape.nn.weights import load

TITLE = "Networks"

_STEPS = 200
_BARS = 8
_BAR = 4 * TICKS_PER_BEAT
_CHORDS = tuple(
    Chord(k * _BAR, _BAR, root, quality)
    for k, (root, quality) in enumerate(((2, "m9"), (7, "13"), (0, "maj9"), (9, "m7")) * 2)
)


def run(effort: Effort) -> list[Table]:
    """Measure the writers that ship and the steps of their bodies."""
    return [_writers(effort), _steps(effort)]


def _shipped() -> list[str]:
    return [name for name in plugins.names("models") if plugins.find("models", name).ships]


def _writers(effort: Effort) -> Table:
    rows = []
    for name in _shipped():
        model = plugins.find("models", name)
        writer = model.open()
        act = _task(name, writer)
        if act is None:
            continue
        opening, writing = median_s(model.open, effort.repeats), median_s(act, effort.repeats)
        size = f"{model.weights.stat().st_size / 1e6:.2f} MB"
        rows.append([name, size, milliseconds(opening), milliseconds(writing)])
    total = sum(plugins.find("models", n).weights.stat().st_size for n in _shipped())
    rows.append(["**all**", f"{total / 1e6:.2f} MB", "", ""])
    return Table(
        f"Weights as shipped (limit 16 MB together), time to open them with their hash checked, and to write {_BARS} "
        "bars (harmony: a loop of four).",
        ["model", "weights", "open", "write"],
        rows,
    )


def _task(name: str, writer: Any) -> Callable[[], object] | None:
    here = Seed(3)
    tasks: dict[str, Callable[[], object]] = {
        "harmony": lambda: writer.write_loop(
            mode="minor", mood="wistful", bars=4, seed=here, temperature=0.95, max_chords=6
        ),
        "melody": lambda: writer.write_melody(
            key=Key(0, "major"),
            chords=_CHORDS,
            bars=_BARS,
            given=(),
            given_bars=0,
            density=0.4,
            seed=here,
            temperature=0.95,
        ),
        "drums": lambda: writer.write_drums(
            style="hiphop", bpm=80.0, bars=_BARS, fills=(False,) * 7 + (True,), seed=here, temperature=0.9
        ),
        "comping": lambda: writer.write_rhythm(chords=_CHORDS, bars=_BARS, density=0.4, seed=here, temperature=0.95),
    }
    return tasks.get(name)


def _steps(effort: Effort) -> Table:
    rows = []
    for name in _shipped():
        weights = load(plugins.find("models", name).weights)
        for prefix in sorted({k.removesuffix(".weight_ih_l0") for k in weights if k.endswith(".weight_ih_l0")}):
            if f"{prefix}.weight_ih_l0_reverse" not in weights:  # one that reads both ways is not stepped
                rows.append(_row(f"{name}: `{prefix}`", weights, prefix, effort))
    rng = np.random.default_rng(1)
    wide = {}
    for layer in (0, 1):
        for kind, shape in (("weight_ih", (1024, 256)), ("weight_hh", (1024, 256))):
            wide[f"lstm.{kind}_l{layer}"] = np.rint(rng.standard_normal(shape) * 256.0) / 4096.0
        for kind in ("bias_ih", "bias_hh"):
            wide[f"lstm.{kind}_l{layer}"] = np.zeros(1024)
    rows.append(_row("a yardstick, 2 x 256", wide, "lstm", effort))
    return Table(
        f"One step of one voice, median of runs of {_STEPS} steps. Ours is numpy in float64 on a grid, so that sums "
        "are exact and the same everywhere; torch is float32 on one thread.",
        ["network", "layers x width", "numpy", "torch", "ratio"],
        rows,
    )


def _row(name: str, weights: dict[str, Any], prefix: str, effort: Effort) -> list[str]:
    rows, width = weights[f"{prefix}.weight_hh_l0"].shape
    layers = sum(key.startswith(f"{prefix}.weight_ih_l") for key in weights)
    x = on_grid(np.random.default_rng(2).standard_normal((_STEPS, 1, weights[f"{prefix}.weight_ih_l0"].shape[1])))
    kind = "GRU" if rows == 3 * width else "LSTM"
    ours = _gru(GRU.of(weights, prefix), x) if kind == "GRU" else _lstm(LSTM.of(weights, prefix), x)
    shape = f"{kind} {layers} x {width}"
    reference = _torch(kind, layers, weights, prefix, x)
    if reference is None:
        mine = median_s(ours, effort.repeats)
        return [name, shape, milliseconds(mine / _STEPS), "not installed", ""]
    mine, other = race(ours, reference, effort.repeats)
    return [name, shape, milliseconds(mine / _STEPS), milliseconds(other / _STEPS), ratio(other, mine)]


def _lstm(lstm: LSTM, x: Any) -> Callable[[], object]:
    def play() -> None:
        state = lstm.start()
        for step in x:
            _, state = lstm.step(step, state)

    return play


def _gru(gru: GRU, x: Any) -> Callable[[], object]:
    def play() -> None:
        state = gru.start()
        for step in x:
            state = gru.step(step, state)

    return play


def _torch(kind: str, layers: int, weights: dict[str, Any], prefix: str, x: Any) -> Callable[[], object] | None:
    try:
        import torch
    except ModuleNotFoundError:
        return None
    torch.set_num_threads(1)
    net = getattr(torch.nn, kind)(x.shape[2], weights[f"{prefix}.weight_hh_l0"].shape[1], num_layers=layers).eval()
    own = {k.removeprefix(f"{prefix}."): v for k, v in weights.items() if k.startswith(f"{prefix}.")}
    net.load_state_dict({k: torch.from_numpy(np.asarray(v, np.float32)) for k, v in own.items()})
    steps: Sequence[Any] = [torch.from_numpy(step[None].astype(np.float32)) for step in x]

    def play() -> None:
        state = None
        with torch.inference_mode():
            for step in steps:
                _, state = net(step, state)

    return play
