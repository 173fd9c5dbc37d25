import asyncio
import json

import pytest

from dusktape.server.guard import Door, Guard
from dusktape.server.headers import answer
from dusktape.server.limits import Limits

from .station import CHANGE, head_of

LIKE = "/api/v1/stations/main/skip"


def ask(path="/", method="GET", headers=(), *, door=None, limits=None, body=None, app=None):
    """Send a request through a guard; return status, headers, body, and what broke."""
    sent, broken = [], []

    async def inner(scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        await answer(send, 200, b"in", b"text/plain")

    pieces = list(body or [b""])

    async def receive():
        if not pieces:
            await asyncio.sleep(60)
        piece = pieces.pop(0)
        if isinstance(piece, float):
            await asyncio.sleep(piece)
            piece = b"x"
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message):
        sent.append(message)

    told = [(k.lower().encode(), v.encode("latin-1")) for k, v in headers]
    if not any(k == b"host" for k, _ in told):
        told.append((b"host", b"localhost:3875"))
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": told,
        "http_version": "1.1",
        "client": ("9.9.9.9", 1),
    }
    guard = Guard(app or inner, door=door or Door(), limits=limits or Limits(), broken=lambda p, e: broken.append(e))
    asyncio.run(guard(scope, receive, send))
    found = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(m.get("body", b"") for m in sent[1:]), broken


def change(*headers, path=LIKE, **more):
    return ask(path, "POST", [("X-Dusktape", "1"), *headers], **more)


PUBLIC = Door("0.0.0.0", "a-good-token")


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:3875", "127.0.0.1:1", "[::1]:3875", "LOCALHOST", "127.8.8.8", "localhost."]
)
def test_this_machine_is_known_by_its_names(host):
    assert ask(headers=[("Host", host)])[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:3875",
        "localhost.evil.example",
        "192.168.1.5",
        "",
        "a b",
        "x@localhost",
        "localhost:99999999",
        "[::2]",
    ],
)
def test_a_name_that_somebody_else_points_here_is_refused(host):
    status, _, body, _ = ask(headers=[("Host", host)])
    assert status == 421
    assert b"this server is not" in body


def test_a_public_server_knows_addresses_and_its_own_names_but_no_others():
    assert ask(headers=[("Host", "192.168.1.5:3875")], door=PUBLIC)[0] == 200
    assert ask(headers=[("Host", "radio.example")], door=PUBLIC)[0] == 421
    named = Door("127.0.0.1", "a-good-token", frozenset({"radio.example"}))
    assert ask(headers=[("Host", "radio.example")], door=named)[0] == 200
    assert named.public


def test_a_request_names_one_host():
    assert ask(headers=[("Host", "localhost"), ("Host", "evil.example")])[0] == 400


def test_a_change_needs_our_header():
    status, _, body, _ = ask(LIKE, "POST")
    assert status == 403
    assert b"X-Dusktape" in body
    assert change()[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_every_method_that_changes_something_is_checked(method):
    assert ask("/anything", method)[0] == 403


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost:1234",
        "null",
        "http://localhost:3875.evil.example",
        "https://localhost:3875@evil.example",
        "x",
        "http://[",
        "file://",
    ],
)
def test_a_change_from_a_page_elsewhere_is_refused(origin):
    assert change(("Origin", origin))[0] == 403


def test_a_change_from_our_own_page_passes():
    assert change(("Origin", "http://localhost:3875"))[0] == 200
    assert change(("Host", "localhost"), ("Origin", "http://localhost"))[0] == 200
    assert change(("Host", "[::1]:3875"), ("Origin", "http://[::1]:3875"))[0] == 200
    assert change(("Origin", "http://localhost:3875"), ("Sec-Fetch-Site", "same-origin"))[0] == 200
    assert change(("Sec-Fetch-Site", "cross-site"))[0] == 403


