"""Judge finished trainings of the amplitude net and the dilated net, and set figures and pictures of their study.

    python tools/study_amplitude.py --runs RUNS --lofi lofi8k.dataset --other other8k.dataset --lofi16 lofi16k.dataset

`RUNS` holds the runs `amp4`, `amp6`, `amp8` (on --lofi), `other6` (on --other) and `wavenet` (on --lofi16). The page's
text is written by hand; what stands between its markers is set here. Runs that are not finished are left out.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from dusktape.core.audio import Floats
from dusktape.core.seed import Seed
from dusktape.data.crops import spread_over
from dusktape.dsp import mulaw
from dusktape.evaluate.sound import canvas
from dusktape.io import atomic
from dusktape.models.amplitude import net as amplitude_net
from dusktape.models.amplitude.shape import CONTEXT, convolutions, receptive_field
from dusktape.models.wavenet import net as wavenet_net
from dusktape.models.wavenet.infer import Drawing
from dusktape.nn import foresight
from dusktape.nn.run import FACTS, WEIGHTS, Run
from dusktape.nn.training import Splits
from dusktape.nn.weights import load
from dusktape.train import sounds

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "studies" / "amplitude.md"
PICTURES = ROOT / "docs" / "pictures"

LAYERS = {"amp4": 4, "amp6": 6, "amp8": 8}
FITTED = 48
SOUNDS, SECONDS = 6, 2.0
"""How many sounds run on, and for how long."""


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A finished run: figures, examples and the network in torch."""

    name: str
    facts: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]]
    splits: Splits
    net: Any
    writer: Any

    @staticmethod
    def read(folder: Path, trainer: Any, data: Path) -> Trained:
        """Open a run with the weights as stored."""
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        history = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
        splits = trainer.load_splits(data, {**trainer.OPTIONS, **facts["options"]})
        net = trainer.build(0, splits, {**trainer.OPTIONS, **facts["options"]})
        stored = {k: torch.from_numpy(v.astype(np.float32)) for k, v in load(folder / WEIGHTS).items() if k != "error"}
        net.load_state_dict(stored)
        return Trained(folder.name, facts, history, splits, net.eval(), Run.read(folder).open())

    def heard(self, split: str, most: int = FITTED) -> Floats:
        """Return windows of a split, (N, T)."""
        examples = spread_over(getattr(self.splits, split), most)
        fetched = [self.splits.fetch(example) for example in examples]
        return np.array([e["samples"] if "samples" in e else mulaw.decode(e["bins"]) for e in fetched], np.float64)


# -- foresight


def by_rules(learned: Floats, held_out: Floats, first: int) -> list[list[str]]:
    """Return a row for each rule: error in dB, bits by the better law."""
    rules = foresight.Rules.fitted(learned, first)
    rows = []
    for name, guess in rules.guesses(held_out).items():
        error = held_out[:, first:] - guess[:, first:]
        cost = foresight.bits(guess[:, first:], held_out[:, first:], rules.spreads[name])
        law = min(cost, key=lambda one: cost[one])
        rows.append([name, f"{foresight.relative_db(error, held_out[:, first:]):.1f}", f"{cost[law]:.2f}", law])
    return rows


def foreseen(run: Trained, other: Trained) -> tuple[float, float, float]:
    """Return mean squared error, error in dB and bits of a net on the test windows of another run's data."""
    learned, _ = amplitude_net.foreseen(run.net, run.splits, spread_over(run.splits.train, FITTED))
    error, sound = amplitude_net.foreseen(run.net, other.splits, other.splits.test)
    cost = min(foresight.bits(sound - error, sound, foresight.spread(learned)).values())
    return float((error**2).mean()), foresight.relative_db(error, sound), cost


def layers_table(runs: Mapping[str, Trained]) -> str:
    """Return the first experiment: how many layers, and the rules beside."""
    rows = [["", "weights", "hears", "steps", "error", "bits a sample"]]
    for name, run in runs.items():
        layers = LAYERS[name]
        _, error, cost = foreseen(run, run)
        weights = sum(i * o * k for i, o, k in convolutions(layers))
        rows.append(
            [
                f"{layers} layers",
                f"{weights / 1e6:.2f} M",
                f"{receptive_field(layers):,}",
                f"{run.facts['steps']:,}",
                f"{error:.1f} dB",
                f"{cost:.2f}",
            ]
        )
    base = runs["amp6"]
    for name, error_db, cost, law in by_rules(base.heard("train"), base.heard("test"), CONTEXT):
        rows.append([name, "", "", "", f"{error_db} dB", f"{cost} ({law})"])
    return markdown(rows)


