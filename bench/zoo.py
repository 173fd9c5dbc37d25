"""Models of the zoo, note by note: state carried on in numpy beside whole windows through torch, as published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench.effort import Effort, median_s, race
from bench.page import Table, ratio
from dusktape.core.score import Key
from dusktape.core.seed import Seed
from dusktape.nn.exact import from_int16, to_int16
from dusktape.nn.line import Line
from dusktape.nn.sampling import Sampling

TITLE = "Zoo"

Play = Callable[[], object]
Entry = tuple[str, str, Play, Play, Play]
Matrix = np.ndarray[Any, np.dtype[np.float64]]

_NOTES = 200
"""Notes to play after those that are given."""

_AIM = 20
"""Times as many notes a second."""

_C = Key(0, "major")


def run(effort: Effort) -> list[Table]:
    """Measure notes a second. The weights are random: what they say costs the same."""
    try:
        import torch
    except ModuleNotFoundError:
        return []
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rows = [_row(*entry(), effort) for entry in ENTRIES]
    return [
        Table(
            f"Notes a second on one thread, {_NOTES} notes after a window of given ones. Ours is numpy in float64 on a "
            "grid, carries its state from note to note and draws as `generate` does. The reference runs the whole "
            "window through torch (float32) for each note and draws from its outputs, as the originals do. The bound "
            f"is the ratio if numpy did nothing but the products of its float64 matrices. The aim is {_AIM} times; "
            f"{_verdict(rows)}",
            ["model", "network", "numpy, notes/s", "torch, notes/s", "ratio", "bound"],
            [row.cells for row in rows],
        )
    ]


@dataclass(frozen=True, slots=True)
class Row:
    """A model's figures, as they are written, and its ratio."""

    name: str
    ratio: float
    cells: list[str]


def _row(name: str, shape: str, ours: Play, reference: Play, products: Play, effort: Effort) -> Row:
    mine, other = race(ours, reference, effort.repeats)
    least = median_s(products, effort.repeats)
    speeds = [f"{_NOTES / mine:.0f}", f"{_NOTES / other:.0f}"]
    return Row(name, other / mine, [name, shape, *speeds, ratio(other, mine), ratio(other, least)])


def _verdict(rows: Sequence[Row]) -> str:
    """Say who reaches the aim and who does not."""
    reached = [row.name for row in rows if row.ratio >= _AIM]
    told = [f"{name} reaches it" for name in reached]
    told += [f"{row.name} misses it, at {row.ratio:.2g}" for row in rows if row.name not in reached]
    return ", ".join(told) + "."


def melody(notes: int) -> Line:
    """Return some notes to begin with."""
    rng = np.random.default_rng(0)
    step, pitch = rng.integers(1, 5, notes), 60 + rng.integers(0, 20, notes)
    return Line("given", _C, (), pitch, step, np.ones(notes, np.int64), rng.integers(4, 8, notes))


def stored(net: Any) -> dict[str, Matrix]:
    """Return a torch network's weights as they are opened again."""
    return {name: from_int16(to_int16(value.numpy())) for name, value in net.state_dict().items()}


def playing(model: Any, given: Line) -> Play:
    """Return what plays `_NOTES` notes with one of our models."""

    def act() -> object:
        return model.generate(key=_C, seed=Seed(1), sampling=Sampling(), notes=len(given) + _NOTES, given=given)

    return act


def products(weights: Mapping[str, Matrix]) -> Play:
    """Return what multiplies a vector with every matrix of a network, once for each note; tables are only looked up."""
    matrices = [np.ascontiguousarray(w.T) for name, w in weights.items() if w.ndim == 2 and "table" not in name]
    vectors = [np.zeros((1, len(matrix))) for matrix in matrices]

    def act() -> None:
        for _ in range(_NOTES):
            for vector, matrix in zip(vectors, matrices, strict=True):
                vector @ matrix

    return act


def _heads() -> Entry:
    import torch

    from dusktape.models.heads.infer import Heads
    from dusktape.models.heads.net import Net
    from dusktape.models.heads.tokens import WINDOW_NOTES, Options

    options = Options()
    net, given = Net(options).eval(), melody(WINDOW_NOTES)
    notes = [[pitch, step, duration] for pitch, step, duration, _ in given.classes.tolist()]

    @torch.inference_mode()
    def reference() -> None:
        heard = list(notes)
        for _ in range(_NOTES):
            outputs = net({"past": torch.tensor([heard[-WINDOW_NOTES:]])})
            drawn = [int(torch.multinomial(out[0, -1].softmax(-1), 1)) for out in outputs]
            heard.append([drawn[0], drawn[1], drawn[2] + 1])

    shape = f"2 x {options.hidden}, window of {WINDOW_NOTES}"
    weights = stored(net)
    return "heads", shape, playing(Heads.of(weights, options), given), reference, products(weights)


def _embeddings3() -> Entry:
    import torch

    from dusktape.models.embeddings.infer import Embeddings
    from dusktape.models.embeddings.net import OPTIONS, SEQUENCE, Net
    from dusktape.models.embeddings.tokens import FIRST_PITCH, REST, SETS, learn, words

    heard = [[REST, 0, 4, 0], *([FIRST_PITCH + 43 + i, 0, 1 + i % 32, 1 + i % 8] for i in range(57))]  # as POP909 has
    sets = [learn(columns, [np.array(heard)], all_keys=False) for columns in SETS["embeddings3"]]
    net = Net(sets, **{name: OPTIONS[name] for name in ("width", "hidden", "dropout", "chords")}).eval()
    line = melody(SEQUENCE)
    given = replace(line, duration=np.append(line.step[1:], 4))  # no rests: a word a note
    start = torch.tensor(words(given)[0][-SEQUENCE:])[None]
    meanings = [torch.tensor(each.words) for each in sets]

    @torch.inference_mode()
    def reference() -> None:
        window, silent = start, torch.zeros(1, SEQUENCE, 2, dtype=torch.int64)
        for _ in range(_NOTES):
            outputs = net.head(net.hidden(window, silent)[:, -1]).split(net.sizes, dim=-1)
            drawn = [int(torch.multinomial(out[0].softmax(-1), 1)) for out in outputs]
            word = torch.stack([meaning[token] for meaning, token in zip(meanings, drawn, strict=True)]).sum(0)
            window = torch.cat([window[:, 1:], word[None, None]], dim=1)

    weights = stored(net)
    ours = Embeddings.of(weights, {"sets": [each.to_json() for each in sets], "keys": OPTIONS["keys"]})
    return (
        "embeddings3",
        f"{OPTIONS['hidden']}, window of {SEQUENCE}",
        playing(ours, given),
        reference,
        products(weights),
    )


ENTRIES: tuple[Callable[[], Entry], ...] = (_heads, _embeddings3)
"""Each builds a model and returns its name, its shape, two ways to play it, and its products alone."""
