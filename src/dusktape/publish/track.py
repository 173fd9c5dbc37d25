"""A finished track in memory: what Python users and notebooks hold in their hands."""

from __future__ import annotations

import base64
import html
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.audio import Audio, Block
from dusktape.core.errors import InputError
from dusktape.core.recipe import Recipe
from dusktape.core.score import Score
from dusktape.core.seed import Seed
from dusktape.io.audiofile import AudioWriter
from dusktape.io.tags import Tags
from dusktape.publish.deliver import DEFAULT_LICENCE, cover_of, tags_for
from dusktape.publish.lossy import feed
from dusktape.publish.provenance import Origin, loudness_line, provenance
from dusktape.studio.production import Production


@dataclass(frozen=True, eq=False)
class Track:
    """A song, mastered, with everything that belongs to it.

    Parameters
    ----------
    audio
        Stereo samples and their rate.
    title, licence
        As its files will say.
    """

    audio: Audio
    title: str
    licence: str = DEFAULT_LICENCE
    _production: Production = field(repr=False, kw_only=True)

    @property
    def score(self) -> Score:
        """Every note, as it is played."""
        return self._production.score

    @property
    def recipe(self) -> Recipe:
        """What was wanted, every choice closed."""
        return self._production.recipe

    @property
    def seed(self) -> Seed:
        """Where all of it came from."""
        return self._production.seed

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """What `track.json` would hold: recipe, seed, version, weights, licences, measures."""
        return provenance(self._production, title=self.title, licence=self.licence, seconds=self.audio.seconds)

    @property
    def origin(self) -> Origin:
        """What it is made from: what `dusktape.make(origin=...)` starts out from.

        Raises
        ------
        InputError
            If its score was given: that is no recipe and no seed.
        """
        made = self._production
        if made.given is not None:
            raise InputError("this track's score was given: nothing of it can be composed again; play it with score=")
        return Origin(made.recipe, made.seed, self.title, self.licence, made.control)

    @cached_property
    def cover(self) -> bytes:
        """The cover, a PNG of 1400 x 1400."""
        return cover_of(self.recipe, self.seed, self.title)

    @cached_property
    def stems(self) -> Mapping[str, Block]:
        """One block (2, frames) per part, rendered when first asked for; their sum is the mix before the master."""
        hops = list(self._production.stems())
        return {part: np.concatenate([hop[part] for hop in hops], axis=1) for part in hops[0]}

    def write(self, path: str | Path, *, force: bool = False) -> Path:
        """Write a tagged `.flac`, `.wav`, `.ogg` or `.mp3` and return its path.

        Raises
        ------
        OutputError
            If the suffix is none of these, or the file is there already, or cannot be written.
        """
        tags = tags_for(self._production, title=self.title, licence=self.licence, cover=self.cover)
        return self._write(Path(path), tags, force=force)

    def _write(self, path: Path, tags: Tags | None, *, force: bool = False) -> Path:
        with AudioWriter(path, seed=self.seed.at("dither", "master"), tags=tags, force=force) as writer:
            into = feed(writer, ceiling_dbtp=self.recipe.master.ceiling_dbtp)
            into.write(self.audio.samples)
            into.finish()
        return path

    def _mp3(self) -> bytes:
        """Return what `write` puts into an MP3, without its tags."""
        with tempfile.TemporaryDirectory(prefix="dusktape-") as folder:
            return self._write(Path(folder) / "track.mp3", None).read_bytes()

    def _repr_html_(self) -> str:
        """Show a player, the cover and the sections, in a notebook. Needs nothing from the notebook."""
        sound = base64.b64encode(self._mp3()).decode()
        picture = base64.b64encode(self.cover).decode()
        report = self.provenance["report"]
        total = max(report["duration_s"], 1e-9)
        bars = "".join(
            f'<div title="{s["start_s"]:.0f}-{s["end_s"]:.0f} s" style="flex:{(s["end_s"] - s["start_s"]) / total:.4f};'
            'padding:2px 4px;border-left:1px solid #8888;overflow:hidden">' + html.escape(s["name"]) + "</div>"
            for s in report["sections"]
        )
        facts = (
            f"{report['bpm']:g} bpm, {report['key']}, {loudness_line(report)}, "
            f"recipe {self.recipe.name}, seed {self.seed.value}, {self.licence}"
        )
        return (
            '<div style="max-width:560px;font:13px sans-serif">'
            f'<img src="data:image/png;base64,{picture}" alt="cover" style="width:140px;float:left;margin-right:12px">'
            f"<strong>{html.escape(self.title)}</strong><br>{html.escape(facts)}<br>"
            f'<audio controls style="width:400px" src="data:audio/mpeg;base64,{sound}"></audio>'
            f'<div style="display:flex;clear:both">{bars}</div></div>'
        )
