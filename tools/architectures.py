"""Compare bodies of the networks that compose: same inputs, heads and budget, another sequence model between them.

    python tools/architectures.py --data DIR [--role melody] [--epochs 2] [--write docs/studies/architectures.md]

DIR holds the sources that the models' cards name. Every body sees the same stretches in the same order; it is chosen by
the bits that held-out songs cost. Rows are written to stdout as they come, and beside the page as JSON, so that one
role can be measured again without the others.
"""

from __future__ import annotations

import argparse
import importlib
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from dusktape.core.seed import Seed
from dusktape.nn.training import Splits
from dusktape.train.costs import bits
from dusktape.train.loop import fit
from dusktape.train.settings import Settings

PAGE = Path("docs/studies/architectures.md")
KEPT = "\n## What ships\n"
"""What stands on the page from here on was written by people and is kept."""
WINDOW = 128
"""Steps that the transformer looks back."""

EPOCHS = {"melody": 3, "harmony": 4, "drums": 3}
BATCH = 16
VALID_SONGS = 48
"""So many of the songs that stop the training are looked at after each epoch; all of them at its end."""

TIMED_STEPS = 400


class Transformer(nn.Module):
    """Causal self-attention over the last `WINDOW` steps, with rotary positions; called like a torch.nn.LSTM.

    Source
    ------
    Vaswani et al. 2017, normalised first (Xiong et al. 2020); rotary positions after Su et al. 2021; the window as in
    Beltagy et al. 2020. Blocks of one window attend to themselves and the block before, so time grows with the length.
    """

    def __init__(self, width: int, hidden: int, layers: int, heads: int = 4) -> None:
        super().__init__()
        self.enter = nn.Linear(width, hidden)
        self.blocks = nn.ModuleList(Block(hidden, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(hidden)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Return what an LSTM would: outputs (B, T, H), and a state that nobody asks for."""
        size = x.shape[1]
        x = functional.pad(self.enter(x), (0, 0, 0, -size % WINDOW))
        for block in self.blocks:
            x = block(x)
        return self.norm(x[:, :size]), None

    def step(self, x: torch.Tensor, cache: list[Any]) -> torch.Tensor:
        """Return the output (1, H) of one step; `cache` holds the keys and values of each block, and grows."""
        x = self.enter(x)
        cache += [None] * (len(self.blocks) - len(cache))
        for i, block in enumerate(self.blocks):
            x, cache[i] = block.step(x, cache[i])
        return self.norm(x)


class Block(nn.Module):
    """Attention, then two layers; each normalised before and added after."""

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads, self.size = heads, hidden // heads
        self.before, self.between = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.ask, self.answer = nn.Linear(hidden, 3 * hidden), nn.Linear(hidden, hidden)
        self.widen, self.narrow = nn.Linear(hidden, 4 * hidden), nn.Linear(4 * hidden, hidden)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (B, T, H), T a multiple of `WINDOW`."""
        batch, size, hidden = x.shape
        count = size // WINDOW
        asked = self.ask(self.before(x)).view(batch, size, 3, self.heads, self.size)
        place = torch.arange(size)[:, None, None]
        query, key, value = (
            each.reshape(batch, count, WINDOW, self.heads, self.size).transpose(2, 3)  # (B, C, heads, W, size)
            for each in (rotated(asked[:, :, 0], place), rotated(asked[:, :, 1], place), asked[:, :, 2])
        )
        key, value = (
            torch.cat([functional.pad(each[:, :-1], (0, 0, 0, 0, 0, 0, 1, 0)), each], dim=3) for each in (key, value)
        )
        now, then = torch.arange(WINDOW)[:, None], torch.arange(2 * WINDOW) - WINDOW
        seen = ((then <= now) & (then > now - WINDOW)).expand(count, 1, WINDOW, 2 * WINDOW).clone()
        seen[0, :, :, :WINDOW] = False
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        x = x + self.drop(self.answer(found.transpose(2, 3).reshape(batch, size, hidden)))
        return self._after(x)

    def step(self, x: torch.Tensor, cache: Any) -> tuple[torch.Tensor, Any]:
        """Shape (1, H); the cache is (keys, values, how many there were)."""
        query, key, value = self.ask(self.before(x)).view(3, self.heads, 1, self.size)
        keys, values, place = cache or (key[:, :0], value[:, :0], 0)
        at = torch.tensor(place)[None, None, None]
        keys = torch.cat([keys, rotated(key, at)], dim=1)[:, -WINDOW:]
        values = torch.cat([values, value], dim=1)[:, -WINDOW:]
        found = functional.scaled_dot_product_attention(rotated(query, at)[None], keys[None], values[None])
        x = x + self.answer(found.reshape(1, -1))
        return self._after(x), (keys, values, place + 1)

    def _after(self, x: torch.Tensor) -> torch.Tensor:
        return torch.as_tensor(x + self.drop(self.narrow(functional.gelu(self.widen(self.between(x))))))


def rotated(x: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """Return vectors turned by their place; `place` has the shape of `x` without its last axis, or broadcasts."""
    half = x.shape[-1] // 2
    angle = place.to(x.dtype) * 10000.0 ** (-torch.arange(half) / half)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * angle.cos() - b * angle.sin(), b * angle.cos() + a * angle.sin()], dim=-1)


def _transformer(width: int, hidden: int, layers: int) -> nn.Module:
    return Transformer(width, hidden, layers)


def _lstm(width: int, hidden: int, layers: int) -> nn.Module:
    return nn.LSTM(width, hidden, layers, batch_first=True, dropout=0.2 if layers > 1 else 0.0)


def _gru(width: int, hidden: int, layers: int) -> nn.Module:
    return nn.GRU(width, hidden, layers, batch_first=True)


BODIES: dict[str, tuple[Callable[[int, int, int], nn.Module], int, int]] = {
    "LSTM 192": (_lstm, 192, 1),
    "GRU 224": (_gru, 224, 1),
    "transformer 2 x 112": (_transformer, 112, 2),
    "LSTM 384": (_lstm, 384, 1),
    "GRU 384": (_gru, 384, 1),
}
"""Of about the present size, then bigger."""


def measure(role: str, splits: Splits, name: str, epochs: int) -> dict[str, Any]:
    """Train one body and return its row."""
    trainer = importlib.import_module(f"dusktape.models.{role}.net")
    make, hidden, layers = BODIES[name]
    net = trainer.build(0, splits, {**trainer.OPTIONS, "hidden": hidden})
    torch.manual_seed(Seed(0).at(name).key % 2**31)
    width = int(net.body.input_size)
    net.body = make(width, hidden, layers)
    taken = {k: v for k, v in trainer.SETTINGS.items() if k not in ("epochs", "batch_size", "patience")}
    settings = Settings(**{**taken, "epochs": epochs, "batch_size": BATCH, "patience": epochs + 1})
    some = replace(splits, valid=splits.valid[:: max(1, len(splits.valid) // VALID_SONGS)])
    started = time.perf_counter()
    fit(net, some, settings, trainer.augment, device="cpu")
    seconds = time.perf_counter() - started
    each = {
        side: sum(map(splits.events, examples)) for side, examples in (("valid", splits.valid), ("test", splits.test))
    }
    return {
        "role": role,
        "body": name,
        "parameters": sum(p.numel() for p in net.parameters()),
        "valid": bits(net, splits.valid, replace(settings, batch_size=4)) / each["valid"],
        "test": bits(net, splits.test, replace(settings, batch_size=4)) / each["test"],
        "seconds": seconds,
        "width": width,
        "epochs": epochs,
    }


@torch.no_grad()
def step_seconds(width: int) -> dict[str, float]:
    """Return the median time of one step of one line through each body, in torch's own kernels on one thread.

    The bodies take turns, so that all see the same machine. oneDNN is switched off: it is made for whole sequences, and
    what plays is numpy, which has no such kernels.
    """
    bodies = {name: make(width, hidden, layers).eval() for name, (make, hidden, layers) in BODIES.items()}
    times: dict[str, list[float]] = {name: [] for name in bodies}
    states: dict[str, Any] = {name: [] if isinstance(body, Transformer) else None for name, body in bodies.items()}
    x = torch.zeros(1, width)
    with torch.backends.mkldnn.flags(enabled=False):
        for _ in range(TIMED_STEPS):
            for name, body in bodies.items():
                started = time.perf_counter()
                if isinstance(body, Transformer):
                    body.step(x, states[name])
                else:
                    _, states[name] = body(x, states[name])
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(all_of_them) for name, all_of_them in times.items()}


def page(rows: list[dict[str, Any]]) -> str:
    """Return the study as Markdown."""
    out = [_HEAD]
    for role, unit in (("melody", "note"), ("harmony", "chord"), ("drums", "hit")):
        ours = [row for row in rows if row["role"] == role]
        if not ours:
            continue
        least = min(row["valid"] for row in ours)
        step = step_seconds(ours[0]["width"])
        out += [
            f"\n## {role.capitalize()}\n",
            f"{ours[0]['epochs']} epochs. Bits a {unit}; times of a step and of the training beside the first.\n",
            "| body | parameters | valid | test | a step | training |",
            "|---|---|---|---|---|---|",
        ]
        for row in ours:
            valid = f"**{row['valid']:.3f}**" if row["valid"] == least else f"{row['valid']:.3f}"
            out.append(
                f"| {row['body']} | {row['parameters']:,} | {valid} | {row['test']:.3f} | "
                f"{step[row['body']] / step[ours[0]['body']]:.1f} | {row['seconds'] / ours[0]['seconds']:.1f} |"
            )
    return "\n".join(out) + "\n"


_HEAD = f"""# Which body

Each of our networks is embeddings, a body that goes through time, and heads. Here the body changes and nothing else.
All see the same examples in the same order, in batches of {BATCH}, on one thread of a CPU; learning rates fall to
their end within the few epochs that each table names. That is far less than what ships has had, so the tables compare
with each other and not with the cards. The body is chosen on the validation songs; the test songs stand beside them.

The transformers look back {WINDOW} steps, keep keys and values when they play, and have rotary positions. What is
older reaches every body the same way: through the inputs, which hold what the song played one, two, four and eight
bars ago and after its longest earlier match.

Made by `python tools/architectures.py --data DIR`."""


def main() -> None:
    """Measure what was asked for, keep the rows, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path())
    parser.add_argument("--page", action="store_true", help="train nothing, write the page anew from the rows")
    parser.add_argument("--role", choices=sorted(EPOCHS), action="append")
    parser.add_argument("--body", choices=sorted(BODIES), action="append")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--rows", type=Path, default=Path("build/architectures.json"))
    parser.add_argument("--write", type=Path, default=PAGE)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    rows = json.loads(asked.rows.read_text()) if asked.rows.exists() else []
    for role in [] if asked.page else asked.role or list(EPOCHS):
        trainer = importlib.import_module(f"dusktape.models.{role}.net")
        splits = trainer.load_splits(asked.data, trainer.OPTIONS)
        for name in asked.body or list(BODIES):
            row = measure(role, splits, name, asked.epochs or EPOCHS[role])
            print(json.dumps(row), file=sys.stderr, flush=True)
            rows = [r for r in rows if (r["role"], r["body"]) != (role, name)] + [row]
            asked.rows.parent.mkdir(parents=True, exist_ok=True)
            asked.rows.write_text(json.dumps(rows, indent=1) + "\n")
    rows.sort(key=lambda r: (list(EPOCHS).index(r["role"]), list(BODIES).index(r["body"])))
    asked.write.parent.mkdir(parents=True, exist_ok=True)
    before = asked.write.read_text(encoding="utf-8") if asked.write.exists() else ""
    asked.write.write_text(page(rows) + "".join(before.partition(KEPT)[1:]), encoding="utf-8")
    print(asked.write)


if __name__ == "__main__":
    main()
