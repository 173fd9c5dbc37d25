"""Options under headings, so that a long help stays readable; and arguments that every command checks alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from dusktape.core.errors import InputError
from dusktape.io import atomic

F = TypeVar("F", bound=Callable[..., Any])


class GroupedOption(click.Option):
    """An option that stands under a heading of its command's help."""

    def __init__(self, names: Sequence[str], *, group: str = "Options", **settings: Any) -> None:
        super().__init__(names, **settings)
        self.group = group


class GroupedCommand(click.Command):
    """A command whose help lists its options by heading, in the order in which headings first come; `--help` last."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each heading with its options."""
        groups: dict[str, list[tuple[str, str]]] = {}
        last = "Options"
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                last = getattr(parameter, "group", last)
                groups.setdefault(last, []).append(record)
        for name, records in groups.items():
            with formatter.section(name):
                formatter.write_dl(records)


def option(group: str, *names: str, **settings: Any) -> Callable[[F], F]:
    """Return a decorator that adds an option under a heading."""
    return click.option(*names, cls=GroupedOption, group=group, **settings)


def path(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Path | None:
    """Return what an option names as a path, refusing empty names and those that no system takes."""
    if value is not None and not value.strip():
        raise InputError(f"{parameter.opts[-1]} is empty; name a place, or leave it out")
    if value is None:
        return None
    with atomic.writing(found := Path(value)):
        found.is_dir()  # asks the system once, which refuses names that are too long
    return found


def paths(ctx: click.Context, parameter: click.Parameter, value: tuple[str, ...] | None) -> tuple[Path, ...] | None:
    """Return what an option with several values names as paths."""
    return tuple(found for one in value if (found := path(ctx, parameter, one))) if value else None
