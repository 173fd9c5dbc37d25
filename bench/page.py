"""The page that the figures are written to, section by section."""

from __future__ import annotations

import datetime
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from bench.effort import Effort
from dusktape.data.pool import cores

_HEAD = """# Benchmarks

Written by `make bench`; do not edit. Every figure is a median; ours and its reference ran in turns in one process, on
one thread, unless a line says otherwise. *Times real time* is seconds of sound per second of work: more is faster.
*Ratio* is the reference's time over ours: above 1 we are faster. `python -m bench --only NAME` measures one section
again and leaves the others as they were; `--hour` adds the memory of 60 minutes.
"""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header, with a sentence before them."""

    text: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return it as Markdown."""
        lines = [self.text, ""] if self.text else []
        lines += ["| " + " | ".join(self.header) + " |", "|" + "---|" * len(self.header)]
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        return "\n".join(lines)


@dataclass
class Page:
    """The file, cut into sections that can be replaced one by one."""

    path: Path
    order: Sequence[str]
    sections: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def read(path: Path, order: Sequence[str]) -> Page:
        """Take over what an earlier run left."""
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        pieces = re.split(r"^<!-- (\w+) -->\n", text, flags=re.MULTILINE)
        return Page(path, order, dict(zip(pieces[1::2], (p.strip() for p in pieces[2::2]), strict=True)))

    def put(self, name: str, title: str, tables: Sequence[Table], effort: Effort) -> None:
        """Replace a section."""
        quick = " A quick run: short sounds, few repeats." if effort.quick else ""
        body = "\n\n".join(t.markdown() for t in tables)
        self.sections[name] = f"## {title}\n\n{body}\n\n*{circumstances()}{quick}*"

    def write(self) -> None:
        """Write the file."""
        parts = [f"<!-- {name} -->\n{self.sections[name]}\n" for name in self.order if name in self.sections]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("\n".join([_HEAD, *parts]), encoding="utf-8")


def circumstances() -> str:
    """Return date, machine, versions and how busy the machine was."""
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    today = datetime.datetime.now(datetime.UTC).date()
    return (
        f"Measured on {today} on {_processor()}, {cores()} cores, {platform.system()}; Python "
        f"{platform.python_version()}, numpy {version('numpy')}, dusktape {version('dusktape')}{load}."
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def milliseconds(seconds: float) -> str:
    """Return a time for a table."""
    if seconds < 0.001:
        return f"{1e6 * seconds:.0f} µs"
    return f"{1e3 * seconds:.{0 if seconds >= 0.02 else 1}f} ms"


def times(sound_s: float, work_s: float) -> str:
    """Return how many times real time that is."""
    factor = sound_s / work_s
    return f"{factor:,.0f}" if factor >= 10 else f"{factor:.2g}"


def ratio(reference_s: float, ours_s: float) -> str:
    """Return how many times faster than the reference that is."""
    value = reference_s / ours_s
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
