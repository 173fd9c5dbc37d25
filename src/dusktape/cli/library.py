"""`dusktape library`: what the radio and the studio have made."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dusktape.cli.groups import path
from dusktape.cli.numbers import Whole
from dusktape.cli.station_options import on_state, state_option
from dusktape.cli.stationed import Wanted
from dusktape.cli.talk import Talk
from dusktape.core.counting import counted
from dusktape.core.errors import InputError

if TYPE_CHECKING:
    from dusktape.radio.state import Made, State

YOU = "127.0.0.1"
"""Whose likes those of the command line are: those of the page on this machine."""

_SAID = {"like": 1, "dislike": -1, "neither": 0}


def opened(folder: Path | None) -> State:
    """Return the state in a folder that is there.

    Raises
    ------
    InputError
        If there is none: nobody shall make a library by asking for one.
    """
    from dusktape.radio.state import State

    place = Wanted(folder).folder
    if not (place / "state.sqlite").is_file():
        raise InputError(f"there is no library in {str(place)!r}; dusktape radio makes one, --state names another")
    return State.open(place)


def the_track(state: State, name: str) -> Made:
    """Return a track by its id.

    Raises
    ------
    InputError
        If there is none.
    """
    made = state.track(name)
    if made is None:
        raise InputError(f"there is no track {name[:40]!r}; dusktape library lists them")
    return made


@click.group(invoke_without_command=True)
@state_option
@click.option("--search", metavar="WORDS", help="Only those with these words in title, recipe, mood, key or seed.")
@click.option("--liked", "thought", flag_value="liked", help="Only those that are liked.")
@click.option("--disliked", "thought", flag_value="disliked", help="Only those that are disliked.")
@click.option("--song", metavar="ID", help="Only the versions of this song: the id of its first.")
@click.option("--limit", type=Whole(1, 10_000), default=50, show_default=True, metavar="N", help="So many.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, a line a track.")
@click.pass_context
def command(
    ctx: click.Context,
    state: Path | None,
    search: str | None,
    thought: str | None,
    song: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List what the radio and the studio have made, newest first; or like, keep, export and delete some of it."""
    ctx.obj = state
    if ctx.invoked_subcommand is not None:
        return
    from dusktape.server import shown

    with opened(state) as library:
        liked = None if thought is None else thought == "liked"
        likes = library.likes()
        found = library.tracks(limit=limit, liked=liked, song=song, query=search)
        if not found:
            Talk(quiet=False).say(_none(search, thought, song))
        for made in found:
            told = shown.track(made, likes=likes.get(made.id, 0), liked=library.likes(made.id).get(YOU, 0))
            if as_json:
                print(json.dumps(told, ensure_ascii=False))
            else:
                print(_line(made, told["likes"]))


def _none(search: str | None, thought: str | None, song: str | None) -> str:
    """Return what there is none of."""
    told = [f"is {thought}"] if thought else []
    told += [f"is of the song {song[:40]!r}"] if song else []
    told += [f"has {search[:40]!r} in title, recipe, mood, key or seed"] if search else []
    if told:
        return f"no track {' and '.join(told)}; dusktape library lists all"
    return "no track is here yet; dusktape radio makes some, and dusktape jobs add orders one"


def _line(made: Made, likes: int) -> str:
    length = f"{int(made.seconds) // 60}:{int(made.seconds) % 60:02d}"
    marks = ("+" if likes > 0 else "-" if likes < 0 else " ") + ("k" if made.kept else " ")
    return f"{made.id} {marks} {length:>6}  {made.bpm:5.1f} bpm  {made.key:9}  {made.recipe:12}  {made.title}"


@command.command()
@click.argument("tracks", nargs=-1, required=True)
@on_state
def like(folder: Path | None, tracks: tuple[str, ...]) -> None:
    """Say that you want more like this; stations follow."""
    _say(folder, tracks, "like")


@command.command()
@click.argument("tracks", nargs=-1, required=True)
@on_state
def dislike(folder: Path | None, tracks: tuple[str, ...]) -> None:
    """Say that you want less like this."""
    _say(folder, tracks, "dislike")


@command.command()
@click.argument("tracks", nargs=-1, required=True)
@on_state
def neither(folder: Path | None, tracks: tuple[str, ...]) -> None:
    """Take back what you said of a track."""
    _say(folder, tracks, "neither")


