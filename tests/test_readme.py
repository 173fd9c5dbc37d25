"""The shell lines of the README and the guides are ones that the command line understands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from dusktape.cli import dusktape
from dusktape.core.seed import Seed
from dusktape.studio.presets import recipe_files
from dusktape.studio.wish import DEFAULT_RECIPE, Wish
from dusktape.studio.words import hear

ROOT = Path(__file__).parents[1]
OWN = ROOT / "docs" / "guides" / "your-sounds.md"  # has its own test, with the sounds it speaks of
PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").rglob("*.md") if page != OWN)]


def shell_lines():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"^```(?:sh|bash|console|shell)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
            lines = block.replace("\\\n", " ").splitlines()
            for line, answer in zip(lines, [*lines[1:], ""], strict=True):
                if answer.startswith("dusktape: "):  # a mistake, shown with what it says
                    continue
                for command in re.findall(r"(?:^\$? *|\$\()(dusktape [^)|>]*)", line):
                    yield pytest.param(shlex.split(command, comments=True)[1:], id=f"{page.name}: {command.strip()}")


@pytest.mark.parametrize("words", list(shell_lines()))
def test_a_line_of_the_documentation_is_understood(words):
    context = click.Context(dusktape, info_name="dusktape")
    if not words or words[0].startswith("-"):
        return
    name, command, rest = dusktape.resolve_command(context, list(words))
    assert command is not None
    try:
        inner = command.make_context(name, rest, parent=context)
    except click.exceptions.Exit:  # --help
        return
    given = inner.params
    if name != "make" or given["origin"] or given["effects"]:  # one's own sounds are tried in docs/test_your_sounds.py
        return
    recipe = given["recipe"] or DEFAULT_RECIPE
    if recipe not in recipe_files() and hear(recipe) is None:
        assert recipe.endswith(".toml")
        recipe = DEFAULT_RECIPE
    wish = Wish(
        recipe, given["minutes"], given["bpm"], given["key"], given["mood"], given["loudness"], given["settings"]
    )
    assert wish.resolve(Seed(given["seed"] or 0))


def test_the_readme_has_lines_to_understand():
    assert any("README.md" in param.id for param in shell_lines())
