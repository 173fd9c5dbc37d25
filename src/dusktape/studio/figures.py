"""Numbers in a phrase: tempo, key, length, bars of a loop, swing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dusktape.compose.loop import Loop
from dusktape.core.errors import RecipeError
from dusktape.core.score import Key

_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MORE_COUNTS = {"twelve": 12, "sixteen": 16, "thirty-two": 32, "sixty-four": 64}
_ROUGHLY = r"(?P<roughly>around|about|roughly|approximately|approx|ca|circa|some|near|~)?\s*(?:a\s+)?"
_NUMBER = r"\d+(?:\.\d+)?"
_TO = r"\s*(?:-|–|to|and)\s*"
_BPM = r"\s*(?:bpm|beats\s+(?:a|per)\s+minute)\b"
_EDGE = (
    r"\b(?P<not>no\s+|not\s+)?(?P<edge>under|below|over|above|at\s+least|at\s+most|up\s+to|less\s+than|more\s+than|"
    r"shorter\s+than|longer\s+than|slower\s+than|faster\s+than)"
)
_BELOW = ("under", "below", "at most", "up to", "less than", "shorter than", "slower than")
_UNIT = r"\s*-?\s*(?P<unit>seconds?|secs?|minutes?|mins?|hours?|hrs?)\b(?:\s+long\b)?"
_OTHER = r"(?:reverb|echo|delay|decay|tail|fade|intro|outro|pause|silence|break|attack|release)"
"""What may last some seconds, and is no track."""

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_ABOUT_A_MODE = ("key", "scale", "mode", "feel", "mood", "chords")
LENGTH = "form.length_s"
SWING = "tempo.swing"
LOOP = "loop"
"""What a figure sets that is no recipe key: the bars of a loop, in place of a track."""

_NO_LOOP = r"(?:chords?|harmony|no|not|without|and|or|one|single)\b"
"""Between `4 bar` and `loop`, these mean that it is another loop."""

_LOOP_BEFORE = (
    rf"(?P<not>\b{_NO_LOOP}[\s-]+(?:a\s+)?|\bsame\s+|\bchopped\s+)?\bloop(?:s|ed|ing|able)?"
    rf"(?:[\s,:;-]+(?!{_NO_LOOP}|intro|outro)[^\W\d_]+){{0,4}}[\s,:;(-]*$"
)
"""What stands before `8 bars` that are meant for a loop."""

MARK = "\ue000"
"""First of the private characters, which nobody types and no pattern takes for a letter or digit."""

_SWING = (0.5, 0.67)

TEMPI = (40.0, 160.0)
"""Beats a minute that a recipe may have."""

_SHARE = 0.04
"""How far `around` may miss a tempo; a length, twice that."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that was found: the recipe key it sets, its value or choice, and how it was said.

    With `times`, what stands at that key is multiplied by it.
    """

    path: str
    value: Any
    text: str

    @property
    def times(self) -> float | None:
        """Return the factor that `20 % slower` is; None of what is a value."""
        return self.value["times"] if isinstance(self.value, Mapping) and "times" in self.value else None


def figures(text: str) -> tuple[str, list[Figure]]:
    """Return the text with `MARK` and the characters after it in place of what was found, and what that is.

    Raises
    ------
    RecipeError
        If a length is out of range.
    InputError
        If a loop has a number of bars that no loop has.
    """
    found: list[Figure] = []

    def take(read: Callable[[re.Match[str]], tuple[str, Any] | None]) -> Callable[[re.Match[str]], str]:
        def replace(match: re.Match[str]) -> str:
            told = read(match)
            if told is None:
                return match[0]
            groups, said = match.groupdict(), " ".join(match[0].split())
            said += " … loop" if groups.get("later") is not None else ""
            found.append(Figure(*told, text=f"loop … {said}" if groups.get("earlier") is not None else said))
            return f" {chr(ord(MARK) + len(found) - 1)} "

        return replace

    for pattern, read in _patterns():
        text = pattern.sub(take(read), text)
    return text, found


def _patterns() -> Iterator[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, Any] | None]]]:
    def compiled(pattern: str) -> re.Pattern[str]:
        return re.compile(pattern, re.IGNORECASE)

    yield compiled(rf"(?:between\s+)?(?<![\d.])(?P<low>{_NUMBER}){_TO}(?P<high>{_NUMBER}){_BPM}"), _tempo_range
    yield compiled(rf"{_EDGE}\s+(?P<bpm>{_NUMBER}){_BPM}"), _tempo_edge
    yield compiled(rf"(?<!\S)[-−](?P<bpm>{_NUMBER}){_BPM}"), _tempo_below_none
    yield compiled(rf"{_ROUGHLY}(?<![\d.])(?P<bpm>{_NUMBER})(?P<ish>\s?-?ish)?{_BPM}"), _tempo
    yield compiled(r"(?<![\d.])(?P<share>\d{1,2})(?:\s*%|\s*per\s?cent)\s+(?P<way>slower|faster|quicker)\b"), _scaled
    yield compiled(rf"\b(?:bpm|tempo)(?:\s+of)?\s*[:=]?\s*{_ROUGHLY}(?P<bpm>{_NUMBER})\b"), _tempo
    yield compiled(rf"(?:between\s+)?(?<![\d.:])(?P<low>{_NUMBER}){_TO}(?P<high>{_NUMBER}){_UNIT}"), _length_range
    yield compiled(rf"{_EDGE}\s+(?P<count>{_NUMBER}){_UNIT}"), _length_edge
    yield (
        compiled(r"(?<![\d.:])(?P<m>\d+)\s*(?:m|mins?|minutes?)\s*(?:and\s+)?(?P<s>[0-5]?\d)\s*(?:s|secs?|seconds?)\b"),
        _clock,
    )
    yield compiled(rf"{_ROUGHLY}\bhalf\s+an?\s+hour(?:\s+long)?\b"), lambda m: _length(m, 1800.0)
    yield compiled(rf"{_ROUGHLY}(?<![\d.:])(?P<m>\d+):(?P<s>[0-5]\d)\b(?!\s*[ap]m)"), _clock
    yield (
        compiled(
            rf"{_ROUGHLY}(?<![\w.])(?P<count>{_NUMBER}|{'|'.join(_COUNTS)}|half\s+an?|half\s+a|couple\s+of|an?)"
            rf"(?P<half>\s+and\s+a\s+half)?{_UNIT}"
        ),
        _counted,
    )
    yield from ((compiled(pattern), read) for pattern, read in _loops())
    yield from ((compiled(pattern), read) for pattern, read in _swings())
    note = r"(?P<note>[a-g])\s*(?P<sign>#|♯|♭|b(?![a-z])|-?\s*sharp\b|-?\s*flat\b)?"
    yield (
        compiled(
            rf"(?<![\w#])(?:in\s+)?(?:the\s+)?(?:key\s+of\s+)?(?<![\w#]){note}\s*-?(?P<mode>major|minor|maj|min|m)\b"
        ),
        _key,
    )
    yield compiled(rf"\bkey\s+of\s+{note}(?![\w#])|\bin\s+(?P<note2>[a-g])(?P<sign2>#|b)?(?=\s*(?:$|[,.;]))"), _tonic


def _loops() -> Iterator[tuple[str, Callable[[re.Match[str]], tuple[str, Any] | None]]]:
    """Yield the patterns of the chords' own loop, and of loops in place of a track."""
    bars = rf"(?<![\w.])(?P<bars>\d{{1,3}}|{'|'.join((*_COUNTS, *_MORE_COUNTS))})[\s-]*bars?\b"
    chords = r"(?:chords?|harmony)[\s-]+(?:loops?|progressions?|sequences?)\b"
    yield rf"{bars}[\s-]+{chords}|(?<!one )\b{chords}\s+(?:of\s+)?{bars.replace('<bars>', '<after>')}", _chord_bars
    looped, between = r"loop(?:s|ed|ing|able)?\b", rf"(?:[\s,-]+(?!{_NO_LOOP})[^\W\d_]+){{0,4}}?"
    yield rf"\b(?:seamless\s+)?{looped}(?:\s+(?:of|over|for|in|with))?(?:\s+exactly)?\s+{bars}", _loop
    yield rf"{bars}(?:[\s-]+(?:long|seamless))*(?:[\s-]+{looped}|(?P<later>(?={between}[\s,-]+{looped})))", _loop
    yield rf"{bars}(?:[\s-]+long\b)?(?P<earlier>)", _loop_before


