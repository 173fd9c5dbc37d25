"""What comes out of somebody's own sounds and files: the tables and pictures of docs/studies/own_sounds.md.

    python tools/study_own_sounds.py own BUNDLE
    python tools/study_own_sounds.py recordings FILE... [--seed 7]
    python tools/study_own_sounds.py midi FILE... [--seed 7]

`own` looks at the stems of a bundle (`dusktape make --bundle`). The other two treat files as `dusktape lofi FILE` does.
Tables go to the standard output, pictures to `--out`. Needs the extras `evaluate` and `lofi`.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import librosa
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from colours import Floats, night_map
from pictures import HIGH_HZ, LOW_HZ, spectrogram

from dusktape.core.audio import SAMPLE_RATE, Block
from dusktape.core.score import Score
from dusktape.core.seed import Seed
from dusktape.dsp.loudness import lufs
from dusktape.evaluate.sound.bands import outside, share_in_band
from dusktape.evaluate.sound.canvas import AMBER, DIM, INK, PAPER, TEAL, VIOLET
from dusktape.evaluate.sound.measure import measure
from dusktape.io.audiofile import read
from dusktape.io.midi_tracks import read as read_tracks
from dusktape.io.sound import SoundReader
from dusktape.publish import lofi as published
from dusktape.studio.lofi import Treatment, Work, remixed
from dusktape.studio.revoice import revoiced

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
KICKS, SNARES = (35, 36), (37, 38, 39, 40)
TIGHT = ("tempo.swing=0.5", "tempo.lay_back_ms=0", "tempo.jitter_ms=0")
HOP, RATE = 256, 22_050
_BANDS_HZ = 50.0 * 2.0 ** (np.arange(25) / 3.0)
_FRAME_S, _SILENT_DB, _NEAR_S = 0.1, 40.0, 0.03
_SHADES, _RANGE_DB = 64, 66.0


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table as Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def bands(sound: Block) -> Floats:
    """Return the power in third-octaves from 50 Hz to 12.8 kHz, a row each 0.1 s: (rows, 24)."""
    size = round(_FRAME_S * SAMPLE_RATE)
    count = sound.shape[1] // size
    grains = sound[:, : count * size].reshape(len(sound), count, size) * np.hanning(size).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(grains, 2 * size))).sum(axis=0)
    edges = np.searchsorted(np.fft.rfftfreq(2 * size, 1.0 / SAMPLE_RATE), _BANDS_HZ)
    return np.stack([power[:, a:b].sum(axis=1) for a, b in pairwise(edges)], axis=1)


@dataclass(frozen=True)
class Part:
    """One stem of a bundle.

    Parameters
    ----------
    name, instrument
        Of the part.
    sound
        Shape (2, frames).
    wanted
        Its loudness by the recipe, LUFS.
    """

    name: str
    instrument: str
    sound: Block
    wanted: float


def own(bundle: Path, out: Path) -> None:
    """Say how well each stem of a bundle is heard among the others, and draw a stretch of each of the user's."""
    facts = json.loads((bundle / "track.json").read_text(encoding="utf-8"))
    files = {entry["instrument"]: entry["file"] for entry in facts["files"]}
    told = facts["recipe"]["parts"]
    parts = [
        Part(p.stem, told[p.stem]["instrument"], read(p).samples, float(told[p.stem]["loudness_lufs"]))
        for p in sorted((bundle / "stems").glob("*.flac"))
    ]
    power = {part.name: bands(part.sound) for part in parts}
    rows = []
    for part in parts:
        here = power[part.name]
        others = sum(p for name, p in power.items() if name != part.name) + 1e-12
        loud = 10.0 * np.log10(here.sum(axis=1) + 1e-12)
        sounding = loud > np.percentile(loud, 99.0) - _SILENT_DB
        ahead = 10.0 * np.log10(here[sounding] / others[sounding] + 1e-12).max(axis=1)
        rows.append(
            (
                part.name,
                part.instrument.replace("_", "\\_"),
                files.get(part.instrument, "ours"),
                f"{part.wanted:.1f}",
                f"{lufs(part.sound, SAMPLE_RATE):.1f}",
                f"{sounding.mean():.2f}",
                f"{np.median(ahead):+.0f}",
                f"{np.mean(ahead > 0.0):.2f}",
            )
        )
    print(f"“{facts['title']}”, licence {facts['licence']}\n{facts['statement']}\n")
    head = ("part", "instrument", "file", "LUFS wanted", "LUFS", "sounds", "best band over all others, dB", "leads one")
    print(table(head, rows))
    stems(parts, files, out / "own_sounds_stems.png")