def genres_table(lofi: Trained, other: Trained) -> str:
    """Return the second experiment: who foresees what."""
    rows = [["", "lo-fi: error", "bits", "other style: error", "bits"]]
    for name, run in (("trained on lo-fi", lofi), ("trained on the other style", other)):
        found = [foreseen(run, data) for data in (lofi, other)]
        rows.append([name, *(text for _, error, cost in found for text in (f"{error:.1f} dB", f"{cost:.2f}"))])
    sides = [by_rules(data.heard("train"), data.heard("test"), CONTEXT) for data in (lofi, other)]
    for one, two in zip(*sides, strict=True):
        rows.append([one[0], f"{one[1]} dB", one[2], f"{two[1]} dB", two[2]])
    return markdown(rows)


def zero_text(run: Trained) -> str:
    """Return what the published measure says of nothing at all."""
    mse, _, _ = foreseen(run, run)
    power = float((run.heard("test")[:, CONTEXT:] ** 2).mean())
    return (
        f"On the held-out windows always zero has a mean squared error of {power:.4f}, our net of six layers one of "
        f"{mse:.5f}: to two decimals {power:.2f} and {mse:.2f}."
    )


def wavenet_table(run: Trained) -> str:
    """Return bits a sample of the dilated net beside the rules, which hear the same quantised sound."""
    first = run.net.options.receptive_field
    rows = [["", "bits a sample"]]
    rows.append(["**dilated net**", f"**{run.facts['test_bits_per_event']:.2f}**"])
    rows.append(["the same before its first step (validation)", f"{run.history[0]['valid_loss']:.2f}"])
    for name, _, cost, law in by_rules(run.heard("train"), run.heard("test"), first):
        rows.append([f"{name}, {law}", cost])
    learned, held_out = mulaw.encode(run.heard("train")[:, first:]), mulaw.encode(run.heard("test")[:, first:])
    counts = np.bincount(learned.ravel(), minlength=mulaw.BINS) + 0.5
    rows.append(["each bin by itself", f"{-np.log2(counts / counts.sum())[held_out].mean():.2f}"])
    rows.append(["all bins alike", "8.00"])
    return markdown(rows)


# -- running on


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """Sounds of one origin, (N, T), for the distances and the pictures; `primed` samples of each are given."""

    name: str
    sounds: Floats
    rate: int
    primed: int = 0

    @property
    def own(self) -> Floats:
        """What was made."""
        return self.sounds[:, self.primed :]


def continued(run: Trained, name: str) -> list[Heard]:
    """Let an amplitude net run on from held-out sound: as published, and with draws as wide as its error."""
    prime, frames = run.heard("test", SOUNDS)[:, :CONTEXT], round(SECONDS * run.writer.sample_rate)
    noise = np.stack([Seed(5).at("noise", k).rng().standard_normal(frames) for k in range(len(prime))])
    noise = (noise * run.writer.error_rms).astype(np.float32)
    out = []
    for how, added in (("as published", None), ("drawn", noise)):
        made = run.writer.run_on(prime.astype(np.float32), frames, added)
        both = np.concatenate([prime, made], axis=1)
        out.append(Heard(f"{name}, {how}", both, run.writer.sample_rate, CONTEXT))
    return out


def drawn(run: Trained) -> list[Heard]:
    """Let the dilated net run on from held-out sound, told its tempo and style."""
    field = run.net.options.receptive_field
    frames = round(SECONDS * run.writer.sample_rate)
    examples = spread_over(run.splits.test, SOUNDS)
    fetched = [run.splits.fetch(example) for example in examples]
    prime, told = np.array([e["bins"][:field] for e in fetched]), np.array([e["told"][0] for e in fetched])
    uniform = np.stack([Seed(5).at("draws", k).rng().random(frames) for k in range(len(fetched))])
    out = []
    for drawing in (Drawing(), Drawing(0.9, 0.95)):
        made = run.writer.run_on(prime, told, uniform, drawing)
        how = f"temperature {drawing.temperature:g}" + (f", top-p {drawing.top_p:g}" if drawing.top_p < 1.0 else "")
        both = np.concatenate([mulaw.decode(prime), made], axis=1)
        out.append(Heard(f"dilated net, {how}", both, run.writer.sample_rate, field))
    return out


