from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.testclient import TestClient

from dusktape.server import mistakes

JOBS, MAIN = "/api/v1/jobs", "/api/v1/stations/main"
RAW = re.compile(r"Input should|Field required|String should|Value error|not permitted|Unable to|JSON decode", re.I)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            {"seed": 12345678901234567890},
            "spec.seed must be below 9223372036854775808, got 12345678901234567890; give a smaller one",
        ),
        ({"seed": -1}, "spec.seed must be at least 0, got -1; give a larger one"),
        ({"seed": 1.5}, "spec.seed is a whole number, got 1.5; give one, as in 7"),
        ({"seed": "9" * 5000}, "spec.seed has too many digits, got"),
        ({"bpm": "fast"}, 'spec.bpm is a number, got "fast"; give one, as in 0.5'),
        ({"bpm": "nan"}, 'spec.bpm is a number of at most 160, got "nan"; give one'),
        ({"bpm": "inf"}, "spec.bpm must be at most 160, got"),
        ({"mood": "angry"}, 'got "angry"; give one of these'),
        ({"stems": "perhaps"}, 'spec.stems is true or false, got "perhaps"'),
        ({"recipe": 7}, "spec.recipe is text, got 7; put it in quotes"),
        ({"title": "x" * 201}, "spec.title is longer than 200 letters; shorten it"),
        ({"settings": "tape.age=2"}, 'spec.settings is a list, got "tape.age=2"; put it in brackets'),
        ({"settings": ["a=1"] * 101}, "spec.settings has 101 entries, at most 100 are taken; leave some out"),
        ({"effects": ["../x"]}, 'spec.effects.0 takes letters, digits, - and _, at most 64 of them, got "../x"'),
        ({"asked": {"bars": [1]}}, "spec.asked.bars.1 is missing; give it"),
        ({"asked": 3}, "spec.asked is an object with fields, got 3; give one, as in {}"),
        ({"seeds": [1]}, "spec.seeds is no field here; leave it out"),
    ],
)
def test_a_value_that_cannot_be_is_told_in_a_line_of_ours(api, spec, said):
    answer = api.post(JOBS, json={"spec": spec})
    assert answer.status_code == 422
    what = answer.json()["error"]["what"]
    assert said in what
    assert len(what) < 250
    assert ";" in what
    assert "\n" not in what
    assert not RAW.search(what)


@pytest.mark.parametrize(
    ("way", "path", "body", "said"),
    [
        ("POST", JOBS, b"{", "the body is no JSON; mend it"),
        ("POST", JOBS, b"[]", "the body"),
        ("POST", f"{MAIN}/steer", b'{"energy": NaN}', "energy is a number of at most 1, got NaN; give one"),
        ("POST", JOBS, b'{"kind": "stems"}', "kind is track or lofi; give one of these"),
        ("POST", JOBS, b'{"kind": "lofi"}', "spec is missing; give it"),
        ("GET", f"{JOBS}?limit=0", b"", 'limit must be at least 1, got "0"; give a larger one'),
        ("GET", f"{JOBS}?state=lost", b"", "state is queued, running, done, failed or cancelled, got"),
        ("GET", f"{MAIN}/entries?since=x", b"", 'since is a whole number, got "x"'),
        ("POST", f"{MAIN}/steer", b'{"energy": 3}', "energy must be at most 1, got 3; give a smaller one"),
        ("POST", f"{MAIN}/queue", b"{}", "track is missing; give it"),
    ],
)
def test_wherever_it_is_the_field_is_named(api, way, path, body, said):
    answer = api.request(way, path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert said in answer.json()["error"]["what"]
    assert not RAW.search(answer.text)


@pytest.mark.parametrize(
    ("way", "path", "body", "status", "said"),
    [
        ("POST", JOBS, b"[" * 100_000, 400, "the body is no JSON that we can read; mend it"),
        ("GET", "/api/v1/nope", b"", 404, "there is no such page;"),
        ("GET", "/api/v2/stations", b"", 404, "there is no such page;"),
        ("PUT", JOBS, b"{}", 405, "there is no such method here;"),
    ],
)
def test_what_the_frameworks_say_is_said_in_our_words(api, way, path, body, status, said):
    answer = api.request(way, path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["error"]["what"].startswith(said)


def test_json_that_was_sent_as_something_else_is_told_its_type(api):
    answer = api.post(JOBS, content=b'{"spec": {}}', headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422
    told = "the body was sent as text/plain; send JSON with Content-Type: application/json"
    assert answer.json()["error"]["what"] == told


def test_a_key_that_cannot_be_is_named_and_not_its_place(api, station):
    body = {"notes": {"le ad": [[0, 1, 60, 90]]}}
    what = api.post(f"/api/v1/tracks/{station.track().id}/edit", json=body).json()["error"]["what"]
    assert what.startswith("notes.le ad takes letters, digits")


def test_fields_are_named_as_they_are_here_and_not_as_options(api, station):
    what = api.post(JOBS, json={"spec": {"settings": ["bpm=fast"]}}).json()["error"]["what"]
    assert "--" not in what
    assert mistakes.in_fields("--again: there is no part 'x'; --from it, --quiet") == (
        "again: there is no part 'x'; origin it, --quiet"
    )


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"like": ["a", "b"]}, "like: there is no track 'a' and no 'b'; name two that the library lists"),
        ({"mix": 0.5}, "mix lies between two songs; name them with like"),
        ({"loop": 4, "like": ["a", "b"]}, "like: there is no track 'a'"),
        ({"keep": ["lead"]}, "keep and again are about a track there is; name it: origin"),
    ],
)
def test_what_a_track_is_asked_for_beside_its_recipe_is_told_in_fields(api, asked, told):
    assert api.post(JOBS, json={"spec": {"asked": asked}}).json()["error"]["what"].startswith(told)


