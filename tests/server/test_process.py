"""`python -m dusktape.server` as the house starts it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from dusktape.core.errors import InputError
from dusktape.server.door import bound


@contextmanager
def process(folder, *arguments, **more) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-m", "dusktape.server", "--state", str(folder), *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def test_it_says_where_it_is_and_ends_with_its_parent(station):
    with process(station.folder, "--port", "0") as child:
        url = child.stdout.readline().strip()
        with urlopen(f"{url}api/v1/stations", timeout=30) as answer:
            assert b'"main"' in answer.read()
        child.stdin.close()
        assert child.wait(20) == 0


@pytest.mark.skipif(os.name == "nt", reason="sockets are not handed on there")
def test_a_socket_that_is_handed_on_outlives_the_server(station):
    with bound("127.0.0.1", 0) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}/healthz"
        for _ in range(2):
            with process(station.folder, "--fd", str(door.fileno()), pass_fds=[door.fileno()]) as child:
                with urlopen(url, timeout=30) as answer:
                    assert answer.status == 200
                child.kill()
                child.wait()


def test_the_token_comes_in_the_environment_and_is_not_handed_on(station):
    environment = {**os.environ, "DUSKTAPE_TOKEN": "a-good-token"}
    with process(station.folder, "--port", "0", env=environment) as child:
        url = child.stdout.readline().strip()
        change = Request(f"{url}api/v1/tracks/x", method="DELETE", headers={"X-Dusktape": "1"})
        with pytest.raises(HTTPError) as refused:
            urlopen(change, timeout=30)
        assert refused.value.code == 401
        refused.value.close()


def test_what_cannot_be_is_said_in_a_line(station):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with process(station.folder, "--port", str(port)) as child:
            assert child.wait(30) == 2
            assert (
                child.stderr.read()
                == f"dusktape: port {port} is taken; choose another with --port, or 0 for a free one\n"
            )
        with bound("127.0.0.1", port, next_free=True) as other:
            assert port < other.getsockname()[1] <= port + 20


@pytest.mark.parametrize(
    ("host", "port", "told"),
    [
        ("127.0.0.1", -1, "0 to 65535"),
        ("127.0.0.1", 70_000, "0 to 65535"),
        ("no.such.host.invalid", 0, "no host"),
        ("203.0.113.7", 0, "cannot listen"),
    ],
)
def test_a_place_that_is_not_ours_is_refused(host, port, told):
    with pytest.raises(InputError, match=told):
        bound(host, port)
