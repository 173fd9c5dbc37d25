"""The latent song in torch: what is trained. `infer.py` runs the same in numpy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, pad

from dusktape.models.latent import corpus, measure, space
from dusktape.models.latent.corpus import coloured
from dusktape.models.latent.infer import Latent
from dusktape.models.latent.options import LEAPS, OUT_SIZES, Options
from dusktape.models.latent.tokens import (
    AGES,
    CHORD_FEATURES,
    CONTROLS,
    DEGREES,
    FIRST_PITCH,
    HALF_STEPS,
    HALVES,
    MODES,
    NO_DEGREE,
    PASTS,
    PITCHES,
    QUALITY_NAMES,
    REACH,
    TOKENS,
    UNTOLD,
    chord_table,
)
from dusktape.nn.line import Line
from dusktape.nn.training import Example, Splits

SETTINGS: dict[str, Any] = {
    "epochs": 14,
    "batch_size": 64,
    "learning_rate": 2e-3,
    "weight_decay": 0.01,
    "patience": 8,
    "clip": 5.0,
    "keep": "last",
}
OPTIONS: dict[str, Any] = Options().table()

FLAT_VOCABULARY = DEGREES * len(QUALITY_NAMES) + TOKENS

ACTIVE = 0.1
"""An axis is active if songs tell so much of its spread."""

augment = coloured


class Net(nn.Module):
    """An encoder of eight bars into the mean and spread of a point, and a decoder of a point into eight bars.

    The decoder writes chords half bar by half bar; then a conductor walks over the half bars, hearing the chords, and
    hands each to a small LSTM that writes its eight sixteenths. That one knows of the past what sounds and since when;
    all the rest has to come from the point.
    """

    chords: torch.Tensor
    centre: torch.Tensor
    scale: torch.Tensor
    learned: torch.Tensor

    def __init__(self, options: Options, centre: Any, scale: Any) -> None:
        super().__init__()
        o = self.options = options
        self.register_buffer("chords", torch.tensor(chord_table(), dtype=torch.float32), persistent=False)
        self.register_buffer("centre", torch.tensor(centre, dtype=torch.float32), persistent=False)
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32), persistent=False)
        self.register_buffer("learned", torch.zeros((), dtype=torch.int64))
        self.chord = nn.Linear(CHORD_FEATURES, o.chord)
        self.mode = nn.Embedding(len(MODES), o.small)
        self.place = nn.Embedding(HALVES, o.small)

        self.heard = nn.Embedding(TOKENS, o.small)
        self.half_bar = nn.Linear(HALF_STEPS * o.small + o.chord, o.encoder)
        self.encoder = nn.LSTM(o.encoder, o.encoder, batch_first=True, bidirectional=True)
        self.pooled = nn.Linear(2 * o.encoder, o.pooled)
        self.posterior = nn.Linear(HALVES * o.pooled + len(CONTROLS) + o.small, 2 * o.latents)
        self.drop = nn.Dropout(o.dropout)

        self.chord_point = nn.Linear(o.latents + o.small, o.chord_point)
        self.chord_lstm = nn.LSTM(o.chord_point + 2 * o.chord + o.small, o.chord_hidden, batch_first=True)
        self.degree = nn.Linear(o.chord_hidden, DEGREES)
        self.degree_heard = nn.Embedding(DEGREES, o.small)
        self.quality = nn.Linear(o.chord_hidden + o.small, len(QUALITY_NAMES))

        self.point = nn.Linear(o.latents + o.small, o.point)
        self.conductor = nn.LSTM(o.point + 2 * o.chord + o.small, o.conductor, batch_first=True)
        self.context = nn.Linear(o.conductor, o.context)
        self.state = nn.Embedding(PASTS, o.note)
        self.age = nn.Embedding(AGES, o.note)
        self.step = nn.Embedding(HALF_STEPS, o.note)
        self.note_lstm = nn.LSTM(o.note + o.context, o.hidden, batch_first=True)
        self.out = nn.Linear(o.hidden, sum(OUT_SIZES))
        self.controls = nn.Linear(o.latents, len(CONTROLS))
        for module in self.modules():
            if isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=0.3)

    def posterior_of(self, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and log variance of where some windows lie, (B, L) each."""
        chords = torch.tanh(self.chord(self.chords[self._numbers(batch)]))  # (B, 16, C)
        melody = self.heard(batch["tokens"]).flatten(2)  # (B, 16, 8 S)
        read = torch.tanh(self.half_bar(self.drop(torch.cat([melody, chords], -1))))
        hidden, _ = self.encoder(read)
        pooled = torch.tanh(self.pooled(self.drop(hidden))).flatten(1)
        known = ((batch["controls"][:, 0] - self.centre) / self.scale).clamp(-4.0, 4.0)
        told = self.posterior(torch.cat([pooled, known, self.mode(batch["mode"][:, 0])], -1))
        mean, spread = told.chunk(2, -1)
        return mean, spread.clamp(-8.0, 4.0)

    def _numbers(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return batch["degree"] * len(QUALITY_NAMES) + batch["quality"]

    def chord_logits(self, z: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits of degrees (B, 16, 13), and of qualities (B, 16, V) where the degree is known."""
        mode, numbers = self.mode(batch["mode"][:, 0]), self._numbers(batch)
        nothing = torch.full_like(numbers[:, :1], NO_DEGREE * len(QUALITY_NAMES))
        before = torch.cat([nothing, numbers[:, :-1]], 1)
        if self.training:
            hidden = torch.rand_like(before, dtype=torch.float32) < self.options.word_dropout
            before = torch.where(hidden, nothing, before)
        loop_ago = torch.cat([nothing.expand(-1, HALVES // 2), before[:, 1 : HALVES // 2 + 1]], 1)
        point = torch.tanh(self.chord_point(torch.cat([z, mode], -1)))
        x = torch.cat(
            [
                self._over(point),
                torch.tanh(self.chord(self.chords[before])),
                torch.tanh(self.chord(self.chords[loop_ago])),
                self.place.weight.expand(len(z), -1, -1),
            ],
            -1,
        )
        hidden, _ = self.chord_lstm(x)
        hidden = self.drop(hidden)
        known = torch.cat([hidden, self.degree_heard(batch["degree"])], -1)
        return self.degree(hidden), self.quality(known)

    def melody_logits(self, z: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return logits (B, 16, 8, V) of the tokens, given the chords."""
        mode, numbers = self.mode(batch["mode"][:, 0]), self._numbers(batch)
        chords = torch.tanh(self.chord(self.chords[numbers]))
        point = torch.tanh(self.point(torch.cat([z, mode], -1)))
        following = torch.cat([chords[:, 1:], chords[:, :1]], 1)
        x = torch.cat([self._over(point), chords, following, self.place.weight.expand(len(z), -1, -1)], -1)
        walked, _ = self.conductor(x)  # (B, 16, H)
        context = torch.tanh(self.context(self.drop(walked)))
        state, age = batch["state"], batch["age"]
        if self.training:
            hidden = torch.rand_like(state, dtype=torch.float32) < self.options.word_dropout
            state, age = torch.where(hidden, UNTOLD, state), torch.where(hidden, AGES - 1, age)
        told = self.state(state) + self.age(age) + self.step.weight  # (B, 16, 8, N)
        read = torch.cat([told, context[:, :, None].expand(-1, -1, HALF_STEPS, -1)], -1)
        hidden, _ = self.note_lstm(read.flatten(0, 1))
        raw = self.out(self.drop(hidden)).unflatten(0, (len(z), HALVES))
        return named(raw, batch["degree"], state)

    def _over(self, point: torch.Tensor) -> torch.Tensor:
        return point[:, None].expand(-1, HALVES, -1)

    def costs(
        self, batch: Mapping[str, torch.Tensor], noise: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return summed nats of chords and of melody, KL of each latent (B, L), and the controls' squared errors."""
        mean, spread = self.posterior_of(batch)
        z = mean if noise is None else mean + noise * torch.exp(0.5 * spread)
        degree, quality = self.chord_logits(z, batch)
        stands = batch["degree"] != NO_DEGREE
        nats = cross_entropy(degree.flatten(0, 1), batch["degree"].flatten(), reduction="sum")
        nats = nats + cross_entropy(quality[stands], batch["quality"][stands], reduction="sum")
        logits = self.melody_logits(z, batch)
        melody = cross_entropy(logits.flatten(0, 2), batch["tokens"].flatten(), reduction="sum")
        kl = 0.5 * (mean**2 + spread.exp() - spread - 1.0)
        wanted = ((batch["controls"][:, 0] - self.centre) / self.scale).clamp(-4.0, 4.0)
        return nats, melody, kl, ((self.controls(z) - wanted) ** 2).sum()

    def nats(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return what chords and melody cost at most: their nats at one point drawn, and those of the point.

        The bound of Kingma and Welling 2014 with one draw, the same every time.
        """
        rows = torch.Generator().manual_seed(0)
        noise = torch.randn(len(batch["degree"]), self.options.latents, generator=rows).to(batch["degree"].device)
        chords, melody, kl, _ = self.costs(batch, noise)
        return chords + melody + kl.sum()

    def loss(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return what is minimised: KL counts `beta` after a warm-up, and not below its free nats; controls too."""
        o, rows = self.options, len(batch["degree"])
        noise = torch.randn(rows, o.latents, device=batch["degree"].device)
        chords, melody, kl, controls = self.costs(batch, noise)
        if self.training:
            self.learned += 1
        weight = o.beta * min(1.0, float(self.learned) / max(1, o.warmup_steps))
        rate = kl.mean(0).clamp(min=o.free_nats).sum() * rows
        return chords + melody + weight * rate + o.control_weight * controls


def named(raw: torch.Tensor, degree: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
    """Return logits of tokens (B, 16, 8, V), pitches named in three ways that are added: in the key, above the chord's
    root (B, 16), and from the last pitch, as the past (B, 16, 8) tells it."""
    token, above, leap = torch.split(raw, list(OUT_SIZES), dim=-1)
    pitch = torch.arange(PITCHES, device=raw.device)
    over = (pitch - REACH - degree[..., None]) % 12  # (B, 16, 37)
    over = above.gather(-1, over[:, :, None].expand(*above.shape[:3], -1)) * (degree != NO_DEGREE)[:, :, None, None]
    told = (state != 0) & (state != UNTOLD)
    last = (state - 1) % PITCHES
    moved = leap.gather(-1, (pitch - last[..., None] + PITCHES - 1).clamp(0, LEAPS - 1)) * told[..., None]
    logits: torch.Tensor = token + pad(over + moved, (FIRST_PITCH, 0))
    return logits


def load_splits(data: Path, options: Mapping[str, Any]) -> Splits:
    """Read the songs, eight bars at a time, split by song.

    Parameters
    ----------
    data
        A dataset, or the folder that holds the sources of the weights that ship.
    options
        None counts here.
    """
    parts = corpus.examples(data)
    told = np.array([e["controls"][0] for e in parts["train"]]).reshape(-1, len(CONTROLS))
    rich = CONTROLS.index("richness")
    centre, scale = (told.mean(0), told.std(0)) if len(told) else (np.zeros(len(CONTROLS)), np.ones(len(CONTROLS)))
    centre[rich], scale[rich] = 0.5, 0.5  # half of the windows are coloured while training
    vocabulary = {
        "centre": [round(float(x), 4) for x in centre],
        "scale": [round(max(0.05, float(x)), 4) for x in scale],
    }
    return Splits(parts["train"], parts["valid"], parts["test"], count_notes, vocabulary)


def lines(data: Path) -> list[Line]:
    """Return the melodies that are learned from, whole: those that have a window with notes enough."""
    return corpus.lines(data, "train")


def held_out_lines(data: Path) -> list[Line]:
    """Return the melodies that stop and judge."""
    return [*corpus.lines(data, "valid"), *corpus.lines(data, "test")]


def count_notes(example: Example) -> int:
    """Return how many notes an example has."""
    return int((example["tokens"] >= FIRST_PITCH).sum())


def flat_tokens(example: Example) -> list[int]:
    """Return what the network predicts as one row, for the counting baselines: each chord, then its eight steps."""
    chords = TOKENS + example["degree"] * len(QUALITY_NAMES) + example["quality"]
    return [int(t) for t in np.concatenate([chords[:, None], example["tokens"]], axis=1).ravel()]


def build(seed: int, splits: Splits, options: Mapping[str, Any] = OPTIONS) -> Net:
    """Return an untrained network."""
    torch.manual_seed(seed)
    return Net(Options.of(options), splits.vocabulary["centre"], splits.vocabulary["scale"])


def export(net: Net, splits: Splits) -> dict[str, Any]:
    """Return name to array, as `infer.py` reads them, and the axes of the space that `space.fit` finds.

    It finds them among windows with chords as rich as training saw them.
    """
    weights = {name: v.detach().cpu().numpy() for name, v in net.state_dict().items() if name != "learned"}
    rng = np.random.default_rng(0)
    learned = [coloured(example, rng) for example in splits.train or splits.valid]
    return {**weights, **space.fit(*_posteriors(net, learned))}


@torch.no_grad()
def details(net: Net, splits: Splits, batch_of: Callable[[Example], dict[str, torch.Tensor]]) -> dict[str, float]:
    """Return what the test songs cost, a note: chords, melody, the point; and how much of them comes back."""
    net.eval()
    noise = torch.Generator().manual_seed(0)
    total = np.zeros(3)
    for example in splits.test:
        drawn = torch.randn(1, net.options.latents, generator=noise)
        batch = batch_of(example)
        chords, melody, kl, _ = net.costs(batch, drawn.to(batch["degree"].device))
        total += [float(chords), float(melody), float(kl.sum())]
    bits = dict(zip(("chords", "melody", "point"), total / math.log(2.0), strict=True))
    events = max(1, sum(map(count_notes, splits.test)))
    latent = Latent.of({k: np.asarray(v, np.float64) for k, v in export(net, splits).items()}, splits.vocabulary)
    back = measure.reconstruction(latent.network, [measure.window_of(e) for e in splits.test])
    active = {"active_latents": float((latent.signal > ACTIVE).sum()), "told_latents": float(latent.signal.sum())}
    return {f"{name}_bits": bit / events for name, bit in bits.items()} | active | back


@torch.no_grad()
def _posteriors(net: Net, examples: list[Example]) -> tuple[Any, Any, Any]:
    """Return means and variances of some windows, (N, L) each, and their controls, (N, C)."""
    net.eval()
    means, variances = [], []
    device = next(iter(net.parameters())).device
    for start in range(0, len(examples), 256):
        some = examples[start : start + 256]
        batch = {name: torch.from_numpy(np.stack([e[name] for e in some])).to(device) for name in some[0]}
        mean, spread = net.posterior_of(batch)
        means.append(mean.double().cpu().numpy())
        variances.append(spread.exp().double().cpu().numpy())
    return np.concatenate(means), np.concatenate(variances), np.array([e["controls"][0] for e in examples])
