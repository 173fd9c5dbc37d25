"""`dusktape make`: one command, one finished track."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from dusktape.cli import complete
from dusktape.cli.talk import Talk
from dusktape.core.errors import InputError
from dusktape.core.recipe import Recipe
from dusktape.core.seed import Seed
from dusktape.io import atomic
from dusktape.io.audiofile import FORMATS
from dusktape.publish import provenance
from dusktape.publish.deliver import DEFAULT_LICENCE, Order, deliver, title_of
from dusktape.studio.production import Production
from dusktape.studio.wish import DEFAULT_RECIPE, Wish, checked_seed


def _path(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Path | None:
    if value is not None and not value.strip():
        raise InputError(f"{parameter.opts[-1]} is empty; name a place, or leave it out")
    if value is None:
        return None
    with atomic.writing(path := Path(value)):
        path.is_dir()  # asks the system once, which refuses names that are too long
    return path


def _output(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Path | None:
    path = _path(ctx, parameter, value)
    if value and path and not path.is_dir():
        if value.endswith(("/", os.sep)):
            raise InputError(f"there is no folder {value!r}; make it, or name a file")
        if not path.suffix:
            raise InputError(f"{value!r} has no ending; add {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    return path


@click.command()
@click.argument("recipe", required=False, shell_complete=complete.recipes)
@click.option(
    "--seed", type=int, metavar="N", help="0 or more; the same seed makes the same track. Default: a new one."
)
@click.option("--minutes", type=float, metavar="M", help="Length, 0.5 to 60. Default: 100 to 200 s, from the seed.")
@click.option("--count", type=int, default=1, metavar="N", help="Make so many, with the seeds that follow.")
@click.option("--title", help="Default: one from the seed.")
@click.option("--bpm", type=float, metavar="BPM", help="Tempo, 40 to 160.")
@click.option("--key", metavar="KEY", help="As in 'F# minor'.")
@click.option(
    "--mood", metavar="MOOD", shell_complete=complete.moods, help="wistful, warm, dreamy, dark, hopeful or sleepy."
)
@click.option(
    "--set", "settings", multiple=True, metavar="PART.PARAM=VALUE", help="Any recipe key: keys.lowpass.cutoff_hz=2500."
)
@click.option("--loudness", type=float, metavar="LUFS", help="Integrated loudness of the track. Default: the recipe's.")
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    callback=_output,
    metavar="PATH",
    help="Default: ./RECIPE-SEED.flac; .wav, .mp3 and .ogg too.",
)
@click.option("--licence", metavar="SPDX", help=f"What the files' tags say. Default: {DEFAULT_LICENCE}.")
@click.option(
    "--stems", is_flag=True, help="One file per part beside the track; they sum to the mix before the master."
)
@click.option("--midi", is_flag=True, help="The performance as a MIDI file beside the track.")
@click.option(
    "--bundle",
    type=click.Path(),
    callback=_path,
    metavar="DIR",
    help="A folder with master, stems, MIDI, cover and track.json.",
)
@click.option(
    "--from", "origin", type=click.Path(), callback=_path, metavar="JSON", help="Make the track of a track.json again."
)
@click.option("--json", "as_json", is_flag=True, help="Print path and provenance as JSON, a line a track.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--quiet", is_flag=True, help="Print nothing but the result.")
def command(
    recipe: str | None,
    seed: int | None,
    minutes: float | None,
    count: int,
    title: str | None,
    bpm: float | None,
    key: str | None,
    mood: str | None,
    settings: tuple[str, ...],
    loudness: float | None,
    output: Path | None,
    licence: str | None,
    stems: bool,
    midi: bool,
    bundle: Path | None,
    origin: Path | None,
    as_json: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Compose, perform, mix and master a track, and print its path.

    RECIPE is a name from `dusktape recipes` or a TOML file; without one, `dusk` lets the seed decide.
    """
    talk = Talk(quiet=quiet)
    if count < 1:
        raise InputError(f"--count is 1 or more, got {count}; leave it out for one track")
    if licence is not None and not licence.strip():
        raise InputError("--licence is empty; name one, as in CC0-1.0 or CC-BY-4.0")
    if recipe is not None and not recipe.strip():
        raise InputError("the recipe's name is empty; leave it out, or take one of: dusktape recipes")
    if title is not None and not title.strip():
        talk.say("the title is blank and left out")
        title = None
    jobs: list[tuple[Any, Seed, str | None, str]] = []
    if origin is not None:
        _refuse_beside_from(recipe, minutes, bpm, key, mood, loudness, settings, seed, count)
        known = provenance.read(origin)
        jobs.append((known.recipe, known.seed, title or known.title, licence or known.licence))
    else:
        wish = Wish(recipe or DEFAULT_RECIPE, minutes, bpm, key, mood, loudness, settings)
        first = checked_seed(seed)
        for k in range(count):
            address = Seed(first.value + k)
            jobs.append((wish.resolve(address), address, title, licence or DEFAULT_LICENCE))
    several = len(jobs) > 1
    orders = [_order(r.name, a.value, output, bundle, stems, midi, force, several=several) for r, a, _, _ in jobs]
    with _shelf(bundle if several else None):
        for order in orders:
            order.check()
        for (resolved, address, name, terms), order in zip(jobs, orders, strict=True):
            facts = _make(resolved, address, order, title_of(resolved, address, name), terms, talk)
            result = order.bundle if output is None and order.bundle else order.path
            print(json.dumps({"path": str(result), **facts}, ensure_ascii=False) if as_json else result, flush=True)


def _make(recipe: Recipe, seed: Seed, order: Order, title: str, licence: str, talk: Talk) -> dict[str, Any]:
    talk.say(f"recipe {recipe.name}, seed {seed.value}")
    started = time.perf_counter()
    try:
        production = Production(recipe, seed, outboard=(os.cpu_count() or 1) > 1, progress=talk.progress)
        facts = deliver(production, order, title=title, licence=licence)
    finally:
        talk.clear()
    _tell(talk, facts, time.perf_counter() - started)
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
    recipe: str,
    seed: int,
    output: Path | None,
    bundle: Path | None,
    stems: bool,
    midi: bool,
    force: bool,
    *,
    several: bool,
) -> Order:
    name = f"{recipe}-{seed}"
    if output is None:
        path = None if bundle else Path(f"{name}.flac")
    elif output.is_dir():
        path = output / f"{name}.flac"
    else:
        path = output.with_name(f"{output.stem}-{seed}{output.suffix}") if several else output
    folder = bundle / name if bundle and several else bundle
    beside = path or Path(f"{name}.flac")
    return Order(
        path=path,
        stems=beside.with_name(f"{beside.stem}-stems") if stems and path else None,
        midi=beside.with_suffix(".mid") if midi and path else None,
        bundle=folder,
        force=force,
    )


def _refuse_beside_from(*options: object) -> None:
    *others, count = options
    if any(o not in (None, ()) for o in others) or count != 1:
        raise InputError("--from makes one track as it was; leave out the recipe, --seed, --count and what changes it")


def _tell(talk: Talk, facts: dict[str, Any], seconds: float) -> None:
    report = facts["report"]
    talk.say(f"“{facts['title']}”: {report['bpm']:g} bpm, {report['key']}, {provenance.loudness_line(report)}")
    length = report["duration_s"]
    talk.say(f"{length:.1f} s of music in {seconds:.1f} s, {length / seconds:.0f} times real time")
