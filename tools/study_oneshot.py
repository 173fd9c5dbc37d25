"""The one-shots that ship, measured beside people's recordings that they never learned from.

    python tools/study_oneshot.py --data DIR

`DIR` holds `oneshots_cc0`, and `drum_machines_pd` for the judge of classes, who has to know other drums than the
model does. Rewrites the figures in `docs/studies/oneshot.md` between its markers, and its pictures.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.data.split import fold
from dusktape.io.recording import respeed
from dusktape.models.oneshot import corpus
from dusktape.models.oneshot.analyse import aligned, analyse
from dusktape.models.oneshot.classes import CLASSES, RECORDED
from dusktape.models.oneshot.render import render
from dusktape.models.oneshot.vector import SAMPLE_RATE

PAGE = Path("docs/studies/oneshot.md")
PICTURES = Path("docs/pictures")
SEED = Seed(2026)
EACH = 120
"""Sounds that are generated of each class, by source."""
KITS = range(20_000, 20_000 + EACH)
"""Kits of ours that the model has not learned from: the side of synthesis that judges."""
LEAST = 10
RESAMPLED = 1000
EDGES_S = (0.0, 0.004, 0.012, 0.03, 0.07, 0.15, 0.3, 0.6)

MACHINE_WORDS = {
    "kick": r"^(kick|bd\d|dt_kick)",
    "snare": r"^(snare|sd\d|dt_snare|shortsn|univox-sd)",
    "rim": r"^(rim|rs$|stick|dt_rim|cl$|clave)",
    "clap": r"^(clap|cp$|dt_clap)",
    "closed hat": r"^(ch$|chihat|hhclosed|hihat-closed|hithat|univox-ch|dt_closed)",
    "open hat": r"^(oh\d|ohihat|hhopen|hihat-open|univox-oh|dt_open)",
    "shaker": r"^(cabasa|ma$|shaker|dt_cabasa)",
    "tom": r"^(tom|[hlm]t\d|hitom|lowtom|midtom|dt_tom)",
    "perc": r"^(cb$|cowbell|conga|[hlm]c\d|tamb|dt_cowbell|dt_tamb)",
}


def told(what: str) -> None:
    """Say how far things are."""
    print(what, file=sys.stderr, flush=True)


def machines(data: Path) -> list[tuple[str, Heard]]:
    """Return class and stroke of the drum machines' one-shots."""
    import soundfile

    found = []
    with tarfile.open(data / "drum_machines_pd" / "ogg.tar") as archive:
        for member in archive:
            name = Path(member.name).stem.lower()
            kind = next((k for k, pattern in MACHINE_WORDS.items() if re.match(pattern, name)), "")
            file = archive.extractfile(member) if kind and member.name.endswith(".ogg") else None
            if file is None:
                continue
            sound, rate = soundfile.read(io.BytesIO(file.read()), always_2d=True)
            mono = sound.mean(axis=1).astype(np.float32)
            if np.abs(mono).max(initial=0.0) > 1e-4:
                found.append((kind, Heard(aligned(respeed(mono[None], rate / SAMPLE_RATE)[0]))))
    return found


def mel_filters(size: int, bands: int = 40) -> Floats:
    """Return triangles on the mel scale, (bands, size // 2 + 1), from 30 Hz to 20 kHz (Slaney's areas left out)."""
    mel = np.linspace(2595.0 * np.log10(1 + 30.0 / 700.0), 2595.0 * np.log10(1 + 20_000.0 / 700.0), bands + 2)
    hz = 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    f = np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE)
    up = (f - hz[:-2, None]) / (hz[1:-1] - hz[:-2])[:, None]
    down = (hz[2:, None] - f) / (hz[2:] - hz[1:-1])[:, None]
    return np.maximum(np.minimum(up, down), 0.0)


