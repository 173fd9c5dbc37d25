"""What the studio does to a track there is, as jobs of a worker."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import DusktapeError, InputError
from dusktape.core.score import Score
from dusktape.core.seed import Seed
from dusktape.publish import cover
from dusktape.radio import making
from dusktape.radio.beforehand import bars_of, check_export, check_track
from dusktape.radio.editing import KINDS, check, levels_of
from dusktape.radio.state import State
from dusktape.radio.task import Task
from dusktape.studio import levels

BAND = {
    "recipe": "dusk",
    "seed": 7,
    "minutes": 0.5,
    "settings": [
        "composer=rules",
        "form.fullness=1.0",
        "melody.first_a=true",
        "guest.on=false",
        "pad.on=false",
        "vinyl.on=false",
        "room.on=false",
        "air.on=false",
        "riser.on=false",
        "keys.room=false",
        "keys.tremolo=false",
        "lead.plate=false",
        "lead.echo=false",
        "drums.crush=false",
        "master.chain.wow=false",
        "master.chain.compressor=false",
        "keys.instrument=felt_piano",
        "lead.instrument=vibraphone",
        "bass.instrument=sub_bass",
    ],
}


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Balances on a second and draws one small cover: what is tested here are notes and files."""
    small = cover.draw_cover(Seed(0), title="", mood="dark", weather="rain", size=64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(levels, "STRETCH_S", 1.0)
        patch.setattr(cover, "draw_cover", lambda *_, **__: small)
        yield


class Bench:
    """A library, and a worker that is us."""

    def __init__(self, folder):
        self.state = State.open(folder / "state")
        self.scratch = folder / "scratch"

    def do(self, kind, **spec):
        self.state.submit(kind, spec)
        job = self.state.lease("us")
        folder = self.scratch / job.id
        folder.mkdir(parents=True)
        making.what(kind)(Task(self.state, job, "us", folder, lambda stage, share: None))
        return self.state.job(job.id)

    def made(self, kind, **spec):
        return self.state.track(self.do(kind, **spec).track)

    def score(self, made):
        return Score.from_json(self.state.blob(made.files["score.json"]).read_text(encoding="utf-8"))

    def rows(self, made, part):
        return [[n.start, n.length, n.pitch, n.velocity] for n in self.score(made).parts[part]]


@pytest.fixture(scope="module")
def bench(quick, tmp_path_factory):
    bench = Bench(tmp_path_factory.mktemp("bench"))
    bench.first = bench.made("track", **BAND, stems=True)
    return bench


def test_keeping_the_drums_makes_the_rest_again(bench):
    made = bench.made("edit", track=bench.first.id, keep=["drums"], seed="12")
    before, after = bench.score(bench.first), bench.score(made)
    assert after.parts["drums"] == before.parts["drums"]
    assert after.parts["lead"] != before.parts["lead"]
    assert (made.parent, made.song) == (bench.first.id, bench.first.id)
    assert made.edit == {"keep": ["drums"], "bars": None, "seed": "12"}


def test_bars_are_done_again_from_a_seed_that_is_told(bench):
    made = bench.made("edit", track=bench.first.id, again=["lead"], bars=[3, 4])
    assert made.edit["bars"] == [3, 4]
    assert made.edit["seed"].isdecimal()
    assert bench.score(made).parts["lead"] != bench.score(bench.first).parts["lead"]


def test_edited_notes_are_a_version_that_is_made_again_from_its_track_json(bench):
    rows = [[s, n, p + 1, v] for s, n, p, v in bench.rows(bench.first, "lead")[:-1]]
    made = bench.made("notes", track=bench.first.id, notes={"lead": rows})
    assert bench.rows(made, "lead") == rows
    assert made.edit == {"notes": {"lead": len(rows) + 1}}
    assert bench.score(made).parts["keys"] == bench.score(bench.first).parts["keys"]
    later = bench.made("edit", track=made.id, again=["drums"])
    assert bench.rows(later, "lead") == rows


def test_a_mix_changes_the_sound_and_no_note_and_keeps_the_stems(bench):
    mix = {"lead": {"gain_db": -6.0}, "drums": {"mute": True}}
    made = bench.made("mix", track=bench.first.id, mix=mix)
    assert bench.score(made) == bench.score(bench.first)
    assert made.edit == {"mix": {"drums": {"gain_db": 0.0, "mute": True}, "lead": {"gain_db": -6.0, "mute": False}}}
    assert {n: b for n, b in made.files.items() if n.startswith("stems/")} == {
        n: b for n, b in bench.first.files.items() if n.startswith("stems/")
    }
    assert made.files["master.flac"] != bench.first.files["master.flac"]


def test_a_mix_goes_with_notes_into_one_version(bench):
    rows = bench.rows(bench.first, "lead")[:-1]
    made = bench.made("notes", track=bench.first.id, notes={"lead": rows}, mix={"drums": {"mute": True}})
    assert bench.rows(made, "lead") == rows
    assert made.edit == {"notes": {"lead": 1}, "mix": {"drums": {"gain_db": 0.0, "mute": True}}}
    assert made.provenance["control"]["levels"]["drums"]["mute"] is True
    assert not [name for name in made.files if name.startswith("stems/")]


def test_who_is_not_heard_alone_is_silent(bench):
    made = bench.made("mix", track=bench.first.id, mix={"keys": {"solo": True}})
    assert set(made.edit["mix"]) == set(bench.score(bench.first).parts) - {"keys"}
    assert all(level["mute"] for level in made.edit["mix"].values())


def test_one_sound_is_set_otherwise(bench):
    made = bench.made("edit", track=bench.first.id, settings=["keys.instrument=rhodes"])
    assert made.provenance["recipe"]["parts"]["keys"]["instrument"] == "rhodes"
    assert bench.score(made) == bench.score(bench.first)
    assert made.edit == {"settings": ["keys.instrument=rhodes"]}


def test_a_recording_that_was_sent_is_laid_over(bench, tmp_path, monkeypatch):
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    sent = bench.state.folder / "uploads" / f"{'5a' * 16}.wav"
    sent.parent.mkdir(exist_ok=True)
    soundfile.write(sent, np.sin(np.arange(44_100) / 20.0) * 0.2, 44_100)
    sent.with_suffix(".json").write_text("{}")
    made = bench.made("edit", track=bench.first.id, effects=["5a" * 16])
    assert made.provenance["recipe"]["parts"]["up_5a5a5a5a5a"]["texture"] is True
    assert made.provenance["files"][0]["file"] == "up_5a5a5a5a5a.wav"
    assert bench.score(made) == bench.score(bench.first)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, "an edit says what to do"),
        ({"again": ["violin"]}, "there is no part 'violin'"),
        ({"again": ["lead"], "bars": [90, 99]}, "there are no bars 90-99 in this song"),
        ({"notes": {"pad": [[0, 9, 60, 90]]}}, "no pad plays in this song"),
        ({"notes": {"lead": "all"}}, "the notes of lead are rows"),
        ({"notes": []}, "notes goes by part"),
        ({"mix": {"lead": {"gain_db": 90}}}, "a part is turned by -60 to 12 dB"),
        ({"mix": {"lead": {"volume": 1}}}, "is no level"),
        ({"settings": ["keys.instrument=theremin"]}, "there is no instrument 'theremin'"),
        ({"settings": ["models.melody=/etc"]}, "names a folder"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(bench, spec, said):
    with pytest.raises(DusktapeError) as caught:
        bench.do("edit", track=bench.first.id, **spec)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    for job in bench.state.jobs(states=["running"]):
        bench.state.cancel(job.id)


def test_a_mix_is_read():
    found, alone = levels_of({"lead": {"gain_db": -3}, "keys": {"solo": True}})
    assert (found["lead"].gain_db, alone) == (-3.0, ("keys",))
    with pytest.raises(InputError, match="say gain_db, mute or solo"):
        levels_of({"lead": 3})


def test_a_bundle_holds_everything_under_one_name(bench):
    job = bench.do("export", track=bench.first.id, what="bundle")
    made = bench.state.track(bench.first.id)
    assert job.result == {"track": made.id, "file": "export/bundle.zip"}
    with zipfile.ZipFile(bench.state.blob(made.files["export/bundle.zip"])) as pack:
        names = [name.partition("/")[2] for name in pack.namelist()]
        facts = json.loads(pack.read(f"{pack.namelist()[0].partition('/')[0]}/track.json"))
    assert {"cover.png", "master.flac", "score.mid", "track.json", "stems/drums.flac", "stems/lead.flac"} <= set(names)
    assert facts["score"]["sha256"] == made.provenance["score"]["sha256"]


def test_a_loop_of_a_track_is_taken_away_and_made_once(bench):
    job = bench.do("export", track=bench.first.id, what="loop", bars=2)
    made = bench.state.track(bench.first.id)
    sound, rate = soundfile.read(bench.state.blob(made.files[job.result["file"]]))
    assert abs(len(sound) / rate - 8 * 60 / made.bpm) < 0.01
    assert np.abs(sound).max() > 0.1
    assert bench.do("export", track=bench.first.id, what="loop", bars=2).result == job.result


def test_what_cannot_be_taken_away_is_refused(bench):
    with pytest.raises(InputError, match="'tape' cannot be exported; there is bundle, loop, flac"):
        bench.do("export", track=bench.first.id, what="tape")


def test_every_kind_is_known_to_the_worker():
    assert set(KINDS) <= set(making.kinds())


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"again": ["nonsense"]}, "there is no part 'nonsense'"),
        ({"keep": ["pad"]}, "no pad plays in this song"),
        ({"again": ["lead"], "bars": [900, 912]}, "there are no bars 900-912 in this song; it has"),
        ({"settings": ["tempo.bpm=9999"]}, "bpm"),
        ({"settings": ["keys.nothing=1"]}, "nothing"),
        ({"settings": ["tempo=70"]}, "tempo has keys of its own; set one of them, as in tempo.bpm=70"),
        ({"effects": ["nope"]}, "there is no recording 'nope'"),
        ({"mix": {"tuba": {"mute": True}}}, "tuba"),
    ],
)
def test_what_a_worker_would_refuse_is_refused_when_it_is_ordered(bench, spec, said):
    with pytest.raises(DusktapeError, match=said):
        check(bench.state, bench.first, {"track": bench.first.id, **spec})


