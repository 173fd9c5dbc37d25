"""The page and pictures of `tools/fit_keys.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from keys_measure import COMPARED, Floats, Measured, Note, envelope_db, shown

RECORDED, OURS = "#c8843c", "#2f6f8f"
_PAGE = """# Keys, beside recordings

The reed piano and the electric grand were fitted to recordings of three instruments, note by note. What ships is a
handful of constants each (`STRUCK`, `PLUCKED` in `instruments/reed_piano.py`, `GRAND` in
`instruments/electric_grand.py`); no recording does.

**The recordings**: E-piano samples by Greg Sullivan (Wurlitzer EP200, Hohner Pianet T, Yamaha CP80), SFZ mapping by
kinwie, [CC BY 3.0](https://creativecommons.org/licenses/by/3.0/). {count} notes were used: all up to C7, without
the releases.

Made by `python tools/fit_keys.py --data DIR --write docs/studies/keys.md`.

## How

Each note is measured from its strike: frequency and level of its first twelve partials in the first quarter of a
second, how fast each falls at first (0.04 to 0.35 s) and later (0.6 to 2 s), the power between the partials in the
first 70 ms, and how much the level above 150 Hz trembles 3 to 20 times a second. Our own tones are measured by the
same code.

A **reed** swings before a pickup whose field is bell-shaped, so its harmonics follow from two numbers: how far it
swings and where it rests. Five constants say how the swing grows with touch and falls with pitch, two where the
reed rests, eight what amplifier and loudspeaker do. The notches that wander through the harmonics of the EP200 as
it is played harder are not drawn: they come out of the bell. A **string** has a stretch, a tilt, a hammer with a
cutoff that opens with the touch, a strike point and a colour. Decays are fitted to their logarithms. The first
guess is what we would have written without recordings.

## How near

RMS error of partials 1 to {compared} in dB, over all notes and touches; levels are relative to the note's power,
and what lies more than 50 dB down counts as 50. "Constants" is the smooth law alone. "Tones" are what one of our
instruments plays, whose keys differ by 2 dB on purpose, as do its strikes. Ratios are ours over theirs, the median
of the first four partials.

{table}

Where the reed falls short: at the hardest touch the lowest reeds of the EP200 lose their fundamental more than our
bell allows, and the recordings were cut by hand, so soft and hard layers start at different points of the strike.
The CP80's single keys scatter by 4 dB around any smooth law; that scatter is theirs, not ours to copy. Clean
recordings of single keys tremble less than ours do with the default `wear`: we play a worn one, in a room. The
upright, the felt piano and the tine piano were not fitted: there was nothing free to measure them on.

## Spectra

Levels of partials 1 to 12 at three pitches and all touches: recorded on the left, ours on the right.

{spectra}

## Decay

Partials 1 to 4 over time: recorded and ours.

The sharp dips of the EP200, at which a partial vanishes and comes back while its reed calms down, are in the
recordings and in the bell alike, a few tenths of a second apart.

{decays}

## Constants

{constants}
"""


@dataclass(frozen=True)
class Result:
    """One make: recorded notes, what they measure, what our first guess and what ships measure, and its tones.

    `laws` are the levels that the constants alone predict: of the guess, of this fit, of what the code holds.
    """

    title: str
    name: str
    notes: list[Note]
    recorded: list[Measured]
    before: list[Measured]
    after: list[Measured]
    laws: list[Floats]
    ours: list[Floats]
    constants: str = ""


def _rms(recorded: list[Measured], theirs: Iterable[Floats]) -> float:
    off = [shown(m.db) - shown(db) for m, db in zip(recorded, theirs, strict=True)]
    return float(np.sqrt(np.mean(np.square(off))))


def _ratio(recorded: list[Measured], ours: list[Measured], which: str) -> float:
    off = [np.log2(getattr(b, which)[:4] / getattr(a, which)[:4]) for a, b in zip(recorded, ours, strict=True)]
    return float(2.0 ** np.nanmedian(off))


def _median(measured: list[Measured], which: str) -> float:
    return float(np.nanmedian([getattr(m, which) for m in measured]))


def errors(r: Result) -> list[str]:
    """Return the rows of one make in the table of errors: first guess, and what ships."""
    rows = []
    for said, law, tones in (("first guess", r.laws[0], r.before), ("fitted", r.laws[2], r.after)):
        cells = [
            f"{_rms(r.recorded, list(law)):.1f}",
            f"{_rms(r.recorded, [m.db for m in tones]):.1f}",
            f"{_ratio(r.recorded, tones, 'early_s'):.2f}",
            f"{_ratio(r.recorded, tones, 'late_s'):.2f}",
            f"{_median(tones, 'noise_db'):.0f} ({_median(r.recorded, 'noise_db'):.0f})",
            f"{_median(tones, 'tremble_db'):.2f} ({_median(r.recorded, 'tremble_db'):.2f})",
        ]
        rows.append(f"| {r.title}, {len(r.notes)} notes | {said} | " + " | ".join(cells) + " |")
    return rows


def write(results: list[Result], page: Path) -> None:
    """Write the page, and its pictures into `pictures` beside the page's folder."""
    pictures = page.parent.parent / "pictures"
    columns = ("instrument", "", "constants, dB", "tones, dB", "early decay", "late decay")
    head = "| " + " | ".join((*columns, "strike noise, dB (theirs)", "tremble, dB (theirs)")) + " |"
    table = "\n".join([head, "|---|---|---|---|---|---|---|---|", *(row for r in results for row in errors(r))])
    spectra, decays = [], []
    for r in results:
        _spectra(r, pictures / f"keys_spectra_{r.name}.png")
        _decays(r, pictures / f"keys_decays_{r.name}.png")
        spectra.append(f"![{r.title}, spectra](../pictures/keys_spectra_{r.name}.png)")
        decays.append(f"![{r.title}, decays](../pictures/keys_decays_{r.name}.png)")
    text = _PAGE.format(
        count=sum(len(r.notes) for r in results),
        compared=COMPARED,
        table=table,
        spectra="\n\n".join(spectra),
        decays="\n\n".join(decays),
        constants="\n\n".join(f"{r.title}:\n\n```python\n{r.constants}\n```" for r in results),
    )
    page.write_text(text, encoding="utf-8")


def _chosen(r: Result) -> list[list[int]]:
    """Return the notes of three pitches, low, middle and high, each with at least two touches, softest first."""
    pitches = sorted({n.pitch for n in r.notes})
    full = [p for p in pitches if sum(n.pitch == p for n in r.notes) >= 2] or pitches
    rows = []
    for near in (42, 57, 70):
        pitch = min(full, key=lambda p: abs(p - near))
        found = [i for i, n in enumerate(r.notes) if n.pitch == pitch]
        rows.append(sorted(found, key=lambda i: r.notes[i].velocity))
    return rows


def _spectra(r: Result, path: Path) -> None:
    rows = _chosen(r)
    figure, axes = plt.subplots(len(rows), 2, figsize=(8.2, 6.2), sharex=True, sharey=True, layout="constrained")
    for row, found in zip(axes, rows, strict=True):
        for axis, measured, colour in zip(row, (r.recorded, r.after), (RECORDED, OURS), strict=True):
            for j, i in enumerate(found):
                alpha = 0.3 + 0.7 * (j + 1) / len(found)
                k = np.arange(1, 13) + 0.16 * (j - 0.5 * (len(found) - 1))
                axis.bar(k, np.maximum(measured[i].db, -60.0) + 60.0, 0.15, bottom=-60.0, color=colour, alpha=alpha)
        row[0].set_ylabel(f"MIDI {r.notes[found[0]].pitch}, dB")
    axes[0][0].set_title(f"{r.title}, recorded")
    axes[0][1].set_title("ours (soft pale, hard dark)")
    for axis in axes[-1]:
        axis.set_xlabel("partial")
        axis.set_xticks(range(1, 13))
    figure.savefig(path, dpi=80)
    plt.close(figure)


def _decays(r: Result, path: Path) -> None:
    rows = [found[-1] for found in _chosen(r)]
    figure, axes = plt.subplots(1, len(rows), figsize=(8.2, 2.9), sharey=True, layout="constrained")
    for axis, i in zip(axes, rows, strict=True):
        for x, measured, colour in ((r.notes[i].samples, r.recorded[i], RECORDED), (r.ours[i], r.after[i], OURS)):
            for k in range(4):
                if np.isfinite(measured.hz[k]):
                    end = int(4.0 * r.notes[i].rate)
                    t, level = envelope_db(x[:end], r.notes[i].rate, float(measured.hz[k]), float(measured.hz[0]))
                    level = level - measured.peak_db
                    axis.plot(t, level, color=colour, alpha=1.0 - 0.2 * k, linewidth=1.3 - 0.2 * k)
        axis.set_title(f"MIDI {r.notes[i].pitch}")
        axis.set_xlabel("s")
        axis.set_ylim(-65.0, 5.0)
    axes[0].set_ylabel("dB")
    axes[0].plot([], [], color=RECORDED, label="recorded")
    axes[0].plot([], [], color=OURS, label="ours")
    axes[0].legend(loc="upper right", fontsize=8)
    figure.savefig(path, dpi=80)
    plt.close(figure)
