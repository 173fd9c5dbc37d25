"""Writes the tables of docs/guides/words.md from presets/words.toml: `python tools/words.py`.

With --check it writes nothing and exits 1 when the page is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dusktape.studio.vocabulary import Entry, vocabulary

PAGE = Path(__file__).parents[1] / "docs" / "guides" / "words.md"
BEGIN, END = "<!-- vocabulary -->\n", "<!-- /vocabulary -->\n"

_TITLES = {
    "scene": "Scenes",
    "mood": "Moods",
    "tempo": "Tempo and feel",
    "harmony": "Chords and melody",
    "players": "Players and lines",
    "drums": "Drums",
    "instrument": "Instruments",
    "treatment": "What is done with them",
    "texture": "Textures",
    "grit": "Tape, records, tone",
    "space": "Space",
    "length": "Form",
}
"""Group that begins a table, to its heading."""

_GRAMMAR = ("no", "off", "very", "slightly", "less", "only", "solo", "when")


def written(page: str) -> str:
    """Return the page with its tables as the vocabulary is now."""
    head, _, rest = page.partition(BEGIN)
    tables = "\n".join(_tables()).lstrip("\n")
    return f"{head}{BEGIN}\n{tables}\n\n{END}{rest.partition(END)[2]}"


def _tables() -> Iterator[str]:
    words = vocabulary()
    for entry in words.all():
        if entry.group in _TITLES and entry.group != _group_before(entry):
            yield f"\n### {_TITLES[entry.group]}\n\n| words | what they do |\n|---|---|"
        yield f"| {', '.join(entry.words)} | {'; '.join(_does(entry))} |"
    yield "\n### Words about words\n\n| as | words |\n|---|---|"
    for kind in _GRAMMAR:
        yield f"| *{kind}* | {', '.join(words.said[kind])} |"


def _group_before(entry: Entry) -> str:
    entries = vocabulary().all()
    place = entries.index(entry)
    return entries[place - 1].group if place else ""


def _does(entry: Entry) -> Iterator[str]:
    if entry.recipe:
        yield f"recipe `{entry.recipe}`"
    if entry.else_recipe:
        yield f"recipe `{entry.else_recipe}`, if no scene is named"
    if entry.instruments:
        yield f"{_or(entry.instruments)} plays {_or(entry.roles)}"
    if entry.treatment:
        yield f"`{entry.treatment}` plays the next instrument, or that of {_or(entry.roles)}"
    if entry.texture:
        yield f"texture `{entry.texture}`"
    if entry.device:
        yield f"`{entry.chain}.{entry.device}`"
    if entry.set:
        yield _settings(entry.set)
    if entry.times:
        yield " ".join(f"`{key}` times {factor:g}" for key, factor in entry.times.items())
    for name, changes in (("very", entry.very), ("slightly", entry.slightly), ("no", entry.negated)):
        if changes is not None:
            yield f"*{name}:* {_settings(changes, times=entry.times is not None)}"
    if entry.not_recipe:
        yield f"*no:* recipe `{entry.not_recipe}`, if no scene is named"


def _settings(changes: Mapping[str, Any], *, times: bool = False) -> str:
    return ", ".join(f"`{key}` {'times ' if times else ''}{_value(value)}" for key, value in changes.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        if "between" in value:
            return " to ".join(f"{one:g}" for one in value["between"])
        return " or ".join(_value(one) for one in value["any_of"])
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _or(names: tuple[str, ...]) -> str:
    return " or ".join(f"`{name}`" for name in names)


def main() -> None:
    """Write the page, or with --check say whether it is stale."""
    page = PAGE.read_text(encoding="utf-8")
    now = written(page)
    if "--check" in sys.argv:
        sys.exit(f"{PAGE.name} is stale; run python tools/words.py" if page != now else 0)
    PAGE.write_text(now, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
