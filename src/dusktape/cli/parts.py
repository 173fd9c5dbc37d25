"""`dusktape parts`: instruments, effects, models and composers, as the registry knows them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from dusktape.cli import folders
from dusktape.cli.choices import OneOf
from dusktape.core import plugins
from dusktape.core.params import Param
from dusktape.studio import catalogue, yours
from dusktape.studio.understanding import unheard


@click.command()
@click.argument("group", required=False, type=OneOf(catalogue.LISTED, what="kind of part"))
@folders.instruments_option()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(group: str | None, as_json: bool) -> None:
    """List parts with their parameters, ranges and units. GROUP narrows it to one kind."""
    groups = (group,) if group else catalogue.LISTED
    found = {g: catalogue.parts(g) for g in groups}
    if as_json:
        table: dict[str, Any] = {g: {n: asdict(e) for n, e in entries.items()} for g, entries in found.items()}
        print(json.dumps(table, indent=1, ensure_ascii=False))
        return
    for g, entries in found.items():
        print(f"{g}\n")
        for entry in entries.values():
            print(f"  {entry.name}: {entry.problem or entry.text}")
            if entry.needs:
                print(f"      silent for now: {entry.needs}")
            for p in entry.params:
                print(f"      {p.name} = {_default(p)}  {_range(p)}  {p.text}".rstrip())
        print()
    passed = [line for g in found for line in plugins.clashes(g)]
    if "instruments" in found:
        passed += [*yours.remarks(), *unheard()]
    for line in passed:
        click.echo(line, err=True)


def _default(p: Param) -> str:
    return str(p.default).lower() if isinstance(p.default, bool) else f"{p.default}"


def _range(p: Param) -> str:
    if p.choices:
        return f"[{' | '.join(p.choices)}]"
    if p.low is None and p.high is None:
        return ""
    return f"[{p.low:g} to {p.high:g}{' ' + p.unit if p.unit else ''}]"
