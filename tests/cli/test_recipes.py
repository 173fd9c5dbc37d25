"""`dusktape recipes show` of a recipe that is amiss: it is shown, so that it can be mended; closed it is refused."""

from __future__ import annotations

import tomllib

TEXT = "[tempo]\nbpm = { any_of = [70, 999] }\n"


def test_a_recipe_that_is_amiss_is_shown_as_it_stands(dusktape, refused, tmp_path):
    (tmp_path / "mine.toml").write_text(TEXT, encoding="utf-8")
    assert tomllib.loads(dusktape("recipes", "show", "mine.toml").out) == tomllib.loads(TEXT)
    assert refused("recipes", "show", "mine.toml", "--resolved").startswith("mine.toml: tempo.bpm must be between 40")
