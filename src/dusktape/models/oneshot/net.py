"""The flow in torch: what is trained. `infer.py` runs the same in numpy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import layer_norm, silu

from dusktape.core.audio import Floats
from dusktape.models.oneshot import corpus
from dusktape.models.oneshot.classes import CLASSES
from dusktape.models.oneshot.infer import (
    APART_PERCENT,
    RECORDING,
    TIME_ANGLES,
    TIME_FEATURES,
    UNTOLD,
    UNTOLD_KIND,
    Flow,
    nearest,
)
from dusktape.models.oneshot.options import Options
from dusktape.models.oneshot.vector import ATTACK, PHASE, SIZE, weights_of_parts
from dusktape.nn.training import Example, Splits

SETTINGS: dict[str, Any] = {
    "epochs": 115,
    "batch_size": 256,
    "learning_rate": 1.5e-3,
    "weight_decay": 0.02,
    "warmup_steps": 200,
    "clip": 1.0,
    "ema": 0.998,
    "keep": "last",
    "patience": 1000,
}
_DRAWN = 1024
OPTIONS: dict[str, Any] = Options().table()

COUNTED = "sounds"
"""What its examples are, where speed is told."""

_KIN = 4.0
"""How much sooner a recording is mixed with one that is like it: one at half the usual distance (RMS) e^3 times so."""

_LEAST_KIT, _MORE_KIT = 0.15, 0.55
"""How much of a blend with a stroke of our kit is that stroke: so much at least, and so much more at most."""


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
        self.kind = nn.Embedding(UNTOLD_KIND + 1, o.width)
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
            vectors = mixed(vectors, kind, source == RECORDING, batch["song"][:, 0], self.options.mixed)
        target = self.points(vectors)
        rows = None if self.training else torch.Generator().manual_seed(len(target))
        noise = torch.randn(target.shape, generator=rows).to(target.device)
        t = torch.sigmoid(torch.randn(len(target), generator=rows)).to(target.device)
        if self.training:
            hidden = torch.rand(2, len(target), device=target.device) < self.options.forget
            source, kind = torch.where(hidden[0], UNTOLD, source), torch.where(hidden[1], UNTOLD_KIND, kind)
        x = t[:, None] * target + (1.0 - t[:, None]) * noise
        error = self(x, t, kind, source) - (target - noise)
        total: torch.Tensor = error.square().mean(-1).sum()
        return total


def mixed(
    vectors: torch.Tensor, kinds: torch.Tensor, recorded: torch.Tensor, sounds: torch.Tensor, share: float
) -> torch.Tensor:
    """Return vectors (B, SIZE), a share of the recorded mixed with others of their class; our kits' are left alone.

    Recordings are few: between them and our kits' strokes lie drums that nobody recorded. Each is mixed with another
    sound (B,), sooner with one that is like it: halfway between a bell and a snap lies neither. With another recording
    most are blends of two vectors, which rise as the nearer of the two does; the others take the low partial of one
    and modes, noise and click of the other. With a kit's stroke all are blends that rise as the recording does.
    """
    chosen = torch.multinomial(_kinship(vectors, kinds, recorded, sounds), 1)[:, 0]
    others, kit = vectors[chosen], ~recorded[chosen, None]
    blend, how = (torch.rand(len(vectors), 1, device=vectors.device) for _ in range(2))
    partial = torch.arange(SIZE, device=vectors.device) < PHASE.stop
    swapped = torch.where(partial, vectors, others)
    blended = torch.lerp(vectors, others, torch.where(kit, _LEAST_KIT + _MORE_KIT * blend, 0.15 + 0.7 * blend))
    blended[:, ATTACK] = torch.where((blend < 0.5) | kit, vectors[:, ATTACK], others[:, ATTACK])
    out = torch.where((how < 0.65 * share) | kit, blended, swapped)
    return torch.where((how < share) & recorded[:, None], out, vectors)


def _kinship(vectors: torch.Tensor, kinds: torch.Tensor, recorded: torch.Tensor, sounds: torch.Tensor) -> torch.Tensor:
    """Return how likely each is mixed with each, (B, B), rows not normed; with itself where there is no other."""
    weighed = vectors * torch.from_numpy(weights_of_parts()).to(vectors)
    apart = torch.cdist(weighed, weighed).square()
    there = (kinds[:, None] == kinds) & recorded[:, None] & (sounds[:, None] != sounds)
    usual = (apart * there).sum(1) / there.sum(1).clamp(min=1)
    near = torch.exp(-_KIN * apart / usual.clamp(min=1e-6)[:, None]) * there
    return near + 1e-9 * torch.eye(len(vectors), device=vectors.device)


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
    """Return name to array, as `infer.py` reads them: the network, what to keep away from, and how attacks lie."""
    arrays = {name: v.detach().cpu().numpy() for name, v in net.state_dict().items()}
    spread = np.linalg.norm(arrays["directions"] * weights_of_parts(), axis=1)
    recordings = list({int(e["song"][0]): e for e in reversed(splits.train) if e["recorded"][0]}.values())
    held = [e for e in (*splits.valid, *splits.test) if e["recorded"][0]]
    taught, strange = (_places(net, some, spread) for some in (recordings, held))
    apart = nearest(strange, taught) if recordings and held else np.zeros(1)
    kits = [e for e in splits.train if not e["recorded"][0]]
    arrays |= {"spread": spread, "taught": taught, "apart": np.percentile(apart, [APART_PERCENT])}
    return arrays | _rises(arrays, net.options, [*recordings, *kits])


@torch.no_grad()
def _places(net: Net, examples: Sequence[Example], spread: Floats) -> Floats:
    """Return where sounds lie, (N, K), as parts of the vector weigh."""
    if not examples:
        return np.zeros((0, len(spread)))
    vectors = torch.from_numpy(np.concatenate([e["vector"] for e in examples]))
    return np.asarray(net.points(vectors).numpy() * spread)


def _rises(arrays: Mapping[str, Any], options: Options, taught: Sequence[Example]) -> dict[str, Floats]:
    """Return quantiles of the attacks that taught and of those that are drawn, (classes, sources, 2, quantiles).

    What a network draws rises in between, where what taught it rises either at once or late. Near copies, which are
    drawn again, do not count.
    """
    flow = Flow({name: np.asarray(v, np.float64) for name, v in arrays.items()}, options.blocks)
    share = np.linspace(0.02, 0.98, 17)
    drawn, wanted = (np.tile(20.0 * share - 10.0, (len(CLASSES), 2, 2, 1)) for _ in range(2))
    families: dict[tuple[int, int], list[Any]] = {}
    for e in taught:
        families.setdefault((int(e["label"][0]), int(e["recorded"][0])), []).append(e["vector"][0, ATTACK])
    for (kind, source), those in families.items():
        noise = np.random.default_rng(kind).standard_normal((_DRAWN, len(arrays["directions"])))
        points = flow.carried(noise, [kind] * _DRAWN, [source] * _DRAWN, options.steps)
        own = points[~flow.copies(points)]
        points = own if len(own) > len(points) // 8 else points
        wanted[kind, source] = np.quantile(those, share, axis=0).T
        drawn[kind, source] = np.quantile(flow.vectors(points)[:, ATTACK], share, axis=0).T
    return {"rises.drawn": drawn, "rises.taught": wanted}


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
