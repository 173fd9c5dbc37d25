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
    ("dusk", "networks", 1): "f583277a2b3139491b781afab7fd52f2077fdbef5bbc33a0d6e40e80c9b0fa21",
    ("dusk", "networks", 2): "22a972fd1f9111a3d8ca07cb5bcd57bbde6ff614e6558345400658c3ccdd7fb8",
    ("rainy", "networks", 1): "bb43b221cf141a5a6ab28b8f24de9d00a40e1f85b15e098de152e4cc753ae2cf",
    ("rainy", "networks", 2): "270168ebeb1fda48198add930ca50b8c8852bff30ee8affe43fb1b12ea203582",
    ("boombap", "networks", 1): "d3e65797ecb5c8c63a4639bcff00dcc2c095419fbfd3d02353ec3db3bcd1aff2",
    ("boombap", "networks", 2): "2cf605ce995b17088c812217a919fb52cfdcb3e4a3a806f6ba9d6134ca4732af",
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
