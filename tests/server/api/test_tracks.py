import io
import zipfile

import pytest

BASE = "/api/v1/tracks"


def test_tracks_are_listed_newest_first_page_by_page(api, station):
    made = [station.track(f"Song {k}") for k in range(5)]
    first = api.get(f"{BASE}?limit=2").json()
    assert [t["title"] for t in first] == ["Song 4", "Song 3"]
    then = api.get(f"{BASE}?limit=9&before={first[-1]['id']}").json()
    assert [t["id"] for t in then] == [m.id for m in made[2::-1]]
    station.track("Harbour, Again")
    assert [t["title"] for t in api.get(f"{BASE}?q=again harbour").json()] == ["Harbour, Again"]
    assert api.get(f"{BASE}?q=100%25_").json() == []


def test_a_track_tells_what_made_it(api, station):
    made = station.track(provenance={"recipe": {"name": "rainy"}}, seed=1 << 80)
    told = api.get(f"{BASE}/{made.id}").json()
    assert told["provenance"] == {"recipe": {"name": "rainy"}}
    assert told["seed"] == str(1 << 80)
    assert told["files"] == ["cover.png", "master.flac", "score.mid", "track.json"]


def test_likes_add_up_and_are_taken_back(api, station):
    made = station.track()
    station.state.like(made.id, 1, "somebody else")
    assert api.put(f"{BASE}/{made.id}/like", json={"value": 1}).json() == {"track": made.id, "value": 1, "likes": 2}
    assert api.get(f"{BASE}/{made.id}").json()["liked"] == 1
    assert [t["id"] for t in api.get(f"{BASE}?liked=true").json()] == [made.id]
    assert api.put(f"{BASE}/{made.id}/like", json={"value": 0}).json()["likes"] == 1
    for wrong in ({"value": 2}, {"value": "1"}, {}, {"value": True, "x": 1}):
        assert api.put(f"{BASE}/{made.id}/like", json=wrong).status_code == 422
    assert api.put(f"{BASE}/nothing/like", json={"value": 1}).status_code == 404


def test_a_track_is_kept_and_deleted(api, station):
    made = station.track()
    assert api.put(f"{BASE}/{made.id}/keep", json={"kept": True}).json() == {"ok": True}
    assert station.state.track(made.id).kept
    assert api.delete(f"{BASE}/{made.id}").json() == {"ok": True}
    assert api.get(f"{BASE}/{made.id}").status_code == 404
    assert api.get(f"{BASE}/{made.id}/files/master.flac").status_code == 404


def test_files_are_played_in_ranges_and_taken_away_under_a_good_name(api, station):
    made = station.track('Rain: "on" Lïne / 9')
    path = f"{BASE}/{made.id}/files/master.flac"
    whole = api.get(path)
    assert whole.headers["content-type"] == "audio/flac"
    assert "immutable" in whole.headers["cache-control"]
    part = api.get(path, headers={"Range": "bytes=4-7"})
    assert part.status_code == 206
    assert part.content == whole.content[4:8]
    assert api.get(path, headers={"Range": "bytes=999999-"}).status_code == 416
    taken = api.get(f"{path}?download=1").headers["content-disposition"]
    assert taken == "attachment; filename=\"Rain on L_ne 9.flac\"; filename*=UTF-8''Rain%20on%20L%C3%AFne%209.flac"
    cover = api.get(f"{BASE}/{made.id}/files/cover.png?download=1").headers["content-disposition"]
    assert 'filename="Rain on L_ne 9 - cover.png"' in cover


@pytest.mark.parametrize(
    "name",
    [
        "x",
        "master.flac/",
        "../track.json",
        "%2e%2e/track.json",
        "/etc/passwd",
        "//etc/passwd",
        "stems/",
        "master.flac%00",
        "",
    ],
)
def test_no_other_file_is_handed_out(api, station, name):
    made = station.track()
    assert api.get(f"{BASE}/{made.id}/files/{name}").status_code == 404


def test_a_file_that_was_swept_away_is_not_there(api, station):
    made = station.track()
    station.state.blob(made.files["cover.png"]).unlink()
    assert api.get(f"{BASE}/{made.id}/files/cover.png").status_code == 404
    assert api.get(f"{BASE}/{made.id}/bundle.zip").status_code == 404


def test_a_bundle_holds_everything(api, station):
    made = station.track("Rain")
    answer = api.get(f"{BASE}/{made.id}/bundle.zip")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == sorted(f"Rain/{name}" for name in made.files)
        assert archive.read("Rain/score.mid") == station.state.blob(made.files["score.mid"]).read_bytes()


def test_stems_are_ordered_once(api, station):
    made = station.track()
    first = api.post(f"{BASE}/{made.id}/stems")
    assert first.status_code == 202
    assert first.json()["kind"] == "stems"
    assert api.post(f"{BASE}/{made.id}/stems").json()["id"] == first.json()["id"]
    assert station.state.job(first.json()["id"]).spec == {"track": made.id}
    assert api.post(f"{BASE}/nothing/stems").status_code == 404
