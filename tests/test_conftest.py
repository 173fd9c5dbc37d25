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


@pytest.mark.parametrize("kind", SKIPPED)
@pytest.mark.parametrize(
    ("ci", "reason", "code"),
    [("true", "no ffprobe", 1), ("true", "needs a GPU", 0), ("", "no ffprobe", 0)],
)
def test_ci_fails_when_anything_but_a_gpu_test_is_skipped(
    tmp_path: Path, kind: str, ci: str, reason: str, code: int
) -> None:
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_skipped.py").write_text(SKIPPED[kind].format(reason))
    (tmp_path / "test_run.py").write_text("def test_it():\n    pass\n")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == code, run.stdout + run.stderr
    assert ("test_skipped.py" in run.stdout and reason in run.stdout) is bool(code)