def _say(folder: Path | None, tracks: tuple[str, ...], what: str) -> None:
    with opened(folder) as library:
        for made in [the_track(library, name) for name in tracks]:
            library.like(made.id, _SAID[what], YOU)


@command.command()
@click.argument("tracks", nargs=-1, required=True)
@click.option("--no", "not_kept", is_flag=True, help="Let them go again when room is needed.")
@on_state
def keep(folder: Path | None, tracks: tuple[str, ...], not_kept: bool) -> None:
    """Keep tracks however full the library is."""
    with opened(folder) as library:
        for made in [the_track(library, name) for name in tracks]:
            library.keep(made.id, kept=not not_kept)


@command.command()
@click.argument("tracks", nargs=-1, required=True)
@on_state
def delete(folder: Path | None, tracks: tuple[str, ...]) -> None:
    """Delete tracks and their files."""
    with opened(folder) as library:
        for made in [the_track(library, name) for name in tracks]:
            library.remove_track(made.id)


@command.command()
@click.argument("tracks", nargs=-1, required=True)
@click.option(
    "--out", type=click.Path(), callback=path, default=".", metavar="DIR", help="Where their folders go. Default: here."
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@on_state
def export(folder: Path | None, tracks: tuple[str, ...], out: Path, force: bool) -> None:
    """Copy tracks out of the library, each into a folder of its own, and print those.

    A folder holds master.flac, cover.png, score.mid, track.json (which dusktape make --from reads), and stems once
    they were made.
    """
    from dusktape.io import atomic

    with opened(folder) as library:
        found = [the_track(library, name) for name in tracks]
        places = [out / f"{made.recipe}-{made.seed}-{made.id}" for made in found]
        for place in places:
            atomic.check_folder_writable(place, force=force)
        for made, place in zip(found, places, strict=True):
            with atomic.replacing_folder(place, force=force) as unfinished:
                for name, blob in made.files.items():
                    target = unfinished.joinpath(*name.split("/"))
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(library.blob(blob), target)
            print(place, flush=True)


@command.command()
@click.option("--delete", "unwanted", multiple=True, metavar="ID", help="Delete this one; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, a line a file.")
@on_state
def uploads(folder: Path | None, unwanted: tuple[str, ...], as_json: bool) -> None:
    """List the files that you brought, newest first; or delete some.

    What nothing is made with for 30 days goes by itself.
    """
    from dusktape.cli.ordering import uploads_of
    from dusktape.server.api.uploads import told_of

    with opened(folder) as library:
        place = uploads_of(library)
        found = [place.find(name) for name in unwanted]
        for name, upload in zip(unwanted, found, strict=True):
            if upload is None:
                raise InputError(f"there is no upload {name[:40]!r}; dusktape library uploads lists them")
        for upload in filter(None, found):
            place.remove(upload)
        there = () if unwanted else tuple(place.all())
        if not there and not unwanted:
            Talk(quiet=False).say("no file was brought yet; dusktape jobs lofi brings one, and so does the studio")
        for upload in there:
            told = told_of(upload, library.job(upload.job) if upload.job else None)
            long = "" if told["seconds"] is None else f"{told['seconds']:.1f} s"
            size = f"{upload.bytes / 1e6:.2f} MB"
            line = f"{upload.id}  {upload.kind:9}  {told['state']:7}  {size:>10}  {long:>8}  {upload.name}"
            print(json.dumps(told, ensure_ascii=False) if as_json else line, flush=True)


@command.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@on_state
def size(folder: Path | None, as_json: bool) -> None:
    """Say how large the library is, and where."""
    from dusktape.cli.ordering import uploads_of
    from dusktape.radio.library import size as bytes_of

    with opened(folder) as library:
        count = len(library.tracks(limit=1_000_000))
        free = shutil.disk_usage(library.folder).free
        used = bytes_of(library)
        sent = uploads_of(library).all()
        told = {"folder": os.fspath(library.folder), "tracks": count, "bytes": used, "free_bytes": free}
        brought = sum(upload.bytes for upload in sent)
        told |= {"uploads": len(sent), "upload_bytes": brought}
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        yours = f"{counted(len(sent), 'file')} that you brought, {brought / 1e9:.2f} GB"
        print(f"{told['folder']}: {counted(count, 'track')}, {used / 1e9:.2f} GB; {yours}; {free / 1e9:.1f} GB free")
