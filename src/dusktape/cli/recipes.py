"""`dusktape recipes`: what there is to make."""

from __future__ import annotations

import json

import click

from dusktape.cli import complete
from dusktape.studio import catalogue, presets


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="As JSON: name to description.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the recipes, or show one in full."""
    if ctx.invoked_subcommand is not None:
        return
    known = catalogue.recipes()
    if as_json:
        print(json.dumps(known, indent=1, ensure_ascii=False))
    else:
        width = max(map(len, known), default=0)
        for name, text in known.items():
            print(f"{name:{width}}  {text}")
    for line in presets.recipe_remarks():
        click.echo(line, err=True)


@command.command()
@click.argument("name", shell_complete=complete.recipes)
@click.option("--resolved", is_flag=True, help="Lay it over the default and close every choice with the seed.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Seed for --resolved.")
def show(name: str, resolved: bool, seed: int) -> None:
    """Print a recipe as TOML: what it says itself, or all of it."""
    from dusktape.io import toml
    from dusktape.studio.wish import checked_seed

    if resolved:
        recipe = presets.resolve(presets.load(name), checked_seed(seed), where=name)
        print(toml.dumps(presets.as_file(recipe)), end="")
        return
    print(toml.dumps(toml.read(presets.path_of(name))), end="")