def _swings() -> Iterator[tuple[str, Callable[[re.Match[str]], tuple[str, Any] | None]]]:
    """Yield the patterns of swing, in per cent; without their sign, two digits or a fraction, no `808` or `60s`."""
    share = r"(?:\s*%|\s*per\s?cent\b|\s*percent\b)"
    word, shuffle = r"\b(?:swing|swung|shuffle)", r"(?:swing|swung|shuffle)\b"
    said = rf"(?:\s+(?:of|at|to|by|set\s+to|amount|is|amount\s+of))*\s*[:=]?\s*{_ROUGHLY}"
    end = r"(?![\w.]*\w|\s*(?:bpm|bars?|beats?|seconds?|minutes?|:))"
    bare = rf"(?:0?\.\d+|\d{{2}}(?:\.\d+)?){end}"
    yield rf"{word}{said}(?P<low>{_NUMBER}){share}?{_TO}(?P<high>{_NUMBER}){share}", _swing
    yield rf"(?<![\d.])(?P<low>{_NUMBER}){share}?{_TO}(?P<high>{_NUMBER}){share}\s*(?:of\s+)?{shuffle}", _swing
    yield rf"{word}{said}(?P<low>{_NUMBER}{share}|{bare})", _swing
    yield rf"{_ROUGHLY}(?<![\d.])(?P<low>{_NUMBER}{share})\s*(?:of\s+)?{shuffle}", _swing


