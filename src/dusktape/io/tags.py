"""What a file says about itself, before any format has its way with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dusktape.core.score import PITCH_NAMES, Key

LICENCE_URLS = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC-BY-NC-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "CC-BY-NC-SA-4.0": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    "CC-BY-ND-4.0": "https://creativecommons.org/licenses/by-nd/4.0/",
}
"""SPDX name to the page that holds the text, for formats with a field for it."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_COVER_BYTES = 15_000_000  # FLAC counts the bytes of a block in 24 bits


@dataclass(frozen=True, slots=True)
class Tags:
    """All that we write into a file beside its sound. Empty values are left out.

    Parameters
    ----------
    title, artist, album, genre
        As a player shows them.
    date
        `2026`, `2026-11` or `2026-11-20`.
    bpm
        Tempo, or None.
    key
        Tonic and mode, or None.
    licence
        SPDX name of what others may do with the file, `CC0-1.0`.
    comment
        Free text; the AI statement follows it.
    seed, recipe, version
        With which the track can be made again.
    models
        Network name to the sha256 of its weights.
    ai_statement
        Plain words on what made this.
    ai_generated
        Whether the music itself, not its sound alone, was made by AI.
    extra
        Further fields, by name. Cannot replace the ones above.
    cover
        A PNG, or nothing.
    loop_frames
        How long the file is, if it is a loop; WAV, FLAC and Ogg say so. 0 if it is none.
    """

    title: str = ""
    artist: str = "Dusktape"
    album: str = ""
    date: str = ""
    bpm: float | None = None
    key: Key | None = None
    comment: str = ""
    genre: str = "Lo-fi"
    licence: str = ""
    seed: int | None = None
    recipe: str = ""
    version: str = ""
    models: Mapping[str, str] = field(default_factory=dict)
    ai_statement: str = ""
    ai_generated: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)
    cover: bytes = field(default=b"", repr=False)
    loop_frames: int = 0

    def __post_init__(self) -> None:
        if self.cover and not self.cover.startswith(_PNG_SIGNATURE):
            raise ValueError("a cover has to be a PNG")
        if len(self.cover) > _MOST_COVER_BYTES:
            raise ValueError(f"a cover of {len(self.cover)} bytes does not fit; {_MOST_COVER_BYTES} is the most")

    @property
    def software(self) -> str:
        """Name and version of what wrote the file."""
        return one_line(f"dusktape {self.version}")

    def fields(self) -> dict[str, str]:
        """Return field name to text, as Vorbis comments name them; nothing empty, nothing that breaks a format."""
        named = {
            "TITLE": one_line(self.title),
            "ARTIST": one_line(self.artist),
            "ALBUM": one_line(self.album),
            "DATE": one_line(self.date),
            "GENRE": one_line(self.genre),
            "BPM": "" if self.bpm is None else f"{self.bpm:g}",
            "INITIALKEY": "" if self.key is None else short_key(self.key),
            "LICENSE": one_line(self.licence),
            "COMMENT": lines("\n".join(text for text in (self.comment, self.ai_statement) if text)),
            "AI_GENERATED": "true" if self.ai_generated else "",
            "DUSKTAPE_SEED": "" if self.seed is None else str(self.seed),
            "DUSKTAPE_RECIPE": one_line(self.recipe),
            "DUSKTAPE_VERSION": one_line(self.version),
        }
        for name, sha256 in self.models.items():
            named[f"DUSKTAPE_MODEL_{field_name(name)}"] = one_line(sha256)
        for name, text in self.extra.items():
            named.setdefault(field_name(name), lines(text))
        return {name: text for name, text in named.items() if name and text}


def short_key(key: Key) -> str:
    """Return a key in the three letters that players know: `F#m`, `Eb`."""
    return PITCH_NAMES[key.tonic % 12] + ("m" if key.mode == "minor" else "")


def one_line(text: str) -> str:
    """Return the text on one line: what controls a terminal or ends a string in C becomes a space."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", _encodable(text)).strip()


def lines(text: str) -> str:
    """Return the text with plain line ends and no other control characters."""
    plain = re.sub(r"\r\n?|[\x85\u2028\u2029]", "\n", _encodable(text))
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]+", " ", plain).strip()


def field_name(name: str) -> str:
    """Return a name that every format takes: printable ASCII in capitals, without `=`."""
    return re.sub(r"[^\x20-\x3c\x3e-\x7d]", "_", name.upper()).strip()


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
