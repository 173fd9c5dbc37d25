"""`manifest.json`: every file of a pack, with all that is known of it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from dusktape.publish.pack.checks import Verdict
from dusktape.publish.pack.finish import Sample

FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the pack, and the outline of its wave for the page.

    Parameters
    ----------
    facts
        Its line in the manifest.
    outline
        Highest and lowest sample in each of some stretches of equal length.
    """

    facts: Mapping[str, Any]
    outline: Sequence[tuple[float, float]] = field(repr=False)


def facts_of(name: str, sample: Sample, verdict: Verdict, sha256: str) -> dict[str, Any]:
    """Return the line of a file: name, what it is, what it measures, where it comes from, its hash."""
    take = sample.take
    facts: dict[str, Any] = {"file": name, "kind": take.kind, "group": take.group}
    if take.bpm:
        facts |= {"bpm": take.bpm, "bars": take.bars, "beats": take.beats}
    if take.key is not None:
        facts["key"] = take.key.name
    if take.chord:
        facts["chord"] = take.chord
    if take.root is not None:
        facts["root"] = take.root
    channels, frames = sample.sound.shape
    facts |= {
        "frames": int(frames),
        "sample_rate": sample.sample_rate,
        "channels": int(channels),
        "seconds": round(frames / sample.sample_rate, 4),
        "lufs": _figure(sample.lufs),
        "peak_dbtp": _figure(sample.peak_dbtp),
    }
    if verdict.seam is not None:
        facts["seam"] = {"step": _figure(verdict.seam.step), "jolt": _figure(verdict.seam.jolt)}
    else:
        facts["edge_db"] = _figure(sample.edge_db)
    facts["apart_db"] = None if verdict.apart_db is None else _figure(verdict.apart_db)
    if verdict.nearest is not None:
        near = verdict.nearest
        facts["nearest"] = {
            "clip": near.clip,
            "distance_db": _figure(near.distance_db),
            "allowed_db": _figure(near.allowed_db),
        }
    return {**facts, "address": dict(take.address), "sha256": sha256}


def dump(facts: Mapping[str, Any]) -> str:
    """Return a manifest as JSON, a line for each file."""
    head = json.dumps({k: v for k, v in facts.items() if k != "files"}, indent=1, ensure_ascii=False, allow_nan=False)
    lines = ",\n  ".join(json.dumps(file, ensure_ascii=False, allow_nan=False) for file in facts["files"])
    return head.removesuffix("\n}") + f',\n "files": [\n  {lines}\n ]\n}}\n'


def old_files(folder: Path) -> set[str]:
    """Return the sounds of a pack of ours that lies in a folder; none if there is none."""
    try:
        told = json.loads((folder / FILE).read_text(encoding="utf-8"))
        names = [str(file["file"]) for file in told["files"] if len(file["sha256"]) == 64]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()
    return {name for name in names if ".." not in PurePosixPath(name).parts and not PurePosixPath(name).is_absolute()}


def _figure(value: float) -> float | None:
    return round(value, 2) if math.isfinite(value) else None