def test_a_station_that_is_not_there_is_told_alike_everywhere(api):
    asked = [api.get("/api/v1/stations/nope"), api.post("/api/v1/stations/nope/steer", json={})]
    asked.append(api.post(JOBS, json={"spec": {"station": "nope"}}))
    assert {one.status_code for one in asked} == {404}
    assert {one.json()["error"]["what"] for one in asked} == {"there is no station 'nope'; there is main, night"}


def test_a_track_that_is_not_there_is_told_alike_everywhere(api):
    asked = [api.get("/api/v1/tracks/nope"), api.get("/api/v1/tracks/nope/score")]
    asked.append(api.post("/api/v1/tracks/nope/edit", json={"again": ["lead"]}))
    assert {one.status_code for one in asked} == {404}
    assert len({one.text for one in asked}) == 1


def test_every_form_of_text_that_the_api_asks_for_has_words(api):
    def patterns(node):
        if isinstance(node, dict):
            found = node.get("pattern")
            yield from [found] if isinstance(found, str) else []
            for inner in node.values():
                yield from patterns(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from patterns(inner)

    found = set(patterns(api.get("/api/v1/openapi.json").json()))
    assert found - {r"^[0-9]{1,18}$"} <= set(mistakes.PATTERNS)  # a seed's text is read as a number
    assert len(found) >= 3


def test_what_our_own_checks_say_is_said_as_it_is(api, station):
    what = api.post(f"/api/v1/tracks/{station.track().id}/edit", json={}).json()["error"]["what"]
    assert what.startswith("an edit is one of again, keep")


def test_a_mistake_that_nobody_thought_of_is_no_raw_text():
    said = mistakes.line([{"type": "url_parsing", "loc": ("query", "x"), "msg": "Input should be", "input": "a" * 99}])
    assert said.startswith('x cannot be "aaaa')
    assert said.endswith("/api/v1/openapi.json says what it takes")
    assert not RAW.search(said)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [(int, "x"), (float, "nil"), (bool, "x"), (list[int], "x"), (dict[str, int], "x"), (tuple[int, int], [1, 2, 3])],
)
def test_whatever_kind_is_wanted_nothing_raw_is_said(kind, wrong):
    web, said = FastAPI(), []

    @web.exception_handler(RequestValidationError)
    async def told(request, error):
        from fastapi.responses import PlainTextResponse

        said.append(mistakes.line(error.errors()))
        return PlainTextResponse("", 422)

    def taken(body):
        return body

    taken.__annotations__ = {"body": dict[str, kind]}
    web.post("/")(taken)
    TestClient(web).post("/", json={"field": wrong})
    assert said[0].startswith("field ")
    assert not RAW.search(said[0])
