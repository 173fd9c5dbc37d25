"""A dataset of sounds for tests, made on the spot."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from dusktape.data.sounds import Clip, SoundDataset, manifest_text

SPLITS = ("train", "train", "train", "train", "train", "train", "train", "valid", "valid", "test")


def music(frames: int, rate: int, number: int) -> np.ndarray:
    """Return something that can be foreseen in part: two decaying tones a beat over soft noise."""
    rng, t = np.random.default_rng(number), np.arange(frames) / rate
    hz = 110.0 * 2.0 ** (rng.integers(0, 12) / 12.0)
    beat = t % 0.6
    tones = np.sin(2 * np.pi * hz * t) + 0.5 * np.sin(2 * np.pi * 3.0 * hz * t)
    return 0.3 * tones * np.exp(-4.0 * beat) + 0.01 * rng.standard_normal(frames)


def dataset(
    folder: Path,
    rate: int,
    frames: int,
    *,
    splits: tuple[str, ...] = SPLITS,
    channels: int = 1,
    more: Mapping[str, Any] | None = None,
) -> Path:
    """Write a dataset of one clip for each of these splits, each of a file of its own; return its folder."""
    (folder / "clips").mkdir(parents=True)
    clips, files = [], []
    for number, split in enumerate(splits):
        path = folder / "clips" / f"clip-{number:02d}.flac"
        sound = np.stack([music(frames, rate, number + 100 * c) for c in range(channels)])
        soundfile.write(path, sound.T, rate, subtype="PCM_24")
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        clips.append(Clip(path.stem, f"song-{number:02d}.wav", split, frames, sha256, licence="CC0-1.0", **more or {}))
        files.append({"file": f"song-{number:02d}.wav", "kept": True, "split": split, "licence": "CC0-1.0"})
    text = manifest_text(sample_rate=rate, channels=channels, clips=clips, files=files)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return folder


def opened(folder: Path, rate: int, frames: int, **how: Any) -> SoundDataset:
    """Write a dataset and open it."""
    return SoundDataset.read(dataset(folder, rate, frames, **how))