def features(stroke: Floats) -> Floats:
    """Return log-mel levels in seven stretches from the onset, dB under the loudest, none below -60. Shape (280,)."""
    size, hop = 512, 128
    padded = np.concatenate([np.zeros(size // 2), stroke, np.zeros(size)])
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * np.hanning(size)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2 @ mel_filters(size).T
    at = np.arange(len(power)) * hop / SAMPLE_RATE
    stretches = []
    for first, last in pairwise(EDGES_S):
        inside = (at >= first) & (at < last)
        stretches.append(power[inside].mean(axis=0) if inside.any() else np.zeros(power.shape[1]))
    level = 10.0 * np.log10(np.array(stretches) + 1e-12)
    return np.maximum(level - level.max(), -60.0).ravel()


def envelope(stroke: Floats) -> Floats:
    """Return the level in windows of 2 ms (Hann), RMS."""
    window = np.hanning(90)[1:-1]
    padded = np.concatenate([np.zeros(44), np.square(stroke), np.zeros(44)])
    return np.sqrt(np.maximum(np.convolve(padded, window / window.sum(), "same"), 0.0))


def attack_ms(stroke: Floats, *, top: float = 0.7) -> float:
    """Return how long the level takes from a tenth of its peak to `top` of it for the first time."""
    level = envelope(stroke)
    return 1000.0 * float(np.argmax(level >= top * level.max()) - np.argmax(level >= 0.1 * level.max())) / SAMPLE_RATE


def centroid_hz(stroke: Floats) -> float:
    """Return the centre of the power spectrum."""
    power = np.abs(np.fft.rfft(stroke)) ** 2
    return float((power * np.fft.rfftfreq(stroke.size, 1.0 / SAMPLE_RATE)).sum() / power.sum())


def fall_ms(stroke: Floats, db: float) -> float:
    """Return after how long so much less of the energy is left."""
    energy = np.cumsum(np.square(stroke)[::-1])[::-1]
    return 1000.0 * float(np.argmax(energy < energy[0] * 10.0 ** (-db / 10.0))) / SAMPLE_RATE


MEASURES: Mapping[str, Callable[[Floats], float]] = {
    "attack, ms": attack_ms,
    "attack to 90 %, ms": lambda stroke: attack_ms(stroke, top=0.9),
    "centroid, Hz": centroid_hz,
    "decay 20 dB, ms": lambda stroke: fall_ms(stroke, 20.0),
    "length 50 dB, ms": lambda stroke: fall_ms(stroke, 50.0),
}


class Heard:
    """A stroke and what is measured of it, once."""

    def __init__(self, stroke: Floats) -> None:
        self.stroke = stroke

    @cached_property
    def log_mel(self) -> Floats:
        """Its `features`."""
        return features(self.stroke)

    @cached_property
    def measures(self) -> dict[str, float]:
        """Its `MEASURES`, by name."""
        return {name: measure(self.stroke) for name, measure in MEASURES.items()}

    @cached_property
    def judged(self) -> Floats:
        """What the judge of classes is told."""
        attack, _, centre, fall, _ = self.measures.values()
        return np.append(self.log_mel, [attack, centre, fall])


Groups = dict[tuple[str, str], list[Heard]]
"""Class and origin to strokes."""


def interval(values: Sequence[float] | Floats, statistic: Callable[[Floats], float] = np.median) -> tuple[float, ...]:
    """Return a statistic and its 95 % interval by bootstrap over the sounds (Efron 1979, percentiles)."""
    values = np.asarray(values, dtype=np.float64)
    rng = SEED.at("bootstrap").rng()
    drawn = [statistic(values[rng.integers(0, len(values), len(values))]) for _ in range(RESAMPLED)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(statistic(values)), float(low), float(high)


def frechet(a: Floats, b: Floats) -> float:
    """Return the Fréchet distance of two Gaussians fitted to rows of features (Heusel et al. 2017)."""
    difference = a.mean(axis=0) - b.mean(axis=0)
    ca, cb = (np.cov(x, rowvar=False) + 1e-6 * np.eye(x.shape[1]) for x in (a, b))
    values, axes = np.linalg.eigh(ca)
    root = axes @ np.diag(np.sqrt(np.maximum(values, 0.0))) @ axes.T
    middle = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cb @ root), 0.0)).sum()
    return float(difference @ difference + np.trace(ca) + np.trace(cb) - 2.0 * middle)


class Judge:
    """Tells classes apart: a random forest on log-mel features, which learned from drum machines and kits of ours.

    It knows no recording of `oneshots_cc0`, and none of the kits that the model learned from.
    """

    def __init__(self, taught: Sequence[tuple[str, Heard]]) -> None:
        from sklearn.ensemble import RandomForestClassifier

        kinds = [CLASSES.index(kind) for kind, _ in taught]
        self._forest = RandomForestClassifier(400, class_weight="balanced", random_state=0)
        self._forest.fit(np.array([heard.judged for _, heard in taught]), kinds)

    def right(self, kind: str, strokes: Sequence[Heard]) -> Floats:
        """Return 1 for each stroke that it takes for its class, else 0."""
        said = self._forest.predict(np.array([heard.judged for heard in strokes]))
        return (said == CLASSES.index(kind)).astype(np.float64)


def groups(data: Path) -> Groups:
    """Return class and origin to strokes: recordings and kits, learned and not, and what is generated as either."""
    found: Groups = {}

    def add(kind: str, origin: str, stroke: Floats) -> None:
        found.setdefault((kind, origin), []).append(Heard(stroke))

    for one in corpus.recordings(data):
        add(one.kind, "learned recordings" if one.side == "train" else "held-out recordings", one.stroke)
    told("drawing kits")
    learned = [n for n in range(2 * EACH) if fold(f"dusktape/kit/{n}") == "train"][:EACH]
    for numbers, origin in ((learned, "learned kits"), (KITS, "fresh kits")):
        for kind, stroke in (each for n in numbers for each in corpus.kit_strokes(n)):
            add(kind, origin, stroke)
    told("generating")
    model = find("models", "oneshot").open()
    for kind in CLASSES:
        for recorded in (True, False) if kind in RECORDED else (False,):
            seeds = [SEED.at("study", kind, i) for i in range(EACH)]
            drums = model.drums([kind] * EACH, seeds, recorded=recorded)
            for vector, at in zip(drums, seeds, strict=True):
                origin = "generated as recorded" if recorded else "generated as synthesised"
                add(kind, origin, aligned(render(vector, at.at("noise").rng())))
    return found


def number(value: float) -> str:
    """Return a figure of three digits."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def ranged(values: Sequence[float] | Floats, statistic: Callable[[Floats], float] = np.median) -> str:
    """Return a statistic with its interval; where there are fewer than `LEAST`, without one."""
    if len(values) < LEAST:
        return f"{number(float(statistic(np.asarray(values))))} (n {len(values)})"
    middle, low, high = interval(values, statistic)
    return f"{number(middle)} [{number(low)}, {number(high)}]"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


ORIGINS = (
    "learned recordings",
    "held-out recordings",
    "generated as recorded",
    "learned kits",
    "fresh kits",
    "generated as synthesised",
)


def counts(found: Groups) -> str:
    """Return how many sounds there are of each class."""
    rows = [[kind, *(str(len(found.get((kind, origin), ()))) for origin in ORIGINS)] for kind in CLASSES]
    return table(["", *ORIGINS], rows)


def distributions(found: Groups) -> str:
    """Return medians of the measures, by class and origin."""
    rows = []
    for kind in CLASSES:
        for origin in ORIGINS:
            strokes = found.get((kind, origin))
            if strokes:
                rows.append([f"{kind}, {origin}", *(ranged([s.measures[name] for s in strokes]) for name in MEASURES)])
    return table(["median [95 % interval]", *MEASURES], rows)


def accuracy(found: Groups, judge: Judge) -> str:
    """Return how often the judge names the class that was asked for."""
    rows = []
    for kind in CLASSES:
        shares = []
        for origin in (ORIGINS[1], ORIGINS[0], ORIGINS[2], ORIGINS[3], ORIGINS[5]):
            strokes = found.get((kind, origin))
            shares.append(ranged(judge.right(kind, strokes), np.mean) if strokes else "")
        rows.append([kind, *shares])
    header = ["share named rightly", ORIGINS[1], ORIGINS[0], ORIGINS[2], ORIGINS[3], ORIGINS[5]]
    return table(header, rows)


def attacks(found: Groups) -> str:
    """Return how much later, or sooner, generated drums rise than what taught them: medians, by both definitions."""
    rows = []
    for kind in CLASSES:
        for learned, made in (ORIGINS[0:3:2], ORIGINS[3:6:2]):
            pair = [found.get((kind, origin)) for origin in (learned, made)]
            if all(pair):
                row = [f"{kind}, {learned}", str(len(pair[0] or ()))]
                for name in list(MEASURES)[:2]:
                    taught, got = (float(np.median([s.measures[name] for s in some or ()])) for some in pair)
                    row += [number(taught), number(got), f"{got - taught:+.1f}"]
                rows.append(row)
    header = ["median, ms", "sounds", "learned, 70 %", "generated", "apart", "learned, 90 %", "generated", "apart"]
    return table(header, rows)


def noise_strokes(count: int) -> list[Floats]:
    """Return white noise that dies away, as a line of comparison."""
    out = []
    for i in range(count):
        rng = SEED.at("noise", i).rng()
        t = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
        out.append(aligned(rng.standard_normal(t.size) * np.exp(-t / rng.uniform(0.01, 0.15))))
    return out


def distances(found: Groups) -> tuple[str, str]:
    """Return tables of Fréchet distances to held-out sounds, and of distances to the nearest learned sound."""
    log_mel = {key: np.array([heard.log_mel for heard in strokes]) for key, strokes in found.items()}
    basis = _axes(np.concatenate([log_mel[key] for key in log_mel if key[1].startswith("learned")]))
    noise = np.array([features(stroke) for stroke in noise_strokes(EACH)]) @ basis
    far, near = [], []
    for kind in CLASSES:
        for held, learned, made in (ORIGINS[1::-1] + ORIGINS[2:3], ORIGINS[4:2:-1] + ORIGINS[5:6]):
            if min(len(log_mel.get((kind, origin), ())) for origin in (held, learned, made)) < 6:
                continue
            a, b, c = (log_mel[kind, origin] @ basis for origin in (held, made, learned))
            size = min(8, len(a) - 2, len(c) - 2)
            far.append(
                [f"{kind}, {held}", str(len(a)), *(_frechet_ranged(a[:, :size], x[:, :size]) for x in (b, c, noise))]
            )
            near.append([f"{kind}, {held}", *_nearness(log_mel, log_mel[kind, held], log_mel[kind, made])])
    one = table(["from", "sounds", "generated", "learned", "noise"], far)
    measured = ["held out", "generated", "held out, 5 %", "generated, 5 %"]
    header = [
        "median dB to the nearest learned",
        *(f"{to}: {what}" for to in ("sound", "recording") for what in measured),
    ]
    return one, table(header, near)


def _nearness(log_mel: Mapping[tuple[str, str], Floats], held: Floats, made: Floats) -> list[str]:
    """Return how far held-out and generated sounds are from all that was learned, and from recordings alone."""
    cells = []
    for origins in (("learned recordings", "learned kits"), ("learned recordings",)):
        learned = np.concatenate([rows for (_, origin), rows in log_mel.items() if origin in origins])
        apart = [nearest(some, learned) for some in (held, made)]
        cells += [ranged(some) for some in apart] + [number(float(np.percentile(some, 5))) for some in apart]
    return cells


def _axes(rows: Floats, count: int = 16) -> Floats:
    """Return the first principal axes of rows of features, (features, count)."""
    _, axes = np.linalg.eigh(np.cov(rows, rowvar=False))
    return axes[:, ::-1][:, :count] / np.sqrt(rows.shape[1])


def _frechet_ranged(a: Floats, b: Floats) -> str:
    """Return the distance with a 95 % interval, by leaving out one sound after the other (Efron 1982, jackknife).

    It is taken of the root, which is in dB. A bootstrap draws sounds twice, which widens every distance: its interval
    would lie above the figure. Where either side has fewer than `LEAST`, there is none.
    """
    middle = frechet(a, b)
    if min(len(a), len(b)) < LEAST:
        return f"{number(middle)} (n {min(len(a), len(b))})"
    without_a = [frechet(np.delete(a, i, axis=0), b) for i in range(len(a))]
    without_b = [frechet(a, np.delete(b, i, axis=0)) for i in range(len(b))]
    root, roots = np.sqrt(max(middle, 0.0)), [np.sqrt(np.maximum(x, 0.0)) for x in (without_a, without_b)]
    spread = 1.96 * np.sqrt(sum((len(x) - 1) * x.var() for x in roots))
    low, high = max(root - spread, 0.0) ** 2, (root + spread) ** 2
    return f"{number(middle)} [{number(low)}, {number(high)}]"


def nearest(rows: Floats, learned: Floats) -> NDArray[np.float64]:
    """Return for each row the distance to the nearest learned one, dB a feature (RMS)."""
    return np.array([np.sqrt(np.square(learned - row).mean(axis=1).min()) for row in rows])


def draw(found: Groups, path: Path, kinds: Sequence[str]) -> None:
    """Draw spectrograms: what was held out above, what was generated below."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2 * len(kinds), 6, figsize=(13, 3.1 * len(kinds)), layout="constrained")
    for row, kind in enumerate(kinds):
        there = "held-out recordings" if len(found.get((kind, "held-out recordings"), ())) >= 3 else "fresh kits"
        made = "generated as recorded" if there.startswith("held") else "generated as synthesised"
        for line, origin in enumerate((there, made)):
            for column, heard in enumerate(found[kind, origin][:6]):
                axis = axes[2 * row + line, column]
                _spectrogram(axis, heard.stroke)
                if column == 0:
                    axis.set_ylabel(f"{kind}\n{origin}", fontsize=7)
        for axis in axes[2 * row : 2 * row + 2].ravel():
            axis.tick_params(labelsize=6)
    save(figure, path)
    plt.close(figure)


def save(figure: Any, path: Path) -> None:
    """Write a figure in 64 colours: a fifth of the bytes."""
    from PIL import Image

    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=90)
    Image.open(drawn).convert("RGB").quantize(64).save(path, optimize=True)


