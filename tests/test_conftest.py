from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SKIPPED = {
    "alone": "import pytest\n\ndef test_it():\n    pytest.skip({!r})\n",
    "whole": "import pytest\n\npytest.skip({!r}, allow_module_level=True)\n",
}


def ran(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the tests in a folder, with our conftest beside them."""
    shutil.copy(Path(__file__).with_name("conftest.py"), folder)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(folder)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("kind", SKIPPED)
@pytest.mark.parametrize(
    ("ci", "reason", "code"),
    [("true", "no ffprobe", 1), ("true", "needs a GPU", 0), ("", "no ffprobe", 0)],
)
def test_ci_fails_when_anything_but_a_gpu_test_is_skipped(
    tmp_path: Path, kind: str, ci: str, reason: str, code: int
) -> None:
    (tmp_path / "test_skipped.py").write_text(SKIPPED[kind].format(reason))
    (tmp_path / "test_run.py").write_text("def test_it():\n    pass\n")
    run = ran(tmp_path, CI=ci)
    assert run.returncode == code, run.stdout + run.stderr
    assert ("test_skipped.py" in run.stdout and reason in run.stdout) is bool(code)


def test_a_failure_whose_message_holds_half_a_character_is_told_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "test_half.py").write_text(
        "def test_it():\n    assert 'half \\ud83c' == 'whole'\n\ndef test_next(): pass\n"
    )
    run = ran(tmp_path, "--numprocesses", "1")
    assert run.returncode == 1, run.stdout + run.stderr
    assert "half \\ud83c" in run.stdout
    assert "1 failed, 1 passed" in run.stdout


def test_a_failure_whose_source_cannot_be_parsed_is_told_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "test_unparsed.py").write_text(
        "import ast\n\ndef parse(*_, **__):\n    raise SystemError('recursion depth mismatch')\n\n"
        "def test_it(monkeypatch):\n    monkeypatch.setattr(ast, 'parse', parse)\n    assert 'half' == 'whole'\n"
    )
    run = ran(tmp_path, "--numprocesses", "1")
    assert run.returncode == 1, run.stdout + run.stderr
    assert "assert 'half' == 'whole'" in run.stdout
    assert "1 failed" in run.stdout


def test_what_stops_the_tests_themselves_is_told_last(tmp_path: Path) -> None:
    (tmp_path / "test_run.py").write_text("def test_it():\n    pass\n")
    (tmp_path / "breaks.py").write_text(
        "def pytest_runtest_logfinish():\n    raise RuntimeError('the lamp fell over')\n"
    )
    run = ran(tmp_path, "--numprocesses", "1", "-p", "breaks", PYTHONPATH=str(tmp_path))
    assert run.returncode not in (0, 1)
    assert "the lamp fell over" in run.stdout.rpartition("What stopped the tests first:")[2]
