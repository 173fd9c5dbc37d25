"""What the API does, the command line does: each operation has a command, or a reason in the guide."""

from __future__ import annotations

from pathlib import Path

import pytest

from dusktape.radio.state import State
from dusktape.server.api import application
from dusktape.server.app import Radio
from dusktape.server.guard import Door
from dusktape.server.limits import Limits

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "serving.md"

COMMANDS = {
    "GET /stations": "tune",
    "GET /stations/{station}": "tune",
    "GET /stations/{station}/entries": "tune",
    "GET /stations/{station}/history": "tune --history",
    "POST /stations/{station}/skip": "tune --skip",
    "POST /stations/{station}/steer": "tune --mood",
    "POST /stations/{station}/queue": "tune --queue",
    "GET /tracks": "library",
    "GET /tracks/{track}": "library --search",
    "DELETE /tracks/{track}": "library delete",
    "PUT /tracks/{track}/like": "library like",
    "PUT /tracks/{track}/keep": "library keep",
    "GET /tracks/{track}/files/{name}": "library export",
    "GET /tracks/{track}/bundle.zip": "library export",
    "GET /tracks/{track}/score": "library export",
    "GET /songs/{song}": "library --song",
    "POST /tracks/{track}/stems": "jobs stems",
    "POST /tracks/{track}/edit": "jobs edit",
    "POST /tracks/{track}/export": "jobs export",
    "POST /jobs": "jobs add",
    "GET /jobs": "jobs",
    "GET /jobs/{job}": "jobs --all",
    "DELETE /jobs/{job}": "jobs cancel",
    "GET /recipes": "recipes",
    "GET /parts": "parts",
    "GET /kits": "parts",
    "GET /moods": "tune --mood",
    "POST /words": "make",
    "POST /uploads": "jobs lofi",
    "GET /uploads": "library uploads",
    "GET /uploads/{upload}": "library uploads --json",
    "DELETE /uploads/{upload}": "library uploads --delete",
}
"""Operation to the command that does the same."""

UNPAIRED = {
    "GET /tracks/{track}/levels/{part}",
    "GET /tracks/{track}/slices/{name}",
    "GET /stations/{station}/listeners/{listener}",
    "GET /events",
    "GET /entries/{entry}/timeline",
    "GET /controls",
    "GET /metrics",
}
"""Operations for pages and monitors; the guide says why."""


@pytest.fixture(scope="module")
def operations(tmp_path_factory):
    with State.open(tmp_path_factory.mktemp("state")) as state:
        radio = Radio(state, ["main"], door=Door(), limits=Limits())
        paths = application(radio).openapi()["paths"]
        radio.news.close()
        radio.journal.close()
    return {f"{method.upper()} {path.removeprefix('/api/v1')}" for path, told in paths.items() for method in told}


def test_each_operation_has_a_command_or_a_reason(operations):
    assert operations == COMMANDS.keys() | UNPAIRED
    assert not COMMANDS.keys() & UNPAIRED


@pytest.mark.parametrize("words", sorted(set(COMMANDS.values())))
def test_the_commands_are_there(dusktape, words):
    names = [word for word in words.split() if not word.startswith("--")]
    told = dusktape(*names, "--help")
    assert told.code == 0
    assert all(option in told.out for option in words.split() if option.startswith("--"))


def test_the_guide_says_why_others_have_none():
    guide = GUIDE.read_text(encoding="utf-8")
    assert [one for one in UNPAIRED if f"`{one}`" not in guide] == []