def _around(value: float, share: float) -> dict[str, list[float]]:
    return {"between": [round(value * (1.0 - share), 2), round(value * (1.0 + share), 2)]}


def _tempi(low: float, high: float, match: re.Match[str]) -> Any:
    """Return those tempi between two that a recipe may have, whole ones unless somebody typed a fraction."""
    slowest, fastest = TEMPI
    if low > fastest or high < slowest:
        raise RecipeError(
            f"a tempo is {slowest:g} to {fastest:g} bpm, got {' '.join(match[0].split())!r}; say one in that range"
        )
    ends = [round(end, 2 if "." in match[0] else None) for end in (max(low, slowest), min(high, fastest))]
    return {"between": ends} if ends[0] < ends[1] else ends[0]


def _tempo(match: re.Match[str]) -> tuple[str, Any]:
    bpm = float(match["bpm"])
    if match["roughly"] or match.groupdict().get("ish"):
        return "tempo.bpm", _tempi(bpm * (1.0 - _SHARE), bpm * (1.0 + _SHARE), match)
    if not re.search(r"\b(?:no|not)\s*$", match.string[: match.start()], re.IGNORECASE):  # "not 200 bpm"
        _tempi(bpm, bpm, match)
    return "tempo.bpm", bpm


def _tempo_below_none(match: re.Match[str]) -> tuple[str, Any]:
    return "tempo.bpm", _tempi(-float(match["bpm"]), -float(match["bpm"]), match)


def _scaled(match: re.Match[str]) -> tuple[str, Any]:
    """Return the factor of a tempo that is said against the recipe's."""
    share = int(match["share"]) / 100.0
    return "tempo.bpm", {"times": round(1.0 - share if match["way"].lower() == "slower" else 1.0 + share, 2)}


def _tempo_range(match: re.Match[str]) -> tuple[str, Any]:
    low, high = sorted((float(match["low"]), float(match["high"])))
    return "tempo.bpm", _tempi(low, high, match)


def _tempo_edge(match: re.Match[str]) -> tuple[str, Any]:
    bpm = float(match["bpm"])
    below = _is_below(match)
    if below:
        return "tempo.bpm", _tempi(0.85 * min(bpm, TEMPI[1]), bpm, match)
    return "tempo.bpm", _tempi(bpm, 1.15 * max(bpm, TEMPI[0]), match)


def _is_below(match: re.Match[str]) -> bool:
    """Return whether `under`, `at most`, `no more than` say that a number is the largest."""
    return (" ".join(match["edge"].lower().split()) in _BELOW) is not bool(match["not"])


def _length_range(match: re.Match[str]) -> tuple[str, Any] | None:
    unit = _SECONDS[match["unit"][0].lower()]
    low, high = sorted(unit * float(match[end]) for end in ("low", "high"))
    if _length(match, low) is None or _length(match, high) is None:
        return None
    return LENGTH, {"between": [low, high]} if low < high else low


def _length_edge(match: re.Match[str]) -> tuple[str, Any] | None:
    seconds = float(match["count"]) * _SECONDS[match["unit"][0].lower()]
    if _length(match, seconds) is None:
        return None
    low, high = (0.75 * seconds, seconds) if _is_below(match) else (seconds, 1.25 * seconds)
    return LENGTH, {"between": [max(30.0, low), min(3600.0, high)]}


