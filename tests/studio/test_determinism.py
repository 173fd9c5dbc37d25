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
    ("surprise", "networks", 6),
    ("chapel", "networks", 7),
]

# Somebody's songs: if these change on purpose, list it under "Sounds different" in the changelog.
PROMISED = {
    ("dusk", "networks", 1): "393cf7ba02c24b6ed7d28461a68bad097a44da2bdb29738c5b4b2c7d944e0dae",
    ("dusk", "networks", 2): "c1ab6d662fd6f5203315f97dd6d0f89e69748cdd59d70c3ab4bcfe6369a8573d",
    ("rainy", "networks", 1): "c308add0323f4db547eb2e6cd9c6314364a47959bfafe85b7779559dcf1f4340",
    ("rainy", "networks", 2): "8b2d6e43d4cfe3da670d6739a88ae02c365cf1285f965de105a5cb3e158b2aa8",
    ("boombap", "networks", 1): "4b1b2085c0b457d55e955e747377d8554b64a42c4bb0b9ca8260f99dd91dc1c8",
    ("boombap", "networks", 2): "046153ce2b4daa1dfe549d448c5983ffc87f0332e0bb8a2e2f0bf27190317113",
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
