"""Names in any alphabet, spelled with the letters that settings, recipes and file names on every system can have."""

from __future__ import annotations

import re
import unicodedata

_FOREIGN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґαβγδεζηθικλμνξοπρσςτυφχψωß"
_LATIN = (
    "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch _ y _ e iu ia i i ie g "
    "a v g d e z i th i k l m n x o p r s s t y f ch ps o ss"
)
_SPELLED = dict(zip(_FOREIGN, _LATIN.split(), strict=True))
_NAMED = re.compile(r"\b(?:LETTER|LIGATURE|SYLLABLE|IDEOGRAPH)[ -](?:SMALL |FINAL )?([A-Z0-9]+)")


def latin(text: str) -> str:
    """Return a text with its letters and digits spelled from A to Z and 0 to 9; everything else stays.

    Marks are dropped (`ä` is `a`), Greek and Cyrillic are spelled as in libraries, other letters are called as Unicode
    calls them (`ø` is `o`, `か` is `ka`), and of Chinese signs the number is told.

    Source
    ------
    Unicode Standard Annex 15, normalization forms; Unicode character database, names. ALA-LC romanization tables for
    Russian and Greek, without their marks.
    """
    if text.isascii():
        return text
    return "".join(map(_spelled, unicodedata.normalize("NFC", text)))


def _spelled(letter: str) -> str:
    if letter.isascii():
        return letter
    parted = unicodedata.normalize("NFKD", letter)
    plain = "".join(c for c in parted if not unicodedata.combining(c))
    if plain.isascii() and plain.isalnum():
        return plain
    base = parted[0].lower() if parted else letter
    if known := _SPELLED.get(letter.lower(), _SPELLED.get(base)):
        told = known.replace("_", "")
        return told.capitalize() if letter.isupper() else told
    found = _NAMED.search(unicodedata.name(letter, "")) if letter.isalpha() else None
    if found is None:
        return letter
    if found[1][0].isdigit():
        return f"u{found[1].lower()}"  # 96e8 would be read as a number
    return found[1].capitalize() if letter.isupper() else found[1].lower()
