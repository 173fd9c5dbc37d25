"""Skips are answered before the API has loaded."""

import asyncio
import json

import pytest

from dusktape.server.app import Front, Radio
from dusktape.server.guard import Door
from dusktape.server.limits import Limits, TooMuchError


@pytest.fixture
def front(station, monkeypatch):
    monkeypatch.setattr("dusktape.server.skips.PATIENCE_S", 0.1)
    radio = Radio(station.state, ["main"], door=Door(), limits=Limits(skips_a_minute=3))
    radio.live.feeds["main"].look()
    yield Front(radio)
    radio.news.close()
    radio.journal.close()


def asked(front, path):
    sent = []

    async def send(message):
        sent.append(message)

    async def loaded():
        raise LookupError("the API is asked")

    front.api = loaded
    scope = {"type": "http", "method": "POST", "path": path, "headers": [], "client": ("127.0.0.1", 5)}
    asyncio.run(front._route(scope, None, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def test_a_skip_does_not_wait_for_the_api(front, station):
    status, told = asked(front, "/api/v1/stations/main/skip")
    (order,) = station.state.orders("main")
    assert (status, told, order.kind) == (202, {"at": None, "order": order.id}, "skip")


def test_skips_are_counted_from_the_first_one_on(front):
    with pytest.raises(TooMuchError, match="3 skips a minute"):
        for _ in range(4):
            asked(front, "/api/v1/stations/main/skip")


def test_what_is_no_skip_of_a_station_is_left_to_the_api(front):
    for path in ("/api/v1/stations/nobody/skip", "/api/v1/stations/main/steer"):
        with pytest.raises(LookupError, match="the API is asked"):
            asked(front, path)