@pytest.mark.parametrize(
    "spec",
    [
        {"again": ["melody"], "bars": [1, 2], "seed": "12345678901"},
        {"settings": ["tempo.bpm=80"], "mix": {"lead": {"gain_db": -3.0, "mute": False, "solo": False}}},
        {"effects": ["0" * 32]},
        {"notes": {"lead": []}, "title": "By hand"},
    ],
)
def test_what_can_be_done_may_be_ordered(bench, spec):
    sent = bench.state.folder / "uploads" / f"{'0' * 32}.wav"
    sent.parent.mkdir(exist_ok=True)
    sent.write_bytes(b"RIFF")
    check(bench.state, bench.first, {"track": bench.first.id, **spec})


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"asked": {"loop": 3}}, "a loop has an even number of bars, 2 to 64, got 3"),
        ({"settings": ["tempo=70"]}, "tempo has keys of its own; set one of them, as in tempo.bpm=70"),
        ({"asked": {"mix": 0.5}}, "--mix lies between two songs; name them with --like"),
        ({"asked": {"origin": "FIRST", "again": ["tuba"]}}, "there is no part 'tuba'"),
        ({"asked": {"origin": "FIRST", "keep": ["pad"]}}, "no pad plays in this song"),
        ({"asked": {"origin": "FIRST", "again": ["lead"], "bars": [90, 99]}}, "there are no bars 90-99 in this song"),
        ({"asked": {"origin": "FIRST", "again": ["lead"], "bars": [4, 2]}}, "are no bars"),
        ({"asked": {"origin": "FIRST"}, "bpm": 80}, "makes one track as it was"),
        ({"asked": {"like": ["FIRST", "FIRST"]}, "recipe": "dusk"}, "leave out the recipe"),
        ({"asked": {"under": "0" * 32}, "minutes": 2}, "as long as its melody; leave out --minutes"),
        ({"recipe": "a loop of 8 bars, rainy", "minutes": 2}, "a loop is as long as its bars"),
    ],
)
def test_a_track_that_cannot_be_made_is_refused_when_it_is_ordered(bench, spec, said):
    told = json.loads(json.dumps(spec).replace("FIRST", bench.first.id))
    with pytest.raises(DusktapeError, match=re.escape(said)):
        check_track(bench.state, told)


