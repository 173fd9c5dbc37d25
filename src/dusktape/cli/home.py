"""`dusktape home`: where a user's own sounds and recipes are."""

from __future__ import annotations

import json
from pathlib import Path

import click

from dusktape.cli.choices import OneOf
from dusktape.core import home
from dusktape.io import atomic

_HELD = {
    "instruments": (".sf2", ".sf3", "/"),
    "kits": ("/",),
    "effects": (".wav", ".flac", ".mp3", ".ogg", ".aif", ".aiff"),
    "recipes": (".toml",),
}


@click.command()
@click.argument("folder", required=False, type=OneOf(tuple(home.FOLDERS), what="folder"))
@click.option("--make", is_flag=True, help="Make the folders that are not there.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(folder: str | None, make: bool, as_json: bool) -> None:
    """Say where your own sounds and recipes go, and what is there. FOLDER prints that path alone.

    DUSKTAPE_HOME moves the home; dusktape make --instruments DIR looks in another folder too.
    """
    from dusktape.studio import yours

    wanted = (folder,) if folder else tuple(home.FOLDERS)
    places = {name: home.folder(name) for name in wanted}
    for place in places.values() if make else ():
        with atomic.writing(place):
            place.mkdir(parents=True, exist_ok=True)
    if as_json:
        found = {name: {"path": str(place), "holds": _held(name, place)} for name, place in places.items()}
        print(json.dumps({"home": str(home.home()), "folders": found}, indent=1, ensure_ascii=False))
        return
    if folder:
        print(places[folder])
        return
    print(home.home())
    for name, place in places.items():
        held = _held(name, place)
        print(f"  {name:11}  {', '.join(held) or ('empty' if place.is_dir() else 'not there yet')}")
        print(f"  {'':11}  {home.FOLDERS[name]}")
    for line in yours.remarks():
        click.echo(line, err=True)
    if not all(place.is_dir() for place in places.values()):
        click.echo("make the folders with: dusktape home --make", err=True)


def _held(name: str, place: Path) -> list[str]:
    """Return what a folder holds of its kind, by name."""
    try:
        inside = sorted(place.iterdir())
    except OSError:
        return []
    return [
        f"{one.name}/" if one.is_dir() else one.name
        for one in inside
        if not one.name.startswith(".") and ("/" if one.is_dir() else one.suffix.lower()) in _HELD[name]
    ]
