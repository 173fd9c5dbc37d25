from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.radio.nouns import Entry
from dusktape.radio.outputs import stage as stages
from dusktape.radio.outputs.address import address
from dusktape.radio.outputs.follow import Piece
from dusktape.radio.outputs.stage import Moments, Stage
from dusktape.radio.state import State

from .conftest import RATE, tone


class Painter:
    """Notes what the scene would be told."""

    def __init__(self, width: int, height: int, seed: int = 0) -> None:
        self.told: list[dict[str, float]] = []
        self.frame = np.zeros((height, width, 4), np.uint8)

    def paint(self, time: float, state: dict[str, float]) -> np.ndarray:
        self.told.append(dict(state))
        self.frame[:] = 0
        return self.frame


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(stages, "Picture", Painter)
    state = State.open(tmp_path / "state")
    state.station("dusk")
    state.settle("dusk", weather="snow")
    timeline = tmp_path / "timeline.json"
    timeline.write_text(json.dumps({"beats": [0, RATE, 2 * RATE], "kicks": [RATE]}))
    state.plan(Entry("dusk", "track", 0, 99 * RATE, title="quiet hours", timeline=state.put(timeline)))
    return Stage(state, "dusk", address("rtmp://127.0.0.1/live/key#size=320x180&rate=10", {}), lambda: 1_800_000_000.0)


def test_beats_fall_and_kicks_fade():
    moments = Moments([0, 1_000, 2_000], [1_000])
    assert moments.at(0) == (1.0, 0.0)
    assert moments.at(500)[0] == 0.5
    beat, kick = moments.at(1_000)
    assert (beat, kick) == (1.0, 1.0)
    assert 0.0 < moments.at(1_000 + RATE // 4)[1] < 0.3
    assert moments.at(2_500)[0] == 0.0
    assert Moments().at(5) == (0.0, 0.0)


def test_the_scene_is_told_weather_loudness_and_beat(stage):
    for second in range(2):
        stage.listen(Piece(second * RATE, tone(second * RATE, RATE)))
        for number in range(10 * second, 10 * second + 10):
            stage.paint(number)
    told = stage._picture.told
    assert told[0]["snow"] > 0.5
    assert told[0]["rain"] == 0.0
    assert told[0]["beat"] == 1.0
    assert told[10]["kick"] == 1.0
    assert told[15]["beat"] == pytest.approx(0.5)
    assert told[-1]["level"] > told[0]["level"] > 0.0
    assert told[-1]["playing"] == 1.0


def test_silence_lets_the_room_rest(stage):
    stage.listen(Piece(None, np.zeros((RATE, 2), np.int16)))
    stage.paint(0)
    assert stage._picture.told[0]["playing"] == 0.0
    assert stage._picture.told[0]["beat"] == 0.0


def test_the_title_stands_in_the_lower_left_corner(stage):
    stage.listen(Piece(0, tone(0, RATE)))
    frame = stage.paint(0)
    assert frame[150:, :160].max() > 100
    assert frame[:140].max() == 0


@pytest.mark.parametrize("options", ["size=7x7", "size=641x360", "size=big", "rate=0", "rate=60", "rate=x"])
def test_what_cannot_be_shown_is_refused_in_one_line(options, tmp_path):
    with pytest.raises(InputError) as told:
        Stage(State.open(tmp_path), "dusk", address(f"rtmp://127.0.0.1/live/key#{options}", {}))
    assert options.partition("=")[2] in str(told.value)
