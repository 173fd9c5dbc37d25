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

# Somebody's songs: if these change on purpose, list it under "Sounds different" in the changelog.
PROMISED = {
    ("dusk", "networks", 1): "4cb75ba4d46f19bece2743bb5f75fca3cbe70fea2ce0c010b4c7d44d9e12aa61",
    ("dusk", "networks", 2): "3438fbf14371c01353852c2cda60bdf478ac5bdcfc14eb97d6de73668039a7ff",
    ("rainy", "networks", 1): "b0df69f6cfaa4f72373b06d11c1f072fe2759e568e4b0b3cd6b0210ed39ada91",
    ("rainy", "networks", 2): "a883abd852efd52ad2d180fe2acec5b2a89193ff469b98ddf89c53341cde9de8",
    ("boombap", "networks", 1): "bd0c249bafded81887f2debc02400951a99c17e7c91d110142ce607f9eb517cc",
    ("boombap", "networks", 2): "77ba901bdce7d7b3e4f56740b1173eddc7dad03e3e1114b9180f46b7a18b3f32",
}


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


@pytest.mark.parametrize("song", PROMISED, ids=lambda song: f"{song[0]}-{song[2]}")
def test_a_seed_is_a_promise(tool: ModuleType, song: tuple[str, str, int]) -> None:
    assert tool.song_hash(song) == PROMISED[song]
