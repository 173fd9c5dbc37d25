"""The reference pages say what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from dusktape.core import plugins
from dusktape.studio import catalogue

ROOT = Path(__file__).parents[2]
PAGES = ("parts.md", "recipes.md", "cli.md")


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools" / "reference.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(name: str) -> str:
    return (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_the_generated_page_is_not_stale(reference: ModuleType, name: str) -> None:
    written = {path.name: text for path, text in reference.pages().items()}
    assert page(name) == written[name], "run python tools/reference.py"


def test_every_page_that_is_generated_is_checked(reference: ModuleType) -> None:
    assert {path.name for path in reference.pages()} == set(PAGES)


def test_every_command_and_option_has_its_line(reference: ModuleType) -> None:
    text = page("cli.md")
    for path, command in reference.commands():
        assert f"## {path}\n" in text, f"{path} has no section in docs/reference/cli.md"
        section = text.split(f"## {path}\n", 1)[1].split("\n## ", 1)[0]
        for parameter in command.params:
            for name in parameter.opts if parameter.param_type_name == "option" else ():
                assert f"`{name}`" in section, f"{path} {name} is not in docs/reference/cli.md"


@pytest.mark.parametrize("group", catalogue.LISTED)
def test_every_part_and_parameter_has_its_line(group: str) -> None:
    text = page("parts.md")
    for name, entry in catalogue.parts(group).items():
        assert f"### {name}\n" in text, f"{group} {name} is not in docs/reference/parts.md"
        for p in entry.params:
            assert f"| `{p.name}` |" in text, f"{name}.{p.name} is not in docs/reference/parts.md"


def test_every_recipe_has_its_line() -> None:
    for name, description in catalogue.recipes().items():
        assert f"[`{name}`]" in page("recipes.md"), f"recipe {name} is not in docs/reference/recipes.md"
        assert description, f"recipe {name} does not say what it sounds like"


def test_every_model_has_a_card_that_is_linked() -> None:
    models = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    for name in plugins.names("models"):
        folder = plugins.find("models", name).folder
        assert (folder / "card.md").is_file(), f"{name} has no card"
        assert f"models/{folder.name}/card.md" in models, f"docs/models.md does not link the card of {name}"
        assert name in models, f"docs/models.md does not name {name}"
