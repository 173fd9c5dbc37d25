from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dusktape.core.errors import WeightsError
from dusktape.core.roles import LoopChord
from dusktape.core.score import BAR, Key, Note, Score, Section
from dusktape.core.seed import Seed
from dusktape.io.audiofile import read
from dusktape.io.midi import from_midi
from dusktape.nn.line import Line
from dusktape.train import demo, roll


class Player:
    def generate(self, *, steps: int, chords: Any, **how: Any) -> Line:
        n = steps // 4 + 3  # beyond the last bar
        ones = np.ones(n, np.int64)
        return Line(
            "",
            Key(0, "major"),
            tuple(chords),
            60 + np.arange(n) % 12,
            4 * ones - 4 * (np.arange(n) == 0),
            ones,
            7 * ones,
        )


class Writer:
    def write_loop(self, **how: Any) -> tuple[LoopChord, ...]:
        return LoopChord(2, "m7", 3), LoopChord(7, "7", 2)

    def write_drums(self, *, bars: int, **how: Any) -> tuple[Note, ...]:
        return tuple(Note(k * BAR, 10, 36, 100) for k in range(bars))

    def write_rhythm(self, *, bars: int, **how: Any) -> tuple[tuple[int, int], ...]:
        return tuple((k * BAR + 480, 480) for k in range(bars))

    def write_melody(self, *, bars: int, **how: Any) -> tuple[Note, ...]:
        return tuple(Note(k * BAR, 480, 72, 90) for k in range(bars))


def test_a_line_is_played_over_chords_for_eight_bars() -> None:
    score = demo.compose(Player(), "melody", Seed(1))
    assert score is not None
    assert score.length == 8 * BAR
    assert len(score.parts["lead"]) == 32
    assert score.parts["lead"][0] == Note(0, 240, 60, 120)
    assert len(score.parts["keys"]) == 32


ROLES = {"melody": {"lead", "keys"}, "harmony": {"keys"}, "drums": {"drums"}, "comping": {"keys"}}


@pytest.mark.parametrize(("role", "parts"), ROLES.items())
def test_every_role_that_plays_alone_has_a_demo(role: str, parts: set[str]) -> None:
    score = demo.compose(Writer(), role, Seed(1))
    assert score is not None
    assert set(score.parts) == parts
    assert score.length == 8 * BAR


def test_a_loop_is_turned_until_the_bars_are_full() -> None:
    score = demo.compose(Writer(), "harmony", Seed(1))
    assert score is not None
    assert [c.length // 960 for c in score.chords] == [3, 2] * 6 + [2]
    assert sum(c.length for c in score.chords) == 8 * BAR


def test_who_does_not_play_alone_has_none() -> None:
    assert demo.compose(Writer(), "bells", Seed(1)) is None


def test_a_model_of_whole_songs_plays_both(monkeypatch: pytest.MonkeyPatch) -> None:
    class Whole:
        latents = 5

        def decode(self, z: Any, *, bars: int, **how: Any) -> Any:
            assert z.shape == (5,)
            return Writer().write_loop(), Writer().write_melody(bars=bars)

    score = demo.compose(Whole(), "song", Seed(1))
    assert score is not None
    assert set(score.parts) == {"lead", "keys"}


def test_a_piano_roll_shows_every_note() -> None:
    score = Score(80.0, Key(0, "major"), parts={"lead": (Note(0, 960, 60, 127), Note(1920, 960, 72, 10))})
    image = Image.open(io.BytesIO(roll.draw(score, "toy"))).convert("RGB")
    loud, soft = roll._shade(roll.COLOURS["lead"], 127), roll._shade(roll.COLOURS["lead"], 10)
    counts = {colour: n for n, colour in image.getcolors(1 << 16)}
    beats = (roll.WIDTH - roll.LEFT - 8) / 3
    assert counts[loud] == pytest.approx(beats * roll.ROW, rel=0.03)
    assert counts[soft] == pytest.approx(beats * roll.ROW, rel=0.03)


def test_an_empty_piano_roll_is_a_picture_too() -> None:
    assert Image.open(io.BytesIO(roll.draw(Score(80.0, Key(0, "major")), "toy"))).size[0] == roll.WIDTH


def demos(folder: Path, opened: Any, said: list[str]) -> demo.Demos:
    model = SimpleNamespace(name="toy", role="melody", open=opened)
    return demo.Demos(SimpleNamespace(folder=folder), model, None, SimpleNamespace(say=said.append))  # type: ignore[arg-type]


def test_a_demo_is_midi_sound_and_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(demo, "render", lambda score, path, seed: path.write_bytes(b"sound"))
    demos(tmp_path, lambda weights, sha256: Player(), said).make(tmp_path / "w", "", "step-1", Seed(0))
    assert said == []
    assert sorted(p.name for p in (tmp_path / "demos").iterdir()) == ["step-1.flac", "step-1.mid", "step-1.png"]
    assert len(from_midi(tmp_path / "demos" / "step-1.mid").parts["lead"]) == 32


def test_in_a_demo_only_those_play_who_were_written_for() -> None:
    on = {name for name, part in demo._recipe(Seed(0)).parts.items() if part.on and not part.texture}
    assert on == {"keys", "lead", "pad", "bass", "drums"}


def test_a_demo_sounds_for_as_long_as_its_score(tmp_path: Path) -> None:
    bar = (Section("A", 0, BAR),)
    demo.render(Score(demo.BPM, demo.HOME, bar, parts={"lead": (Note(0, 960, 72, 90),)}), tmp_path / "a.flac", Seed(0))
    sound = read(tmp_path / "a.flac")
    assert sound.seconds == pytest.approx(4 * 60.0 / demo.BPM, abs=0.01)
    assert np.abs(sound.samples).max() > 0.1


def test_a_network_that_cannot_play_yet_costs_nobody_the_training(tmp_path: Path) -> None:
    def broken(weights: Path, sha256: str) -> Any:
        raise WeightsError("it plays nothing")

    said: list[str] = []
    demos(tmp_path, broken, said).make(tmp_path / "w", "", "step-1", Seed(0))
    assert said == ["no demo step-1: it plays nothing"]
