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
    ("dusk", "networks", 1): "5c39cfce949f8d5b9d049973fb9cc2e1539562c0f48f8009e4648bbba359788c",
    ("dusk", "networks", 2): "c1ab6d662fd6f5203315f97dd6d0f89e69748cdd59d70c3ab4bcfe6369a8573d",
    ("rainy", "networks", 1): "b05337f71d1a47299085ad3bcfaa9175efdb5c5ae31bef518e54e899ec77d95c",
    ("rainy", "networks", 2): "e4bf79a9775805e688ee185e5be60937ba3b06f14a959548cf02ef3cdb359636",
    ("boombap", "networks", 1): "f069c8bd1bc7f9c126ad9dda024b08f232b129e3feb4212605eec38e44fb694d",
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
