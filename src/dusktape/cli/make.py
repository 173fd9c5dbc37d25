"""`dusktape make`: one command, one finished track."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from dusktape.cli import complete, folders
from dusktape.cli.groups import F, GroupedCommand, option, path, paths
from dusktape.cli.talk import Talk
from dusktape.compose.loop import Loop
from dusktape.core.errors import InputError
from dusktape.io import atomic
from dusktape.io.audiofile import FORMATS
from dusktape.publish import provenance
from dusktape.publish.asked import Asked, parse_bars, parse_levels, parse_parts, read_notes
from dusktape.publish.commission import Commission, commissions
from dusktape.publish.deliver import DEFAULT_LICENCE, Order, deliver
from dusktape.publish.report import report_on
from dusktape.publish.titles import told_apart
from dusktape.studio import yours
from dusktape.studio.loop import produced
from dusktape.studio.wish import DEFAULT_RECIPE, Wish
from dusktape.studio.words import hear

_TRACK, _LIKE, _AGAIN, _MIDI, _FILES, _TALK = (
    "Which track",
    "What it is like",
    "From a track there is",
    "From your own MIDI",
    "Which files",
    "What is said",
)


def _output(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Path | None:
    found = path(ctx, parameter, value)
    if value and found and not found.is_dir():
        if value.endswith(("/", os.sep)):
            raise InputError(f"there is no folder {value!r}; make it, or name a file")
        if not found.suffix:
            raise InputError(f"{value!r} has no ending; add {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    return found


def _file(group: str, *names: str, **settings: Any) -> Callable[[F], F]:
    return option(group, *names, type=click.Path(), callback=path, **settings)


@click.command(cls=GroupedCommand)
@click.argument("recipe", required=False, shell_complete=complete.recipes)
@option(_TRACK, "--ask", is_flag=True, help="Be asked, in a terminal, and be told the command that says the same.")
@option(
    _TRACK, "--seed", type=int, metavar="N", help="0 or more; the same seed makes the same track. Default: a new one."
)
@option(_TRACK, "-n", "--count", type=int, default=1, metavar="N", help="Make so many, with the seeds that follow.")
@option(
    _TRACK,
    "--recipes",
    metavar="NAMES",
    help="These take turns, comma between them, or all; keys, tempi and sounds are spread over the tracks.",
)
@option(
    _TRACK,
    "--composer",
    "composers",
    multiple=True,
    metavar="NAME|RUN",
    help="networks or rules, or the folder of a training of yours, which takes over what it learned; repeatable.",
)
@option(_LIKE, "--minutes", type=float, metavar="M", help="Length, 0.5 to 60. Default: 100 to 200 s, from the seed.")
@option(
    _LIKE, "--loop", type=int, metavar="BARS", help="In place of a track, a loop that closes on itself; 2 to 64 bars."
)
@option(_LIKE, "--bpm", type=float, metavar="BPM", help="Tempo, 40 to 160.")
@option(_LIKE, "--key", metavar="KEY", help="As in 'F# minor'.")
@option(
    _LIKE, "--mood", metavar="MOOD", shell_complete=complete.moods, help="wistful, warm, dreamy, dark, hopeful, sleepy."
)
@option(
    _LIKE,
    "--set",
    "settings",
    multiple=True,
    metavar="PART.PARAM=VALUE",
    help="Any recipe key: keys.lowpass.cutoff_hz=2500.",
)
@option(
    _LIKE, "--effect", "effects", multiple=True, metavar="NAME", help="Lay a recording of yours over it; repeatable."
)
@option(
    _LIKE,
    "--instruments",
    type=click.Path(),
    callback=folders.instruments,
    expose_value=False,
    is_eager=True,
    metavar="DIR",
    help=folders.INSTRUMENTS_HELP,
)
@option(_LIKE, "--gain", "gains", multiple=True, metavar="PART=DB", help="Turn a part up or down; repeatable.")
@option(_LIKE, "--mute", metavar="PARTS", help="Leave these parts out of the mix: pad,vinyl.")
@option(_LIKE, "--solo", metavar="PARTS", help="Leave all others out.")
@option(_LIKE, "--loudness", type=float, metavar="LUFS", help="Integrated loudness. Default: the recipe's.")
@option(_LIKE, "--title", help="Default: one from the seed.")
@_file(_AGAIN, "--from", "origin", metavar="JSON", help="Make the track of a track.json again.")
@option(_AGAIN, "--keep", metavar="PARTS", help="... these parts as they are, the rest anew: drums,harmony.")
@option(_AGAIN, "--again", metavar="PARTS", help="... these parts anew, the rest as it is: melody.")
@option(_AGAIN, "--bars", metavar="A-B", help="... and only in these bars, counted from 1.")
@_file(_AGAIN, "--notes", metavar="FILE", help="... with notes that you edited: its score.mid, or JSON.")
@option(
    _AGAIN,
    "--like",
    nargs=2,
    type=click.Path(),
    callback=paths,
    metavar="A.JSON B.JSON",
    help="A new track between two track.json.",
)
@option(_AGAIN, "--mix", type=float, metavar="0..1", help="... nearer to A (0) or to B (1). Default: 0.5.")
@_file(_MIDI, "--continue", "onward", metavar="MIDI", help="Begin with these notes and compose on.")
@_file(_MIDI, "--under", metavar="MIDI", help="Harmony, bass, hands and drums under this melody.")
@option(
    _FILES,
    "-o",
    "--output",
    type=click.Path(),
    callback=_output,
    metavar="PATH",
    help="Default: ./RECIPE-SEED.flac; .wav, .mp3 and .ogg too.",
)
@_file(_FILES, "--out", "folder", metavar="DIR", help="A folder for the tracks; made if it is not there.")
@option(_FILES, "--stems", is_flag=True, help="One file per part beside the track; they sum to the unmastered mix.")
@option(_FILES, "--midi", is_flag=True, help="The performance as a MIDI file beside the track.")
@_file(_FILES, "--bundle", metavar="DIR", help="A folder with master, stems, MIDI, cover and track.json.")
@option(_FILES, "--report", is_flag=True, help="A page with pictures and measures, in a folder beside the track.")
@option(_FILES, "--licence", metavar="SPDX", help=f"What the files' tags say. Default: {DEFAULT_LICENCE}.")
@option(_FILES, "--force", is_flag=True, help="Replace files that are there.")
@option(_TALK, "--json", "as_json", is_flag=True, help="Print path and provenance as JSON, a line a track.")
@option(_TALK, "--quiet", is_flag=True, help="Print nothing but the result.")
def command(
    recipe: str | None,
    ask: bool,
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
) -> None:
    """Compose, perform, mix and master a track, and print its path.

    RECIPE is a name from `dusktape recipes`, a TOML file, or a wish in words: "slow rainy night, felt piano, no drums".
    Without one, `dusk` lets the seed decide.
    """
    talk = Talk(quiet=quiet)
    if ask:
        _asked(click.get_current_context(), talk)
        return
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
            facts = {**({"words": heard.facts()} if heard else {}), **_make(job, order, talk)}
            result = order.bundle if output is None and order.bundle else order.path
            print(json.dumps({"path": str(result), **facts}, ensure_ascii=False) if as_json else result, flush=True)


def _asked(ctx: click.Context, talk: Talk) -> None:
    from dusktape.cli.ask import as_command, ask

    arguments = ask(ctx)
    talk.say(as_command(arguments))
    with command.make_context("make", arguments, parent=ctx.parent) as context:
        command.invoke(context)


def _check(recipe: str | None, count: int, licence: str | None) -> None:
    if count < 1:
        raise InputError(f"--count is 1 or more, got {count}; leave it out for one track")
    if licence is not None and not licence.strip():
        raise InputError("--licence is empty; name one, as in CC0-1.0 or CC-BY-4.0")
    if recipe is not None and not recipe.strip():
        raise InputError("the recipe's name is empty; leave it out, or take one of: dusktape recipes")


def _make(job: Commission, order: Order, talk: Talk) -> dict[str, Any]:
    for line in (*job.said, *yours.said(job.recipe)):
        talk.say(line)
    again = "".join(f", {edit.told}" for edit in job.control.edits)
    talk.say(f"recipe {job.recipe.name}, seed {job.seed.value}{again}")
    if isinstance(job.control.start, Loop) and order.path and order.path.suffix.lower() == ".mp3":
        talk.say("an MP3 cannot loop exactly, since its encoder adds silence at both ends; .wav, .flac and .ogg can")
    started = time.perf_counter()
    try:
        outboard = (os.cpu_count() or 1) > 1
        production = produced(job.recipe, job.seed, control=job.control, outboard=outboard, progress=talk.progress)
        facts = deliver(production, order, title=job.title, licence=job.licence)
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
