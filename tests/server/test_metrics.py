import json
import time

from dusktape.server.guard import Door

from .station import wait_for


def figures(text):
    lines = [line for line in text.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_figures_say_who_listens_and_what_was_sent(station):
    station.state.submit("track", {})
    with station.served():
        line = station.connect("GET /live.mp3 HTTP/1.0\r\nHost: localhost\r\n\r\n")
        line.recv(1)
        found = figures(station.ask("/metrics").body)
        assert found['dusktape_listeners{station="main"}'] == 1
        assert found['dusktape_listeners{station="night"}'] == 0
        assert found["dusktape_listeners_started_total"] == 1
        assert found["dusktape_sound_bytes_total"] >= 4000 * 24
        assert found['dusktape_jobs{state="queued"}'] == 1
        assert found['dusktape_station_frames_total{station="main"}'] == station.head
        line.close()
        station.ask("/nowhere")
        wait_for(lambda: figures(station.ask("/metrics").body)['dusktape_answers_total{status="4xx"}'] >= 1)
        assert station.ask("/metrics").headers["content-type"].startswith("text/plain; version=")


def test_figures_are_for_the_owner_of_a_public_station(station):
    with station.served(door=Door(token="a-good-token")):
        assert station.ask("/metrics").status == 401
        assert station.ask("/metrics", headers={"Authorization": "Bearer a-good-token"}).status == 200


def test_health_says_which_station_is_silent(station, monkeypatch):
    from dusktape.server import metrics

    monkeypatch.setattr(metrics, "_SILENT_S", 0.4)
    with station.served():
        assert station.ask("/healthz").json["ok"]

        def silent():
            station.sound(0.4)  # main goes on, night never began
            time.sleep(0.1)
            return station.ask("/healthz").status == 503

        wait_for(silent)
        told = station.ask("/healthz").json
        assert told["error"]["what"] == "a station is silent"
        assert told["stations"]["main"]["sounds"]
        assert not told["stations"]["night"]["sounds"]
        assert station.ask("/healthz", "POST").status == 405


def test_what_happens_is_written_down_as_json(station):
    with station.served():
        station.ask("/healthz")
        station.ask("/api/v1/tracks/x", "DELETE", headers={"Authorization": "Bearer secret-words"})
        station.ask("/", headers={"Host": "evil.example"})
    lines = [json.loads(x) for x in (station.folder / "logs" / "server.jsonl").read_text().splitlines()]
    assert [x["event"] for x in lines] == ["started", "request", "request", "stopped"]
    assert [x["status"] for x in lines[1:3]] == [404, 421]
    assert "secret-words" not in json.dumps(lines)
    assert lines[0]["stations"] == ["main", "night"]
    assert lines[0]["timestamp"].endswith("Z")


def test_a_journal_keeps_errors_and_survives_a_folder_it_cannot_write(tmp_path):
    from dusktape.server.logs import Journal

    journal = Journal(tmp_path / "logs" / "x.jsonl")
    try:
        raise ValueError("broken glass")
    except ValueError as error:
        journal.broken("/x", error)
    journal.close()
    (line,) = [json.loads(x) for x in (tmp_path / "logs" / "x.jsonl").read_text().splitlines()]
    assert (line["level"], line["path"], line["error"]) == ("error", "/x", "ValueError: broken glass")
    assert "test_metrics" in line["traceback"]
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "x.jsonl")
    journal.note("lost")
    journal.note("lost")
    journal.close()