def _length(match: re.Match[str], seconds: float) -> tuple[str, Any] | None:
    beside = re.search(_OTHER + r"\w*(?:\s+(?:in|out|of|for|at))*\s*$", match.string[: match.start()], re.IGNORECASE)
    if seconds < 30.0 and (
        beside or re.match(r"[\s-]*(?:long\s+)?" + _OTHER, match.string[match.end() :], re.IGNORECASE)
    ):
        return None  # "a reverb of 2 seconds"
    if not 30.0 <= seconds <= 3600.0:
        raise RecipeError(f"a track is 0.5 to 60 minutes long, got {match[0].strip()!r}; say a length in that range")
    if not match.groupdict().get("roughly"):
        return LENGTH, seconds
    low, high = _around(seconds, 2 * _SHARE)["between"]
    return LENGTH, {"between": [max(30.0, low), min(3600.0, high)]}


def _clock(match: re.Match[str]) -> tuple[str, Any] | None:
    return _length(match, 60.0 * int(match["m"]) + int(match["s"]))


def _counted(match: re.Match[str]) -> tuple[str, Any] | None:
    told = " ".join(match["count"].lower().split())
    if told in _COUNTS:
        count = _COUNTS.index(told) + 1.0
    else:
        count = {"a": 1.0, "an": 1.0, "couple of": 2.0, "half a": 0.5, "half an": 0.5}.get(told) or float(told)
    count += 0.5 if match["half"] else 0.0
    return _length(match, count * _SECONDS[match["unit"][0].lower()])


def _swing(match: re.Match[str]) -> tuple[str, Any]:
    """Return where the second sixteenth falls: 50 % is straight, 67 % a triplet."""
    typed = [match["low"], match.groupdict().get("high") or match["low"]]
    read = [float(re.findall(rf"{_NUMBER}|\.\d+", text)[0]) for text in typed]
    whole = "%" in match[0] or "cent" in match[0].lower()
    low, high = sorted(value if value < 1.0 and not whole else value / 100.0 for value in read)
    if not (_SWING[0] <= low and high <= _SWING[1]):
        raise RecipeError(
            f"swing is 50 % (straight) to 67 % (triplets), got {match[0].strip()!r}; say one in that range"
        )
    if low < high:
        return SWING, {"between": [round(low, 4), round(high, 4)]}
    if not match.groupdict().get("roughly"):
        return SWING, round(low, 4)
    return SWING, {"between": [max(_SWING[0], round(low - 0.02, 4)), min(_SWING[1], round(low + 0.02, 4))]}


def _chord_bars(match: re.Match[str]) -> tuple[str, Any] | None:
    count = _count_of(match["bars"] or match["after"])
    return ("form.loop_bars", count) if count in (2, 4, 8) else None


def _loop(match: re.Match[str]) -> tuple[str, Any]:
    return LOOP, Loop(_count_of(match["bars"])).bars


def _loop_before(match: re.Match[str]) -> tuple[str, Any] | None:
    """Read the bars of a loop that stands before them: `rainy loop, 8 bars`."""
    before = re.search(_LOOP_BEFORE, match.string[: match.start()], re.IGNORECASE)
    return _loop(match) if before and not before["not"] else None


def _count_of(text: str) -> int:
    told = text.lower()
    if told.isdigit():
        return int(told)
    return _MORE_COUNTS.get(told) or _COUNTS.index(told) + 1


def _key(match: re.Match[str]) -> tuple[str, Any] | None:
    mode, letter = match["mode"].lower(), match["note"]
    if mode == "m" and not (match["sign"] or letter.isupper()) and "key" not in match[0].lower():
        return None  # "am" and "em" are words
    rest = match.string[match.end() :].split()
    if (
        letter.lower() == "a"
        and not match["sign"]
        and rest
        and _said(rest[0]) in ("key", "scale", "mode", "feel", "mood")
    ):
        return None  # "in a minor key"
    return "key", _parsed(letter, match["sign"], "major" if mode.startswith("maj") else "minor")


def _tonic(match: re.Match[str]) -> tuple[str, Any] | None:
    if match["note2"] == "a":
        return None
    return "key", _parsed(match["note"] or match["note2"], match["sign"] or match["sign2"], "major")


def _parsed(letter: str, sign: str | None, mode: str) -> str:
    told = (sign or "").strip(" -").lower()
    return Key.parse(f"{letter}{ {'♯': '#', 'sharp': '#', '♭': 'b', 'flat': 'b'}.get(told, told) } {mode}").name


def _said(word: str) -> str:
    return word.strip(",.;:!?").lower()
