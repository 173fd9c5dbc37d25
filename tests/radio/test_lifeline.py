from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dusktape.core.errors import InputError, OutputError
from dusktape.radio.lifeline import Held, ToldToEnd

HOLD = (
    "import sys; from pathlib import Path; from dusktape.radio.lifeline import Held\n"
    "held = Held(Path(sys.argv[1]), 'taken'); print('held', flush=True); sys.stdin.read()"
)


def test_only_one_holds_a_file_and_who_is_told(tmp_path: Path) -> None:
    with Held(tmp_path / "lock", ""), pytest.raises(InputError, match=f"process {os.getpid()} has it; wait"):
        Held(tmp_path / "lock", "{who} has it; wait")
    Held(tmp_path / "lock", "").close()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"held"
        with pytest.raises(InputError, match="taken by another"):
            Held(tmp_path / "lock", "taken by another")
        other.kill()
        other.wait()
        Held(tmp_path / "lock", "taken").close()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="missing"):
        Held(tmp_path / "missing" / "lock", "taken")


@pytest.mark.parametrize("then", ["", "lambda: print('bye', flush=True)", "lambda: 1 / 0", "lambda: time.sleep(60)"])
def test_a_process_ends_when_its_parent_lets_go(then: str) -> None:
    code = (
        f"import time; from dusktape.radio.lifeline import end_with_parent; end_with_parent({then})\n"
        "print('ready', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline().strip() == b"ready"
        child.stdin.close()
        assert child.wait(timeout=30) == 0
        assert child.stdout.read().strip() == (b"bye" if "bye" in then else b"")


def test_signals_mean_what_they_meant_before_once_nobody_waits_for_the_end() -> None:
    before, told = signal.getsignal(signal.SIGINT), []
    with ToldToEnd(lambda: told.append(True)):
        signal.raise_signal(signal.SIGINT)
    assert told == [True]
    assert signal.getsignal(signal.SIGINT) is before
