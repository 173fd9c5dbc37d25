from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import DusktapeError, InputError
from dusktape.core.score import BAR, Key, Note, Score, Section
from dusktape.io.midi import to_midi
from dusktape.radio import making
from dusktape.radio.nouns import Job, Made
from dusktape.radio.state import State
from dusktape.radio.task import CalledOff, Task

SPEC = {
    "recipe": "dusk",
    "seed": 7,
    "minutes": 0.5,
    "composer": ["rules"],
    "settings": ["lead.on=false", "pad.on=false", "guest.on=false", "keys.room=false", "master.chain.wow=false"],
    "station": "main",
}


class Studio:
    """A state, and jobs done in it one by one."""

    def __init__(self, folder: Path) -> None:
        self.state = State.open(folder)
        self.told: list[tuple[str, float]] = []

    def do(self, kind: str, spec: dict[str, Any]) -> Job:
        job = self.state.submit(kind, spec)
        leased = self.state.lease("me")
        assert leased is not None
        assert leased.id == job.id
        folder = self.state.folder / "making" / job.id
        folder.mkdir(parents=True)
        task = Task(self.state, leased, "me", folder, lambda stage, share: self.told.append((stage, share)))
        try:
            making.what(kind)(task)
        except BaseException:
            self.state.cancel(job.id)
            raise
        done = self.state.job(job.id)
        assert done is not None
        assert done.state == "done"
        return done

    def make(self, spec: dict[str, Any], kind: str = "track") -> Made:
        made = self.state.track(self.do(kind, spec).track or "")
        assert made is not None
        return made

    def json(self, made: Made, name: str) -> Any:
        return json.loads(self.state.blob(made.files[name]).read_text())


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio of this file's own."""
    made = Studio(tmp_path_factory.mktemp("radio"))
    with made.state:
        yield made


@pytest.fixture(scope="module")
def track(studio: Studio) -> Made:
    """A track that was made in it."""
    return studio.make(SPEC)


def test_a_track_has_all_of_its_files(studio: Studio, track: Made) -> None:
    names = ("cover.png", "master.flac", "score.json", "score.mid", "timeline.json", "track.json")
    assert tuple(track.files) == names
    assert studio.state.blob(track.files["cover.png"]).read_bytes().startswith(b"\x89PNG")
    assert studio.state.blob(track.files["score.mid"]).read_bytes().startswith(b"MThd")
    assert soundfile.info(studio.state.blob(track.files["master.flac"])).frames == track.frames
    assert studio.json(track, "track.json") == track.provenance


def test_a_track_says_what_it_is(studio: Studio, track: Made) -> None:
    assert (track.recipe, track.seed, track.station, track.parent, track.song) == ("dusk", 7, "main", None, track.id)
    assert track.title == track.provenance["title"]
    assert (track.bpm, track.key) == (track.provenance["report"]["bpm"], track.provenance["report"]["key"])
    assert track.seconds == pytest.approx(track.frames / 44_100, abs=1e-3)


