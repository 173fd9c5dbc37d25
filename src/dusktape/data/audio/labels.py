"""What a sound is, by its name or the folder it lies in."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from dusktape.data.drum_words import DRUM_WORDS

FROM = ("name", "folder", "none")
"""Where labels may come from."""

WORDS: dict[str, tuple[str, ...]] = {
    "pedal hat": DRUM_WORDS["pedal hat"],
    "open hat": DRUM_WORDS["open hat"],
    "closed hat": DRUM_WORDS["closed hat"],
    "tom": (*DRUM_WORDS["low tom"], *DRUM_WORDS["mid tom"], *DRUM_WORDS["high tom"]),
    "rim": DRUM_WORDS["rim"],
    "clap": DRUM_WORDS["clap"],
    "shaker": (*DRUM_WORDS["shaker"], "sh"),
    "perc": (
        *(
            "perc",
            "percussion",
            *DRUM_WORDS["tambourine"],
            "tb",
            "cowbell",
            "cb",
            "conga",
            "bongo",
            "tabla",
            "triangle",
        ),
        *("clave", "woodblock", "block", "wood", "agogo", "guiro", "timbale", "bell", "djembe", "cajon"),
    ),
    "snare": DRUM_WORDS["snare"],
    "kick": (*DRUM_WORDS["kick"], "drum bass"),
    "cymbal": (*DRUM_WORDS["crash"], *DRUM_WORDS["ride"]),
    "bass": ("bass", "sub", "808"),
    "guitar": ("guitar", "guit", "gtr"),
    "keys": ("piano", "keys", "rhodes", "organ", "wurli"),
    "pad": ("pad", "ambi", "ambience", "ambient", "texture", "drone"),
    "vinyl": ("vinyl", "crackle", "hiss"),
    "vocal": ("vocal", "vox", "voice", "choir"),
    "loop": ("loop",),
}
"""Label to its words, those that say more before those that say less. Two words may stand anywhere in a name."""

_SAME = {"pedal hat": "closed hat"}


def label(file: str, source: str) -> str:
    """Return what a file is; empty if nothing says so.

    Parameters
    ----------
    file
        As the manifest names it, with `/` between folders.
    source
        One of `FROM`. `name` goes by the words in the file's name and, where they say nothing, in the folders above it;
        `folder` is the innermost folder, by our word for it if it has one, else as it is called.
    """
    path = PurePosixPath(file)
    folders = [part for part in reversed(path.parent.parts) if part != "."]
    if source == "none":
        return ""
    if source == "folder":
        return (named(folders[0]) or folders[0].lower()) if folders else ""
    return next((found for part in (path.stem, *folders) if (found := named(part))), "")


def named(text: str) -> str:
    """Return the label that a name says: `closed hat` for `HH_02`, `my hats` and `Hi-Hat closed`; empty if none."""
    there = _words(text)
    for kind, words in WORDS.items():
        if any(set(word.split()) <= there for word in words):
            return _SAME.get(kind, kind)
    return ""


def _words(text: str) -> set[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    words = {word.lower() for word in re.findall(r"[A-Za-z]+|\d{3,}", apart)}
    return words | {word.removesuffix("s") for word in words if len(word) > 3}
