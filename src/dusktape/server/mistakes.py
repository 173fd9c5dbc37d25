"""What is wrong with a request, in a line of our own: which field, what it takes, what it got, and the way out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dusktape.core.errors import suggestion

PATTERNS = {
    r"^[\w-]{1,64}$": "letters, digits, - and _, at most 64 of them",
    r"^[A-Za-z0-9_-]{1,40}$": "letters, digits, - and _, at most 40 of them",
    r"^[A-Za-z]{1,20}$": "letters only, at most 20 of them",
    r"^\d{1,19}$": "digits only, at most 19 of them",
}
"""What texts of a form are made of, by the pattern that says so."""

_WHOLE = "is a whole number, got {got}; give one, as in 7"
_NUMBER = "is a number, got {got}; give one, as in 0.5"
_FLAG = "is true or false, got {got}; give one of them"
_TEXT = "is text, got {got}; put it in quotes"
_LIST = "is a list, got {got}; put it in brackets"
_FIELDS = "is an object with fields, got {got}; give one, as in {{}}"
_SAID = {
    "missing": "is missing; give it",
    "extra_forbidden": "is no field here; leave it out",
    "less_than": "must be below {lt}, got {got}; give a smaller one",
    "less_than_equal": "must be at most {le}, got {got}; give a smaller one",
    "greater_than": "must be above {gt}, got {got}; give a larger one",
    "greater_than_equal": "must be at least {ge}, got {got}; give a larger one",
    "multiple_of": "must be a multiple of {multiple_of}, got {got}; round it",
    "int_parsing": _WHOLE,
    "int_parsing_size": "has too many digits, got {got}; give a smaller one",
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "bool_parsing": _FLAG,
    "bool_type": _FLAG,
    "string_type": _TEXT,
    "string_unicode": "is no readable text; send it in UTF-8",
    "string_too_long": "is longer than {max_length} letters; shorten it",
    "string_too_short": "is shorter than {min_length} letters; lengthen it",
    "string_pattern_mismatch": "takes {form}, got {got}; give such a one",
    "literal_error": "is {expected}, got {got}; give one of these",
    "list_type": _LIST,
    "tuple_type": _LIST,
    "too_long": "has {actual_length} entries, at most {max_length} are taken; leave some out",
    "too_short": "has {actual_length} entries, at least {min_length} are needed; give more",
    "dict_type": _FIELDS,
    "model_type": _FIELDS,
    "model_attributes_type": _FIELDS,
    "json_invalid": "is no JSON; mend it, or send it with Content-Type: application/json",
}
_BOUNDS = {
    "less_than": "is a number below {lt}, got {got}; give one",
    "less_than_equal": "is a number of at most {le}, got {got}; give one",
    "greater_than": "is a number above {gt}, got {got}; give one",
    "greater_than_equal": "is a number of at least {ge}, got {got}; give one",
}
"""What is said of NaN, which keeps to no bound."""

_ELSE = "cannot be {got}; /api/v1/openapi.json says what it takes"
_NO_OBJECT = ("dict_type", "model_type", "model_attributes_type")
_OURS = ("kind", "value_error")
"""What our own checks say: it is a line already."""

_LONGEST_GOT, _LONGEST_WHERE = 60, 100


_OPTION = re.compile(r"--([a-z][a-z-]*)")
_FIELDS_OF = {
    "from": "origin",
    "continue": "onward",
    "set": "settings",
    "loudness": "loudness_lufs",
    "effect": "effects",
    "gain": "mix",
    "mute": "mix",
    "solo": "mix",
    "count": "variants",
    **{name: name for name in ("again", "keep", "bars", "notes", "under", "like", "mix", "loop", "minutes", "bpm")},
    **{name: name for name in ("key", "mood", "composer", "seed", "recipe", "title", "licence", "station")},
    **{name: name for name in ("speed", "pitch", "downbeat", "kit", "weather")},
    "source-bpm": "source_bpm",
    "source-key": "source_key",
}
"""What options of the command line are called here."""


def in_fields(text: str) -> str:
    """Return a line that names options of the command line with the names of fields in their place."""
    return _OPTION.sub(lambda found: _FIELDS_OF.get(found[1], found[0]), text)


def line(errors: Sequence[Mapping[str, Any]], *, unnamed: Sequence[str] = ()) -> str:
    """Return the first of the errors that pydantic found in a request, as one line.

    Parameters
    ----------
    errors
        As `RequestValidationError.errors()` tells them.
    unnamed
        Words that stand in the place of an error for a variant of the body, and name no field.
    """
    first = errors[0]
    said = what(first, otherwise=_ELSE)
    return said if first["type"] in _OURS else f"{_where(first, unnamed)} {said}"


def what(error: Mapping[str, Any], *, otherwise: str) -> str:
    """Return what is wrong with a value, and the way out: a line that goes on after the name of its field.

    Parameters
    ----------
    error
        One of those that pydantic found.
    otherwise
        What is said of a mistake that has no words here; `{got}` stands for the value.
    """
    if error["type"] in _OURS:
        return str((error.get("ctx") or {}).get("error") or error["msg"])
    context = {k: f"{v:g}" if isinstance(v, float) else v for k, v in (error.get("ctx") or {}).items()}
    context["got"] = _got(error.get("input"))
    context["form"] = PATTERNS.get(str(context.get("pattern")), "another form of text")
    if error["type"] in _BOUNDS and _is_nan(error.get("input")):
        return _BOUNDS[str(error["type"])].format_map(context)  # it is neither small nor large
    if "expected" in context:
        context["expected"] = str(context["expected"]).replace("'", "")
    return _SAID.get(str(error["type"]), otherwise).format_map(context)


def no_station(name: str, known: Iterable[str]) -> str:
    """Return what is said to who asks for a station that is not there."""
    return f"there is no station {name[:40]!r}{suggestion(name[:40], known)}"


def _where(error: Mapping[str, Any], unnamed: Sequence[str]) -> str:
    place = list(error["loc"])
    if place[1:2] and place[1] in unnamed and (len(place) > 2 or error["type"] in _NO_OBJECT):
        del place[1]
    if error["type"] == "json_invalid" or len(place) == 1:
        return f"the {place[0]}" if place[0] == "body" else str(place[0])
    if place[0] == "query":  # a query says a name again for each entry of a list
        place = [part for part in place if not isinstance(part, int)]
    return ".".join(str(part) for part in place[1:] if part != "[key]")[:_LONGEST_WHERE]


def _is_nan(value: Any) -> bool:
    try:
        return math.isnan(float(value))
    except (TypeError, ValueError, OverflowError):
        return False


def _got(value: Any) -> str:
    """Return a value as it was sent, if it is short."""
    if isinstance(value, Mapping):
        return "an object" if value else "{}"
    text = repr(value) if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _LONGEST_GOT else f"{text[: _LONGEST_GOT - 1]}…"
