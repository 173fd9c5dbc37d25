import time
from dataclasses import replace

import pytest

from dusktape.server.limits import Limits

from .station import head_of, wait_for

HASTY = Limits(head_s=0.4, quiet_s=0.4, body_s=0.8, stalled_s=0.5)


def closed(line):
    """Read until the server closes; return what came."""
    data = b""
    try:
        while piece := line.recv(65_536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def test_a_head_that_drips_in_is_cut_off(station):
    with station.served(limits=HASTY), station.connect("GET / HTTP/1.1\r\n") as line:
        start = time.monotonic()
        for letter in b"X-Slow: " + b"a" * 8:
            try:
                line.sendall(bytes([letter]))
            except OSError:
                break
            time.sleep(0.05)
        data = closed(line)
        assert b" 408 " in data.split(b"\r\n")[0]
        assert b"content-security-policy" in data
        assert time.monotonic() - start < 5.0


def test_a_connection_that_says_nothing_is_closed(station):
    with station.served(limits=HASTY), station.connect() as line:
        assert b" 408 " in closed(line).split(b"\r\n")[0]


def test_a_second_request_that_is_never_finished_is_cut_off(station):
    with station.served(limits=HASTY), station.connect("GET /robots.txt HTTP/1.1\r\nHost: localhost\r\n\r\n") as line:
        head, _ = head_of(line)
        assert "HTTP/1.1" in head
        line.sendall(b"GET /x HTTP/1.1\r\n")
        assert b" 408 " in closed(line)


def test_a_body_that_never_comes_is_not_waited_for(station):
    text = "POST /api/v1/words HTTP/1.1\r\nHost: localhost\r\nX-Dusktape: 1\r\nContent-Type: application/json\r\n"
    text += "Content-Length: 50\r\n\r\n{"
    with station.served(limits=HASTY), station.connect(text) as line:
        assert b" 408 " in closed(line).split(b"\r\n")[0]


@pytest.mark.parametrize("head", ["X-Long: " + "a" * 40_000, "\r\n".join(f"X-{k}: 1" for k in range(9000))])
def test_a_head_that_does_not_end_is_refused(station, head):
    with station.served(limits=HASTY), station.connect() as line:
        try:
            for place in range(0, len(head), 4000):
                line.sendall((("GET / HTTP/1.1\r\n" if not place else "") + head[place : place + 4000]).encode())
                time.sleep(0.005)
        except OSError:
            pass
        data = closed(line)
    assert not data or b" 431 " in data.split(b"\r\n")[0]


@pytest.mark.parametrize(
    "text",
    [
        "HELLO\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_request_of_ours_is_refused_and_harms_nobody(station, text):
    with station.served(limits=HASTY):
        with station.connect(text) as line:
            assert " 4" in head_of(line)[0].split("\r\n")[0]
        assert station.ask("/healthz").status == 200


def test_who_does_not_take_what_it_asked_for_is_let_go(station):
    with station.served(limits=replace(HASTY, stalled_s=0.5)):
        line = station.connect("GET /live.mp3 HTTP/1.1\r\nHost: localhost\r\n\r\n", small=True)
        count = lambda: station.ask("/healthz").json["stations"]["main"]["listeners"]  # noqa: E731
        wait_for(lambda: count() == 1)

        def gone():
            station.sound(20.0)
            time.sleep(0.1)
            return count() == 0

        wait_for(gone)
        line.close()


def test_there_are_only_so_many_connections(station):
    with station.served(limits=replace(Limits(), connections=6)):
        lines = [station.connect() for _ in range(12)]
        time.sleep(0.3)
        open_ones = 0
        for line in lines:
            line.settimeout(0.05)
            try:
                open_ones += bool(line.recv(1))
            except TimeoutError:
                open_ones += 1
            except ConnectionResetError:
                pass
            line.close()
        assert open_ones == 6
        wait_for(lambda: station.ask("/healthz").status == 200)


def test_requests_one_after_another_use_one_connection(station):
    with station.served(), station.connect() as line:
        for _ in range(3):
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            head, rest = head_of(line)
            length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
            while len(rest) < length:
                rest += line.recv(65_536)
            assert "200" in head
