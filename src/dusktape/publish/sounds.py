"""Sounds that a model made, delivered: a folder of WAV files, and beside them where they come from."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.audio import Block
from dusktape.core.errors import WeightsError
from dusktape.core.seed import Seed
from dusktape.core.version import __version__
from dusktape.io import atomic
from dusktape.io.audiofile import AudioWriter
from dusktape.io.tags import Tags

FACTS = "sample.json"
STATEMENT = "This sound was made by a neural network, run by Dusktape, an AI studio."

_FULL_SCALE = 10.0 ** (-0.1 / 20.0)
_QUIET = 10.0 ** (-60.0 / 20.0)
_FADE_S = 0.005


def deliver(
    folder: Path,
    sounds: Iterable[Block],
    *,
    count: int,
    sample_rate: int,
    name: str,
    facts: Mapping[str, Any],
    labels: Sequence[str] = (),
    trim: bool = False,
    fade: bool = False,
    force: bool = False,
) -> dict[str, Any]:
    """Write sounds as 24-bit WAV files and `sample.json`, all or none, and return what that says.

    Parameters
    ----------
    folder
        Where they go; made if it is not there.
    sounds
        (channels, frames) each. Those beyond full scale are turned down to -0.1 dB.
    count
        How many there will be.
    sample_rate
        In Hz.
    name
        They are called `NAME-01.wav` and so on.
    labels
        What each of them is, if that is known: they are called by it, as in `closed-hat-01.wav`, and it is told.
    facts
        Where they come from: `model`, `sha256`, `seed` and more.
    trim
        Cut off the end from where nothing reaches -60 dB below the peak any more.
    fade
        Fade the last 5 ms of sounds whose end is heard: they would end in a click.
    force
        Replace files that are there.

    Raises
    ------
    OutputError
        If something cannot be written.
    WeightsError
        If a sound has values that are no numbers.
    """
    rows = []
    digits = max(2, len(str(count)))
    with atomic.replacing_folder(folder, force=force) as temporary:
        for number, sound in enumerate(sounds, 1):
            finished, turned_db = levelled(
                ended(trimmed(sound, sample_rate) if trim else sound, sample_rate if fade else 0)
            )
            label = labels[number - 1] if labels else ""
            file = f"{label.replace(' ', '-') or name}-{number:0{digits}d}.wav"
            _write(temporary / file, finished, sample_rate, number, facts)
            row: dict[str, Any] = {
                "file": file,
                "seconds": round(finished.shape[1] / sample_rate, 6),
                "peak_db": peak_db(finished),
            }
            row |= {"label": label} if label else {}
            rows.append({**row, "turned_down_db": turned_db} if turned_db else row)
        told = {"dusktape": __version__, "statement": STATEMENT, **facts, "sample_rate": sample_rate, "sounds": rows}
        text = json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        atomic.write_bytes(temporary / FACTS, text.encode())
    return told


def levelled(sound: Block) -> tuple[Block, float]:
    """Return a sound within full scale and by how much it was turned down, in dB; 0 if it fitted.

    Raises
    ------
    WeightsError
        If it has values that are no numbers.
    """
    if not np.isfinite(sound).all():
        raise WeightsError("the network made something that is no sound; take other steps, or an earlier checkpoint")
    peak = float(np.abs(sound).max(initial=0.0))
    if peak <= 1.0:
        return sound, 0.0
    return np.asarray(sound * np.float32(_FULL_SCALE / peak)), round(20.0 * math.log10(peak / _FULL_SCALE), 2)


def trimmed(sound: Block, sample_rate: int) -> Block:
    """Return a sound without the end in which nothing reaches 60 dB below its peak, faded out over 5 ms.

    Silence stays as long as it is.
    """
    size = np.abs(sound).max(axis=0)
    loud = np.flatnonzero(size > _QUIET * size.max(initial=0.0))
    if not len(loud):
        return sound
    fade = max(1, round(_FADE_S * sample_rate))
    end = min(sound.shape[1], int(loud[-1]) + 1 + fade)
    if end == sound.shape[1]:
        return sound
    out = sound[:, :end].copy()
    fade = min(fade, end)
    out[:, end - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return out


def ended(sound: Block, sample_rate: int) -> Block:
    """Return a sound whose end is not heard: its last 5 ms are faded if it breaks off. A rate of 0 leaves it."""
    fade = min(sound.shape[1], round(_FADE_S * sample_rate))
    if not fade or float(np.abs(sound[:, -1]).max()) <= _QUIET * float(np.abs(sound).max()):
        return sound
    out = sound.copy()
    out[:, -fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return out


def peak_db(sound: Block) -> float | None:
    """Return the highest sample in dB relative to full scale; None for silence."""
    peak = float(np.abs(sound).max(initial=0.0))
    return round(20.0 * math.log10(peak), 2) if peak > 0.0 else None


def _write(path: Path, sound: Block, sample_rate: int, number: int, facts: Mapping[str, Any]) -> None:
    seed = facts.get("seed")
    tags = Tags(
        title=path.stem,
        genre="",
        seed=seed if isinstance(seed, int) else None,
        version=__version__,
        models={str(facts["model"]): str(facts["sha256"])},
        ai_statement=STATEMENT,
        ai_generated=True,
    )
    dither = Seed(0).at("dither", number)  # 24 bits take none
    with AudioWriter(path, sample_rate, sound.shape[0], seed=dither, tags=tags) as writer:
        writer.write(sound)
