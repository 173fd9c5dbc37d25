from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from dusktape.core import home


def test_the_variable_moves_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    assert home.home() == tmp_path
    assert home.folder("effects") == tmp_path / "effects"


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/dusktape"),
        ("linux", {"XDG_DATA_HOME": "not/absolute"}, "/somebody/.local/share/dusktape"),
        ("linux", {}, "/somebody/.local/share/dusktape"),
        ("darwin", {}, "/somebody/Library/Application Support/Dusktape"),
        ("win32", {"APPDATA": "/roaming"}, "/roaming/Dusktape"),
        ("win32", {}, "/somebody/AppData/Roaming/Dusktape"),
    ],
)
def test_each_system_has_its_own_place(monkeypatch, platform, variables, expected):
    for name in ("DUSKTAPE_HOME", "XDG_DATA_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/somebody"))
    assert home.home() == Path(expected)


def test_a_folder_that_is_named_comes_first_and_only_once(monkeypatch, tmp_path):
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    monkeypatch.setenv("DUSKTAPE_INSTRUMENTS", "")
    for name in ("a", "b", "a"):
        home.look_in(tmp_path / name)
    assert home.instrument_folders() == (tmp_path / "a", tmp_path / "b", tmp_path / "instruments")
    assert os.environ["DUSKTAPE_INSTRUMENTS"].split(os.pathsep) == [str(tmp_path / "a"), str(tmp_path / "b")]
