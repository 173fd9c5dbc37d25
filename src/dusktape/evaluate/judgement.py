"""Everything an evaluation finds about some songs, as numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dusktape.core.score import Score
from dusktape.evaluate import gather
from dusktape.evaluate.copying import copying
from dusktape.evaluate.diversity import diversity
from dusktape.evaluate.repetition import repetition
from dusktape.evaluate.song import measure, people
from dusktape.nn.line import Line
from dusktape.nn.phrases import LENGTHS, Phrases

PERCENTILES = (5, 25, 50, 75, 95)


def of_songs(songs: Sequence[tuple[str, Score]], phrases: Phrases | None) -> dict[str, Any]:
    """Return what is found about songs.

    Parameters
    ----------
    songs
        Name and score of each.
    phrases
        Of what the composer learned from; None leaves copying out.

    Returns
    -------
    `songs` (a row of measures each), `measures` (mean and percentiles by measure), `repetition`, `copying`,
    `diversity`, each beside `people`; and all of it flat in `figures`.
    """
    rows = [{"name": name, **measure(score)} for name, score in songs]
    lines = [gather.line(name, score) for name, score in songs if score.parts.get("lead")]
    found: dict[str, Any] = {"songs": rows, "measures": summary(rows), **of_lines(lines, phrases)}
    found["figures"] |= {name: row["mean"] for name, row in found["measures"].items()}
    found["people"]["measures"] = people()["measures"]
    return found


def of_lines(lines: Sequence[Line], phrases: Phrases | None) -> dict[str, Any]:
    """Return what is found about melodies alone: repetition, copying, diversity. See `of_songs`."""
    known = people()
    curves = repetition(lines)
    figures = {f"repetition.{k}": v for k, v in curves.figures().items()}
    apart = diversity(lines).figures()
    figures |= {f"diversity.{k}": v for k, v in apart.items()}
    figures |= {f"people.diversity.{k}": v for k, v in known["diversity"].items()}
    found: dict[str, Any] = {
        "repetition": {
            "place": curves.place.tolist(),
            "positional": curves.positional.tolist(),
            "bag": curves.bag.tolist(),
            "songs": curves.songs.tolist(),
        },
        "diversity": apart,
        "people": {"repetition": known["repetition"], "diversity": known["diversity"]},
        "figures": figures,
    }
    if phrases is not None and lines:
        found["copying"], found["people"]["copying"] = _copying(lines, phrases, figures)
    return found


def _copying(
    lines: Sequence[Line], phrases: Phrases, figures: dict[str, float]
) -> tuple[dict[str, Any], dict[str, Any]]:
    ours: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    for mode, c in copying(lines, phrases).items():
        ours[mode] = {
            **c.figures(),
            "length": list(LENGTHS),
            "share": c.share.tolist(),
            "matches": [
                {"line": line.name, "notes": m.length, "song": m.song} for line, m in zip(lines, c.longest, strict=True)
            ],
        }
        theirs[mode] = {**c.people(), "length": list(LENGTHS), "share": c.people_share.tolist()}
        figures |= {f"copying.{mode}.{k}": v for k, v in c.figures().items()}
        figures |= {f"people.copying.{mode}.{k}": v for k, v in c.people().items()}
    return ours, theirs


def summary(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Return mean and percentiles of every measure over the songs that have it."""
    out = {}
    for name in rows[0] if rows else ():
        if name == "name":
            continue
        values = np.array([row[name] for row in rows], np.float64)
        values = values[np.isfinite(values)]
        marks = np.percentile(values, PERCENTILES) if len(values) else [math.nan] * len(PERCENTILES)
        out[name] = {
            "mean": float(values.mean()) if len(values) else math.nan,
            "songs": float(len(values)),
            **{f"p{p}": float(v) for p, v in zip(PERCENTILES, marks, strict=True)},
        }
    return out
