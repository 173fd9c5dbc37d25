import pytest

from dusktape.server.limits import Limits, TooMuchError
from dusktape.server.shares import Shares

BASE = "/api/v1/jobs"


def test_a_track_is_ordered_and_called_off(api, station):
    answer = api.post(BASE, json={"spec": {"recipe": "rainy", "bpm": 70, "settings": ["keys.pan=0.2"]}})
    assert answer.status_code == 202
    (job,) = answer.json()
    assert job["state"] == "queued"
    assert job["position"] == 1
    kept = station.state.job(job["id"])
    assert kept.spec == {"recipe": "rainy", "bpm": 70.0, "settings": ["keys.pan=0.2"], "stems": False}
    assert kept.client == "127.0.0.1"
    assert api.get(f"{BASE}/{job['id']}").json()["id"] == job["id"]
    assert api.delete(f"{BASE}/{job['id']}").json()["state"] == "cancelled"
    assert api.get(f"{BASE}?state=queued").json() == []
    assert api.get(f"{BASE}?state=cancelled").json()[0]["id"] == job["id"]


def test_variants_differ_in_their_seeds_and_share_a_group(api):
    jobs = api.post(BASE, json={"spec": {"seed": 7}, "variants": 3}).json()
    assert [j["spec"]["seed"] for j in jobs] == [7, 8, 9]
    assert len({j["group"] for j in jobs}) == 1
    assert len(api.get(f"{BASE}?group={jobs[0]['group']}").json()) == 3


@pytest.mark.parametrize("recipe", ["slow rainy night with felt piano", "dusk", "tape", None])
def test_a_recipe_is_a_name_or_words(api, recipe):
    assert api.post(BASE, json={"spec": {"recipe": recipe}}).status_code == 202


@pytest.mark.parametrize(
    "spec",
    [
        {"recipe": "/etc/passwd"},
        {"recipe": "../secret.toml"},
        {"recipe": "mine.toml"},
        {"recipe": "C:\\x.toml"},
        {"recipe": "~/x"},
        {"recipe": "/etc/passwd slow rain"},
        {"recipe": "x.toml slow rain.toml"},
        {"recipe": "raniy"},
        {"recipe": ""},
        {"recipe": "a" * 501},
        {"composer": ["../run"]},
        {"composer": ["src"]},
        {"settings": ["kit=/etc"]},
        {"settings": ["kit=src"]},
        {"settings": ["drums.kit=~/kits"]},
        {"settings": ["models.melody=src"]},
        {"settings": ["composer=rules", "models={melody='/tmp'}"]},
        {"settings": ["keys.pan=9"]},
        {"settings": ["nonsense"]},
        {"settings": ["x" * 301]},
        {"bpm": 1000},
        {"bpm": "fast"},
        {"key": "H major"},
        {"mood": "angry"},
        {"seed": -1},
        {"seed": 1 << 64},
        {"minutes": 0},
        {"minutes": "nan"},
        {"title": "x" * 201},
        {"unknown": 1},
        {"effects": ["../x"]},
        {"effects": ["nothing"]},
        {"asked": {"loop": 1}},
        {"asked": {"loop": 3}},
        {"asked": {"mix": 0.5}},
        {"recipe": "a loop of 8 bars, rainy", "minutes": 2},
        {"asked": {"loop": 8}, "minutes": 2},
        {"asked": {"keep": ["drums"]}},
        {"asked": {"bars": [1, 2]}},
        {"asked": {"origin": "a", "loop": 8}},
    ],
)
def test_what_cannot_be_made_is_refused_at_once(api, station, spec):
    answer = api.post(BASE, json={"spec": spec})
    assert answer.status_code in (404, 422), answer.text
    assert "\n" not in answer.json()["error"]["what"]
    assert station.state.jobs() == []


@pytest.mark.parametrize(
    "spec",
    [
        {"asked": {"onward": "0" * 32}},
        {"asked": {"under": "x"}},
        {"asked": {"origin": "nothing"}},
        {"asked": {"like": ["a", "b"]}},
        {"station": "nobody"},
    ],
)
def test_what_is_named_must_be_there(api, spec):
    assert api.post(BASE, json={"spec": spec}).status_code == 404


