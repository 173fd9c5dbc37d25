"""`dusktape make --ask`: a few questions in a terminal, in place of options."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from click.core import ParameterSource

from dusktape.cli.audition import Audition
from dusktape.core import home
from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.studio.questions import Question, length_question, preset_question, recipe_question, sound_questions
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
    given, seed = _given(ctx), checked_seed(ctx.params.get("seed"))
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError("--ask needs a terminal to ask in; say what you want as options: dusktape make --help")
    with _terminal():
        answers = walk(seed)
    return [*answers, *([] if "--seed" in given else ["--seed", str(seed.value)]), *given]


def as_command(arguments: list[str]) -> str:
    """Return arguments of `dusktape make` as one would type them."""
    return shlex.join(["dusktape", "make", *arguments])


def walk(seed: Seed) -> list[str]:
    """Put the questions, one after the other, and return what the answers mean.

    Parameters
    ----------
    seed
        Of the track, and so of what is heard of it on the way.
    """
    audition = Audition.here(seed)
    try:
        first = _put(recipe_question(), audition, [])
        told = [*first]
        for question in (*sound_questions(first[0]), length_question()):
            answer = _put(question, audition, told)
            told += answer
            if further := preset_question(answer):
                told += _put(further, audition, told)
        return told
    finally:
        audition.stop()


def _put(question: Question, audition: Audition, so_far: list[str]) -> list[str]:
    import questionary  # a third of a second, which nobody else has to wait for
    from prompt_toolkit.key_binding import KeyBindings, merge_key_bindings
    from questionary.prompts.common import InquirerControl

    choices = [questionary.Choice(c.name, value=list(c.arguments), description=c.text) for c in question.choices]
    heard = question.heard and audition.audible
    hint = ", p plays it" if heard else ""
    if question.several:
        prompt = questionary.checkbox(question.text, choices, instruction=f"(space to choose{hint}, enter to go on)")
    else:
        prompt = questionary.select(question.text, choices, instruction=f"(arrow keys{hint}, enter)")
    app = prompt.application
    keys = KeyBindings()

    @keys.add("escape", eager=True)
    def _(event: Any) -> None:
        event.app.exit(exception=KeyboardInterrupt, style="class:aborting")

    if heard:

        @keys.add("p", eager=True)
        def _(event: Any) -> None:
            pointed = next(c for c in event.app.layout.find_all_controls() if isinstance(c, InquirerControl)).pointed_at
            shown, choice = choices[pointed], question.choices[pointed]

            def say(text: str) -> None:
                shown.description = f"{choice.text} {text}".strip()
                event.app.invalidate()

            audition.play([*so_far, *choice.arguments], choice.solo, say)

    app.key_bindings = merge_key_bindings([app.key_bindings, keys] if app.key_bindings else [keys])
    app.ttimeoutlen = 0.1
    try:
        answer = prompt.unsafe_ask()
    except (KeyboardInterrupt, EOFError) as stop:
        left = KeyboardInterrupt()
        left.add_note("left; nothing was made")
        raise left from stop
    finally:
        audition.stop()
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
