"""How much a base install puts on the disk."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from bench.effort import Effort
from bench.page import Table

TITLE = "Install size"

_NOT_COUNTED = ("pip", "setuptools", "pkg_resources", "wheel", "_distutils_hack", "distutils-precedence.pth")


def run(effort: Effort) -> list[Table]:
    """Install into a fresh environment and weigh it; needs the network."""
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        try:
            _pip(python, str(root))
            sizes = _weigh(python)
        except subprocess.CalledProcessError as error:
            reason = error.stderr.strip().splitlines()[-1] if error.stderr else str(error)
            return [Table(f"Not measured: pip could not install ({reason}).", ["", ""], [])]
    ours = sizes.pop("dusktape")
    rows = [
        ["our package, weights included", f"{ours / 1e6:.1f} MB", "30 MB"],
        ["what it needs", f"{sum(sizes.values()) / 1e6:.1f} MB", "160 MB"],
    ]
    heavy = sorted(sizes.items(), key=lambda item: -item[1])[:8]
    return [
        Table(
            "`pip install .` in a fresh environment: all of site-packages but pip and setuptools, compiled "
            "files included. 1 MB is 10^6 bytes.",
            ["", "size", "limit"],
            rows,
        ),
        Table("The heaviest.", ["folder", "size"], [[name, f"{size / 1e6:.1f} MB"] for name, size in heavy]),
    ]


def _pip(python: Path, *packages: str) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    subprocess.run(command, check=True, capture_output=True, text=True)


def _weigh(python: Path) -> dict[str, int]:
    """Return top-level folder of site-packages to bytes; metadata counts towards its package."""
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.run([str(python), "-c", asked], check=True, capture_output=True, text=True).stdout.strip())
    sizes: dict[str, int] = {}
    for name, size in _files(site):
        if name not in _NOT_COUNTED:
            sizes[name] = sizes.get(name, 0) + size
    return sizes


def _files(site: Path) -> Iterator[tuple[str, int]]:
    for path in site.rglob("*"):
        if path.is_file() and not path.is_symlink():
            top = path.relative_to(site).parts[0]
            yield top.split("-")[0] if top.endswith((".dist-info", ".egg-info")) else top, path.stat().st_size
