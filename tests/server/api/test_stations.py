import threading
import time

import pytest

from dusktape.server import onair

BASE = "/api/v1/stations"


def test_stations_are_listed_as_they_are(api, station):
    station.state.settle("main", mood="dark", clock={"frame": 44_100, "time": 100.0}, drawn=3)
    first, second = api.get(BASE).json()
    assert first["name"] == "main"
    assert first["head"] == station.head
    assert first["settings"] == {"mood": "dark"}
    assert first["epoch"] == 99.0
    assert second == {**second, "name": "night", "head": 0, "listeners": 0, "encodings": ["mp3"]}


def test_a_station_says_what_a_new_listener_hears_and_what_follows(api, station):
    heard = station.head - 12 * 44_100
    made = station.track("Second")
    station.entry("First", 0, heard)
    station.entry("Second", heard, station.head + 100, track=made.id, timeline=station.timeline({}))
    station.entry("Third", station.head, station.head + 9_000_000)
    told = api.get(f"{BASE}/main").json()
    assert told["now"]["title"] == "Second"
    assert told["now"]["track"]["title"] == "Second"
    assert told["now"]["timeline"] is True
    assert told["next"]["title"] == "Third"
    assert [e["title"] for e in told["entries"]] == ["Second", "Third"]


def test_a_station_that_has_nothing_yet_says_so(api):
    told = api.get(f"{BASE}/night").json()
    assert (told["now"], told["next"], told["entries"]) == (None, None, [])


@pytest.mark.parametrize("path", ["", "/entries", "/history", "/listeners/x"])
def test_there_is_no_other_station(api, station, path):
    answer = api.get(f"{BASE}/nobody{path}")
    assert answer.status_code == 404
    assert "there is main, night" in answer.json()["error"]["what"]
    assert "nobody" not in [s.name for s in station.state.stations()]


def test_a_programme_is_read_from_a_frame_on(api, station):
    for k in range(5):
        station.entry(f"{k}", 1000 * k, 1000 * k + 1000)
    assert [e["title"] for e in api.get(f"{BASE}/main/entries?since=2500").json()] == ["2", "3", "4"]
    assert [e["title"] for e in api.get(f"{BASE}/main/entries?since=0&limit=2").json()] == ["0", "1"]
    assert [e["title"] for e in api.get(f"{BASE}/main/history?limit=2").json()] == ["3", "4"]


@pytest.mark.parametrize("query", ["since=-1", "since=x", f"since={1 << 70}", "limit=0", "limit=9999", "since=1.5"])
def test_frames_and_limits_are_checked(api, query):
    answer = api.get(f"{BASE}/main/entries?{query}")
    assert answer.status_code == 422
    assert "\n" not in answer.json()["error"]["what"]


def test_a_skip_answers_with_the_frame_it_leads_to(api, station):
    def playout():
        for _ in range(500):
            for order in station.state.orders("main"):
                station.entry("After", station.head, station.head + 99, spec={"by": "skip", "order": order.id})
                return
            time.sleep(0.01)

    thread = threading.Thread(target=playout)
    thread.start()
    answer = api.post(f"{BASE}/main/skip")
    thread.join()
    assert answer.status_code == 200
    assert answer.json()["at"] == station.head
    (entry,) = [e for e in api.get(f"{BASE}/main/entries").json() if e["title"] == "After"]
    assert entry["spec"] == {"order": answer.json()["order"]}


def test_a_skip_where_nothing_is_ready_is_accepted_and_waits(api, station):
    began = time.monotonic()
    answer = api.post(f"{BASE}/main/skip")
    assert time.monotonic() - began < 3.0
    assert answer.status_code == 202
    (order,) = station.state.orders("main")
    assert answer.json() == {"at": None, "order": order.id}


def test_skips_are_counted(api, radio, monkeypatch):
    monkeypatch.setattr("dusktape.server.skips.PATIENCE_S", 0.0)
    found = {api.post(f"{BASE}/main/skip").status_code for _ in range(radio.limits.skips_a_minute + 1)}
    assert found == {202, 429}


def test_steering_settles_what_is_named_and_tells_the_playout(api, station):
    told = api.post(f"{BASE}/main/steer", json={"mood": "dark", "energy": -0.5}).json()
    assert told["settings"] == {"mood": "dark", "energy": -0.5}
    told = api.post(f"{BASE}/main/steer", json={"mood": None, "weather": "rain"}).json()
    assert told["settings"] == {"energy": -0.5, "weather": "rain"}
    assert [o.args for o in station.state.orders("main")] == [
        {"mood": "dark", "energy": -0.5},
        {"mood": None, "weather": "rain"},
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"mood": "angry"},
        {"energy": 2},
        {"energy": "nan"},
        {"weather": "hail"},
        {"clock": 1},
        [],
        "x",
        {"recipes": ["../x"]},
    ],
)
def test_no_other_steering(api, station, wrong):
    assert api.post(f"{BASE}/main/steer", json=wrong).status_code == 422
    assert station.state.orders("main") == []


def test_only_recipes_that_exist_are_steered_to(api, station):
    wrong = api.post(f"{BASE}/main/steer", json={"recipes": ["dusk", "raniy"]})
    assert wrong.status_code == 422
    assert wrong.json()["error"]["what"].startswith("there is no recipe 'raniy'; did you mean 'rainy'")
    assert station.state.orders("main") == []
    assert "recipes" not in station.state.station("main").settings
    told = api.post(f"{BASE}/main/steer", json={"recipes": ["dusk", "rainy"]}).json()
    assert told["settings"]["recipes"] == ["dusk", "rainy"]


def test_a_track_is_sent_to_the_station(api, station):
    made = station.track()
    assert api.post(f"{BASE}/main/queue", json={"track": made.id, "next": True}).json() == {"ok": True}
    assert api.post(f"{BASE}/main/queue", json={"track": made.id}).json() == {"ok": True}
    assert [(o.kind, o.args) for o in station.state.orders("main")] == [
        ("play", {"track": made.id}),
        ("queue", {"track": made.id}),
    ]
    assert api.post(f"{BASE}/main/queue", json={"track": "nothing"}).status_code == 404


def test_a_timeline_is_read_by_its_entry(api, station):
    entry = station.entry("x", 0, 9, timeline=station.timeline({"bpm": 70}))
    assert api.get(f"/api/v1/entries/{entry.id}/timeline").json() == {"bpm": 70}
    gone = station.entry("x", 0, 9, timeline="0" * 64 + ".json")
    for number in (gone.id, 999, station.entry("x", 0, 9).id):
        assert api.get(f"/api/v1/entries/{number}/timeline").status_code == 404
    for number in ("-1", "x", 1 << 70):
        assert api.get(f"/api/v1/entries/{number}/timeline").status_code == 422


def test_the_first_page_gets_the_same_answers_before_the_api_has_loaded(api, radio, station):
    station.entry("x", 0, 90_000_000)
    for path in (BASE, f"{BASE}/main", f"{BASE}/night"):
        assert onair.early(radio, path, "127.0.0.1") == api.get(path).json()
    for path in (f"{BASE}/nobody", f"{BASE}/", "main", "/api/v1/tracks", f"{BASE}/main/entries"):
        assert onair.early(radio, path, "127.0.0.1") is None


def test_what_was_said_of_the_old_dial_is_not_said_of_the_new_one(api, station):
    station.state.settle("main", beyond=True)
    assert api.get(f"{BASE}/main").json()["beyond"] is True
    assert api.post(f"{BASE}/main/steer", json={}).json()["beyond"] is True
    assert api.post(f"{BASE}/main/steer", json={"energy": 0.5}).json()["beyond"] is False
