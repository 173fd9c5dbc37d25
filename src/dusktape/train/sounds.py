"""A demo of a model of sound: a few sounds in a row as a file, and as a picture of their mel spectrograms."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.errors import WeightsError
from dusktape.core.roles import SoundWriter
from dusktape.core.seed import Seed
from dusktape.io import atomic
from dusktape.io.audiofile import AudioWriter

COUNT = 4
"""Sounds in a demo."""

LONGEST_S = 6.0
"""A demo shows no more of each."""

MELS, WINDOW, HOP = 80, 1024, 256
FLOOR_DB = -80.0

_GAP_S = 0.2
_SAFE = 0.99


def write(writer: SoundWriter, path: Path, *, title: str, seed: Seed) -> None:
    """Write `path.flac` and `path.png`: sounds that depend on the writer and the seed only.

    Sounds that leave full scale are turned down together; the picture says by how much.

    Raises
    ------
    WeightsError
        If they have values that are no numbers.
    """
    rate = writer.sample_rate
    sounds = [sound[:, : round(LONGEST_S * rate)] for sound in writer.write_sounds(COUNT, seed=seed)]
    if not all(np.isfinite(sound).all() for sound in sounds):
        raise WeightsError("what the network makes has values that are no numbers; train at a lower learning rate")
    peak = max((float(np.abs(sound).max(initial=0.0)) for sound in sounds), default=0.0)
    gain = min(1.0, _SAFE / peak) if peak > 0.0 else 1.0
    gap = np.zeros((writer.channels, round(_GAP_S * rate)), np.float32)
    told = f"{title}   peak {20.0 * np.log10(max(peak, 1e-5)):.1f} dB"
    with AudioWriter(
        path.with_suffix(".flac"), rate, channels=writer.channels, seed=seed.at("dither"), force=True
    ) as out:
        for sound in sounds:
            out.write(np.concatenate([sound * np.float32(gain), gap], axis=1))
    atomic.write_bytes(path.with_suffix(".png"), draw([s.mean(0) for s in sounds], rate, told), force=True)


def draw(sounds: Sequence[Any], sample_rate: int, title: str) -> bytes:
    """Return a PNG of mel spectrograms side by side, (frames,) each, in dB relative to full scale."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.6 * len(sounds) + 0.6, 3.0), dpi=110, facecolor="#fbf7f0", layout="constrained")
    figure.suptitle(title, fontsize=9)
    for k, (axes, sound) in enumerate(zip(np.atleast_1d(figure.subplots(1, len(sounds))), sounds, strict=True)):
        axes.imshow(
            log_mel(sound, sample_rate),
            origin="lower",
            aspect="auto",
            cmap="magma",
            vmin=FLOOR_DB,
            vmax=0.0,
            extent=(0.0, len(sound) / sample_rate, 0.0, MELS),
        )
        places = [int(m) for m in np.linspace(0, MELS - 1, 5)]
        axes.set_yticks(places, [f"{centres(sample_rate)[m]:,.0f}" for m in places] if k == 0 else [])
        axes.set_xlabel("s", fontsize=8)
        axes.tick_params(labelsize=7)
        if k == 0:
            axes.set_ylabel("Hz", fontsize=8)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def log_mel(sound: Any, sample_rate: int) -> Floats:
    """Return the power in mel bands (bands, windows), in dB, at least `FLOOR_DB`; a full-scale sine is about 0."""
    padded = np.pad(np.asarray(sound, np.float64), (WINDOW // 2, WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: len(sound) + 1 : HOP]
    window = np.hanning(WINDOW)
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2 / (window.sum() / 2.0) ** 2
    bands = filters(sample_rate) @ power.T
    return np.asarray(10.0 * np.log10(np.maximum(bands, 10.0 ** (FLOOR_DB / 10.0))))


def filters(sample_rate: int) -> Floats:
    """Return triangles over the bins of a spectrum, (bands, bins), each with the peak 1."""
    edges = _edges(sample_rate)
    hz = np.fft.rfftfreq(WINDOW, 1.0 / sample_rate)
    low, middle, high = (edges[k : k + MELS, None] for k in range(3))
    rising, falling = (hz - low) / (middle - low), (high - hz) / (high - middle)
    shapes = np.maximum(0.0, np.minimum(rising, falling))
    nearest = np.abs(hz[None] - middle).argmin(axis=1)  # low bands are narrower than a bin
    shapes[np.arange(MELS), nearest] = np.maximum(shapes[np.arange(MELS), nearest], 1e-3 + (shapes.max(1) == 0.0))
    return np.asarray(np.minimum(shapes, 1.0))


def centres(sample_rate: int) -> Floats:
    """Return the middle of each band in Hz."""
    return _edges(sample_rate)[1:-1]


def _edges(sample_rate: int) -> Floats:
    """Return where bands begin and end, 30 Hz to half the rate: even on the mel scale (O'Shaughnessy 1987, as HTK)."""
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (30.0, sample_rate / 2.0))
    return np.asarray(700.0 * (10.0 ** (np.linspace(low, high, MELS + 2) / 2595.0) - 1.0))
