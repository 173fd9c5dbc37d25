"""Commands in the documentation parse, links lead somewhere, recipes and settings exist."""

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

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src" / "dusktape").rglob("card.md")])

OWN = ROOT / "docs" / "guides" / "your-sounds.md"
TRIED = ROOT / "docs" / "studies" / "own_sounds.md"
WITH_SOUNDS = (OWN, TRIED)  # have their own test, with the sounds they speak of

every_page = pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))


def commands(path: Path) -> list[list[str]]:
    """Return the arguments of every `dusktape ...` in code blocks and inline code, but for mistakes shown as such."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    text = re.sub(r"^\$ dusktape .+\n(?=dusktape: )", "", text, flags=re.MULTILINE)
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for language, block in blocks if language in ("", "sh", "console") for line in block.splitlines()]
    lines += re.findall(r"^(?: {4}|\t)(dusktape .+)$", text, flags=re.MULTILINE)
    lines += re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    found = re.findall(r"\$\(dusktape ([^)]+)\)", "\n".join(lines))
    found += [m[1] for line in lines if (m := re.match(r"(?:\$ )?dusktape ([-a-z].*)", line.strip()))]
    return [_arguments(line) for line in found]


def _arguments(line: str) -> list[str]:
    words = shlex.split(line, comments=True)
    end = next((k for k, word in enumerate(words) if word in ("|", ">", ">>", "&&", ";")), len(words))
    return words[:end]


def parse(arguments: list[str]) -> click.Context:
    """Parse a command's options and arguments, without running anything."""
    name, command, rest = "dusktape", dusktape, list(arguments)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name, found, rest = command.resolve_command(click.Context(command), rest)
        assert name and found
        command = found
    return command.make_context(name, rest)


@every_page
def test_every_command_line_parses(path: Path) -> None:
    for arguments in commands(path):
        try:
            parse(arguments)
        except click.exceptions.Exit as done:
            assert done.exit_code == 0
        except click.MissingParameter:
            assert all(word.isalpha() for word in arguments), f"dusktape {shlex.join(arguments)} lacks something"
        except click.ClickException as error:
            pytest.fail(f"dusktape {shlex.join(arguments)}: {error.format_message()}")


@every_page
def test_every_recipe_and_setting_that_is_shown_exists(path: Path) -> None:
    for arguments in commands(path) if path not in WITH_SOUNDS else ():
        if arguments[:1] != ["make"] or "--help" in arguments or "RECIPE" in arguments:
            continue
        given = parse(arguments).params
        recipe = given["recipe"] or DEFAULT_RECIPE
        if recipe.endswith(".toml") or given["origin"]:
            continue
        wishes = (given[k] for k in ("minutes", "bpm", "key", "mood", "loudness", "settings"))
        Wish(recipe, *wishes).resolve(Seed(given["seed"] or 0))


@every_page
def test_every_link_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    for target in targets:
        if "://" in target or target.startswith(("#", "mailto:")):
            continue
        assert (path.parent / target.split("#")[0]).exists(), f"{path.relative_to(ROOT)} links to {target}"


def test_the_extraction_finds_commands() -> None:
    found = commands(ROOT / "README.md")
    assert ["make"] in found
    assert all(f for f in found)


def test_the_extraction_finds_commands_after_blocks_of_other_languages(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```toml\nbpm = 70\n```\nand\n```console\n$ dusktape make rainy --set keys.tremolo=false\n```\n")
    assert commands(page) == [["make", "rainy", "--set", "keys.tremolo=false"]]


def test_every_setting_in_the_guide_of_recipes_works() -> None:
    guide = (ROOT / "docs" / "guides" / "recipes.md").read_text(encoding="utf-8")
    settings = re.findall(r"^\| `([\w.]+=[^`]+)` \|", guide, flags=re.MULTILINE)
    assert len(settings) > 5
    for setting in settings:
        Wish(DEFAULT_RECIPE, settings=(setting,)).resolve(Seed(1))


def test_no_two_pages_write_the_same_file() -> None:
    pages = [ROOT / "README.md", ROOT / "docs" / "guides" / "python.md"]
    written = [re.findall(r'\.write\("([^"]+)"\)', page.read_text(encoding="utf-8")) for page in pages]
    assert all(written)
    assert not set(written[0]) & set(written[1])


def test_every_option_of_make_is_shown_in_its_guides() -> None:
    pages = [ROOT / "docs" / "guides" / name for name in ("make.md", "control.md", OWN.name)]
    guide = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    make = dusktape.get_command(click.Context(dusktape), "make")
    assert make is not None
    for parameter in make.params:
        for name in parameter.opts if parameter.param_type_name == "option" else ():
            assert name in guide, f"neither make.md nor control.md in docs/guides shows {name}"


def test_every_recipe_is_in_the_guide() -> None:
    guide = (ROOT / "docs" / "guides" / "recipes.md").read_text(encoding="utf-8")
    for name in recipe_files():
        assert f"`{name}`" in guide, f"docs/guides/recipes.md does not name {name}"
