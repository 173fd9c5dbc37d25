import time
from itertools import pairwise
from pathlib import Path

import pytest

from dusktape.radio.ring import RingWriter
from dusktape.server.delivery import BURST_S, Feed, _Titles, icy_block
from dusktape.server.limits import Limits

from .station import SLOT, head_of, read_for, slot_data, wait_for

LISTEN = "GET /live.mp3{query} HTTP/1.0\r\nHost: localhost\r\n{more}\r\n"


def listen(station, query="", more="", size=1, small=False):
    line = station.connect(small=small)
    line.sendall(LISTEN.format(query=query, more=more).encode())
    head, rest = head_of(line)
    return line, head, read_for(line, size, rest)


def numbers(data):
    return [int.from_bytes(data[k : k + 4], "big") for k in range(0, len(data) - 3, 4000)]


def test_a_new_listener_gets_twelve_seconds_at_once(station):
    with station.served():
        line, head, data = listen(station, size=4000 * 24)
        line.close()
    assert "200 OK" in head
    assert "content-type: audio/mpeg" in head
    first = numbers(data)[0]
    begins = (first - 1) * SLOT
    assert 0 <= station.head - BURST_S * 44_100 - begins <= SLOT
    assert numbers(data) == list(range(first, first + len(numbers(data))))
    assert len(data) >= 4000 * 24


def test_what_comes_later_follows_without_a_gap(station):
    with station.served():
        line, _, data = listen(station, size=4000 * 20)
        station.sound(5.0)
        data = read_for(line, 4000 * 34, data)
        line.close()
    found = numbers(data)
    assert found == list(range(found[0], found[0] + len(found)))
    assert len(found) >= 34


def test_a_listener_begins_where_it_asks_to(station):
    with station.served():
        for frame, number in ((10 * SLOT, 11), (10 * SLOT + SLOT - 1, 11), (0, 1), (station.head - 1, 41)):
            line, _, data = listen(station, f"?at={frame}", size=4000)
            line.close()
            assert numbers(data)[0] == number


@pytest.mark.parametrize("at", ["99999999999999999999", "-5", "abc", "", "1e3", "٣"])
def test_a_frame_that_is_none_means_the_usual_place(station, at):
    with station.served():
        line = station.connect()
        line.sendall(LISTEN.format(query=f"?at={at}", more="").encode())
        head, rest = head_of(line)
        data = read_for(line, 4000, rest) if "200" in head else b""
        line.close()
    assert "400" in head if at == "٣" else numbers(data)[0] == 17


def test_a_frame_that_is_to_come_is_waited_for(station):
    with station.served():
        line = station.connect(LISTEN.format(query=f"?at={station.head + 3}", more=""))
        time.sleep(0.3)
        last = station.ring.last.number
        station.sound(1.0)
        head, rest = head_of(line)
        data = read_for(line, 4000, rest)
        line.close()
    assert "200" in head
    assert numbers(data)[0] == last + 1


def test_a_listener_with_a_name_is_told_its_first_frame(station):
    with station.served():
        line, _, data = listen(station, "?listener=ann-1&at=220000", size=4000)
        answer = station.ask("/api/v1/stations/main/listeners/ann-1")
        assert answer.json == {"frame": (numbers(data)[0] - 1) * SLOT}
        assert station.ask("/api/v1/stations/main/listeners/ben").status == 404
        line.close()


def test_listeners_are_counted_while_they_listen(station):
    with station.served():
        line, _, _ = listen(station)
        count = lambda: station.ask("/api/v1/stations").json[0]["listeners"]  # noqa: E731
        assert count() == 1
        line.close()
        wait_for(lambda: count() == 0)


def test_a_slow_listener_skips_forward_and_holds_nobody_up(station):
    with station.served():
        slow, _, late = listen(station, small=True)
        other, _, data = listen(station, size=4000)
        first = numbers(data)[0]
        for _ in range(30):  # far more than the connection's buffers hold
            station.sound(20.0)
            data = read_for(other, 4000 * (station.ring.last.number - 1 - first), data)
        last = numbers(data)[-1]
        while slot_data(last) not in late[-40_000:]:
            late = read_for(slow, len(late) + 1, late)
        for line in (slow, other):
            line.close()
    kept_up, missed = numbers(data), numbers(late)
    assert kept_up == list(range(kept_up[0], kept_up[0] + len(kept_up)))
    steps = {b - a for a, b in pairwise(missed)}
    assert max(steps) > 60
    assert all(step > 0 for step in steps)
    assert late[: 4000 * len(missed)] == b"".join(slot_data(k) for k in missed)  # no slot is torn


def test_a_feed_forgets_what_nobody_can_want(tmp_path: Path):
    ring = RingWriter(tmp_path / "x.ring", slots=8, slot_bytes=64)
    feed = Feed(tmp_path / "x.ring", keep=4)
    for k in range(20):
        ring.append(10 * k, 10, bytes([k]))
        feed.look()
    assert list(feed.slots) == [17, 18, 19, 20]
    assert feed.since(16) == []
    assert [s.number for s in feed.since(19)] == [19, 20]
    assert feed.number_at(185) == 19
    assert feed.head == 200
    ring.close()


