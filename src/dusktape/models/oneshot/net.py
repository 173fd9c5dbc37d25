"""The flow in torch: what is trained. `infer.py` runs the same in numpy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import layer_norm, silu

from dusktape.core.audio import Floats
from dusktape.models.oneshot import corpus
from dusktape.models.oneshot.classes import CLASSES
from dusktape.models.oneshot.infer import RECORDING, TIME_ANGLES, TIME_FEATURES, UNTOLD
from dusktape.models.oneshot.options import Options
from dusktape.models.oneshot.vector import PHASE, SIZE, weights_of_parts
from dusktape.nn.training import Example, Splits

SETTINGS: dict[str, Any] = {
    "epochs": 130,
    "batch_size": 256,
    "learning_rate": 1.5e-3,
    "weight_decay": 0.02,
    "warmup_steps": 200,
    "clip": 1.0,
    "ema": 0.998,
    "keep": "last",
    "patience": 1000,
}
OPTIONS: dict[str, Any] = Options().table()


class Block(nn.Module):
    """A residual block whose input is normalised, then scaled and moved by what is asked for and where it stands."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(width))
        self.shift = nn.Parameter(torch.zeros(width))
        self.inner = nn.Linear(width, hidden)
        self.out = nn.Linear(hidden, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
        """Return x (B, W), changed; `scale` and `shift` (B, W)."""
        y = layer_norm(x, x.shape[-1:]) * (1.0 + self.scale + scale) + self.shift + shift
        added: torch.Tensor = self.out(silu(self.inner(y)))
        return x + added


class Net(nn.Module):
    """A velocity field that carries noise to the principal components of strokes, by class, source and time.

    Source
    ------
    Liu, Gong, Liu, Flow Straight and Fast, 2022; times drawn as in Esser et al., Scaling Rectified Flow, 2024.
    """

    mean: torch.Tensor
    directions: torch.Tensor
    back: torch.Tensor

    def __init__(self, options: Options, mean: Any, directions: Any) -> None:
        super().__init__()
        o = self.options = options
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("directions", torch.tensor(directions, dtype=torch.float32))
        self.register_buffer("back", torch.linalg.pinv(self.directions.double()).float(), persistent=False)
        self.kind = nn.Embedding(len(CLASSES), o.width)
        self.source = nn.Embedding(UNTOLD + 1, o.width)
        self.time = nn.Linear(TIME_FEATURES, o.width)
        self.asked = nn.Linear(o.width, 2 * o.width)
        self.into = nn.Linear(len(directions), o.width)
        self.blocks = nn.ModuleList(Block(o.width, o.hidden) for _ in range(o.blocks))
        self.out = nn.Linear(o.width, len(directions))
        for table in (self.kind, self.source):
            nn.init.normal_(table.weight, std=0.3)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def points(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return the components (B, K) of vectors (B, SIZE): of unit variance over all training strokes."""
        return (vectors - self.mean) @ self.back

    def forward(self, x: torch.Tensor, t: torch.Tensor, kind: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        """Return the velocity (B, K) at points x (B, K), times t (B,), classes and sources (B,)."""
        told = self.time(_time_features(t)) + self.kind(kind) + self.source(source)
        scale, shift = self.asked(silu(told)).chunk(2, -1)
        h = self.into(x)
        for block in self.blocks:
            h = block(h, scale, shift)
        velocity: torch.Tensor = self.out(layer_norm(h, h.shape[-1:]))
        return velocity

    def loss(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return the summed squared error of the velocity, a component: the flow's objective, once for each stroke.

        Outside training noise and times are the same every time.
        """
        kind, source, vectors = batch["label"][:, 0], batch["recorded"][:, 0], batch["vector"][:, 0]
        if self.training:
            vectors = mixed(vectors, torch.where(source == RECORDING, kind, -1), self.options.mixed)
        target = self.points(vectors)
        rows = None if self.training else torch.Generator().manual_seed(len(target))
        noise = torch.randn(target.shape, generator=rows).to(target.device)
        t = torch.sigmoid(torch.randn(len(target), generator=rows)).to(target.device)
        if self.training:
            hidden = torch.rand(len(target), device=target.device) < self.options.forget
            source = torch.where(hidden, UNTOLD, source)
        x = t[:, None] * target + (1.0 - t[:, None]) * noise
        error = self(x, t, kind, source) - (target - noise)
        total: torch.Tensor = error.square().mean(-1).sum()
        return total


def mixed(vectors: torch.Tensor, families: torch.Tensor, share: float) -> torch.Tensor:
    """Return vectors (B, SIZE), a share of them mixed with others of their family (B,); of family -1 none.

    Recordings are few: between them lie drums that nobody recorded. Most are blends of two vectors, the others take
    the low partial of one and modes, noise and click of the other.
    """
    same = (families[:, None] == families) & (families >= 0) | torch.eye(
        len(families), dtype=torch.bool, device=families.device
    )
    others = vectors[torch.multinomial(same.float(), 1)[:, 0]]
    blend, how = (torch.rand(len(vectors), 1, device=vectors.device) for _ in range(2))
    partial = torch.arange(SIZE, device=vectors.device) < PHASE.stop
    swapped = torch.where(partial, vectors, others)
    out = torch.where(how < 0.65 * share, torch.lerp(vectors, others, 0.15 + 0.7 * blend), swapped)
    return torch.where(how < share, out, vectors)


def _time_features(t: torch.Tensor) -> torch.Tensor:
    angle = t[:, None] * torch.from_numpy(TIME_ANGLES).to(t)
    return torch.cat([t[:, None], torch.sin(angle), torch.cos(angle)], -1)


def load_splits(data: Path, options: Mapping[str, Any]) -> Splits:
    """Read the recordings, draw the kits and describe every stroke; recordings are split by author, kits by number.

    Parameters
    ----------
    data
        A folder that holds `oneshots_cc0`, or a dataset of sounds.
    options
        `kits` and `variations` count here.
    """
    o = Options.of(options)
    sides = corpus.examples(data, kits=o.kits, variations=o.variations)
    return Splits(sides["train"], sides["valid"], sides["test"], count_sounds, {"classes": list(CLASSES)})


def count_sounds(example: Example) -> int:
    """Return 1: an example is a sound."""
    return len(example["label"])


def build(seed: int, splits: Splits, options: Mapping[str, Any] = OPTIONS) -> Net:
    """Return an untrained network over the principal components of the training strokes."""
    torch.manual_seed(seed)
    o = Options.of(options)
    mean, directions = components(np.concatenate([e["vector"] for e in splits.train]), o.components)
    return Net(o, mean, directions)


def components(vectors: Any, count: int) -> tuple[Floats, Floats]:
    """Return mean (SIZE,) and directions (K, SIZE) of vectors (N, SIZE), each as long as its standard deviation.

    Parts of the vector weigh as `weights_of_parts` says. At most `count`, and no more than there are.
    """
    vectors = np.asarray(vectors, np.float64)
    weight = weights_of_parts()
    mean = vectors.mean(axis=0)
    moved = (vectors - mean) * weight
    values, axes = np.linalg.eigh(moved.T @ moved / max(1, len(moved) - 1))
    order = np.argsort(values)[::-1][: min(count, len(vectors) - 1, SIZE)]
    order = order[values[order] > 1e-6 * values[order[0]]]
    return mean, np.asarray((axes[:, order] * np.sqrt(values[order])).T / weight)


def export(net: Net, splits: Splits) -> dict[str, Any]:
    """Return name to array, as `infer.py` reads them."""
    return {name: v.detach().cpu().numpy() for name, v in net.state_dict().items()}


@torch.no_grad()
def details(net: Net, splits: Splits, batch_of: Any) -> dict[str, float]:
    """Return what the components leave out of held-out strokes, and the flow's error by source."""
    net.eval()
    vectors = torch.from_numpy(np.concatenate([e["vector"] for e in splits.test]))
    points = net.points(vectors)
    left = (net.mean + points @ net.directions - vectors) * torch.from_numpy(weights_of_parts()).float()
    whole = (vectors - net.mean) * torch.from_numpy(weights_of_parts()).float()
    return {
        "components": float(len(net.directions)),
        "share_left_out": float(left.square().sum() / whole.square().sum()),
        "length_of_points": math.sqrt(float(points.square().mean())),
    }
