import json
import os
from dataclasses import replace

import pytest

from dusktape.radio.state import new_id

BASE = "/api/v1/uploads"
WAV = b"RIFF\x24\0\0\0WAVEfmt " + bytes(64)
MIDI = b"MThd" + bytes(60)


def files(station):
    folder = station.folder / "uploads"
    return sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []


def test_an_upload_is_kept_under_a_name_of_ours_and_looked_into(api, station):
    answer = api.post(f"{BASE}?name=../../My Kick.exe", content=WAV)
    assert answer.status_code == 202
    told = answer.json()
    assert (told["kind"], told["name"], told["bytes"]) == ("audio", "My Kick.exe", len(WAV))
    assert files(station) == [f"{told['id']}.json", f"{told['id']}.wav"]
    assert (station.folder / "uploads" / f"{told['id']}.wav").read_bytes() == WAV
    job = station.state.job(told["job"]["id"])
    assert job.kind == "upload"
    assert job.spec == {"upload": told["id"], "file": f"{told['id']}.wav", "kind": "audio", "name": "My Kick.exe"}
    assert api.get(f"{BASE}/{told['id']}").json() == told
    assert api.delete(f"{BASE}/{told['id']}").json() == {"ok": True}
    assert files(station) == []
    assert api.get(f"{BASE}/{told['id']}").status_code == 404


def test_a_soundfont_that_is_deleted_is_no_instrument_any_more(api, station):
    told = api.post(f"{BASE}?name=Piano.sf2", content=b"RIFF\0\0\0\0sfbk" + bytes(30)).json()
    link = station.folder / "instruments" / f"up_{told['id'][:10]}.sf2"
    link.parent.mkdir()
    link.write_bytes(b"font")
    (link.parent / "other.sf2").write_bytes(b"another")
    assert api.delete(f"{BASE}/{told['id']}").json() == {"ok": True}
    assert [path.name for path in link.parent.iterdir()] == ["other.sf2"]


def test_what_a_file_was_called_is_remembered_when_it_is_deleted(api, station):
    told = api.post(f"{BASE}?name=Piano.sf2", content=b"RIFF\0\0\0\0sfbk" + bytes(30)).json()
    assert api.get(BASE).json()["deleted"] == {}
    api.delete(f"{BASE}/{told['id']}")
    assert api.get(BASE).json() == {"uploads": [], "deleted": {f"up_{told['id'][:10]}": "Piano"}}
    (station.folder / "deleted_uploads.json").write_bytes(b"[")
    assert api.get(BASE).json()["deleted"] == {}


def test_a_recording_that_is_deleted_is_no_effect_any_more(api, tmp_path, monkeypatch):
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path / "home"))
    told = api.post(f"{BASE}?name=rain.wav", content=WAV).json()
    laid = tmp_path / "home" / "effects" / f"up_{told['id'][:10]}.wav"
    laid.parent.mkdir(parents=True)
    laid.write_bytes(WAV)
    assert api.delete(f"{BASE}/{told['id']}").json() == {"ok": True}
    assert not laid.exists()


