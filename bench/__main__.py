"""`python -m bench`: measure and write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from bench.effort import Effort
from bench.page import Page

SECTIONS = (
    *(
        "end_to_end",
        "stages",
        "instruments",
        "yours",
        "effects",
        "dsp",
        "networks",
        "zoo",
        "amplitude",
        "samplers",
        "diffusion",
        "oneshot",
        "training",
        "data",
        "preparation",
        "files",
        "radio_load",
    ),
    "install",
)
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main() -> None:
    """Run the sections asked for; the others keep their last figures."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure speed and memory.")
    parser.add_argument("--only", choices=SECTIONS, action="append", metavar="NAME", help=f"of {', '.join(SECTIONS)}")
    parser.add_argument("--quick", action="store_true", help="shorter and fewer runs; the page says so")
    parser.add_argument("--hour", action="store_true", help="also make 60 minutes and compare the memory; slow")
    parser.add_argument("--out", type=Path, default=PAGE, metavar="FILE", help="default: docs/benchmarks.md")
    options = parser.parse_args()
    effort = Effort(quick=options.quick, hour=options.hour)
    page = Page.read(options.out, SECTIONS)
    for name in options.only or SECTIONS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        section = import_module(f"bench.{name}")
        tables = section.run(effort)
        page.put(name, section.TITLE, tables, effort)
        page.write()
    print(options.out)


if __name__ == "__main__":
    main()
