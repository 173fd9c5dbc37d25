"""The Python lines of the README and the guide run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def blocks(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", ["README.md", "docs/guides/python.md", "docs/guides/control.md"])
def test_the_python_lines_run_from_top_to_bottom(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "example"}
    found = blocks(page)
    assert found, f"{page} has no Python"
    for block in found:
        exec(compile(block, page, "exec"), names)
    assert list(tmp_path.glob("*.flac")), f"{page} promises a file"
