"""`dusktape completion`: so that the shell knows the commands and recipes too."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from dusktape.cli.choices import OneOf


@click.command()
@click.argument("shell", type=OneOf(("bash", "zsh", "fish"), what="shell"))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    For bash: `dusktape completion bash >> ~/.bashrc`; for zsh the same with zsh; for fish:
    `dusktape completion fish > ~/.config/fish/completions/dusktape.fish`.
    """
    kind = get_completion_class(shell)
    assert kind is not None
    print(kind(ctx.find_root().command, {}, "dusktape", "_DUSKTAPE_COMPLETE").source())