def _spectrogram(axis: Any, stroke: Floats) -> None:
    size, hop = 512, 64
    frames = min(stroke.size, int(0.35 * SAMPLE_RATE))
    padded = np.concatenate([np.zeros(size), stroke[:frames], np.zeros(size)])
    cut = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * np.hanning(size)
    level = 20.0 * np.log10(np.abs(np.fft.rfft(cut, axis=1)).T + 1e-6)
    axis.imshow(
        level,
        origin="lower",
        aspect="auto",
        vmin=level.max() - 70.0,
        vmax=level.max(),
        cmap="magma",
        extent=(-0.5e3 * size / SAMPLE_RATE, 1e3 * frames / SAMPLE_RATE, 0.0, 22.05),
    )


def draw_attacks(found: Groups, path: Path) -> None:
    """Draw the first 30 ms of kicks, snares and toms."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    kinds = ("kick", "snare", "tom")
    figure, axes = plt.subplots(2 * len(kinds), 6, figsize=(13, 8), layout="constrained", sharex=True, sharey=True)
    frames = int(0.03 * SAMPLE_RATE)
    for row, kind in enumerate(kinds):
        for line, origin in enumerate(("held-out recordings", "generated as recorded")):
            for column, heard in enumerate(found[kind, origin][:6]):
                axis = axes[2 * row + line, column]
                axis.plot(1000.0 * np.arange(frames) / SAMPLE_RATE, heard.stroke[:frames], linewidth=0.7)
                axis.tick_params(labelsize=6)
                if column == 0:
                    axis.set_ylabel(f"{kind}\n{origin}", fontsize=7)
    save(figure, path)
    plt.close(figure)


def coded(found: Groups) -> str:
    """Return what the vector alone does to sounds: recordings described and rendered again, nothing generated."""
    rows = []
    for kind in CLASSES:
        strokes = found.get((kind, "held-out recordings"), []) + found.get((kind, "learned recordings"), [])
        if len(strokes) < LEAST:
            continue
        back = [Heard(aligned(render(analyse(s.stroke), SEED.at("coded", i).rng()))) for i, s in enumerate(strokes)]
        pairs = list(zip(strokes, back, strict=True))
        attack, _, centre, fall, _ = MEASURES
        changes = [
            [abs(b.measures[attack] - a.measures[attack]) for a, b in pairs],
            *([abs(np.log2(b.measures[m] / a.measures[m])) for a, b in pairs] for m in (centre, fall)),
            [float(np.sqrt(np.mean((b.log_mel - a.log_mel) ** 2))) for a, b in pairs],
        ]
        rows.append([f"{kind} ({len(strokes)})", *map(ranged, changes)])
    return table(["median change", "attack, ms", "centroid, octaves", "decay, octaves", "log-mel, dB"], rows)


def replaced(text: str, name: str, body: str) -> str:
    """Return the page with what stands between two markers replaced."""
    pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
    if not re.search(pattern, text, flags=re.DOTALL):
        raise SystemExit(f"{PAGE} has no markers {name!r}")
    return re.sub(pattern, lambda m: f"{m[1]}{body}\n{m[2]}", text, flags=re.DOTALL)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description="Study the one-shots that ship.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    options = parser.parse_args()
    found = groups(options.data)
    told("teaching the judge")
    fresh = [(kind, stroke) for kind in CLASSES for stroke in found[kind, "fresh kits"]]
    judge = Judge([*machines(options.data), *fresh])
    told("measuring")
    far, near = distances(found)
    parts = {
        "counts": counts(found),
        "coded": coded(found),
        "accuracy": accuracy(found, judge),
        "attacks": attacks(found),
        "distributions": distributions(found),
        "frechet": far,
        "nearest": near,
    }
    text = PAGE.read_text(encoding="utf-8")
    for name, body in parts.items():
        text = replaced(text, name, body)
    PAGE.write_text(text, encoding="utf-8")
    draw(found, PICTURES / "oneshot_recorded.png", ("kick", "snare", "tom", "perc"))
    draw(found, PICTURES / "oneshot_synthesised.png", ("closed hat", "open hat", "rim", "clap", "shaker"))
    draw_attacks(found, PICTURES / "oneshot_attacks.png")


if __name__ == "__main__":
    main()
