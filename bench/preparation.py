"""Making a dataset of sounds beside the loop that most people write."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import librosa
import numpy as np
import soundfile

from bench.effort import Effort, relay
from bench.page import Table, ratio
from dusktape.data.audio.build import build
from dusktape.data.audio.cut import Plan
from dusktape.data.audio.options import Options
from dusktape.data.audio.worker import clips
from dusktape.data.pool import cores
from dusktape.io import atomic

TITLE = "Preparing sounds"

_RATE, _CLIP_S = 16_000, 4.0
_FILE_RATE, _FILE_S = 44_100, 120.0


def run(effort: Effort) -> list[Table]:
    """Write stereo files as MP3, and make clips of them in three ways."""
    count = 4 if effort.quick else 16
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "in").mkdir()
        files = [_file(folder / "in" / f"{seed:02d}.mp3", seed) for seed in range(count)]
        acts = (partial(_whole, folder), partial(_cut_alone, folder, files), partial(_loop, folder, files))
        whole, alone, loop = relay(acts, effort.repeats)
    hours = count * _FILE_S / 3600.0

    def row(name: str, seconds: float) -> list[str]:
        return [name, f"{seconds:.1f} s", f"{60.0 * hours / seconds:.1f}", ratio(loop, seconds)]

    return [
        Table(
            f"{count} MP3 files of {_FILE_S:.0f} s in stereo at {_FILE_RATE / 1000:g} kHz to mono clips of "
            f"{_CLIP_S:g} s at {_RATE / 1000:g} kHz, 24-bit FLAC. "
            "`dusktape data audio` reads each file twice: it measures clipping, "
            "loudness, true peak, bandwidth, copies, style and voices, resamples at soxr's VHQ, brings files to one "
            f"loudness, splits, and draws its page; {cores()} processes. The loop in one process (`librosa.load`, HQ, "
            "then `soundfile.write`) measures nothing, keeps no manifest and cannot go on where it stopped.",
            ["", "all files", "hours a minute", "ratio"],
            [
                row("`dusktape data audio`, everything", whole),
                row("its cutting alone, one process", alone),
                row("`librosa.load` and `soundfile.write`, the reference", loop),
            ],
        )
    ]


def _file(path: Path, seed: int) -> Path:
    """Two minutes of chords and noise bursts."""
    draw = np.random.default_rng(seed)
    t = np.arange(round(_FILE_S * _FILE_RATE)) / _FILE_RATE
    chords = sum(np.sin(2.0 * np.pi * hz * t) for hz in draw.uniform(110.0, 880.0, 4))
    beat = np.exp(-(t % 0.5) / 0.04) * draw.standard_normal(len(t))
    sound = np.stack([0.1 * chords + 0.2 * beat, 0.1 * chords + 0.15 * beat]).astype(np.float32)
    soundfile.write(path, sound.T, _FILE_RATE)
    return path


def _whole(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as out:
        build([folder / "in"], Path(out) / "x.dataset", Options(_RATE, cut="fixed", seconds=_CLIP_S))


def _cut_alone(folder: Path, files: Sequence[Path]) -> None:
    plan = Plan(_RATE, 1, "fixed", _CLIP_S, sound_to_s=_FILE_S)
    with tempfile.TemporaryDirectory(dir=folder) as out, atomic.writing(folder):
        for path in files:
            clips(path, plan, Path(out), path.stem)


def _loop(folder: Path, files: Sequence[Path]) -> None:
    size = round(_CLIP_S * _RATE)
    with tempfile.TemporaryDirectory(dir=folder) as out:
        for path in files:
            sound, _ = librosa.load(path, sr=_RATE, mono=True)
            for number, start in enumerate(range(0, len(sound) - size + 1, size)):
                clip = Path(out) / f"{path.stem}-{number:04d}.flac"
                soundfile.write(clip, sound[start : start + size], _RATE, subtype="PCM_24")