def stems(parts: Sequence[Part], files: dict[str, str], path: Path) -> None:
    """Draw twelve seconds of each stem that the user's files play, power per octave on a logarithmic axis."""
    mine = [part for part in parts if part.instrument in files]
    size = 12 * SAMPLE_RATE
    loud = sum(np.square(part.sound).sum(axis=0, dtype=np.float64) for part in mine if part.wanted > -36.0)
    running = np.concatenate([[0.0], np.cumsum(loud)])
    start = int(np.argmax(running[size:] - running[:-size]))
    figure = Figure(figsize=(9.0, 1.35 * len(mine) + 0.4), layout="constrained", facecolor=PAPER)
    axes = figure.subplots(len(mine), 1, sharex=True, squeeze=False)[:, 0]
    for place, part in zip(axes, mine, strict=True):
        levels = spectrogram(part.sound[:, start : start + size], SAMPLE_RATE, 640, 90)
        top = float(np.percentile(levels, 99.7))
        share = np.clip((levels - top + _RANGE_DB) / _RANGE_DB, 0.0, 1.0)
        place.imshow(night_map()[np.rint(share * 255.0).astype(int)], aspect="auto", extent=(0.0, 12.0, 0.0, 1.0))
        marks = (100, 1000, 10_000)
        place.set_yticks(
            [np.log(hz / LOW_HZ) / np.log(HIGH_HZ / LOW_HZ) for hz in marks], ["100 Hz", "1 kHz", "10 kHz"]
        )
        place.tick_params(colors=DIM, labelsize=8)
        place.set_title(f"{part.name}: {files[part.instrument]}", color=INK, fontsize=9, loc="left", pad=3)
    axes[-1].set_xlabel("s", color=DIM, fontsize=8)
    save(figure, path)