def test_its_timeline_is_that_of_its_score_and_sound(studio: Studio, track: Made) -> None:
    told, score = studio.json(track, "timeline.json"), Score.from_json(json.dumps(studio.json(track, "score.json")))
    assert told["frames"] == track.frames
    assert len(told["bars"]) == sum(round(s["bars"]) for s in told["sections"])
    assert len(told["level"]["db"]) == -(-track.frames // 2205)
    kicks = [n for n in score.parts["drums"] if n.pitch in (35, 36)]
    assert len(told["kicks"]) == len(kicks) > 0


def test_its_course_goes_up_and_names_its_stages(studio: Studio, track: Made) -> None:
    shares = [share for _, share in studio.told[: [s for s, _ in studio.told].index("writing") + 1]]
    assert shares == sorted(shares)
    stages = list(dict.fromkeys(stage for stage, _ in studio.told))
    assert stages[:4] == ["composing", "rendering", "mastering", "writing"]


def test_stems_are_rendered_later_as_they_were(studio: Studio, track: Made) -> None:
    job = studio.do("stems", {"track": track.id})
    found = studio.state.track(track.id)
    assert found is not None
    assert job.result == {"track": track.id}
    stems = {name: blob for name, blob in found.files.items() if name.startswith("stems/")}
    assert set(stems) >= {"stems/keys.flac", "stems/bass.flac", "stems/drums.flac"}
    for blob in stems.values():
        sound, rate = soundfile.read(studio.state.blob(blob))
        assert (sound.shape, rate) == ((track.frames, 2), 44_100)
    assert np.abs(soundfile.read(studio.state.blob(stems["stems/drums.flac"]))[0]).max() > 0.01
    before = len(studio.told)
    studio.do("stems", {"track": track.id})
    assert len(studio.told) == before  # and not a second time


def test_a_part_done_again_is_a_version_of_the_same_song(studio: Studio, track: Made) -> None:
    asked = {"origin": track.id, "again": ["drums"], "bars": [1, 4]}
    again = studio.make({"seed": 3, "asked": asked})
    assert (again.parent, again.song) == (track.id, track.id)
    assert again.edit == {"again": ["drums"], "bars": [1, 4]}
    ours, theirs = studio.json(track, "score.json")["parts"], studio.json(again, "score.json")["parts"]
    assert ours["keys"] == theirs["keys"]
    assert ours["drums"] != theirs["drums"]
    assert {one.id for one in studio.state.tracks(song=track.id)} == {track.id, again.id}


def test_a_loop_is_a_track_of_so_many_bars(studio: Studio) -> None:
    spec = {name: value for name, value in SPEC.items() if name != "minutes"}
    loop = studio.make({**spec, "bars": 2}, kind="loop")
    assert len(studio.json(loop, "timeline.json")["bars"]) == 2


def test_a_job_that_is_begun_again_makes_the_same_track(studio: Studio, tmp_path: Path) -> None:
    from dusktape.radio import asking

    task = Task(studio.state, Job("abc", "track", {"recipe": "dusk"}), "me", tmp_path)
    seeds = {asking.read(task)[1] for _ in range(3)}
    assert len(seeds) == 1
    assert 0 <= (seeds.pop() or 0) < 1_000_000
    assert asking.read(Task(studio.state, Job("abd", "track", {}), "me", tmp_path))[1] != asking.read(task)[1]


def test_a_cancelled_job_stops_and_leaves_nothing(studio: Studio, tmp_path: Path) -> None:
    def stop(stage: str, share: float) -> None:
        if stage == "rendering":
            raise CalledOff

    before = len(studio.state.tracks())
    task = Task(studio.state, Job("abc", "track", SPEC), "me", tmp_path, stop)
    with pytest.raises(CalledOff):
        making.track(task)
    assert list(tmp_path.iterdir()) == []
    assert len(studio.state.tracks()) == before


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"recipe": "no-such-thing"}, "no recipe 'no-such-thing'"),
        ({"recipe": "/etc/passwd.toml"}, "is a file; put it into the folder"),
        ({"recipe": "../../secret.toml"}, "is a file"),
        ({"recipe": 7}, "recipe is text"),
        ({"recipe": "x" * 500}, "at most 400 characters"),
        ({"seed": -1}, "a seed is 0 or more"),
        ({"seed": "7"}, "a seed is a whole number"),
        ({"minutes": 900}, "0.5 to 60 minutes"),
        ({"minutes": "3"}, "minutes is a number"),
        ({"bpm": True}, "bpm is a number"),
        ({"key": "H moll"}, "is no key"),
        ({"settings": "keys.wobble=1"}, "wobble"),
        ({"settings": [1]}, "settings is a list of text"),
        ({"settings": ["kit=/etc"]}, "there is no kit '/etc'"),
        ({"settings": ["kit=."]}, "there is no kit '.'"),
        ({"settings": [" models.melody = /etc"]}, "names a folder"),
        ({"composer": ["/etc"]}, "there is no composer '/etc'"),
        ({"composer": ["."]}, "there is no composer '.'"),
        ({"effects": ["/etc/passwd"]}, "no recording '/etc/passwd'"),
        ({"colour": "red"}, "a track's spec has no 'colour'"),
        ({"asked": ["loop"]}, "asked is a table"),
        ({"asked": {"lop": 8}}, "did you mean 'loop'"),
        ({"asked": {"loop": 3}}, "even"),
        ({"asked": {"loop": "8"}}, "loop is a whole number"),
        ({"asked": {"origin": "nobody"}}, "there is no track 'nobody' in the library"),
        ({"asked": {"origin": "../../etc/passwd"}}, "there is no track"),
        ({"asked": {"onward": "../../etc/passwd"}}, "there is no upload"),
        ({"asked": {"under": "0" * 32}}, "there is no upload"),
        ({"asked": {"like": "ab"}}, "like wants two tracks"),
        ({"asked": {"like": ["a", "b"]}}, "there is no track 'a'"),
        ({"asked": {"again": ["drums"]}}, "is about a track there is"),
        ({"title": "bad\x00title"}, "cannot be shown"),
        ({"title": ["x"]}, "title is text"),
    ],
)
def test_what_is_asked_wrongly_is_said_in_one_line_and_no_path_is_followed(
    studio: Studio, spec: dict[str, Any], said: str
) -> None:
    with pytest.raises(DusktapeError) as raised:
        studio.do("track", spec)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert str(studio.state.folder) not in str(raised.value)


