from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
import soundfile

from dusktape.cli import main
from dusktape.core.home import INSTRUMENTS


class Said(NamedTuple):
    """How a command went."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wakes no second process for every command: the songs of these tests are too short to need it."""
    monkeypatch.setattr("dusktape.cli.make.Second", SimpleNamespace(wake=lambda: None))


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk on which no sound file can even begin: libsndfile does not say why, the system does."""

    class Full:
        def __init__(self, *arguments: object, **named: object) -> None:
            raise soundfile.LibsndfileError(2, "Error opening file: ")

    def opened(self: Path, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        if mode == "ab":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, mode, *arguments, **named)

    real = Path.open
    monkeypatch.setattr(soundfile, "SoundFile", Full)
    monkeypatch.setattr(Path, "open", opened)


@pytest.fixture
def dusktape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Runs a command in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(INSTRUMENTS, "")  # what a command adds to it is gone after the test

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return Said(int(left.value.code or 0), out, err)

    return run


@pytest.fixture
def refused(dusktape: Callable[..., Said], tmp_path: Path) -> Callable[..., str]:
    """Runs a command that must fail as a user's mistake should: one line, exit 1, nothing written."""

    def run(*arguments: object) -> str:
        before = sorted(tmp_path.rglob("*"))
        said = dusktape(*arguments)
        assert said.code == 1
        assert said.out == ""
        lines = [line for line in said.err.splitlines() if not line.startswith("recipe ")]
        assert len(lines) == 1
        assert lines[0].startswith("dusktape: ")
        assert sorted(tmp_path.rglob("*")) == before
        return lines[0].removeprefix("dusktape: ")

    return run