def test_a_feed_waits_for_a_ring_that_is_not_there_and_takes_a_new_one(tmp_path: Path):
    feed = Feed(tmp_path / "x.ring")
    assert not feed.look()
    ring = RingWriter(tmp_path / "x.ring", slots=4, slot_bytes=64)
    ring.append(0, 10, b"a")
    assert feed.look()
    ring.close()
    ring = RingWriter(tmp_path / "x.ring", slots=6, slot_bytes=64)
    ring.append(10, 10, b"b")
    for _ in range(40):
        feed.look()
    assert feed.slots[2].data == b"b"
    ring.close()


def test_players_that_ask_get_titles_where_they_begin(station):
    station.entry("Früher Regen ☔", 0, 15 * SLOT)
    station.entry("Second; 'quoted'", 15 * SLOT, 400 * SLOT)
    with station.served():
        wait_for(lambda: station.ask("/api/v1/stations/main").json["entries"])
        time.sleep(0.5)
        line, head, data = listen(station, "?at=0", "Icy-MetaData: 1\r\n", size=140_000)
        line.close()
    assert "icy-metaint: 16000" in head
    assert "transfer-encoding" not in head
    sound, titles, place = b"", [], 0
    while place + 16_001 < len(data):
        sound += data[place : place + 16_000]
        length = 16 * data[place + 16_000]
        titles.append((len(sound), data[place + 16_001 : place + 16_001 + length].rstrip(b"\0").decode()))
        place += 16_001 + length
    assert sound[:60_000] == b"".join(slot_data(k) for k in range(1, 16))
    told = [(at, text) for at, text in titles if text]
    assert told[0] == (16_000, "StreamTitle='Früher Regen ☔';")
    assert told[1] == (64_000, "StreamTitle='Second, ’quoted’';")


def test_titles_are_cut_to_what_a_player_can_count():
    block = icy_block("☔" * 3000)
    assert len(block) == 1 + 16 * block[0]
    assert block[1:].rstrip(b"\0").endswith("☔';".encode())
    assert icy_block("")[1:].rstrip(b"\0") == b"StreamTitle='';"


def test_a_title_is_told_once():
    from dusktape.radio.ring import Slot

    titles = _Titles(lambda frame: "same")
    data = titles.among([Slot(k, 100 * k, 100, bytes(16_000)) for k in range(3)])
    assert data.count(b"StreamTitle") == 1
    assert len(data) == 3 * 16_001 + 16 * data[16_000]


def test_only_the_head_is_sent_when_only_that_is_asked_for(station):
    with station.served():
        answer = station.ask("/live.mp3", "HEAD", change=False)
        assert answer.status == 200
        assert answer.body == b""
        assert station.ask("/live/main.mp3", "HEAD", change=False).status == 200
        with station.connect("HEAD /live.mp3 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n") as line:
            head = b"".join(iter(lambda: line.recv(4096), b"")).lower()
    names = [field.partition(b":")[0] for field in head.split(b"\r\n")]
    assert names.count(b"content-type") == 1
    assert b"content-length" not in names  # a length of 0 would say that there is no sound
    assert head.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "path", ["/live.mp3?station=nobody", "/live/nobody.mp3", "/live/../main.mp3", "/live/.mp3", "/live"]
)
def test_there_is_no_other_station(station, path):
    with station.served():
        assert station.ask(path).status == 404
    assert sorted(p.name for p in (station.folder / "run").iterdir()) == ["main"]


def test_there_is_room_for_so_many(station):
    with station.served(limits=Limits(listeners=2)):
        lines = [listen(station)[0] for _ in range(2)]
        line, head, body = listen(station)
        assert "429" in head
        assert b"all that this station serves" in body
        for one in (*lines, line):
            one.close()


def test_who_speaks_http_1_1_gets_chunks(station):
    with station.served():
        line = station.connect("GET /live/main.mp3 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head, _ = head_of(line)
        line.close()
    assert "transfer-encoding: chunked" in head
    assert "cache-control: no-store" in head


def test_a_player_that_wants_the_rest_of_a_broken_stream_is_told_that_there_is_none(station):
    with station.served():
        for asked, status in (
            ("bytes=5000-", 416),
            ("bytes=-500", 416),
            ("bytes=1-2", 416),
            ("bytes=0-", 200),
            ("x=1", 200),
        ):
            line = station.connect(f"GET /live.mp3 HTTP/1.1\r\nHost: localhost\r\nRange: {asked}\r\n\r\n")
            assert f" {status} " in head_of(line)[0].split("\r\n")[0]
            line.close()


def test_who_asks_for_no_station_of_ours_is_told_those_there_are(station):
    with station.served():
        for path in ("/live.mp3?station=nope", "/api/v1/events?station=nope", "/api/v1/stations/nope"):
            told = station.ask(path)
            assert (told.status, told.what) == (404, "there is no station 'nope'; there is main, night")
