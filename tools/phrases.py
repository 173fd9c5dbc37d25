"""Write the index of phrases that ships beside the melody network's weights.

    python tools/phrases.py DATA

DATA holds the sources that the card names. Indexed is what the network learned from: every line of the training fold.
Beside it stands what the melodies of the other two folds reach, the songs by people that it has not seen.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dusktape.models.melody import MODEL, corpus
from dusktape.nn.phrases import FILE, LENGTHS, MODES, build


def main() -> None:
    """Build, write, and say what people reach."""
    melodies = list(corpus.melodies(Path(sys.argv[1])))
    learned = [melody.line() for split, melody in melodies if split == "train"]
    held_out = [melody.line() for split, melody in melodies if split != "train" and melody.source != "bridge"]
    index = build(learned, held_out=held_out)
    path = MODEL.folder / FILE
    index.save(path)
    print(
        f"{path}: {index.songs} songs, {index.notes} notes, {path.stat().st_size} bytes, {len(held_out)} held-out songs"
    )
    for mode in MODES:
        longest = ", ".join(f"{p} %: {index.people.percentile(mode, p):g}" for p in (5, 50, 95, 100))
        share = index.people.share[mode][LENGTHS.index(15)]
        print(f"{mode}: longest match of people's songs {longest} notes; 15-note sequences {share:.5f}")


if __name__ == "__main__":
    main()
