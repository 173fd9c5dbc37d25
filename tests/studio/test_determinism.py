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
    ("dusk", "networks", 1): "3e38a93dd2d3075350a289776b898e0f280598bd014e42006b6f03f8ed500566",
    ("dusk", "networks", 2): "78c19452c9945cbf0e99f4e3c1e88a4258dbace3fec31a4fcccc2af574831c1e",
    ("rainy", "networks", 1): "0529cc978c1581bb43d82d946eadd084f70549dea97f66a003e5d5f89e7b4f46",
    ("rainy", "networks", 2): "29b02139e2fc46bc0963939c74e6529146cc1be1cba60942adafb22b07fd40bc",
    ("boombap", "networks", 1): "923d8685263b9a397486fc553345b6666d7ef9d9283c27c98c234fb456d2d29c",
    ("boombap", "networks", 2): "a7e57325e021758e3454f4f3885e23b3ae6c58cb4725e19fed79377e1c890ed6",
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
