"""Writing: sound files in every format, and the cover."""

from __future__ import annotations

import io
import tempfile
from functools import partial
from pathlib import Path

import lameenc
import numpy as np
import soundfile
from PIL import Image

from bench.effort import Effort, race
from bench.material import SONG_SEED, song
from bench.page import Table, milliseconds, ratio, times
from dusktape.core.audio import SAMPLE_RATE, Block
from dusktape.core.seed import Seed
from dusktape.io.audiofile import FORMATS, AudioWriter
from dusktape.io.mp3 import KILOBITS
from dusktape.publish.cover import SCENES, draw_cover
from dusktape.studio.production import HOP

TITLE = "Files"


def run(effort: Effort) -> list[Table]:
    """Measure every writer on a finished track, and every cover scene."""
    return [_sounds(effort), _covers(effort)]


def _sounds(effort: Effort) -> Table:
    block = np.concatenate(list(song(effort.minutes).master()), axis=1)
    seconds = block.shape[1] / SAMPLE_RATE
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for suffix in FORMATS:
            ours, other = Path(folder) / f"ours{suffix}", Path(folder) / f"other{suffix}"
            mine, plain = race(partial(_write, ours, block), partial(_plain, other, block), effort.repeats)
            reference = "lameenc, all at once" if suffix == ".mp3" else "soundfile, all at once"
            size = f"{ours.stat().st_size / 1e6:.1f} MB"
            rows.append([suffix, size, times(seconds, mine), reference, times(seconds, plain), ratio(plain, mine)])
    return Table(
        f"A finished track of {seconds:.0f} s in blocks of {HOP}, to a temporary name and renamed.",
        ["format", "size", "times real time", "reference", "its times real time", "ratio"],
        rows,
    )


def _write(path: Path, block: Block) -> None:
    with AudioWriter(path, seed=Seed(1), force=True) as writer:
        for start in range(0, block.shape[1], HOP):
            writer.write(block[:, start : start + HOP])


def _plain(path: Path, block: Block) -> None:
    if path.suffix == ".mp3":
        encoder = lameenc.Encoder()
        encoder.silence()
        encoder.set_bit_rate(KILOBITS)
        encoder.set_in_sample_rate(SAMPLE_RATE)
        encoder.set_channels(2)
        encoder.set_quality(5)
        whole = np.ascontiguousarray((block.T * 32767.0).astype(np.int16))
        path.write_bytes(bytes(encoder.encode(whole.tobytes()) + encoder.flush()))
        return
    subtype = "VORBIS" if path.suffix == ".ogg" else "PCM_24"
    # libvorbis may crash on one long call: a second at a time.
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 2, subtype=subtype) as file:
        step = SAMPLE_RATE if subtype == "VORBIS" else block.shape[1]
        for start in range(0, block.shape[1], step):
            file.write(block[:, start : start + step].T)


def _covers(effort: Effort) -> Table:
    rows = []
    for scene in SCENES:
        ours = partial(draw_cover, Seed(SONG_SEED), title="Bench", mood="wistful", weather="rain", scene=scene)
        picture = ours()
        image = Image.open(io.BytesIO(picture))
        image.load()
        mine, plain = race(ours, partial(_save, image), effort.repeats)
        rows.append([scene, f"{len(picture) / 1e3:.0f} kB", milliseconds(mine), milliseconds(plain)])
    return Table(
        "Covers of 1400 x 1400. The reference only saves the finished picture again: what drawing cannot go below.",
        ["scene", "size", "draw and save", "Pillow, save alone"],
        rows,
    )


def _save(image: Image.Image) -> None:
    image.save(io.BytesIO(), "PNG")