@pytest.mark.parametrize(
    ("data", "kind", "suffix"),
    [
        (WAV, "audio", ".wav"),
        (MIDI, "midi", ".mid"),
        (b"RIFF\0\0\0\0sfbk" + bytes(30), "soundfont", ".sf2"),
        (b"fLaC" + bytes(30), "audio", ".flac"),
        (b"OggS" + bytes(30), "audio", ".ogg"),
        (b"ID3\x04" + bytes(30), "audio", ".mp3"),
        (b"\xff\xfb\x90" + bytes(30), "audio", ".mp3"),
    ],
)
def test_what_a_file_is_its_first_bytes_say(api, station, data, kind, suffix):
    told = api.post(f"{BASE}?name=x.txt", content=data).json()
    assert told["kind"] == kind
    assert f"{told['id']}{suffix}" in files(station)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"#!/bin/sh\nrm -rf /",
        b"<html>",
        b"PK\x03\x04" + bytes(30),
        b"\x7fELF" + bytes(30),
        b"RIFF",
        b"RIFF\0\0\0\0AVI " + bytes(9),
        b"\xff\xff" + bytes(30),
        b"M",
    ],
)
def test_what_is_no_sound_leaves_nothing_behind(api, station, data):
    answer = api.post(f"{BASE}?name=x.wav", content=data)
    assert answer.status_code == 422
    assert files(station) == []
    assert station.state.jobs() == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (bytes(1_000_000), "no file we know"),
        (b"<html>" * 10, "no file we know"),
        (b"RIFF\0\0\0\0WAVEjunkjunk", "no file we know"),
        (b"MThd" + bytes(10), "no file we know"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(api, station, data, said):
    answer = api.post(f"{BASE}?name=x.wav", content=data)
    assert answer.status_code == 422
    assert said in answer.json()["error"]["what"]
    assert files(station) == []


def test_a_file_may_be_so_large(station):
    import asyncio

    from dusktape.core.errors import InputError
    from dusktape.server.uploads import Uploads

    uploads = Uploads(station.folder / "uploads", 1000)

    async def pieces(count):
        for _ in range(count):
            yield WAV

    assert asyncio.run(uploads.take(pieces(10), "x")).bytes == 10 * len(WAV)
    with pytest.raises(InputError, match="too large"):
        asyncio.run(uploads.take(pieces(20), "x"))
    assert len(files(station)) == 2


def test_a_kind_is_known_however_the_bytes_arrive(station):
    import asyncio

    from dusktape.server.uploads import Uploads

    async def drops():
        for k in range(len(WAV)):
            yield WAV[k : k + 1]

    found = asyncio.run(Uploads(station.folder / "uploads", 1000).take(drops(), "x"))
    assert (found.kind, found.bytes) == ("audio", len(WAV))


@pytest.mark.parametrize("mark", ["x", "../state", "0" * 32, "0" * 31, "%2e%2e", "0" * 32 + ".wav"])
def test_there_is_no_other_upload(api, mark):
    assert api.get(f"{BASE}/{mark}").status_code == 404


def test_names_are_made_harmless():
    from dusktape.server.uploads import harmless

    assert harmless("C:\\Users\\x\\a.wav") == "a.wav"
    assert harmless('a<b>"c\n\x00\u202e.wav') == "a b c .wav"
    assert harmless("../..") == "upload"
    assert harmless("") == "upload"
    assert len(harmless("x" * 999)) == 120


def test_a_damaged_note_is_no_upload(api, station):
    told = api.post(BASE, content=WAV).json()
    note = station.folder / "uploads" / f"{told['id']}.json"
    for text in ("{", "[]", json.dumps({"id": 1})):
        note.write_text(text)
        assert api.get(f"{BASE}/{told['id']}").status_code == 404


def test_uploads_are_listed_newest_first_with_what_was_found_out(api, station):
    assert api.get(BASE).json() == {"uploads": [], "deleted": {}}
    first = api.post(f"{BASE}?name=a.wav", content=WAV).json()
    job = station.state.lease("w", kinds=("upload",))
    station.state.finish(job.id, "w", result={"kind": "audio", "seconds": 2.5})
    os.utime(station.folder / "uploads" / f"{first['id']}.wav", (1e9, 1e9))
    second = api.post(f"{BASE}?name=b.mid", content=MIDI).json()
    told = api.get(BASE).json()["uploads"]
    assert [(one["id"], one["name"], one["seconds"], one["state"]) for one in told] == [
        (second["id"], "b.mid", None, "reading"),
        (first["id"], "a.wav", 2.5, "ready"),
    ]
    station.state.cancel(second["job"]["id"])
    assert api.get(BASE).json()["uploads"][0]["state"] == "failed"


def test_the_same_content_sent_again_is_the_same_upload(api, station):
    first = api.post(f"{BASE}?name=a.wav", content=WAV).json()
    again = api.post(f"{BASE}?name=b.wav", content=WAV).json()
    other = api.post(f"{BASE}?name=a.wav", content=WAV[:-1] + b"x").json()
    assert (again["id"], again["name"], again["job"]["id"]) == (first["id"], "a.wav", first["job"]["id"])
    assert other["id"] != first["id"]
    assert len(files(station)) == 4
    station.state.cancel(first["job"]["id"])
    anew = api.post(f"{BASE}?name=b.wav", content=WAV).json()["job"]
    assert anew["id"] != first["job"]["id"]
    assert anew["spec"]["name"] == "b.wav"  # what is said of it is said of the file that was sent now


def test_what_is_not_used_for_long_goes_and_what_a_track_names_stays(api, radio, station):
    sent = [api.post(f"{BASE}?name={k}.wav", content=WAV + bytes([k])).json()["id"] for k in range(5)]
    aged, laid, waiting, ordered, _young = sent
    for job in station.state.jobs():
        station.state.cancel(job.id)
    for one in sent[:4]:
        os.utime(station.folder / "uploads" / f"{one}.json", (1e9, 1e9))
    made = station.track("Harbour")
    station.state.remove_track(made.id)
    station.state.add_track(
        replace(made, id=new_id(), provenance={"wish": {"settings": [f"laid.recording=up_{laid[:10]}"]}})
    )
    station.state.submit("edit", {"track": made.id, "effects": [f"up_{waiting[:10]}"]})
    radio.uploads.use(radio.uploads.find(ordered))
    assert [upload.id for upload in radio.uploads.let_go(station.state)] == [aged]
    assert {one["id"] for one in api.get(BASE).json()["uploads"]} == set(sent) - {aged}


def test_ordering_something_with_an_upload_is_using_it(api, station):
    sent = api.post(f"{BASE}?name=a.wav", content=WAV).json()["id"]
    note = station.folder / "uploads" / f"{sent}.json"
    os.utime(note, (1e9, 1e9))
    assert api.post("/api/v1/jobs", json={"kind": "lofi", "spec": {"upload": sent}}).status_code == 202
    assert note.stat().st_mtime > 1e9 + 1
    os.utime(note, (1e9, 1e9))
    assert api.post("/api/v1/jobs", json={"spec": {"effects": [sent]}}).status_code == 202
    assert note.stat().st_mtime > 1e9 + 1