def test_a_token_opens_and_nothing_else_does():
    assert change(("Authorization", "Bearer a-good-token"), door=PUBLIC)[0] == 200
    for wrong in (
        "Bearer a-good-toke",
        "Bearer",
        "a-good-token",
        "Basic a-good-token",
        "Bearer é",
        "Bearer a-good-token x",
    ):
        status, headers, _, _ = change(("Authorization", wrong), door=PUBLIC)
        assert status == 401
        assert headers["www-authenticate"] == "Bearer"
    assert change(door=PUBLIC)[0] == 401


def test_listening_stays_open_where_changes_need_a_token():
    assert ask("/live.mp3", door=PUBLIC)[0] == 200
    assert ask("/metrics", door=PUBLIC)[0] == 401
    assert ask("/metrics", headers=[("Authorization", "Bearer a-good-token")], door=PUBLIC)[0] == 200
    assert ask("/metrics")[0] == 200
    for path in ("/api/v1/uploads", "/api/v1/uploads/", f"/api/v1/uploads/{'0' * 32}"):  # they name an owner's files
        assert ask(path, door=PUBLIC)[0] == 401
        assert ask(path, headers=[("Authorization", "Bearer a-good-token")], door=PUBLIC)[0] == 200
        assert ask(path)[0] == 200


def test_who_may_change_things_is_told_before_he_tries():
    right, path = [("Authorization", "Bearer a-good-token")], "/api/v1/stations"
    assert ask(path, door=PUBLIC)[1]["x-dusktape-may"] == "listen"
    assert ask(path, headers=right, door=PUBLIC)[1]["x-dusktape-may"] == "change"
    assert ask(path)[1]["x-dusktape-may"] == "change"
    assert change(door=PUBLIC)[1]["x-dusktape-may"] == "listen"
    assert "x-dusktape-may" not in ask("/live.mp3", door=PUBLIC)[1]


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "CONNECT", "PROPFIND", "get", ""])
def test_other_methods_are_refused(method):
    assert ask("/", method)[0] == 405


@pytest.mark.parametrize(
    "path", ["/static/../x", "/a/./b", "/..", "/a\\b", "/a\0b", "/a\nb", "/" + "a" * 2000, "x", "", "/static/..", "/.."]
)
def test_paths_that_no_page_has_go_no_further(path):
    async def inner(scope, receive, send):
        raise AssertionError("it came through")

    status, _, _, broken = ask(path, app=inner)
    assert (status, broken) == (404, [])


def test_headers_are_on_every_answer():
    for answered in (
        ask(),
        ask("/nowhere/.."),
        ask(LIKE, "POST"),
        ask("/", "PATCH"),
        ask(headers=[("Host", "evil.example")]),
    ):
        headers = answered[1]
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"


def test_pages_elsewhere_may_embed_a_public_station_but_read_no_library():
    origin = ("Origin", "https://blog.example")
    for path in (
        "/live.mp3",
        "/hls/main/live.m3u8",
        "/static/js/embed.js",
        "/api/v1/stations",
        "/api/v1/stations/main/entries",
        "/api/v1/events",
    ):
        assert ask(path, headers=[origin], door=PUBLIC)[1]["access-control-allow-origin"] == "*"
        assert "access-control-allow-origin" not in ask(path, headers=[origin])[1]
    for path in ("/api/v1/tracks", "/api/v1/jobs", "/metrics", "/", "/api/v1/stationsx"):
        assert "access-control-allow-origin" not in ask(path, headers=[origin], door=PUBLIC)[1]
    assert "access-control-allow-origin" not in change(origin, door=PUBLIC)[1]


def test_a_page_on_this_machine_may_embed():
    origin = "http://localhost:5173"
    headers = ask("/live.mp3", headers=[("Origin", origin)])[1]
    assert headers["access-control-allow-origin"] == origin
    assert headers["vary"] == "Origin"


def test_a_preflight_grants_reading_and_no_header_of_ours():
    status, headers, body, _ = ask("/live.mp3", "OPTIONS", door=PUBLIC)
    assert (status, body) == (204, b"")
    assert headers["access-control-allow-methods"] == "GET, HEAD"
    assert "access-control-allow-headers" not in headers
    assert "access-control-allow-methods" not in ask(LIKE.replace("stations", "tracks"), "OPTIONS", door=PUBLIC)[1]


