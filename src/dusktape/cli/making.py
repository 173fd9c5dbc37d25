"""What `dusktape make` does with its options: wishes become commissions, commissions become files."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from dusktape.cli.talk import Talk
from dusktape.compose.loop import Loop
from dusktape.core.errors import InputError
from dusktape.io import atomic
from dusktape.publish import provenance
from dusktape.publish.asked import Asked, parse_bars, parse_levels, parse_parts, read_notes
from dusktape.publish.commission import Commission, commissions
from dusktape.publish.deliver import Order, cover_errand, deliver
from dusktape.publish.report import report_on
from dusktape.publish.titles import told_apart
from dusktape.studio import yours
from dusktape.studio.loop import produced
from dusktape.studio.second import Second, keep_memory
from dusktape.studio.wish import DEFAULT_RECIPE, Wish
from dusktape.studio.words import hear


def make(
    *,
    recipe: str | None,
    seed: int | None,
    count: int,
    recipes: str | None,
    composers: tuple[str, ...],
    minutes: float | None,
    loop: int | None,
    bpm: float | None,
    key: str | None,
    mood: str | None,
    settings: tuple[str, ...],
    effects: tuple[str, ...],
    gains: tuple[str, ...],
    mute: str | None,
    solo: str | None,
    loudness: float | None,
    title: str | None,
    origin: Path | None,
    keep: str | None,
    again: str | None,
    bars: str | None,
    notes: Path | None,
    like: tuple[Path, Path] | None,
    mix: float | None,
    onward: Path | None,
    under: Path | None,
    output: Path | None,
    folder: Path | None,
    stems: bool,
    midi: bool,
    bundle: Path | None,
    report: bool,
    licence: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    second: Second | None,
) -> None:
    """Make what the options of `dusktape make` ask for, the first track with the second process that is awake."""
    keep_memory()
    talk = Talk(quiet=quiet)
    _check(recipe, count, licence)
    if title is not None and not title.strip():
        talk.say("the title is blank and left out")
        title = None
    told = (*yours.laid_over(effects), *settings)
    heard = hear(recipe) if recipe else None
    if loop is None and heard:
        loop = heard.loop
    wish = Wish(recipe or DEFAULT_RECIPE, minutes, bpm, key, mood, loudness, told, composers)
    parts = parse_parts(keep, "--keep"), parse_parts(again, "--again")
    written = read_notes(notes) if notes else None
    levels, alone = parse_levels(gains, parse_parts(mute, "--mute")), parse_parts(solo, "--solo")
    asked = Asked(origin, *parts, parse_bars(bars), onward, under, like, mix, loop, written, levels, alone)
    turns = parse_parts(recipes, "--recipes")
    named = recipe is not None
    jobs = commissions(wish, seed, asked, recipe_named=named, count=count, recipes=turns, title=title, licence=licence)
    if title is None:
        jobs = [replace(job, title=told) for job, told in zip(jobs, told_apart(jobs), strict=True)]
    several = len(jobs) > 1
    if folder is not None and output is not None:
        raise InputError("--out names a folder, --output a file; give one of them")
    orders = [_order(job, folder or output, bundle, stems, midi, report, force, several=several) for job in jobs]
    with _shelf(folder), _shelf(bundle if several else None):
        for order in orders:
            order.check()
        named_here = (recipe or "", *(setting.partition("=")[2] for setting in settings))
        for line in (*(heard.lines() if heard else ()), *yours.remarks(named_here)):
            talk.say(line)
        for job, order in zip(jobs, orders, strict=True):
            facts = {**({"words": heard.facts()} if heard else {}), **_make(job, order, talk, second)}
            second = None  # it has ended with the track
            result = order.bundle if output is None and order.bundle else order.path
            print(json.dumps({"path": str(result), **facts}, ensure_ascii=False) if as_json else result, flush=True)


def _check(recipe: str | None, count: int, licence: str | None) -> None:
    if count < 1:
        raise InputError(f"--count is 1 or more, got {count}; leave it out for one track")
    if licence is not None and not licence.strip():
        raise InputError("--licence is empty; name one, as in CC0-1.0 or CC-BY-4.0")
    if recipe is not None and not recipe.strip():
        raise InputError("the recipe's name is empty; leave it out, or take one of: dusktape recipes")


def _make(job: Commission, order: Order, talk: Talk, second: Second | None) -> dict[str, Any]:
    for line in (*job.said, *yours.said(job.recipe)):
        talk.say(line)
    again = "".join(f", {edit.told}" for edit in job.control.edits)
    talk.say(f"recipe {job.recipe.name}, seed {job.seed.value}{again}")
    if isinstance(job.control.start, Loop) and order.path and order.path.suffix.lower() == ".mp3":
        talk.say("an MP3 cannot loop exactly, since its encoder adds silence at both ends; .wav, .flac and .ogg can")
    started = time.perf_counter()
    try:
        outboard = second or (os.cpu_count() or 1) > 1
        cover = cover_errand(job.recipe, job.seed, job.title)
        production = produced(
            job.recipe, job.seed, control=job.control, outboard=outboard, progress=talk.progress, errands=[cover]
        )
        facts = deliver(production, order, title=job.title, licence=job.licence, cover=cover)
    finally:
        talk.clear()
    _tell(talk, facts, time.perf_counter() - started)
    if page := report_on(order, production.score, facts, talk.progress):
        talk.clear()
        talk.say(f"report: {page}")
    return facts


@contextmanager
def _shelf(folder: Path | None) -> Iterator[None]:
    """Make the folder that several bundles go into; take it away again if none did."""
    if folder is None or folder.is_dir():
        yield
        return
    atomic.check_folder_writable(folder)
    with atomic.writing(folder):
        folder.mkdir()
    try:
        yield
    finally:
        with suppress(OSError):
            folder.rmdir()  # refuses while anything is in it


def _order(
    job: Commission,
    output: Path | None,
    bundle: Path | None,
    stems: bool,
    midi: bool,
    report: bool,
    force: bool,
    *,
    several: bool,
) -> Order:
    name = job.name
    if output is None:
        place = None if bundle else Path(f"{name}.flac")
    elif output.is_dir() or not output.suffix:  # a folder that is still to be made
        place = output / f"{name}.flac"
    else:
        last = job.control.edits[-1].mark if job.control.edits else job.seed.value
        place = output.with_name(f"{output.stem}-{last}{output.suffix}") if several else output
    folder = bundle / name if bundle and several else bundle
    beside = place or Path(f"{name}.flac")
    return Order(
        path=place,
        stems=beside.with_name(f"{beside.stem}-stems") if stems and place else None,
        midi=beside.with_suffix(".mid") if midi and place else None,
        bundle=folder,
        report=report,
        force=force,
    )


def _tell(talk: Talk, facts: dict[str, Any], seconds: float) -> None:
    report = facts["report"]
    talk.say(f"“{facts['title']}”: {report['bpm']:g} bpm, {report['key']}, {provenance.loudness_line(report)}")
    length = report["duration_s"]
    talk.say(f"{length:.1f} s of music in {seconds:.1f} s, {length / seconds:.0f} times real time")
