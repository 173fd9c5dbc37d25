"""Roman numerals, as the rock corpus and the progression lists write them."""

from __future__ import annotations

import re
from functools import lru_cache

from dusktape.data.harte import nearest

_STEPS = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
_NUMERAL = re.compile(r"([#b]*)(vii|vi|v|iv|iii|ii|i)(?![vi])", re.IGNORECASE)
_FIGURES = re.compile(r"(64|65|43|42|6|7|9|11)?")


@lru_cache(maxsize=2048)
def numeral(text: str) -> tuple[int, str] | None:
    """Return semitones above the tonic and quality of a numeral in the rock corpus' dialect; None if it is none.

    Upper case is major. `h` half-diminished, `x` and `o` diminished, `a` and `+` augmented, `d` dominant; figures 6,
    64, 65, 43, 42 are inversions and only tell whether there is a seventh; `V7/ii` is read in the key of ii.
    """
    chord, _, target = text.partition("/")
    found = _NUMERAL.match(chord)
    if found is None:
        return None
    base = 0
    if target:
        goal = numeral(target)
        if goal is None:
            return None
        base = goal[0]
    degree = (base + _STEPS[found[2].lower()] + found[1].count("#") - found[1].count("b")) % 12
    return degree, nearest(_tones(found[2].isupper(), degree, chord[found.end() :], applied=bool(target)))


def _tones(upper: bool, degree: int, rest: str, *, applied: bool) -> set[int]:
    """Steps above the root that case and figures call for."""
    third, fifth = (4 if upper else 3), 7
    seventh: int | None = None
    dominant = "d" in rest or applied or (upper and degree == 7) or not upper
    if "h" in rest:
        fifth, seventh = 6, 10
    elif "x" in rest:
        fifth, seventh = 6, 9
    elif "o" in rest or "b5" in rest:
        fifth = 6
    elif "a" in rest or "+" in rest:
        fifth = 8
    figures = re.sub(r"s4|s2|b5|[#b]9|\+?11|b?13|[hxoad+]", "", rest)
    extra = {t for mark, t in (("#9", 15), ("b9", 13), ("s4", 5), ("s2", 2)) if mark in rest}
    plain = _FIGURES.match(figures)
    if plain and plain[1] in ("7", "65", "43", "42", "9", "11") and seventh is None:
        seventh = 10 if dominant else 11
    tones = {0, third, fifth} | extra
    if "s4" in rest or "s2" in rest or ("11" in rest and upper):
        tones.discard(third)
    if "11" in rest:
        tones |= {5, 10, 2}
    if plain and plain[1] == "9":
        tones |= {2}
    if extra & {13, 15}:
        tones |= {10}
    return tones | ({seventh} if seventh is not None else set())
