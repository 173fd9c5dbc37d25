"""Write the index of training sounds that `dusktape pack` compares with, beside a model's weights.

    python tools/nearest.py DATA FOLDER

DATA is a dataset of sounds, or a folder that holds `oneshots_cc0`; FOLDER holds the model's weights. Only recordings
are in the index: what our own kit played for the model is nobody's.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from dusktape.models.oneshot import corpus
from dusktape.models.oneshot.classes import RECORDED
from dusktape.models.oneshot.vector import SAMPLE_RATE
from dusktape.publish.pack.nearest import FILE, of_sounds


def main(data: Path, folder: Path) -> None:
    """Write the index and say what is in it."""
    found = [one for one in corpus.recordings(data) if one.kind in RECORDED]
    sounds = ((one.name, one.kind, one.side, one.stroke[None].astype(np.float32)) for one in found)
    training = of_sounds(sounds, SAMPLE_RATE, along=False)
    if training is None:
        sys.exit(f"{data} has no training sound")
    training.save(folder / FILE)
    print(folder / FILE, (folder / FILE).stat().st_size, training.facts())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
