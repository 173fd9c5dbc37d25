"""The command line: translation only. Results on stdout, talk on stderr, one line for a mistake."""

from __future__ import annotations

import errno
import io
import os
import sys

import click

from dusktape import __version__
from dusktape.core.errors import DusktapeError, suggestion

_COMMANDS = {
    "make": "Compose, perform, mix and master a track.",
    "recipes": "List the recipes, or show one in full.",
    "parts": "List instruments, effects, models and composers with their parameters.",
    "doctor": "Say what is installed, what an extra would add, and whether sound can be written.",
    "train": "Train one of the networks on your own copy of its data.",
    "completion": "Print the completion script for bash, zsh or fish.",
}


class _Lazy(click.Group):
    """Imports a command's module only when it is called, so that help is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = __import__(f"dusktape.cli.{name}", fromlist=["command"])
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"there is no command {args[0]!r}{suggestion(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_Lazy,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="dusktape")
@click.pass_context
def dusktape(ctx: click.Context) -> None:
    """An AI lo-fi studio: composes, performs, mixes and masters lo-fi hip-hop on your own machine."""
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0, 1 for a mistake, 130 for Ctrl-C."""
    # One BLAS thread: our matrices are small, and the strips already use both cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # File names may hold bytes that are no text, titles letters that the terminal lacks; neither may cost a track.
    if isinstance(sys.stdout, io.TextIOWrapper):
        utf8 = sys.stdout.encoding.lower().replace("-", "") == "utf8"
        sys.stdout.reconfigure(errors="surrogateescape" if utf8 else "backslashreplace")
    try:
        code = dusktape.main(arguments, prog_name="dusktape", standalone_mode=False)
        sys.stdout.flush()
    except DusktapeError as error:
        _leave(str(error), 1)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "dusktape"
        message = " ".join(error.format_message().split()).rstrip(".")
        _leave(f"{message[:1].lower()}{message[1:]}; see {where} --help", 1)
    except click.ClickException as error:
        _leave(error.format_message(), 1)
    except (KeyboardInterrupt, click.Abort):
        _leave("stopped; nothing half-written was left behind", 130)
    except BrokenPipeError:
        _close_stdout()
        sys.exit(1)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
            raise
        _close_stdout()
        _leave("the disk is full; free some space, or choose a folder on another disk", 1)
    sys.exit(code if isinstance(code, int) else 0)


def _close_stdout() -> None:
    # Or Python would try once more to write what is left, and complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _leave(message: str, code: int) -> None:
    print(f"dusktape: {message}", file=sys.stderr)
    sys.exit(code)