def test_a_track_of_another_version_is_named_by_its_id_and_not_by_its_path(
    studio: Studio, track: Made, tmp_path: Path
) -> None:
    path = tmp_path / "track.json"
    path.write_text(json.dumps({**track.provenance, "dusktape": "0.0.1"}))
    studio.state.add_track(replace(track, id="old-one", files={"track.json": studio.state.put(path)}))
    with pytest.raises(InputError, match=r"^track old-one was made by dusktape 0\.0\.1") as raised:
        studio.do("stems", {"track": "old-one"})
    assert str(studio.state.folder) not in str(raised.value)


def test_a_track_is_made_of_what_was_sent(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    folder = studio.state.folder / "uploads"
    folder.mkdir(exist_ok=True)
    rain, tune = "5a" * 16, "6b" * 16
    soundfile.write(folder / f"{rain}.wav", np.sin(np.arange(44_100) / 20.0) * 0.2, 44_100)
    notes = [Note(i * BAR, BAR, 60 + i, 90) for i in range(4)]
    to_midi(Score(80.0, Key(0, "major"), (Section("A", 0, 4 * BAR),), (), {"lead": notes}), folder / f"{tune}.mid")
    for name in (rain, tune):
        (folder / f"{name}.json").write_text("{}")
    made = studio.make({**SPEC, "minutes": 0.8, "effects": [rain], "asked": {"onward": tune}})
    assert made.provenance["recipe"]["parts"]["up_5a5a5a5a5a"]["texture"] is True
    assert round(made.bpm) == 80


def test_kinds_are_named_and_unknown_ones_refused() -> None:
    assert {"track", "loop", "stems", "upload", "edit", "export"} <= set(making.kinds())
    with pytest.raises(InputError, match="did you mean 'stems'"):
        making.what("stem")


@pytest.mark.parametrize(("priority", "cores", "shared"), [(0, 4, False), (10, 4, True), (10, 1, False)])
def test_a_second_core_is_for_those_who_wait(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, priority: int, cores: int, shared: bool
) -> None:
    told: list[bool] = []

    def produced(*_: object, outboard: bool, **__: object) -> None:
        told.append(outboard)
        raise CalledOff

    monkeypatch.setattr(making, "produced", produced)
    monkeypatch.setattr(making.os, "cpu_count", lambda: cores)
    with pytest.raises(CalledOff):
        making.track(Task(studio.state, Job("abc", "track", SPEC, priority=priority), "me", tmp_path))
    assert told == [shared]
