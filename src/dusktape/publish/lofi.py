"""What was made of somebody's file, delivered: the track, tagged, and beside it where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import OutputError
from dusktape.core.version import __version__
from dusktape.io import atomic
from dusktape.io.audiofile import AudioWriter, check_suffix
from dusktape.io.sound import sha256_of
from dusktape.publish.deliver import OF_THE_SOURCE, cover_of, tags_for
from dusktape.publish.lossy import feed
from dusktape.publish.provenance import dump, given_sounds, models_of, provenance
from dusktape.studio import yours
from dusktape.studio.lofi import Work

_LONGEST_NAME = 80


def title_from(source: Path) -> str:
    """Return a title for what is made of a file."""
    shown = "".join(c if c.isprintable() else " " for c in source.stem).strip()
    return f"{shown[:_LONGEST_NAME] or 'untitled'} (lo-fi)"


def name_from(source: Path, seed: int) -> str:
    """Return a name, without ending, for the files that are made of a file."""
    return f"{source.stem[:_LONGEST_NAME] or 'track'}-lofi-{seed}"


def facts_beside(path: Path) -> Path:
    """Return where the provenance of a track goes: the same name, ending in `.json`."""
    return path.with_suffix(".json")


def check(source: Path, path: Path, *, force: bool) -> None:
    """Refuse, before any work, places that are taken.

    Raises
    ------
    OutputError
        Naming the path; the source itself is never replaced.
    """
    check_suffix(path)
    for place in (path, facts_beside(path)):
        if place.exists() and place.samefile(source):
            raise OutputError(f"{str(place)!r} is the file that is read; choose another name for the result")
        atomic.check_writable(place, force=force)


def deliver(
    work: Work, source: Path, path: Path, *, title: str, licence: str | None, force: bool = False
) -> dict[str, Any]:
    """Render a work into a file and return its provenance, which is written beside it.

    Nothing appears under its name before it is whole.

    Parameters
    ----------
    work
        Of `studio.lofi` or `studio.revoice`.
    source
        The file that it was made of.
    path
        The track; the suffix picks the format.
    title, licence
        As the tags will say; no licence leaves that to the source.
    force
        Replace what is there.

    Raises
    ------
    OutputError
        If something cannot be written.
    """
    check(source, path, force=force)
    made = work.production
    terms = licence or OF_THE_SOURCE
    with ExitStack() as stack, ThreadPoolExecutor(1) as pool:
        cover = pool.submit(cover_of, made.recipe, made.seed, title)
        writer = stack.enter_context(AudioWriter(path, seed=made.seed.at("dither", "master"), force=force))
        into = feed(writer, ceiling_dbtp=made.recipe.master.ceiling_dbtp)
        for block in made.master():
            into.write(block)
        into.finish()
        facts = _facts(work, source, title=title, licence=terms)
        tags = tags_for(made, title=title, licence=terms, cover=cover.result())
        writer.tags = replace(
            tags,
            key=work.key,
            ai_statement=facts["statement"],
            models={m["name"]: m["sha256"] for m in facts["models"]},
            extra={"DUSKTAPE_SOURCE_SHA256": facts["source"]["sha256"]},
        )
        writer.close()
    atomic.write_bytes(facts_beside(path), dump(facts).encode(), force=force)
    return facts


def _facts(work: Work, source: Path, *, title: str, licence: str) -> dict[str, Any]:
    made = work.production
    told = provenance(made, title=title, licence=licence, seconds=made.frames / SAMPLE_RATE)
    told.pop("files", None)
    report = {**told["report"], "key": work.key.name if work.key else None}
    models = [m for m in models_of(made.recipe) if m["name"] == "drums"] if work.drummed else []
    origin: Mapping[str, Any] = {"file": source.name, "sha256": sha256_of(source), **work.facts}
    return {
        **told,
        "dusktape": __version__,
        "statement": statement(work),
        "models": models,
        "source": origin,
        **({"files": files} if (files := yours.files_of(work.players)) else {}),
        "report": report,
    }


def statement(work: Work) -> str:
    """Return plain words on what made this: somebody else the music, we its sound and perhaps its drums."""
    drums = " Its drums were composed by a neural network." if work.drummed else ""
    if work.key is None:
        return (
            "This is a recording that was given to Dusktape, an AI studio, which slowed, filtered, mixed and mastered "
            f"it.{drums} What else is heard is computer-generated.{given_sounds(work.players)}"
        )
    return (
        "The notes of this music were given to Dusktape, an AI studio. Its sound is computer-generated: performed, "
        f"synthesised, mixed and mastered.{drums}{given_sounds(work.players)}"
    )
