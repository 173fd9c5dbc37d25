"""`dusktape make --ask`: a few questions in a terminal, in place of options."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from click.core import ParameterSource

from dusktape.core import home
from dusktape.core.errors import InputError
from dusktape.studio.questions import Question, length_question, recipe_question, sound_questions
from dusktape.studio.wish import checked_seed

_BESIDE = (
    "instruments",
    "seed",
    "count",
    "title",
    "output",
    "folder",
    "stems",
    "midi",
    "bundle",
    "report",
    "licence",
    "force",
)
_SAID = ("as_json", "quiet")


def ask(ctx: click.Context) -> list[str]:
    """Ask for recipe, instruments, drums, weather, device and length, and return arguments that say the same.

    What says where the files go may be given beside `--ask`, and is among them.

    Raises
    ------
    InputError
        If there is no terminal to ask in, or what is asked for was given already.
    KeyboardInterrupt
        If somebody leaves by Esc or Ctrl-C.
    """
    given = _given(ctx)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError("--ask needs a terminal to ask in; say what you want as options: dusktape make --help")
    with _terminal():
        answers = walk()
    seed = [] if "--seed" in given else ["--seed", str(checked_seed(None).value)]
    return [*answers, *seed, *given]


def as_command(arguments: list[str]) -> str:
    """Return arguments of `dusktape make` as one would type them."""
    return shlex.join(["dusktape", "make", *arguments])


def walk() -> list[str]:
    """Put the questions, one after the other, and return what the answers mean."""
    first = _put(recipe_question())
    questions = (*sound_questions(first[0]), length_question())
    return [*first, *(argument for question in questions for argument in _put(question))]


def _put(question: Question) -> list[str]:
    import questionary  # a third of a second, which nobody else has to wait for
    from prompt_toolkit.key_binding import KeyBindings, merge_key_bindings

    choices = [questionary.Choice(c.name, value=list(c.arguments), description=c.text) for c in question.choices]
    if question.several:
        prompt = questionary.checkbox(question.text, choices, instruction="(space to choose, enter to go on)")
    else:
        prompt = questionary.select(question.text, choices, instruction="(arrow keys, enter)")
    leave = KeyBindings()

    @leave.add("escape", eager=True)
    def _(event: Any) -> None:
        event.app.exit(exception=KeyboardInterrupt, style="class:aborting")

    app = prompt.application
    app.key_bindings = merge_key_bindings([app.key_bindings, leave] if app.key_bindings else [leave])
    app.ttimeoutlen = 0.1
    try:
        answer = prompt.unsafe_ask()
    except (KeyboardInterrupt, EOFError) as stop:
        left = KeyboardInterrupt()
        left.add_note("left; nothing was made")
        raise left from stop
    return [argument for one in answer for argument in one] if question.several else list(answer)


@contextmanager
def _terminal() -> Iterator[None]:
    """Ask on stderr: stdout is for the path of what is made."""
    from prompt_toolkit.application import create_app_session
    from prompt_toolkit.output import create_output

    with create_app_session(output=create_output(stdout=sys.stderr)):
        yield


def _given(ctx: click.Context) -> list[str]:
    """Return what was given beside `--ask`, as arguments."""
    told: list[str] = []
    for parameter in ctx.command.params:
        name, value = parameter.name or "", ctx.params.get(parameter.name or "")
        if ctx.get_parameter_source(name) is not ParameterSource.COMMANDLINE or name == "ask":
            continue
        if name not in (*_BESIDE, *_SAID):
            shown = parameter.opts[-1] if isinstance(parameter, click.Option) else f"{value!r}"
            raise InputError(f"--ask asks what the track shall be like; leave out {shown}, or --ask")
        if name == "instruments":  # its folder comes first from here on, and is not handed out
            value = home.instrument_folders()[0]
        told += [parameter.opts[-1]] if value is True else [parameter.opts[-1], str(value)]
    return told