SMALL = Limits(body_bytes=10, upload_bytes=30, quiet_s=0.2, body_s=0.5)


def test_what_is_too_large_is_refused_before_and_while_it_comes():
    assert change(("Content-Length", "11"), limits=SMALL)[0] == 413
    assert change(("Content-Length", "abc"), limits=SMALL)[0] == 413
    assert change(("Content-Length", "9" * 400), limits=SMALL)[0] == 413
    assert change(limits=SMALL, body=[b"12345", b"67890", b"1"])[0] == 413
    assert change(limits=SMALL, body=[b"12345", b"67890"])[0] == 200
    assert change(limits=SMALL, body=[b"12345", b"67890", b"1"], path="/api/v1/uploads")[0] == 200
    assert change(limits=SMALL, body=[b"x" * 31], path="/api/v1/uploads")[0] == 413


def test_who_sends_too_slowly_is_let_go():
    assert change(limits=SMALL, body=[b"1", 0.6, b"2"])[0] == 408
    assert change(limits=SMALL, body=[0.15, 0.15, 0.15, 0.15, 0.15, b"2"])[0] == 408
    assert change(limits=SMALL, body=[0.05, b"2"])[0] == 200


def test_an_error_of_ours_is_noted_and_tells_nothing():
    async def inner(scope, receive, send):
        raise ValueError("secret")

    status, headers, body, broken = ask(app=inner)
    assert status == 500
    assert b"secret" not in body
    assert isinstance(broken[0], ValueError)
    assert "content-security-policy" in headers


def test_the_whole_server_is_guarded(station):
    with station.served(door=Door(token="a-good-token")):
        gone = "/api/v1/tracks/nothing"
        assert station.ask(gone, "DELETE").status == 401
        assert station.ask(gone, "DELETE", headers={"Authorization": "Bearer a-good-token"}).status == 404
        assert station.ask("/", headers={"Host": "evil.example"}).status == 421
        assert station.ask("/api/v1/tracks", "POST", headers={**CHANGE, "Origin": "https://evil.example"}).status == 403


def test_what_an_owners_files_are_called_is_for_who_has_the_token(station):
    spec = {"upload": "0" * 32, "file": f"{'0' * 32}.wav", "kind": "audio", "name": "my diary.wav"}
    job = station.state.submit("upload", spec)
    station.state.lease("w")
    station.state.fail(job.id, "w", "'my diary.wav' is silent; send another", retry=False)
    waiting = station.state.submit("lofi", {"upload": "0" * 32, "name": "my diary.wav", "recipe": "rainy"})
    (station.folder / "uploads").mkdir()
    (station.folder / "uploads" / f"{'0' * 32}.wav").write_bytes(b"RIFF")
    note = {"name": "my diary.wav", "kind": "audio", "bytes": 4, "sent_at": 1.0, "used_at": 1.0, "job": job.id}
    (station.folder / "uploads" / f"{'0' * 32}.json").write_text(json.dumps(note), encoding="utf-8")
    paths = ("/api/v1/jobs", f"/api/v1/jobs/{job.id}", f"/api/v1/jobs/{waiting.id}", "/api/v1/controls")
    with station.served(door=Door("0.0.0.0", "a-good-token")):
        for path in paths:
            told = station.ask(path)
            assert told.status == 200
            assert b"my diary" not in told.body
        assert station.ask(paths[1]).json["error"] == "the file is silent; send another"
        assert b"my diary.wav" in station.ask(paths[0], headers={"Authorization": "Bearer a-good-token"}).body
        line = station.connect(f"GET /api/v1/events HTTP/1.1\r\nHost: localhost:{station.port}\r\n\r\n")
        _, told = head_of(line)
        while waiting.id.encode() not in told:
            told += line.recv(65_536)
        line.close()
        assert b"my diary" not in told
    with station.served():
        assert b"my diary.wav" in station.ask(paths[0]).body
