"""The page of words says what the vocabulary says."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from dusktape.studio.vocabulary import vocabulary
from dusktape.studio.words import PAGE, hear

ROOT = Path(__file__).parents[2]


def page() -> str:
    return (ROOT / PAGE).read_text(encoding="utf-8")


def test_the_tables_are_not_stale() -> None:
    spec = importlib.util.spec_from_file_location("words_page", ROOT / "tools" / "words.py")
    assert spec and spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.written(page()) == page(), "run python tools/words.py"


def test_every_word_is_on_the_page() -> None:
    rows = {word for row in re.findall(r"^\| ([^|]+) \|", page(), flags=re.MULTILINE) for word in row.split(", ")}
    for entry in vocabulary().all():
        assert set(entry.words) <= rows


def test_what_the_page_shows_is_what_is_said() -> None:
    shown = re.findall(r'^\$ dusktape make "([^"]+)".*\n((?:(?!recipe |\.\.\.|```).+\n)+)', page(), flags=re.MULTILINE)
    assert len(shown) >= 2
    for phrase, said in shown:
        found = hear(phrase)
        assert found is not None
        assert list(found.lines()) == said.splitlines()
