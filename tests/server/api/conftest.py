from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from dusktape.server.api import application
from dusktape.server.app import Radio
from dusktape.server.guard import Door
from dusktape.server.limits import Limits
from dusktape.server.shares import Shares

from ..station import Station


class Whatever:
    """Stands for something that is another in every test: making the API takes longer than most of its tests."""

    def __init__(self, find: Callable[[], Any]) -> None:
        self._find = find

    def __getattr__(self, name: str) -> Any:
        return getattr(self._find(), name)


class Now(Whatever):
    """The radio of the test that runs."""

    def __init__(self) -> None:
        super().__init__(lambda: self.radio)
        self.radio: Radio | None = None
        self.state = Whatever(lambda: self.radio.state)


@pytest.fixture(scope="session")
def one() -> tuple[Now, Any]:
    now = Now()
    now.limits = Limits()
    now.shares = Shares(now.limits)
    return now, application(now)


@pytest.fixture
def radio(station: Station) -> Iterator[Radio]:
    found = Radio(station.state, ["main", "night"], door=Door(), limits=Limits())
    found.live.feeds["main"].look()
    yield found
    found.news.close()
    found.journal.close()


@pytest.fixture
def api(radio: Radio, one: tuple[Now, Any]) -> Iterator[TestClient]:
    """The API alone, without what stands in front of it."""
    now, web = one
    now.radio = radio
    vars(now.shares).update(vars(radio.shares))
    with TestClient(web, base_url="http://localhost", client=("127.0.0.1", 5)) as client:
        yield client
