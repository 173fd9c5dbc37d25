"""`dusktape data`: make data to learn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import click

from dusktape.cli.talk import EVERY_S, Talk
from dusktape.core.errors import InputError

if TYPE_CHECKING:
    from dusktape.data.audio.build import Built as BuiltSounds
    from dusktape.data.midi.build import Built


class _Built(Protocol):
    @property
    def folder(self) -> Path: ...


T = TypeVar("T", bound=_Built)

_MOST_WORKERS = 256
_NAMED = 20
_USUAL_RATE = 44_100
_SILENT = ("duplicate",)


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Make data to learn from out of your own files."""
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


@command.command(short_help="Examine, clean and split MIDI files.")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR...")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER", help="As in lofi.dataset.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of the split; 0 or more.")
@click.option("--licence", metavar="SPDX", help="Licence of the files. Default: unknown.")
@click.option(
    "--licences",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Licences of single files or folders: a line each, 'path,licence'.",
)
@click.option("--no-normalise", is_flag=True, help="Keep tempo, time and velocity as they are.")
@click.option("--keep-tempo", is_flag=True, help="Keep each song's tempo; else 60 to 95 beats a minute.")
@click.option("--keep-time", is_flag=True, help="Keep the players' timing and swing; else all on sixteenths.")
@click.option("--keep-velocity", is_flag=True, help="Keep velocities; else each song has a median of 70.")
@click.option(
    "--drop-duplicates/--keep-duplicates", default=True, show_default=True, help="If kept, they share a split."
)
@click.option("--workers", type=int, metavar="N", help="Processes at once. Default: one for each core.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--quiet", is_flag=True, help="Print nothing but the result.")
def midi(
    folders: tuple[Path, ...],
    out: Path,
    seed: int,
    licence: str | None,
    licences: Path | None,
    no_normalise: bool,
    keep_tempo: bool,
    keep_time: bool,
    keep_velocity: bool,
    drop_duplicates: bool,
    workers: int | None,
    force: bool,
    quiet: bool,
) -> None:
    """Examine, clean and split the MIDI files below DIR, and print the path of the dataset.

    Files that cannot be used are named with the reason and left out. A call that is stopped goes on where it was when
    it is given again.
    """
    _check(workers, licence)
    from dusktape.data.licences import UNKNOWN, read_licences
    from dusktape.data.midi.build import build
    from dusktape.data.midi.normalise import Normalise
    from dusktape.data.midi.options import Options

    options = Options(
        seed=seed,
        normalise=Normalise(
            tempo=not (no_normalise or keep_tempo),
            grid=not (no_normalise or keep_time),
            velocity=not (no_normalise or keep_velocity),
        ),
        drop_duplicates=drop_duplicates,
        licence=licence or UNKNOWN,
        licences=read_licences(licences) if licences else {},
    )
    call = partial(build, folders, out, options, workers=workers, force=force)
    _carry_out(call, _tell, "read", quiet=quiet)


