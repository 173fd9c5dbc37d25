"""Draw the validation loss of some trainings into one picture: python tools/zoo_curves.py RUN... PICTURE.svg."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dusktape.evaluate import pictures


def main() -> None:
    """Draw."""
    *runs, target = map(Path, sys.argv[1:])
    curves = {}
    for run in runs:
        rows = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
        rows = [row for row in rows[1:] if row["valid_loss"] is not None]
        if rows:
            curves[run.name] = ([row["epoch"] for row in rows], [row["valid_loss"] for row in rows])
    picture = pictures.curves(curves, x="epochs", y="validation, bits an event")
    target.write_text(picture.replace("currentColor", "#777777"), encoding="utf-8")


if __name__ == "__main__":
    main()
