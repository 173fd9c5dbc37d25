"""The commands, and what becomes of their mistakes."""

from __future__ import annotations

import errno
import os
import sys

import click

from dusktape.core.errors import DusktapeError, suggestion
from dusktape.core.version import __version__

_COMMANDS = {
    "make": "Compose, perform, mix and master a track.",
    "radio": "Play music that is made while you listen, and open its page.",
    "studio": "Open the workbench: make, do parts again, edit notes, export.",
    "play": "Play a station on this machine's speakers, without a page.",
    "tune": "Say what a station plays, and where it goes: skip, mood, queue.",
    "library": "List what the radio has made; like, keep, export or delete it.",
    "jobs": "List what a radio's workers make; add to it, or call it off.",
    "lofi": "Turn a recording or a MIDI file of yours into lo-fi.",
    "sample": "Make new sounds with a training on sound, from noise or from sounds of yours.",
    "stretch": "Play a sound many times slower at its pitch, as a texture.",
    "pack": "Make a sample pack: one-shots, loops, chord stabs and textures.",
    "recipes": "List the recipes, or show one in full.",
    "parts": "List instruments, effects, models and composers with their parameters.",
    "home": "Say where your own sounds and recipes go, and what is there.",
    "doctor": "Say what is installed, what an extra would add, and whether sound can be written.",
    "data": "Make data to learn from out of your own MIDI files.",
    "train": "Train one of the networks on your own copy of its data.",
    "evaluate": "Measure songs, or what a training learned, beside people's songs.",
    "inspect": "Draw and measure finished tracks, ours or anybody's, beside people's.",
    "latent": "Move in a space of songs: sliders, the way between two, who is near.",
    "listen": "Serve a blind comparison of two folders of tracks on this machine.",
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


def run(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code, a mistake said in one line.

    Raises
    ------
    KeyboardInterrupt
        If it was stopped.
    """
    try:
        code = dusktape.main(arguments, prog_name="dusktape", standalone_mode=False)
        sys.stdout.flush()
    except DusktapeError as error:
        return _sorry(str(error))
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "dusktape"
        message = " ".join(error.format_message().split()).rstrip(".")
        return _sorry(f"{message[:1].lower()}{message[1:]}; see {where} --help")
    except click.ClickException as error:
        return _sorry(error.format_message())
    except click.Abort as error:
        raise error.__cause__ if isinstance(error.__cause__, KeyboardInterrupt) else KeyboardInterrupt from error
    except BrokenPipeError:
        _close_stdout()
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
            raise
        _close_stdout()
        return _sorry("the disk is full; free some space, or choose a folder on another disk")
    return code if isinstance(code, int) else 0


def _close_stdout() -> None:
    # Or Python would try once more to write what is left, and complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _sorry(message: str) -> int:
    print(f"dusktape: {message}", file=sys.stderr)
    return 1