@command.command(short_help="Examine, clean, cut and split recordings.")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR...")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER", help="As in drums.dataset.")
@click.option("--rate", type=int, metavar="HZ", help="Frames a second of the clips. Default: 44100, or as in --for.")
@click.option("--channels", type=int, metavar="1|2", help="Default: 1, or as in --for.")
@click.option("--for", "checkpoint", metavar="CHECKPOINT", help="Refuse a rate that does not match this checkpoint.")
@click.option("--cut", metavar="HOW", help="oneshots, beats, bars or fixed. Default: as most files are long or short.")
@click.option("--seconds", type=float, metavar="S", help="Of fixed clips (4), and of the longest one-shot (2).")
@click.option("--count", type=int, default=1, show_default=True, metavar="N", help="Beats or bars in a clip.")
@click.option("--no-normalise", is_flag=True, help="Keep levels and DC as they are.")
@click.option("--label-from", default="name", show_default=True, metavar="WHERE", help="name, folder or none.")
@click.option("--drop", metavar="FLAGS", help="Leave out what is else just marked, as in clipping,vocals.")
@click.option(
    "--drop-duplicates/--keep-duplicates", default=True, show_default=True, help="If kept, they share a split."
)
@click.option("--licence", metavar="SPDX", help="Licence of the files. Default: unknown.")
@click.option(
    "--licences",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Licences of single files or folders: a line each, 'path,licence'.",
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of the split; 0 or more.")
@click.option("--workers", type=int, metavar="N", help="Processes at once. Default: one for each core.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--quiet", is_flag=True, help="Print nothing but the result.")
def audio(
    folders: tuple[Path, ...],
    out: Path,
    rate: int | None,
    channels: int | None,
    checkpoint: str | None,
    cut: str | None,
    seconds: float | None,
    count: int,
    no_normalise: bool,
    label_from: str,
    drop: str | None,
    drop_duplicates: bool,
    licence: str | None,
    licences: Path | None,
    seed: int,
    workers: int | None,
    force: bool,
    quiet: bool,
) -> None:
    """Examine, clean, cut and split the recordings below DIR, and print the path of the dataset.

    Files that cannot be used are named with the reason and left out; what is odd about others is told on the dataset's
    page. A call that is stopped goes on where it was when it is given again.
    """
    _check(workers, licence)
    rate, channels, native_s = _matching(checkpoint, rate, channels)
    from dusktape.data.audio.build import build
    from dusktape.data.audio.options import Options
    from dusktape.data.licences import UNKNOWN, read_licences

    options = Options(
        sample_rate=rate,
        channels=channels,
        cut=cut or "",
        seconds=native_s if seconds is None and cut == "fixed" else seconds,
        count=count,
        normalise=not no_normalise,
        label_from=label_from,
        drop=tuple(sorted({flag.strip() for flag in (drop or "").split(",") if flag.strip()})),
        drop_duplicates=drop_duplicates,
        seed=seed,
        licence=licence or UNKNOWN,
        licences=read_licences(licences) if licences else {},
    )
    call = partial(build, folders, out, options, workers=workers, force=force)
    _carry_out(call, _tell_of_sounds, "measured and cut", quiet=quiet)


def _carry_out(build: Callable[..., T], tell: Callable[[T, Talk], None], done: str, *, quiet: bool) -> None:
    """Make a dataset, tell what came of it, and print its folder."""
    talk = Talk(quiet=quiet, every_s=EVERY_S)
    try:
        built = build(say=talk.say, progress=talk.progress)
    except KeyboardInterrupt as stop:
        stop.add_note(f"stopped; what was {done} so far is kept; the same command goes on with it")
        raise
    finally:
        talk.clear()
    tell(built, talk)
    print(built.folder)


def _check(workers: int | None, licence: str | None) -> None:
    if workers is not None and not 1 <= workers <= _MOST_WORKERS:
        raise InputError(f"--workers is 1 to {_MOST_WORKERS}, got {workers}; leave it out for one on each core")
    if licence is not None and not licence.strip():
        raise InputError("--licence is empty; name one, as in CC0-1.0 or CC-BY-4.0")


def _matching(checkpoint: str | None, rate: int | None, channels: int | None) -> tuple[int, int, float | None]:
    """Return rate, channels and seconds of a clip that a checkpoint can go on from; refuse others."""
    if checkpoint is None:
        return _USUAL_RATE if rate is None else rate, 1 if channels is None else channels, None
    from dusktape.models.diffusion.checkpoints import CHANNELS, UnsaidRate, native

    try:
        own = native(checkpoint)
    except UnsaidRate as error:
        if rate is None:
            raise InputError(f"{error}; or say it yourself, if you know it: --rate 48000") from error
        return rate, CHANNELS if channels is None else channels, None
    if rate not in (None, own.sample_rate):
        raise InputError(
            f"{checkpoint} learned sounds at {own.sample_rate} Hz and would hear these at another pitch; "
            f"say --rate {own.sample_rate}, not {rate}"
        )
    if channels not in (None, own.channels):
        raise InputError(f"{checkpoint} has {own.channels} channels; say --channels {own.channels}, not {channels}")
    return own.sample_rate, own.channels, own.frames / own.sample_rate


def _tell_of_sounds(built: BuiltSounds, talk: Talk) -> None:
    """Name the files that are left out, but for duplicates, and count the rest."""
    _name(((entry.found.file, entry.reason) for entry in built.entries if entry.why not in ("", *_SILENT)), talk)
    counts = built.counts
    dropped = ", ".join(f"{number:,} {word}" for word, number in counts["dropped"].items())
    rest = f"; left out: {dropped}" if dropped else ""
    splits = ", ".join(f"{number:,} {split}" for split, number in counts["clips"].items())
    minutes = counts["seconds"] / 60.0
    talk.say(f"{counts['kept']:,} of {counts['files']:,} files, {minutes:.1f} minutes in clips: {splits}{rest}")
    if marked := ", ".join(f"{number:,} {flag}" for flag, number in counts["flags"].items()):
        talk.say(f"kept but marked: {marked}; see {built.folder / 'index.html'}, or leave them out with --drop")
    for split, number in counts["clips"].items():
        if not number:
            talk.say(f"no file landed in {split}: it takes three files or more that are no copies")


def _name(left_out: Iterable[tuple[str, str]], talk: Talk) -> None:
    """Name files that are left out, as many as anybody reads, those with one reason on one line."""
    from dusktape.data.find import gathered

    every = gathered(left_out)
    for files, reason in every[:_NAMED]:
        talk.say(f"left out {files}: {reason}")
    if len(every) > _NAMED:
        talk.say(f"left out more for {len(every) - _NAMED:,} other reasons; manifest.json has them")


def _tell(built: Built, talk: Talk) -> None:
    """Name the files that are left out, but for duplicates, and count the rest."""
    _name(((entry.found.file, entry.reason) for entry in built.entries if entry.why not in ("", *_SILENT)), talk)
    counts = built.counts
    splits = ", ".join(f"{number:,} {split}" for split, number in counts["songs"].items())
    why = Counter(entry.why for entry in built.entries if entry.why)
    rest = f"; left out: {', '.join(f'{number:,} {word}' for word, number in sorted(why.items()))}" if why else ""
    talk.say(f"{counts['kept']:,} of {counts['files']:,} files: {splits}{rest}")
    other = sum(entry.facts.get("beats_per_bar", 4) != 4 for entry in built.entries if not entry.why)
    if other:
        talk.say(f"{other:,} of them not in 4/4: kept, but networks that write melodies learn from 4/4 alone")
    copies = sum(bool(entry.twin) for entry in built.entries if not entry.why)
    if copies:
        talk.say(f"{copies:,} of them the same music as another; kept, each in the split of its twin")
    for split, number in counts["songs"].items():
        if not number:
            talk.say(f"no song landed in {split}; another --seed splits differently")