@pytest.mark.parametrize(
    "body", [b"{", b"", b"null", b"[]", b"\xff", b'{"spec": {"recipe": "\\ud800"}}', b"1e999", b'{"kind": "upload"}']
)
def test_what_is_no_order_is_refused_in_a_line(api, body):
    answer = api.post(BASE, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["what"]


def test_a_client_has_so_many_jobs_and_no_more(station):
    shares = Shares(Limits(jobs_each=3, jobs_a_minute=100))
    shares.submit(station.state, "9.9.9.9", "track", [{}, {}])
    with pytest.raises(TooMuchError, match="3 jobs of yours may wait"):
        shares.submit(station.state, "9.9.9.9", "track", [{}, {}])
    shares.submit(station.state, "8.8.8.8", "track", [{}])
    assert len(station.state.jobs()) == 3


def test_jobs_a_minute_are_counted(station):
    shares = Shares(Limits(jobs_a_minute=2))
    shares.submit(station.state, "a", "track", [{}, {}])
    with pytest.raises(TooMuchError, match="2 jobs a minute"):
        shares.submit(station.state, "a", "track", [{}])


def test_there_is_no_other_job(api):
    assert api.get(f"{BASE}/nothing").status_code == 404
    assert api.delete(f"{BASE}/nothing").status_code == 404
    assert api.get(f"{BASE}?state=lost").status_code == 422


def test_what_was_sent_is_used_for_what_it_is(api, station):
    wav = api.post("/api/v1/uploads?name=rain.wav", content=b"RIFF\x24\0\0\0WAVEfmt " + bytes(64)).json()["id"]
    midi = api.post("/api/v1/uploads?name=tune.mid", content=b"MThd" + bytes(60)).json()["id"]
    for good in ({"effects": [wav]}, {"asked": {"onward": midi}}, {"asked": {"under": midi}}):
        answer = api.post(BASE, json={"spec": good})
        assert answer.status_code == 202, answer.text
    for wrong in ({"effects": [midi]}, {"asked": {"onward": wav}}, {"effects": ["0" * 32]}):
        assert api.post(BASE, json={"spec": wrong}).status_code in (404, 422)


def test_a_client_may_have_so_many_minutes_waiting(station):
    shares = Shares(Limits(minutes_each=100, jobs_a_minute=100))
    shares.submit(station.state, "9.9.9.9", "track", [{"minutes": 60.0}])
    with pytest.raises(TooMuchError, match="100 minutes of music of yours may wait"):
        shares.submit(station.state, "9.9.9.9", "track", [{"minutes": 30.0}] * 2)
    shares.submit(station.state, "9.9.9.9", "track", [{"minutes": 37.0}, {}])
    shares.submit(station.state, "9.9.9.9", "upload", [{}])
    with pytest.raises(TooMuchError):
        shares.submit(station.state, "9.9.9.9", "track", [{}])
    shares.submit(station.state, "127.0.0.1", "track", [{"minutes": 60.0}] * 8)


def test_too_much_music_is_refused_in_one_line(api):
    long = {"spec": {"minutes": 60.0}, "variants": 5}
    answers = [api.post(BASE, json=long) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert "minutes of music of yours may wait" in answers[3].json()["error"]["what"]


def test_a_file_that_was_sent_is_looked_into_before_songs_are_made(api, station):
    api.post(BASE, json={"spec": {"minutes": 60.0}})
    api.post("/api/v1/uploads?name=tune.mid", content=b"MThd" + bytes(60))
    assert station.state.lease("worker").kind == "upload"


WAV = b"RIFF\x24\0\0\0WAVEfmt " + bytes(64)
MIDI = b"MThd" + bytes(60)


def sent(api, data, name="tune"):
    return api.post(f"/api/v1/uploads?name={name}", content=data).json()


def lofi(api, **spec):
    return api.post(BASE, json={"kind": "lofi", "spec": spec})


def test_a_file_that_was_sent_is_made_lo_fi(api, station):
    mark = sent(api, WAV, "Old Song.wav")["id"]
    answer = lofi(api, upload=mark, recipe="rainy", speed=0.9, drums=False, kit="brushes", settings=["vinyl.on=false"])
    assert answer.status_code == 202, answer.text
    (job,) = answer.json()
    kept = station.state.job(job["id"])
    assert kept.kind == "lofi"
    assert kept.spec == {
        "upload": mark,
        "name": "Old Song.wav",
        "recipe": "rainy",
        "speed": 0.9,
        "drums": False,
        "kit": "brushes",
        "settings": ["vinyl.on=false"],
    }


@pytest.mark.parametrize("title", ["a\x01b", "a\0b", "a\nb"])
def test_a_title_that_cannot_be_shown_is_refused_at_once(api, station, title):
    made, mark = station.track("Harbour"), sent(api, WAV)["id"]
    before = len(station.state.jobs())
    for answer in (
        api.post(BASE, json={"spec": {"title": title}}),
        lofi(api, upload=mark, title=title),
        api.post(f"/api/v1/tracks/{made.id}/edit", json={"again": ["melody"], "title": title}),
    ):
        assert answer.status_code == 422, answer.text
        said = f"the title {title!r} holds characters that cannot be shown; leave them out"
        assert answer.json()["error"]["what"] == said
    assert len(station.state.jobs()) == before


def test_a_file_is_called_as_its_order_says(api, station):
    mark = sent(api, WAV, "tone.wav")["id"]
    (job,) = lofi(api, upload=mark, name="/home/me/other.wav").json()
    assert station.state.job(job["id"]).spec["name"] == "other.wav"
    sound = sent(api, b"RIFF\0\0\0\0sfbk" + bytes(30), "keys.sf2")["id"]
    assert "'mine.sf2' is a SoundFont" in lofi(api, upload=sound, name="mine.sf2").json()["error"]["what"]


def test_variants_of_a_file_differ_in_their_seeds(api):
    mark = sent(api, MIDI)["id"]
    jobs = api.post(BASE, json={"kind": "lofi", "spec": {"upload": mark, "seed": 7}, "variants": 2}).json()
    assert [job["spec"]["seed"] for job in jobs] == [7, 8]
    assert jobs[0]["group"] == jobs[1]["group"] != ""


@pytest.mark.parametrize(
    ("data", "spec", "said"),
    [
        (WAV, {"key": "C minor"}, "key is for MIDI files"),
        (WAV, {"pitch": -20}, "a pitch is -16 to 12 semitones"),
        (WAV, {"speed": 0.9, "bpm": 80}, "speed and bpm both say how fast"),
        (WAV, {"speed": 4}, "spec.speed must be at most 1.6"),
        (WAV, {"downbeat": 5}, "spec.downbeat must be at most 4"),
        (WAV, {"kit": "/etc"}, "takes names and numbers here, no paths"),
        (WAV, {"kit": "brush"}, "there is no kit 'brush'; did you mean 'brushes'?"),
        (WAV, {"weather": "lava"}, "there is no weather 'lava'"),
        (WAV, {"recipe": "/etc/passwd"}, "not files"),
        (WAV, {"recipe": "a four bar loop"}, "asks for a loop"),
        (WAV, {"settings": ["models.melody=src"]}, "is not set here"),
        (WAV, {"settings": ["vinyl.crackle=9"]}, "vinyl"),
        (WAV, {"unknown": 1}, "spec.unknown is no field here"),
        (MIDI, {"source_bpm": 90}, "source_bpm and downbeat are for recordings"),
        (MIDI, {"key": "C minor", "pitch": 2}, "key and pitch both move the notes"),
        (MIDI, {"pitch": 0.5}, "whole semitones"),
        (MIDI, {"key": "H minor"}, "H minor"),
        (b"RIFF\0\0\0\0sfbk" + bytes(30), {}, "is a SoundFont"),
    ],
)
def test_what_cannot_be_done_to_a_file_is_refused_at_once(api, station, data, spec, said):
    mark = sent(api, data)["id"]
    answer = lofi(api, upload=mark, **spec)
    assert answer.status_code == 422, answer.text
    assert said in answer.json()["error"]["what"]
    assert "\n" not in answer.json()["error"]["what"]
    assert "--" not in answer.json()["error"]["what"]
    assert [job.kind for job in station.state.jobs()] == ["upload"]


def test_only_a_file_that_is_there_and_can_be_read_is_made_lo_fi(api, station):
    assert lofi(api, upload="0" * 32).status_code == 404
    assert lofi(api).status_code == 422
    told = sent(api, WAV)
    station.state.lease("worker")
    station.state.fail(told["job"]["id"], "worker", "'tune' is broken; send another copy", retry=False)
    refused = lofi(api, upload=told["id"])
    assert refused.status_code == 422
    assert refused.json()["error"]["what"] == "'tune' is broken; send another copy"


def test_long_files_count_among_the_minutes_that_may_wait(api, station):
    told = sent(api, WAV)
    station.state.lease("worker")
    station.state.finish(told["job"]["id"], "worker", result={"seconds": 1200.0})
    (job,) = lofi(api, upload=told["id"], speed=0.5).json()
    assert job["spec"]["minutes"] == 40.0
    long = {"kind": "lofi", "spec": {"upload": told["id"], "speed": 0.5}, "variants": 8}
    answers = [api.post(BASE, json=long) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]


def test_another_kind_of_job_is_refused_in_a_line(api):
    for kind in ("upload", "stems", 3, None, ["track"]):
        answer = api.post(BASE, json={"kind": kind, "spec": {}})
        assert answer.status_code == 422
        assert answer.json()["error"]["what"] == "kind is track or lofi; give one of these"


def test_what_can_be_ordered_is_described(api):
    told = api.get("/api/v1/openapi.json").json()["components"]["schemas"]
    assert told["LofiOrder"]["properties"]["kind"]["const"] == "lofi"
    assert {"upload", "speed", "kit", "drums"} <= set(told["LofiSpec"]["properties"])
