import json

from dusktape.server.limits import Limits

from .station import head_of, wait_for


class Events:
    """Reads a stream of events."""

    def __init__(self, station, query=""):
        self.line = station.connect(f"GET /api/v1/events{query} HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.head, self.data = head_of(self.line)

    def until(self, kind, count=1):
        """Return what so many events of a kind said."""
        while len(found := self.of(kind)) < count:
            piece = self.line.recv(65_536)
            assert piece, "the stream ended"
            self.data += piece
        return found

    def of(self, kind):
        blocks = self.data.replace(b"\r\n", b"\n").decode().split("\n\n")
        told = []
        for block in blocks:
            lines = [x for x in block.splitlines() if x.partition(": ")[0] in ("event", "data", "id")]
            table = dict(x.split(": ", 1) for x in lines)
            if table.get("event") == kind and block.endswith("}"):
                told.append(json.loads(table["data"]))
        return told

    def close(self):
        self.line.close()


def test_who_comes_in_is_told_what_is(station):
    made = station.track()
    station.entry("Now", 0, 10_000_000, track=made.id)
    job = station.state.submit("track", {"recipe": "rainy"})
    with station.served():
        events = Events(station)
        assert "text/event-stream" in events.head
        assert "no-store" in events.head
        (told,) = events.until("station")
        assert told["name"] == "main"
        (entry,) = events.until("entry")
        assert entry["title"] == "Now"
        assert entry["track"]["id"] == made.id
        assert events.until("job")[0]["id"] == job.id
        assert "client" not in events.until("job")[0]
        events.close()


def test_what_changes_is_told_at_once(station):
    made = station.track()
    with station.served():
        events = Events(station)
        events.until("station")
        station.entry("Next", 0, 10_000_000, track=made.id, spec={"path": "/secret", "bpm": 70})
        assert events.until("entry")[0]["title"] == "Next"
        assert events.until("entry")[0]["spec"] == {"bpm": 70}
        station.state.like(made.id, 1, "somebody")
        assert events.until("like")[0] == {"track": made.id, "likes": 1, "liked": 0}
        station.state.settle("main", mood="dark")
        assert any(s.get("settings") == {"mood": "dark"} for s in events.until("station", 2))
        job = station.state.submit("track", {})
        station.state.cancel(job.id)
        wait_for(lambda: events.until("job")[-1]["state"] == "cancelled" or events.until("job", 2))
        events.close()


def test_a_station_hears_nothing_of_another(station):
    with station.served():
        main, night = Events(station), Events(station, "?station=night")
        assert night.until("station")[0]["name"] == "night"
        main.until("station")
        station.entry("Here", 0, 10_000_000)
        main.until("entry")
        station.state.settle("night", mood="dark")
        night.until("station", 2)
        assert night.of("entry") == []
        main.close()
        night.close()


def test_there_are_only_so_many_streams_and_no_unknown_stations(station):
    with station.served(limits=Limits(streams=1)):
        events = Events(station)
        events.until("station")
        assert station.ask("/api/v1/events").status == 429
        events.close()
        wait_for(lambda: station.ask("/api/v1/events?station=nobody").status == 404)
        assert station.ask("/api/v1/events", "POST").status == 405


def test_a_reader_that_goes_is_forgotten(station):
    with station.served(limits=Limits(streams=1)):
        for _ in range(5):

            def comes():
                events = Events(station)
                fine = "200" in events.head.split("\r\n")[0]
                events.close()
                return fine

            wait_for(comes)


def test_what_is_heard_now_is_known_by_frame(station):
    from dusktape.server.app import Radio
    from dusktape.server.guard import Door

    station.entry("One", 0, 1000)
    station.entry("Two", 900, 2000)
    radio = Radio(station.state, ["main"], door=Door(), limits=Limits())
    radio.news._first()
    assert [radio.news.title("main", f) for f in (0, 899, 950, 1999, 2000)] == ["One", "One", "Two", "Two", "Dusktape"]
    radio.news.close()
    radio.journal.close()


def test_a_track_that_leaves_the_library_is_told_of_once(station):
    made, other = station.track(), station.track()
    with station.served():
        events = Events(station)
        events.until("station")
        station.state.remove_track(made.id)
        assert events.until("gone") == [{"track": made.id}]
        station.state.remove_track(other.id)
        assert events.until("gone", 2) == [{"track": made.id}, {"track": other.id}]
        events.close()


def test_a_timeline_that_made_room_is_not_promised(station):
    made = station.track()
    station.entry("Now", 0, 10_000_000, track=made.id, timeline=station.timeline({"bpm": 70}))
    station.entry("Next", 10_000_000, 20_000_000, track=made.id, timeline="0" * 64 + ".json")
    with station.served():
        events = Events(station)
        assert [entry["timeline"] for entry in events.until("entry", 2)] == [True, False]
        told = station.ask("/api/v1/stations/main/history").json
        assert [entry["timeline"] for entry in told] == [True, False]
        events.close()


def test_why_a_job_failed_names_fields_and_no_options(station):
    job = station.state.submit("edit", {"track": "x"})
    station.state.lease("worker")
    station.state.fail(job.id, "worker", "--again: there is no part 'x'; leave out --bars", retry=False)
    with station.served():
        (told,) = station.ask("/api/v1/jobs").json
    assert told["error"] == "again: there is no part 'x'; leave out bars"


def test_who_likes_a_track_learns_so_on_every_page(station):
    made = station.track()
    with station.served():
        events = Events(station)
        events.until("station")
        station.state.like(made.id, 1, "127.0.0.1")
        assert events.until("like")[-1] == {"track": made.id, "likes": 1, "liked": 1}
        station.state.like(made.id, 1, "somebody")
        assert events.until("like", 2)[-1] == {"track": made.id, "likes": 2, "liked": 1}
        station.state.like(made.id, 0, "127.0.0.1")
        assert events.until("like", 3)[-1] == {"track": made.id, "likes": 1, "liked": 0}
        events.close()