def save(figure: Any, path: Path) -> None:
    """Write a picture with few colours, so that it is small."""
    held = io.BytesIO()
    figure.savefig(held, format="png", dpi=90)
    image = Image.open(held).convert("RGB").quantize(_SHADES, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    image.save(path, optimize=True)
    print(f"{path}  {path.stat().st_size // 1000} kB", file=sys.stderr)


def onsets(sound: Block, rate: int) -> Floats:
    """Return where something begins, in seconds: librosa's peaks of spectral flux."""
    mono = librosa.resample(sound.mean(axis=0), orig_sr=rate, target_sr=RATE)
    return np.asarray(librosa.onset.onset_detect(y=mono, sr=RATE, hop_length=HOP, units="time"), np.float64)


def nearest(times: Floats, among: Floats) -> Floats:
    """Return how far after the nearest of some others each time lies, in seconds."""
    after = np.clip(np.searchsorted(among, times), 1, len(among) - 1)
    left, right = times - among[after - 1], times - among[after]
    return np.where(np.abs(left) < np.abs(right), left, right)


def recordings(files: Sequence[Path], seed: int, out: Path) -> None:
    """Say how near our kicks and snares come to what begins in the recording, and how the result measures."""
    rows = []
    for number, file in enumerate(files, start=1):
        work = remixed(file, Treatment(), Seed(seed))
        print("; ".join((file.name, *work.said)))
        facts = published_of(work, file, seed)
        with SoundReader(file) as reader:
            theirs, rate = np.concatenate(list(reader.blocks()), axis=1), reader.sample_rate
        begins = onsets(theirs, rate) / work.facts["speed"]
        score = work.production.score
        if not score.parts.get("drums"):
            rows.append((file.stem, "no beat", *["-"] * 5, *facts))
            continue
        drums = np.concatenate([hop["drums"] for hop in work.production.stems()], axis=1)
        heard = onsets(drums, SAMPLE_RATE)
        wanted = strokes(score)
        seen = -nearest(wanted, heard)
        found = np.abs(seen) < _NEAR_S
        delay = float(np.median(seen[found]))  # of the detector, which the recording's onsets have as well
        here = nearest(wanted + delay, begins)
        tight = nearest(strokes(remixed(file, Treatment(settings=TIGHT), Seed(seed)).production.score) + delay, begins)
        shifts = np.linspace(0.07, 0.93, 41) * 60.0 / score.bpm
        chance = np.mean([np.abs(nearest(wanted + s, begins)) < _NEAR_S for s in shifts])
        third = len(here) // 3
        apart = 1000.0 * (np.median(here[-third:]) - np.median(here[:third]))
        rows.append(
            (
                file.stem,
                f"{work.facts['beats']['bpm']:.1f} → {score.bpm:.1f}",
                f"{found.mean():.2f} of {len(wanted)}",
                f"{1000.0 * np.median(np.abs(tight)):.0f} ms, {np.mean(np.abs(tight) < _NEAR_S):.2f}",
                f"{1000.0 * np.median(np.abs(here)):.0f} ms, {np.mean(np.abs(here) < _NEAR_S):.2f}",
                f"{chance:.2f}",
                f"{apart:+.0f} ms",
                *facts,
            )
        )
        beside(theirs, rate, drums, work, out / f"own_sounds_beat_{number}.png")
    head = ("track", "bpm", "kicks and snares heard", "without swing and lay-back", "as played", "by chance")
    print(table((*head, "last third against first", "LUFS", "dBTP", "in band", "outside"), rows))


def strokes(score: Score) -> Floats:
    """Return where kicks and snares fall, in seconds."""
    return np.array([score.seconds(n.start) for n in score.parts["drums"] if n.pitch in (*KICKS, *SNARES)])


def published_of(work: Work, file: Path, seed: int) -> tuple[str, ...]:
    """Return loudness, true peak, share in band and what lies outside, of the file that `dusktape lofi` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{published.name_from(file, seed)}.flac"
        facts = published.deliver(work, file, path, title="x", licence=None)
        found = measure(path)
    report = facts["report"]
    left = ", ".join(outside(found)) or "nothing"
    return f"{report['lufs']:.1f}", f"{report['true_peak_dbtp']:.1f}", f"{share_in_band(found):.2f}", left


def beside(theirs: Block, rate: int, drums: Block, work: Work, path: Path) -> None:
    """Draw two bars of the recording, slowed, above our drums in the same moment, with the beats as lines."""
    speed, score = work.facts["speed"], work.production.score
    beat = 60.0 / score.bpm
    start = next(score.seconds(s.start) for s in score.sections if s.name == "B" or s is score.sections[-1])
    end = start + 8.0 * beat
    figure = Figure(figsize=(9.0, 2.6), layout="constrained", facecolor=PAPER)
    upper, lower = figure.subplots(2, 1, sharex=True)
    for axes, sound, own_rate, hue, name in (
        (upper, theirs, rate * speed, TEAL, "the recording, at its new speed"),
        (lower, drums, float(SAMPLE_RATE), AMBER, "our drums"),
    ):
        here = np.abs(sound[:, round(start * own_rate) : round(end * own_rate)]).max(axis=0)
        places = np.linspace(0, len(here), 1200, endpoint=False).astype(int)
        peaks = np.maximum.reduceat(here, places)
        axes.fill_between(np.linspace(0.0, end - start, len(peaks)), -peaks, peaks, color=hue, linewidth=0)
        axes.set_facecolor(PAPER)
        axes.set_yticks([])
        axes.tick_params(colors=DIM, labelsize=8)
        axes.set_title(name, color=INK, fontsize=9, loc="left", pad=3)
        for k in range(9):
            axes.axvline(k * beat, color=DIM if k % 4 else INK, linewidth=0.7)
    lower.set_xlabel("s", color=DIM, fontsize=8)
    save(figure, path)


def midi(files: Sequence[Path], seed: int, out: Path) -> None:
    """Say which notes of a file are played, by whom, how far from their place, and how the result measures."""
    rows = []
    for number, file in enumerate(files, start=1):
        tracks = [t for t in read_tracks(file).tracks if t.notes]
        work = revoiced(file, Treatment(), Seed(seed))
        print("; ".join((file.name, *work.said)))
        score = work.production.score
        pitched = [n for t in tracks if not t.is_drum for n in t.notes]
        played = {name: notes for name, notes in score.parts.items() if name != "drums"}
        given = Counter((n.pitch + work.facts["pitch_semitones"]) % 12 for n in pitched)
        ours = Counter(n.pitch % 12 for notes in played.values() for n in notes)
        starts = np.sort([n.start for n in pitched]).astype(np.float64)
        late = np.array([n.start for notes in played.values() for n in notes], np.float64)
        ms = 1000.0 * np.abs(nearest(late, starts)) / (960.0 * score.bpm / 60.0)
        drums = sum(len(t.notes) for t in tracks if t.is_drum)
        rows.append(
            (
                file.stem,
                len(tracks),
                f"{sum((given & ours).values())} of {len(pitched)}",
                f"{drums or 'none'} → {len(score.parts.get('drums', ()))}",
                f"{np.median(ms):.0f} ms",
                f"{np.percentile(ms, 95):.0f} ms",
                *published_of(work, file, seed),
            )
        )
        rolls(tracks, score, out / f"own_sounds_midi_{number}.png")
    head = ("file", "tracks", "pitches kept", "hits: theirs → played", "from their place, median", "95 %")
    print(table((*head, "LUFS", "dBTP", "in band", "outside"), rows))


def rolls(tracks: Sequence[Any], score: Score, path: Path) -> None:
    """Draw eight bars of a file above what is played."""
    first = min(n.start for t in tracks for n in t.notes) // 3840 * 3840 + 4 * 3840
    figure = Figure(figsize=(9.0, 3.4), layout="constrained", facecolor=PAPER)
    upper, lower = figure.subplots(2, 1, sharex=True, sharey=True)
    theirs = {f"{k} {t.name}".strip(): t.notes for k, t in enumerate(tracks, start=1) if not t.is_drum}
    ours = {name: notes for name, notes in score.parts.items() if name != "drums"}
    hues = (AMBER, TEAL, VIOLET, "#e07a7a", "#a8c66c", "#6ca6e0", "#d490c6", "#d8cf8a", "#9a8f85")
    for axes, parts, name in ((upper, theirs, "the file"), (lower, ours, "as it is played")):
        for (label, notes), hue in zip(parts.items(), hues * 4, strict=False):
            inside = [n for n in notes if first <= n.start < first + 8 * 3840]
            places = [(n.start - first) / 3840 + 1 for n in inside]
            axes.hlines(
                [n.pitch for n in inside],
                places,
                [p + n.length / 3840 for p, n in zip(places, inside, strict=True)],
                color=hue,
                linewidth=2.2,
                label=label[:14],
            )
        axes.set_facecolor(PAPER)
        axes.tick_params(colors=DIM, labelsize=8)
        axes.set_title(name, color=INK, fontsize=9, loc="left", pad=3)
        axes.set_xlim(1.0, 9.0)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, labelcolor=INK, fontsize=7)
    lower.set_xlabel("bar", color=DIM, fontsize=8)
    save(figure, path)


def main() -> None:
    """Read the command line and do one of three."""
    parser = argparse.ArgumentParser(description="Tables and pictures of docs/studies/own_sounds.md.")
    parser.add_argument("what", choices=("own", "recordings", "midi"))
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=PICTURES, help="folder for pictures; default docs/pictures")
    options = parser.parse_args()
    if options.what == "own":
        own(options.files[0], options.out)
    else:
        {"recordings": recordings, "midi": midi}[options.what](options.files, options.seed, options.out)


if __name__ == "__main__":
    main()
