"""What the shell offers for an argument or option. Imports what it needs when asked: commands are to start quickly."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem


def recipes(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return recipes by name and TOML files; where there is none, leave it to the shell, which knows folders."""
    from dusktape.studio.presets import working_recipes

    head = incomplete[: incomplete.rfind("/") + 1]
    files = [head + path.name for path in sorted(Path(head or ".").glob("*.toml"))]
    found = [name for name in (*working_recipes(), *files) if name.startswith(incomplete)]
    return [CompletionItem(name) for name in found] or [CompletionItem(incomplete, type="file")]


def moods(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the moods."""
    from dusktape.core.roles import MOODS

    return [mood for mood in MOODS if mood.startswith(incomplete)]


def models(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the networks."""
    from dusktape.core.plugins import names

    return [name for name in names("models") if name.startswith(incomplete)]
