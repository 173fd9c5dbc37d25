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
    ("dusk", "networks", 1): "ebc5ee9a56c267e4dfd67c6e86bbc466365494be4a58628540a94ccaf877d9e9",
    ("dusk", "networks", 2): "6f49b0582b90e335a09c99a10e6f285b536be5e1d502bde19ccebc54b0c2277e",
    ("rainy", "networks", 1): "b735e832cd3bca2b696c52bfe388e339aaacab4621a8bceabd3a1ac9aca432b9",
    ("rainy", "networks", 2): "19fa43e980c28fc47ba680acddb199156609b500064c4ea0464d7bc06876bb1b",
    ("boombap", "networks", 1): "7b1739da7334c5e23f429ab15a85f400abed63d5205c50412b097a5c71ec8c0a",
    ("boombap", "networks", 2): "7434d03bc72106efc42d6d526190b11b2f8ab71d0b3d7994030f7171eccded00",
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
