"""The same version, recipe and seed are the same song, on any machine."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]

SONGS = [
    ("dusk", "rules", 493),  # the level of its sections once hung on the last bit of a power
    ("dusk", "rules", 617),
    ("boombap", "rules", 3),
    ("dusk", "networks", 0),
    ("boombap", "networks", 1),
    ("nylon", "networks", 2),
    ("neon", "networks", 4),
    ("drumless", "networks", 5),
]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("determinism", ROOT / "tools" / "determinism.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def here(tool: ModuleType) -> list[str]:
    return [tool.song_hash(song) for song in SONGS]


@pytest.mark.parametrize("machine", ["another kernel", "newer kernel", "old machine"])
def test_another_machine_writes_the_identical_score(tool: ModuleType, here: list[str], machine: str) -> None:
    assert tool.hashes_on(tool.MACHINES[machine], SONGS) == here


def test_the_comparison_finds_a_difference(tool: ModuleType, here: list[str]) -> None:
    assert len(set(here)) == len(SONGS)