@pytest.mark.parametrize(
    "spec",
    [
        {"asked": {"origin": "FIRST", "again": ["melody"], "bars": [1, 2]}, "seed": 4},
        {"asked": {"like": ["FIRST", "FIRST"], "mix": 0.5}, "composer": ["rules"]},
        {"asked": {"onward": "0" * 32}, "minutes": 2, "recipe": "rainy"},
        {"asked": {"loop": 4}, "effects": ["0" * 32]},
    ],
)
def test_a_track_that_can_be_made_may_be_ordered(bench, spec):
    check_track(bench.state, json.loads(json.dumps(spec).replace("FIRST", bench.first.id)))


def test_a_loop_is_no_longer_than_its_song(bench):
    bars = bars_of(bench.score(bench.first))
    check_export(bench.state, bench.first, "loop", bars // 2 * 2)
    check_export(bench.state, bench.first, "bundle", 64)
    with pytest.raises(InputError, match=f"a loop of 64 bars is longer than this song, which has {bars}; choose fewer"):
        check_export(bench.state, bench.first, "loop", 64)


def test_a_track_that_another_version_made_is_refused_when_something_of_it_is_ordered(bench, tmp_path):
    told = json.loads(bench.state.blob(bench.first.files["track.json"]).read_text(encoding="utf-8"))
    (tmp_path / "track.json").write_text(json.dumps({**told, "dusktape": "0.0.1"}), encoding="utf-8")
    files = {**bench.first.files, "track.json": bench.state.put(tmp_path / "track.json")}
    old = replace(bench.first, id="old", song="old", files=files)
    with pytest.raises(InputError, match="track old"):
        check(bench.state, old, {"track": "old", "again": ["melody"]})
