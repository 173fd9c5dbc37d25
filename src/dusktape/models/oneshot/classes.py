"""What kinds of drum there are, which of them people's recordings teach, and what our own kit plays for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CLASSES: Final = ("kick", "snare", "rim", "clap", "closed hat", "open hat", "shaker", "tom", "perc")
"""What can be asked for."""

RECORDED: Final = frozenset({"kick", "snare", "closed hat", "open hat", "tom", "perc"})
"""Learned from recordings too. Of rim, clap and shaker there are one or two: they are learned from synthesis alone."""

KEYS: Final[Mapping[str, tuple[int, ...]]] = {
    "kick": (36,),
    "snare": (38,),
    "rim": (37,),
    "clap": (39,),
    "closed hat": (42, 42, 44),
    "open hat": (46,),
    "shaker": (70,),
    "tom": (45, 47, 50),
    "perc": (54, 54, 37, 45, 47, 50),
}
"""General MIDI keys of our kit that a class is drawn from."""

PERC_SPEED: Final[Mapping[int, tuple[float, float]]] = {
    54: (0.75, 1.35),
    37: (0.45, 0.75),
    45: (1.8, 3.2),
    47: (1.8, 3.2),
    50: (1.6, 2.6),
}
"""How much faster a key is played to be percussion: toms become congas and bongos, a rim a block of wood."""

_OF_KIND: Final[Mapping[str, str]] = {
    "bd": "kick",
    "sn": "snare",
    "sd": "snare",
    "rim": "rim",
    "cp": "clap",
    "hh": "closed hat",
    "oh": "open hat",
    "sh": "shaker",
    "ht": "tom",
    "mt": "tom",
    "lt": "tom",
    "cb": "perc",
    "tb": "perc",
    "misc": "perc",
    "perc": "perc",
    "tabla": "perc",
    "elec": "perc",
}

_OF_NAME: Final[Mapping[str, str]] = {
    "drum_bass_hard": "kick",
    "drum_bass_soft": "kick",
    "drum_heavy_kick": "kick",
    "elec_hollow_kick": "kick",
    "elec_soft_kick": "kick",
    "drum_cymbal_closed": "closed hat",
    "drum_cymbal_pedal": "closed hat",
    "drum_cymbal_open": "open hat",
    "drum_cowbell": "perc",
    "elec_fuzz_tom": "tom",
    "elec_cymbal": "",
    "perc_till": "",
    **{f"tabla_ghe{i}": "" for i in range(1, 9)},
}
"""Names that say more than the kind. A till is no drum; a tabla's open bass strokes are booms, which no kit plays as
percussion."""


def class_of(kind: str, name: str) -> str:
    """Return the class of a file of `oneshots_cc0` by its kind and name; empty for what is no drum of ours."""
    if name in _OF_NAME:
        return _OF_NAME[name]
    if "snare" in name:
        return "snare"
    if name.startswith("drum_tom"):
        return "tom"
    return _OF_KIND.get(kind, "")


_WORDS: Final[Mapping[str, str]] = {
    "kick": "kick",
    "bd": "kick",
    "bassdrum": "kick",
    "snare": "snare",
    "sd": "snare",
    "rim": "rim",
    "rimshot": "rim",
    "clap": "clap",
    "hat": "closed hat",
    "hihat": "closed hat",
    "hh": "closed hat",
    "closed": "closed hat",
    "closedhat": "closed hat",
    "openhat": "open hat",
    "oh": "open hat",
    "shaker": "shaker",
    "tom": "tom",
    "perc": "perc",
    "percussion": "perc",
    "conga": "perc",
    "bongo": "perc",
    "tambourine": "perc",
    "cowbell": "perc",
}


def class_of_label(label: str) -> str:
    """Return the class that a label of a dataset means (`Open Hat`, `kicks`); empty if it is none of ours."""
    word = "".join(c for c in label.lower() if c.isalpha())
    if "open" in word and ("hat" in word or "hh" in word):
        return "open hat"
    for name in (word, word.removesuffix("s")):
        if name in _WORDS:
            return _WORDS[name]
    return next((kind for kind in CLASSES if kind.replace(" ", "") == word), "")
