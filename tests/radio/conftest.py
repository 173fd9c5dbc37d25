from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dusktape.radio.nouns import Made, new_id
from dusktape.radio.state import State


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """An empty radio's state."""
    with State.open(tmp_path / "radio") as opened:
        yield opened


@pytest.fixture
def add(state: State, tmp_path: Path) -> Callable[..., Made]:
    """Adds a track to the state: `add("a", size=1000, station="main")`, with files of so many bytes."""

    def make(name: str = "", *, size: int = 100, stems: int = 0, **facts: Any) -> Made:
        name = name or new_id()
        files = {"master.flac": size, **({"stems/keys.flac": stems} if stems else {})}
        blobs = {}
        for file, count in files.items():
            path = tmp_path / f"{name}-{Path(file).name}"
            path.write_bytes((f"{name} {file} ".encode() * (count // 10 + 1))[:count])
            blobs[file] = state.put(path)
        made = Made(
            **{
                "id": name,
                "title": f"Track {name}",
                "recipe": "dusk",
                "mood": "warm",
                "seed": 7,
                "bpm": 80.0,
                "key": "C minor",
                "seconds": 120.0,
                "frames": 5_292_000,
                "licence": "CC0-1.0",
                "song": name,
                "files": blobs,
                "made_at": time.time(),
                **facts,
            }
        )
        state.add_track(made)
        return made

    return make
