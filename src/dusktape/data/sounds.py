"""A folder of sounds ready to learn from: what `dusktape data audio` makes and every training on sound reads.

`manifest.json` tells of every file that was looked at and of every clip that was cut; the clips lie in `clips/` as
24-bit FLAC at one rate, so that other programs can use them, too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from dusktape.core.audio import Block
from dusktape.core.errors import InputError
from dusktape.data.dataset import MANIFEST, SPLITS
from dusktape.io import audiofile

FORMAT = 1
"""Version of what lies in the folder. Another one is refused."""

KIND = "audio"
"""What `kind` in the manifest says; datasets of notes have none."""

CLIPS = "clips"

HOW = "make one: dusktape data audio DIR --out sounds.dataset"
"""The way out for those who have none."""

_AGAIN = "make it again with dusktape data audio"


@dataclass(frozen=True, slots=True)
class Clip:
    """One sound to learn from.

    Parameters
    ----------
    name
        Unique in the dataset; it lies in `clips/NAME.flac`.
    file
        Where it was cut from, as the manifest names it. Clips of one file, and of near copies, share a split.
    split
        One of `data.dataset.SPLITS`.
    frames
        Its length at the dataset's rate.
    sha256
        Of the file `clips/NAME.flac`.
    start_s
        Where in the file it begins.
    label
        What it is (`kick`), by its folder or name; empty if unknown.
    bpm
        Tempo of the file, if it was cut by beats or bars; else 0.
    licence
        SPDX, or `unknown`.
    """

    name: str
    file: str
    split: str
    frames: int
    sha256: str
    start_s: float = 0.0
    label: str = ""
    bpm: float = 0.0
    licence: str = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class SoundDataset:
    """Clips on disk, read as they are asked for.

    Parameters
    ----------
    folder
        Where they lie.
    manifest
        What is known of every file that was looked at, kept or not, and how the dataset was made.
    sample_rate, channels
        Of every clip.
    clips
        In the order of their names.
    sha256
        Of names, splits and sounds: two datasets with the same hash hold the same clips in the same splits.
    """

    folder: Path
    manifest: Mapping[str, Any]
    sample_rate: int
    channels: int
    clips: tuple[Clip, ...]
    sha256: str

    @staticmethod
    def read(folder: Path) -> SoundDataset:
        """Open a dataset of sounds.

        Raises
        ------
        InputError
            If it is none, is damaged, or was made in another format.
        """
        path = folder / MANIFEST
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(manifest, dict) or manifest.get("kind") != KIND:
                raise InputError(f"{folder} is no dataset of sounds; {HOW}")
            if manifest["format"] != FORMAT:
                raise InputError(
                    f"{folder} is a dataset of format {manifest['format']!r}, this dusktape reads {FORMAT}; {_AGAIN}"
                )
            clips = tuple(_clip(entry) for entry in manifest["clips"])
            sample_rate, channels = manifest["sample_rate"], manifest["channels"]
            if not (isinstance(sample_rate, int) and sample_rate > 0 and channels in (1, 2)):
                raise ValueError(f"sample rate {sample_rate!r} or channels {channels!r} cannot be")
        except FileNotFoundError as error:
            what = f"has no {MANIFEST}" if folder.is_dir() else "is no folder"
            raise InputError(f"{folder} is no dataset of sounds: it {what}; {HOW}") from error
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(f"{path} describes no dataset of sounds: {error!r}; {_AGAIN}") from error
        return SoundDataset(folder, manifest, sample_rate, channels, clips, fingerprint(clips))

    def of(self, split: str) -> tuple[Clip, ...]:
        """Return the clips of one split."""
        return tuple(clip for clip in self.clips if clip.split == split)

    @property
    def groups(self) -> dict[str, str]:
        """File to the file that it is a near copy of: clips of both share a split."""
        entries = (e for e in self.manifest.get("files", ()) if isinstance(e, Mapping))
        return {str(e["file"]): str(e["twin"]) for e in entries if "file" in e and "twin" in e}

    @property
    def labels(self) -> tuple[str, ...]:
        """What there is, in alphabetical order."""
        return tuple(sorted({clip.label for clip in self.clips if clip.label}))

    def load(self, clip: Clip) -> Block:
        """Return a clip's samples, (channels, frames).

        Raises
        ------
        InputError
            If its file is missing or is not what the manifest says.
        """
        path = self.folder / CLIPS / f"{clip.name}.flac"
        audio = audiofile.read(path)
        found = (audio.sample_rate, *audio.samples.shape)
        if found != (self.sample_rate, self.channels, clip.frames):
            raise InputError(f"{path} is not the clip that {MANIFEST} describes; {_AGAIN}")
        return audio.samples


def fingerprint(clips: Sequence[Clip]) -> str:
    """Return the SHA-256 of what clips hold and in which split they are."""
    lines = sorted(f"{clip.name}\t{clip.split}\t{clip.label}\t{clip.sha256}\n" for clip in clips)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def manifest_text(
    *, sample_rate: int, channels: int, clips: Sequence[Clip], files: Sequence[Mapping[str, Any]], **more: Any
) -> str:
    """Return a manifest as JSON, a line for each file and each clip.

    Parameters
    ----------
    sample_rate, channels
        Of the clips.
    clips
        What was cut.
    files
        What was looked at: `file`, `kept`, `why` and `reason` where it was not, `licence`, `split`, measures.
    more
        How the dataset was made.
    """
    head = {"format": FORMAT, "kind": KIND, "sample_rate": sample_rate, "channels": channels, **more}
    head["sha256"] = fingerprint(clips)
    text = json.dumps(head, indent=1, ensure_ascii=False, allow_nan=False).removesuffix("\n}")
    ordered = sorted(clips, key=lambda clip: clip.name)
    for name, rows in (("clips", [asdict(clip) for clip in ordered]), ("files", list(files))):
        lines = ",\n  ".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
        text += f',\n "{name}": [' + (f"\n  {lines}\n ]" if rows else "]")
    return text + "\n}\n"


_FIELDS = {f.name: f.type for f in fields(Clip)}


def _clip(entry: Any) -> Clip:
    """Return a clip from its line in the manifest."""
    clip = Clip(**{name: entry[name] for name in _FIELDS if name in entry})
    words = (clip.name, clip.file, clip.sha256, clip.label, clip.licence)
    if not all(isinstance(word, str) for word in words) or Path(clip.name).name != clip.name:
        raise ValueError(f"a clip is called {clip.name!r}")
    if clip.split not in SPLITS or not isinstance(clip.frames, int) or clip.frames < 1:
        raise ValueError(f"clip {clip.name!r} has split {clip.split!r} and {clip.frames!r} frames")
    return clip