def real(run: Trained, primed: int) -> tuple[Heard, Heard]:
    """Return held-out sound that goes on as people made it: the stretches that are run on from, and many more."""
    rate = run.writer.sample_rate
    some, many = (run.heard("test", most) for most in (SOUNDS, 10**6))
    return Heard("held-out sound", some, rate, primed), Heard("held-out sound", many, rate, primed)


def spectrum(sound: Floats, rate: int) -> Floats:
    """Return the mean power in 80 mel bands, in dB, (80,)."""
    return 10.0 * np.log10(np.mean(10.0 ** (sounds.log_mel(sound, rate) / 10.0), axis=1))


def distance(one: Sequence[Floats], other: Sequence[Floats]) -> tuple[float, float]:
    """Return how far apart the spectra of two groups of sounds are in the mean, with and without their level, in dB."""
    gap = np.mean(one, axis=0) - np.mean(other, axis=0)
    return float(np.sqrt(np.mean(gap**2))), float(np.sqrt(np.mean((gap - gap.mean()) ** 2)))


def distances_table(made: Sequence[Heard], reference: Mapping[int, Heard], learned: Mapping[int, Heard]) -> str:
    """Return the spectral distances of what was made from held-out sound."""
    rows = [["", "rate", "level", "distance", "its shape alone"]]
    for rate, people in reference.items():
        wanted = [spectrum(x, rate) for x in people.own]
        noise = np.stack([Seed(6).at("white", k).rng().standard_normal(people.own.shape[1]) for k in range(SOUNDS)])
        noise *= np.sqrt(np.mean(people.own**2))
        beside = [Heard("training sound", learned[rate].own, rate), Heard("white noise, as loud", noise, rate)]
        for group in (*[m for m in made if m.rate == rate], *beside):
            far, shape = distance([spectrum(x, rate) for x in group.own], wanted)
            level = 10.0 * np.log10(np.mean(group.own**2) / np.mean(people.own**2) + 1e-12)
            rows.append([group.name, f"{rate / 1000:g} kHz", f"{level:+.1f} dB", f"{far:.1f} dB", f"{shape:.1f} dB"])
    return markdown(rows)


# -- pictures


def curves(runs: Sequence[Trained]) -> bytes:
    """Draw how the validation errors fell, in dB against always zero; points alone: only the ends were validated."""
    figure, (axes,) = canvas.canvas(3.4)
    for run, hue in zip(runs, canvas.HUES, strict=False):
        rows = [row for row in run.history if row["valid_loss"] is not None]
        steps, losses = [row["step"] for row in rows], np.array([row["valid_loss"] for row in rows])
        line = "-" if len(rows) > 2 else ""
        fell = 10 * np.log10(losses / losses[0])
        axes.plot(steps, fell, color=hue, linestyle=line, marker="o", markersize=3 if line else 7, label=run.name)
    canvas.label(axes, "error, dB against always zero")
    canvas.legend(axes)
    axes.set_xlabel("step", color=canvas.DIM, fontsize=10)
    return canvas.png(figure)


