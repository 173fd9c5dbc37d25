"""A sample as a file: tagged, with what samplers and loop players read in it."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import numpy as np

from dusktape.core.audio import Block
from dusktape.core.version import __version__
from dusktape.io import wav_chunks
from dusktape.io.audiofile import AudioWriter
from dusktape.io.tags import Tags
from dusktape.publish.pack.checks import Verdict
from dusktape.publish.pack.finish import Sample
from dusktape.publish.pack.manifest import Entry, facts_of
from dusktape.publish.pack.order import Order
from dusktape.publish.pack.source import Source

_COLUMNS = 96
_TONIC_OCTAVE = 60


def write(
    folder: Path, name: str, sample: Sample, verdict: Verdict, order: Order, source: Source, licence: str
) -> Entry:
    """Write a sample into a pack's folder and return its entry.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    take, wav = sample.take, path.suffix == ".wav"
    tags = Tags(
        title=path.stem,
        album=order.title,
        bpm=take.bpm or None,
        key=take.key,
        licence=licence,
        seed=order.seed.value,
        version=__version__,
        ai_statement=source.statement,
        ai_generated=True,
        extra={"CHORD": take.chord} if take.chord else {},
        loop_frames=0 if wav or not take.loops else sample.frames,
    )
    dither = order.seed.at("pack", "dither", name)
    with AudioWriter(path, sample.sample_rate, sample.sound.shape[0], seed=dither, tags=tags, bits=order.bits) as file:
        file.write(sample.sound)
    if wav:
        wav_chunks.embed(path, playing(sample))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return Entry(facts_of(name, sample, verdict, sha256), outline(sample.sound))


def playing(sample: Sample) -> wav_chunks.Playing:
    """Return what a sampler is told: a stab's root, a loop's length, beats, tempo and tonic."""
    take = sample.take
    root = take.root if take.key is None or take.root is not None else _TONIC_OCTAVE + take.key.tonic
    return wav_chunks.Playing(sample.frames if take.loops else 0, root, take.beats, take.bpm)


def outline(sound: Block) -> list[tuple[float, float]]:
    """Return the highest and lowest sample of each of 96 stretches, over the highest of all."""
    edges = np.linspace(0, sound.shape[1], _COLUMNS + 1).astype(int)
    peak = float(np.abs(sound).max(initial=0.0)) or 1.0
    stretches = [sound[:, a : max(b, a + 1)] for a, b in pairwise(edges)]
    return [(float(s.max(initial=0.0)) / peak, float(s.min(initial=0.0)) / peak) for s in stretches]
