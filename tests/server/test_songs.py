"""The studio's part of the API: versions, notes, edits, slices of sound, files to take away."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import soundfile

from dusktape.core.score import BAR, Chord, Key, Note, Score, Section
from dusktape.radio.editing import KINDS

FRAMES = 44_100
SCORE = Score(
    60.0,
    Key(0, "major"),
    (Section("A", 0, BAR),),
    (Chord(0, BAR, 9, "min7"),),
    {"lead": (Note(0, 480, 60, 90), Note(960, 480, 64, 80)), "drums": (Note(0, 240, 36, 100),)},
)
RECIPE = {
    "parts": {
        "lead": {"instrument": "vibraphone", "on": True, "loudness_lufs": -24.0},
        "drums": {"instrument": "kit", "on": True, "loudness_lufs": -20.0},
        "pad": {"instrument": "pad", "on": False, "loudness_lufs": -30.0},
        "rain": {"instrument": "rain", "texture": True, "on": True, "loudness_lufs": -40.0},
    }
}


def sound(path, level=0.5):
    ramp = np.linspace(-level, level, FRAMES)
    soundfile.write(path, np.stack([ramp, -ramp], axis=1), 44_100, format="FLAC")
    return path


@pytest.fixture
def bench(station, tmp_path):
    """A song of two versions; the first one has its stems."""

    def files(**more):
        (tmp_path / "score.json").write_text(SCORE.to_json())
        paths = {"master.flac": sound(tmp_path / "a.flac"), "score.json": tmp_path / "score.json", **more}
        return {name: station.state.put(path) for name, path in paths.items()}

    facts = {"recipe": RECIPE, "report": {"lufs": -14.2}, "control": {"levels": {"lead": {"gain_db": -3.0}}}}
    stem = {"stems/lead.flac": sound(tmp_path / "b.flac", 0.25)}
    station.first = station.track("First", files=files(**stem), provenance=facts)
    edit = {"again": ["lead"], "bars": None, "seed": "5"}
    station.second = station.track("Second", files=files(), song=station.first.id, parent=station.first.id, edit=edit)
    with station.served():
        yield station


def test_a_song_is_all_its_versions_oldest_first(bench):
    told = bench.ask(f"/api/v1/songs/{bench.first.id}").json
    assert [one["id"] for one in told["versions"]] == [bench.first.id, bench.second.id]
    assert [one["parent"] for one in told["versions"]] == [None, bench.first.id]
    assert told["versions"][0]["lufs"] == -14.2
    assert told["versions"][1]["edit"]["again"] == ["lead"]
    assert bench.ask("/api/v1/songs/nothing").status == 404


def test_a_score_tells_what_the_workbench_draws(bench):
    told = bench.ask(f"/api/v1/tracks/{bench.first.id}/score").json
    parts = {part["name"]: part for part in told["parts"]}
    assert set(parts) == {"lead", "drums", "rain"}
    assert parts["lead"]["notes"] == [[0, 480, 60, 90], [960, 480, 64, 80]]
    assert (parts["lead"]["gain_db"], parts["lead"]["stem"]) == (-3.0, True)
    assert (parts["drums"]["drums"], parts["drums"]["stem"], parts["rain"]["texture"]) == (True, False, True)
    assert told["chords"] == [{"name": SCORE.chords[0].name, "start": 0, "length": BAR}]
    assert (told["length"], told["ticks_per_beat"], told["bpm"]) == (BAR, 960, 60.0)
    assert told["makeup_db"] == pytest.approx(4.3, abs=0.1)


def test_a_track_without_a_score_says_so(bench):
    bare = bench.track("Bare")
    assert "no score" in bench.ask(f"/api/v1/tracks/{bare.id}/score").what


@pytest.mark.parametrize(("name", "level"), [("master", 0.5), ("lead", 0.25)])
def test_slices_laid_end_to_end_are_the_sound(bench, name, level):
    place = f"/api/v1/tracks/{bench.first.id}/slices/{name}"
    pieces = [bench.ask(f"{place}?start={start}&frames=20000") for start in (0, 20_000, 40_000)]
    assert {piece.headers["content-type"] for piece in pieces} == {"audio/flac"}
    whole = np.concatenate([soundfile.read(io.BytesIO(piece.body))[0] for piece in pieces])
    assert whole.shape == (FRAMES, 2)
    assert np.abs(whole[:, 0] - np.linspace(-level, level, FRAMES)).max() < 1e-4


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ("slices/drums", 404),
        ("slices/master?start=99999999", 404),
        ("slices/master?start=-1", 422),
        ("slices/master?frames=0", 422),
        ("slices/..%2Fstate", 404),
    ],
)
def test_what_is_no_slice_is_refused(bench, place, status):
    assert bench.ask(f"/api/v1/tracks/{bench.first.id}/{place}").status == status


def test_a_stem_tells_how_loud_it_is_when(bench):
    told = bench.ask(f"/api/v1/tracks/{bench.first.id}/levels/lead")
    assert "immutable" in told.headers["cache-control"]
    db = told.json["db"]
    assert (len(db) - 1) * told.json["hop"] < FRAMES <= len(db) * told.json["hop"]
    assert min(db) < max(db) <= -12
    assert bench.ask(f"/api/v1/tracks/{bench.first.id}/levels/drums").status == 404


def test_edits_become_jobs_with_seeds_of_their_own(bench):
    place = f"/api/v1/tracks/{bench.first.id}/edit"
    told = bench.ask(
        place, "POST", body={"again": ["melody"], "bars": [1, 1], "seed": "9007199254740993", "variants": 2}
    )
    assert told.status == 202
    jobs = told.json["jobs"]
    assert [job["spec"]["seed"] for job in jobs] == ["9007199254740993", "9007199254740994"]
    assert {job["kind"] for job in jobs} == {"edit"}
    assert len({job["group"] for job in jobs}) == 1
    assert jobs[0]["spec"]["track"] == bench.first.id
    assert bench.state.job(jobs[0]["id"]).client == "127.0.0.1"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"keep": ["drums"]}, "edit"),
        ({"settings": ["lead.instrument=flute"]}, "edit"),
        ({"notes": {"lead": [[0, 480, 60, 90]]}}, "notes"),
        ({"mix": {"lead": {"gain_db": -3, "solo": True}}}, "mix"),
        ({"notes": {"lead": []}, "mix": {"lead": {"gain_db": -3}}}, "notes"),
        ({"settings": ["bpm=80"], "mix": {"lead": {"mute": True}}}, "edit"),
    ],
)
def test_each_edit_has_its_kind(bench, body, kind):
    (job,) = bench.ask(f"/api/v1/tracks/{bench.first.id}/edit", "POST", body=body).json["jobs"]
    assert job["kind"] == kind
    assert kind in KINDS
    assert {name: job["spec"][name] for name in body if name != "mix"} == {n: v for n, v in body.items() if n != "mix"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"again": ["lead"], "keep": ["drums"]},
        {"notes": {"lead": []}, "settings": ["bpm=80"]},
        {"again": ["lead"], "bars": [4, 2]},
        {"mix": {}, "variants": 3},
        {"again": ["../x"]},
        {"notes": {"lead": [[0, 0, 60, 90]]}},
        {"notes": {"lead": [[0, 9, 128, 90]]}},
        {"notes": {"pad": [[0, 9, 60, 90]]}},
        {"mix": {"lead": {"gain_db": 40}}},
        {"mix": {"violin": {}}},
        {"again": ["lead"], "seed": "-1"},
        {"again": ["lead"], "seed": "9999999999999999999"},
        {"again": ["lead"], "seed": str(1 << 63)},
        {"notes": {"lead": [[3840, 240, 60, 90]]}},
        {"notes": {"lead": [[16_000_000, 240, 60, 90]]}},
        {"notes": {"rain": [[0, 240, 60, 90]]}},
        {"notes": {"lead": [[0, 480, 60, 90], [960, 480, 64, 80]]}},
        {"notes": {}},
        {"title": "Another"},
        {"effects": ["0" * 32]},
        {"surprise": True},
    ],
)
def test_what_is_no_edit_is_refused_in_a_line(bench, body):
    told = bench.ask(f"/api/v1/tracks/{bench.first.id}/edit", "POST", body=body)
    assert told.status == 422
    assert "\n" not in told.what
    assert bench.state.jobs() == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"title": "Another"}, "title goes with what makes a new version"),
        ({"notes": {"lead": [[3840, 240, 60, 90]]}}, "lead: a note starts at tick 3840, and the song ends at 3840"),
        ({"again": ["lead"], "seed": str(1 << 63)}, "seed must be below 9223372036854775808, got 9223372036854775808"),
        ({"effects": ["0" * 32]}, "there is no upload '00000"),
    ],
)
def test_a_refused_edit_says_what_is_wrong(bench, body, said):
    assert said in bench.ask(f"/api/v1/tracks/{bench.first.id}/edit", "POST", body=body).what


def test_exports_become_jobs(bench):
    place = f"/api/v1/tracks/{bench.first.id}/export"
    assert bench.ask(place, "POST", body={"what": "loop", "bars": 2}).json["jobs"][0]["spec"] == {
        "track": bench.first.id,
        "what": "loop",
        "bars": 2,
    }
    assert bench.ask(place, "POST", body={"what": "loop"}).json["jobs"][0]["spec"]["bars"] == 2
    told = bench.ask(place, "POST", body={"what": "loop", "bars": 4})
    assert (told.status, told.what) == (
        422,
        "a loop of 4 bars is longer than this song, which has 1; choose fewer bars",
    )
    assert bench.ask(place, "POST", body={"what": "tape"}).status == 422
    assert bench.ask("/api/v1/tracks/nothing/export", "POST", body={}).status == 404


def test_changes_need_our_header(bench):
    place = f"/api/v1/tracks/{bench.first.id}/edit"
    assert bench.ask(place, "POST", body={"keep": ["drums"]}, change=False).status == 403


def test_controls_have_ranges_and_settings_that_a_recipe_takes(bench):
    controls = {control["name"]: control for control in bench.ask("/api/v1/controls").json}
    assert {"bpm", "key", "mood", "minutes", "swing", "kit", "keys", "weather", "tape"} <= set(controls)
    assert (controls["bpm"]["low"], controls["bpm"]["high"], controls["bpm"]["field"]) == (40, 160, "bpm")
    assert controls["swing"]["setting"] == "tempo.swing"
    settings = [choice["settings"] for choice in controls["tape"]["choices"]]
    from dusktape.core.seed import Seed
    from dusktape.studio.wish import Wish

    for told in settings:
        assert Wish("dusk", settings=told).resolve(Seed(3))


def test_everything_is_described(bench):
    paths = json.loads(bench.ask("/api/v1/openapi.json").body)["paths"]
    assert "post" in paths["/api/v1/tracks/{track}/edit"]
    assert "get" in paths["/api/v1/tracks/{track}/slices/{name}"]
