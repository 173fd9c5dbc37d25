"""The guides to learning and evaluating name everything that there is to set and to read."""

from __future__ import annotations

import dataclasses
import importlib
import re
from pathlib import Path

import click
import pytest

from dusktape.cli import dusktape
from dusktape.core import plugins
from dusktape.core.score import Key, Score
from dusktape.evaluate.song import measure, people
from dusktape.train.settings import Settings

GUIDES = Path(__file__).parents[2] / "docs" / "guides"


def guide(name: str) -> str:
    return (GUIDES / f"{name}.md").read_text(encoding="utf-8")


def options(*path: str) -> list[str]:
    command: click.Command = dusktape
    for name in path:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None
        command = found
    return [p.opts[0] for p in command.params if isinstance(p, click.Option)]


def test_every_measure_is_explained() -> None:
    for name in measure(Score(80.0, Key(0, "major"))):
        assert f"`{name}`" in guide("evaluating"), f"docs/guides/evaluating.md does not explain {name}"


def test_people_are_as_many_as_the_guide_says() -> None:
    for row in people()["measures"].values():
        assert f"{row['songs']:.0f} " in guide("evaluating"), (
            "docs/guides/evaluating.md counts people's songs otherwise"
        )


def test_every_setting_of_a_training_is_explained() -> None:
    for field in dataclasses.fields(Settings):
        assert f"`{field.name}`" in guide("learning"), f"docs/guides/learning.md does not explain train.{field.name}"


@pytest.mark.parametrize("name", ["heads", "embeddings1", "embeddings2", "embeddings3", "chords", "melody"])
def test_the_zoo_names_every_option(name: str) -> None:
    row = re.search(rf"^\| \[`{name}`\].*$", guide("learning"), flags=re.MULTILINE)
    assert row, f"docs/guides/learning.md has no row for {name}"
    if row[0].endswith("| the same |"):
        name, row = "embeddings1", re.search(r"^\| \[`embeddings1`\].*$", guide("learning"), flags=re.MULTILINE)
    assert row
    for option in importlib.import_module(plugins.find("models", name).trainer).OPTIONS:
        assert f"`{option}`" in row[0], f"docs/guides/learning.md does not name model.{option} of {name}"


def test_every_model_that_learns_from_a_dataset_is_in_the_zoo() -> None:
    for name in plugins.names("models"):
        assert f"`{name}`" in guide("learning"), f"docs/guides/learning.md does not name {name}"


@pytest.mark.parametrize("flag", options("data", "midi"))
def test_every_choice_about_data_is_shown(flag: str) -> None:
    shown = {"--out", "--force", "--quiet"}  # as everywhere
    alias = {"--drop-duplicates": "--keep-duplicates"}
    assert flag in shown or alias.get(flag, flag) in guide("learning"), f"docs/guides/learning.md does not show {flag}"


def test_every_choice_about_evaluating_is_shown() -> None:
    for flag in set(options("evaluate")) - {"--force", "--quiet"}:
        assert flag in guide("evaluating"), f"docs/guides/evaluating.md does not show {flag}"


def test_pictures_are_small() -> None:
    for name in ("dataset", "report", "listen"):
        assert (GUIDES.parent / "pictures" / f"{name}.png").stat().st_size < 200_000
