"""The pictures of one track: waveform, spectrogram, loudness, stereo, notes, measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dusktape.core.score import Note, Score
from dusktape.evaluate.sound import analysis
from dusktape.evaluate.sound.bands import Band, bands
from dusktape.evaluate.sound.canvas import (
    AMBER,
    DIM,
    HUES,
    INK,
    LINE,
    PAPER,
    ROSE,
    TEAL,
    VIOLET,
    canvas,
    label,
    legend,
    plain,
    png,
    time_axis,
)
from dusktape.evaluate.sound.extra import needed
from dusktape.evaluate.sound.source import Stretch
from dusktape.evaluate.sound.subject import Section

_COLUMNS, _ROWS, _RANGE_DB = 1100, 360, 72.0
_BAND_NAMES = ("20-60", "60-250", "250-500", "0.5-2 k", "2-6 k", "6-15 k")
_LANES = (("kick", (35, 36)), ("snare", (37, 38, 39, 40)), ("hats", (42, 44, 46)), ("other", ()))


def waveform(sound: Stretch, sections: Sequence[Section]) -> bytes:
    """Return peaks and RMS over time, sections above them, as PNG."""
    figure, (axes,) = canvas(2.4)
    peak, rms = analysis.envelope(sound.samples, min(_COLUMNS, sound.samples.shape[1]))
    times = sound.start_s + (np.arange(len(peak)) + 0.5) * sound.seconds / len(peak)
    for values, colour in ((peak, VIOLET), (rms, AMBER)):
        axes.fill_between(times, -values, values, color=colour, linewidth=0)
    high = max(1.0, float(peak.max()))
    axes.set_ylim(-high, high)
    axes.set_yticks([-1, -0.5, 0, 0.5, 1])
    _name_sections(axes, sections, sound)
    label(axes, "peak and RMS")
    time_axis(axes, sound.start_s, sound.start_s + sound.seconds)
    return png(figure)


def _name_sections(axes: Any, sections: Sequence[Section], sound: Stretch) -> None:
    end = sound.start_s + sound.seconds
    shown = [s for s in sections if s.end_s > sound.start_s and s.start_s < end]
    least = 0.015 * sound.seconds
    for number, section in enumerate(shown):
        left, right = max(section.start_s, sound.start_s), min(section.end_s, end)
        axes.axvspan(left, right, color=INK, alpha=0.07 if number % 2 else 0.0, linewidth=0)
        axes.axvline(left, color=DIM, linewidth=0.6, alpha=0.7)
        if right - left > least * max(1.0, len(section.name) / 2):
            place = axes.get_xaxis_transform()
            middle = (left + right) / 2
            axes.text(middle, 1.03, plain(section.name), transform=place, ha="center", color=INK, fontsize=10)


def spectrogram(sound: Stretch) -> bytes:
    """Return power per octave over time on a logarithmic axis, as PNG."""
    figure, (axes,) = canvas(3.8)
    levels, top_hz = analysis.spectrogram(sound.samples, sound.sample_rate, _COLUMNS, _ROWS)
    loudest = float(np.percentile(levels, 99.7))
    low, high = np.log2(analysis.LOW_HZ), np.log2(top_hz)
    end = sound.start_s + sound.seconds
    image = axes.imshow(
        levels - loudest,
        origin="lower",
        aspect="auto",
        extent=(sound.start_s, end, low, high),
        cmap="inferno",
        vmin=-_RANGE_DB,
        vmax=0,
    )
    ticks = [hz for hz in (50, 100, 200, 500, 1000, 2000, 5000, 10_000) if hz < top_hz]
    axes.set_yticks(np.log2(ticks), [f"{hz // 1000} kHz" if hz >= 1000 else f"{hz} Hz" for hz in ticks])
    axes.grid(visible=False)
    time_axis(axes, sound.start_s, end)
    bar = figure.colorbar(image, ax=axes, pad=0.01, fraction=0.03)
    bar.set_label("dB per octave", color=DIM, fontsize=10)
    bar.ax.tick_params(colors=DIM, labelsize=10)
    bar.outline.set_visible(False)
    return png(figure)


def loudness(sound: Stretch) -> tuple[bytes, dict[str, float]]:
    """Return momentary and short-term loudness over time as PNG, and integrated loudness, range and true peak."""
    figure, (axes,) = canvas(2.4)
    momentary, short, meter = analysis.loudness(sound.samples, sound.sample_rate)
    for values, window_s, colour, name, thickness in (
        (momentary, 0.4, VIOLET, "momentary", 0.8),
        (short, 3.0, AMBER, "short-term", 1.8),
    ):
        times = sound.start_s + window_s + np.arange(len(values)) / 10.0
        axes.plot(times, np.maximum(values, -70.0), color=colour, label=name, linewidth=thickness)
    whole = meter.integrated_lufs
    if np.isfinite(whole):
        axes.axhline(whole, color=TEAL, linewidth=1.2, linestyle="--", label=f"integrated {whole:.1f} LUFS")
    loudest = float(momentary.max(initial=-70.0))
    axes.set_ylim(max(-70.0, loudest - 36.0), max(-34.0, loudest + 2.0))
    label(axes, "LUFS")
    legend(axes)
    time_axis(axes, sound.start_s, sound.start_s + sound.seconds)
    facts = {"lufs": whole, "lra": meter.range_lu, "true_peak_dbtp": meter.true_peak_db}
    return png(figure), facts


def stereo(sound: Stretch) -> bytes:
    """Return the correlation of both channels over time, and side over mid by band, as PNG."""
    figure, (left, right) = canvas(2.6, (2.0, 1.0))
    values = analysis.correlations(sound.samples, sound.sample_rate)
    left.plot(sound.start_s + 0.5 + np.arange(len(values)), values, color=TEAL, linewidth=1.4)
    left.axhline(0.0, color=DIM, linewidth=0.8)
    left.set_ylim(-1.05, 1.05)
    label(left, "correlation")
    time_axis(left, sound.start_s, sound.start_s + sound.seconds)
    width = analysis.width_by_band(sound.samples, sound.sample_rate)
    right.bar(range(len(width)), width + 50.0, bottom=-50.0, color=VIOLET, width=0.7)
    right.set_ylim(-50.0, max(2.0, float(width.max()) + 3.0))
    right.set_xticks(range(len(width)), _BAND_NAMES, fontsize=8)
    right.set_xlabel("Hz", color=DIM, fontsize=10)
    label(right, "side over mid, dB")
    return png(figure)


def roll(score: Score, sound: Stretch) -> bytes:
    """Return the notes of all parts, one colour each, drums in lanes below, as PNG."""
    figure, (axes,) = canvas(4.2)
    drums = list(score.parts.get("drums", ()))
    parts = {name: notes for name, notes in score.parts.items() if name != "drums" and notes}
    pitches = [n.pitch for notes in parts.values() for n in notes] or [60]
    low, high = min(pitches) - 2, max(pitches) + 3
    for (name, notes), hue in zip(parts.items(), HUES * (1 + len(parts) // len(HUES)), strict=False):
        _notes(axes, score, notes, [n.pitch for n in notes], hue, name)
    lanes = [(name, [n for n in drums if _lane(n) == name]) for name, _ in _LANES]
    names = {}
    for name, hits in (lane for lane in lanes if lane[1]):
        low -= 3
        names[low] = name
        _hits(axes, score, hits, low)
    axes.set_ylim(low - 2, high)
    octaves = [p for p in range(0, 128, 12) if min(pitches) <= p <= high]
    axes.set_yticks([*names, *octaves], [*names.values(), *(f"C{p // 12 - 1}" for p in octaves)])
    if parts:
        legend(axes)
    time_axis(axes, sound.start_s, sound.start_s + sound.seconds)
    return png(figure)


def _notes(axes: Any, score: Score, notes: Sequence[Note], places: Sequence[int], hue: str, name: str) -> None:
    boxes = needed("matplotlib.collections").PolyCollection
    least = 0.05
    shapes = []
    for note, place in zip(notes, places, strict=True):
        left = score.seconds(note.start)
        right = max(left + least, score.seconds(note.start + note.length))
        shapes.append([(left, place - 0.45), (right, place - 0.45), (right, place + 0.45), (left, place + 0.45)])
    loud = [0.35 + 0.65 * note.velocity / 127 for note in notes]
    axes.add_collection(boxes(shapes, facecolors=hue, alpha=loud, linewidths=0))
    axes.plot([], [], color=hue, linewidth=5, label=plain(name))


def _hits(axes: Any, score: Score, hits: Sequence[Note], place: float) -> None:
    times = [score.seconds(hit.start) for hit in hits]
    axes.vlines(times, place - 1.0, [place - 1.0 + 2.2 * hit.velocity / 127 for hit in hits], color=DIM, linewidth=0.9)


def _lane(hit: Note) -> str:
    return next((name for name, pitches in _LANES if hit.pitch in pitches), "other")


def measures(found: Mapping[str, float]) -> bytes:
    """Return every measure beside people's band, as PNG."""
    table = bands()
    figure, (axes,) = canvas(0.8 + 0.26 * len(table))
    axes.grid(visible=False)
    axes.axvspan(0.0, 1.0, color=LINE, alpha=0.35, linewidth=0)
    for row, band in enumerate(table.values()):
        first, middle, third = (place(band, q) for q in band.percentiles[1:4])
        axes.plot([0.0, 1.0], [row, row], color=DIM, linewidth=1.0)
        axes.plot([first, third], [row, row], color=VIOLET, linewidth=6.0, solid_capstyle="butt")
        axes.plot([middle], [row], marker="|", color=PAPER, markersize=9)
        value = found[band.name]
        if np.isfinite(value):
            colour = TEAL if band.holds(value) else ROSE
            axes.plot([place(band, value)], [row], marker="o", color=colour, markersize=7, markeredgecolor=PAPER)
        axes.text(1.37, row, number(value), ha="right", va="center", color=INK, fontsize=10)
        axes.text(1.39, row, band.unit, ha="left", va="center", color=DIM, fontsize=10)
    axes.set_yticks(range(len(table)), list(table))
    axes.set_ylim(len(table) - 0.4, -0.6)
    axes.set_xlim(-0.28, 1.5)
    axes.set_xticks([0.0, 1.0], ["people's 5 %", "95 %"])
    return png(figure)


def place(band: Band, value: float) -> float:
    """Return where a value lies, 0 at the low end of the band and 1 at the high one, never beyond -0.25 and 1.25."""
    return float(np.clip((value - band.low) / (band.high - band.low), -0.25, 1.25))


def number(value: float) -> str:
    """Return a figure with three digits that count; a dash where there is none."""
    if not np.isfinite(value):
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