def spectrograms(groups: Sequence[Heard], number: int) -> bytes:
    """Draw one sound of each group as a mel spectrogram; what was given ends at the line."""
    figure, _ = canvas.canvas(1.9 * len(groups))
    figure.clear()
    for axes, group in zip(figure.subplots(len(groups), 1), groups, strict=True):
        sound = group.sounds[number % len(group.sounds)]
        axes.imshow(
            sounds.log_mel(sound, group.rate),
            origin="lower",
            aspect="auto",
            cmap="magma",
            vmin=sounds.FLOOR_DB,
            vmax=-10.0,
            extent=(0.0, len(sound) / group.rate, 0.0, sounds.MELS),
        )
        axes.set_xlim(0.0, max(g.sounds.shape[1] / g.rate for g in groups))
        axes.set_facecolor(canvas.PAPER)
        if group.primed:
            axes.axvline(group.primed / group.rate, color=canvas.TEAL, linewidth=1.2)
        places = [int(m) for m in np.linspace(0, sounds.MELS - 1, 4)]
        axes.set_yticks(places, [f"{sounds.centres(group.rate)[m]:,.0f}" for m in places])
        axes.set_title(group.name, color=canvas.INK, fontsize=10, loc="left")
        axes.tick_params(colors=canvas.DIM, labelsize=9)
        canvas.label(axes, "Hz")
    axes.set_xlabel("s", color=canvas.DIM, fontsize=10)
    out = io.BytesIO()
    Image.open(io.BytesIO(canvas.png(figure))).convert("RGB").quantize(96).save(out, "PNG", optimize=True)
    return out.getvalue()


# -- the page


def markdown(table: Sequence[Sequence[str]]) -> str:
    """Return rows, the first one the head, as a table."""
    head, *body = (f"| {' | '.join(row)} |" for row in table)
    return "\n".join([head, "|---" + "|---:" * (len(table[0]) - 1) + "|", *body])


def budget(runs: Sequence[Trained]) -> str:
    """Return a line on each training."""
    lines = []
    for run in runs:
        facts, songs = run.facts, run.facts["songs"]
        lines.append(
            f"- `{run.name}`: {facts['parameters']:,} parameters, {facts['steps']:,} steps of "
            f"{facts['train']['batch_size']} windows; learned from {songs['train']} tracks, {songs['valid']} to stop "
            f"by, {songs['test']} to be judged on."
        )
    return "\n".join(lines)


def put(name: str, text: str) -> None:
    """Replace what stands between the markers of this name."""
    page = PAGE.read_text(encoding="utf-8")
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(page):
        raise SystemExit(f"{PAGE} has no markers {name}")
    PAGE.write_text(pattern.sub(lambda m: f"{m[1]}{text}\n{m[2]}", page), encoding="utf-8")


def main() -> None:
    """Judge the runs and set the figures."""
    parser = argparse.ArgumentParser()
    for name in ("runs", "lofi", "other", "lofi16"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    runs = {
        name: Trained.read(options.runs / name, amplitude_net, options.lofi)
        for name in LAYERS
        if (options.runs / name / FACTS).is_file()
    }
    dilated = Trained.read(options.runs / "wavenet", wavenet_net, options.lofi16)
    everybody = [*runs.values(), dilated]
    put("genres", "Not trained yet.")
    if (options.runs / "other6" / FACTS).is_file():
        other = Trained.read(options.runs / "other6", amplitude_net, options.other)
        everybody.append(other)
        put("genres", genres_table(runs["amp6"], other))
    put("budget", budget(everybody))
    put("zero", zero_text(runs["amp6"]))
    put("layers", layers_table(runs))
    put("wavenet", wavenet_table(dilated))
    made = [heard for name, run in runs.items() for heard in continued(run, f"{LAYERS[name]} layers")]
    made += drawn(dilated)
    rates = {8_000: runs["amp6"], 16_000: dilated}
    fields = {8_000: CONTEXT, 16_000: dilated.net.options.receptive_field}
    given, beside = {}, {}
    for rate, run in rates.items():
        given[rate], beside[rate] = real(run, fields[rate])
    learned = {rate: Heard("training sound", run.heard("train"), rate) for rate, run in rates.items()}
    put("distances", distances_table(made, beside, learned))
    followed = [run for run in everybody if run is not dilated]
    atomic.write_bytes(PICTURES / "amplitude_curves.png", curves(followed), force=True)
    shown = [h for h in made if h.name.startswith("6 layers")] + [h for h in made if h.rate == 16_000]
    shown = [given[8_000], *shown[:2], given[16_000], *shown[2:]]
    atomic.write_bytes(PICTURES / "amplitude_spectrograms.png", spectrograms(shown, 2), force=True)
    if left_out := [name for name in (*LAYERS, "other6") if not (options.runs / name / FACTS).is_file()]:
        print(f"left out, not finished in {options.runs}: {', '.join(left_out)}", file=sys.stderr)
    print(PAGE)


if __name__ == "__main__":
    main()
