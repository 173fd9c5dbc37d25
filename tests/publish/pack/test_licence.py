"""A pack is no freer than what it was made from."""

from __future__ import annotations

import pytest

from dusktape.core.errors import InputError
from dusktape.publish.pack.licence import FREE, NAMED, Material, chosen, text

CC0, BY, NC = Material("a", "CC0-1.0"), Material("b", "CC-BY-4.0", "Sounds by B"), Material("c", "CC-BY-NC-4.0")


@pytest.mark.parametrize(
    ("asked", "materials", "licence"),
    [
        ("", [], FREE),
        ("", [CC0], FREE),
        ("", [CC0, BY], NAMED),
        (NAMED, [CC0], NAMED),
        ("", [Material("d", "CC0-1.0, CC-BY-4.0")], NAMED),
        ("", [Material("d", "public domain")], FREE),
        ("CC-BY-NC-4.0", [CC0, BY, NC], "CC-BY-NC-4.0"),
        ("LicenseRef-mine", [Material("d", "unknown")], "LicenseRef-mine"),
        (FREE, [Material("d", "unknown")], FREE),
        (NAMED, [CC0, Material("d", "")], NAMED),
    ],
)
def test_the_freest_that_is_allowed_is_chosen(asked, materials, licence):
    assert chosen(asked, materials) == licence


@pytest.mark.parametrize(
    ("asked", "material", "said"),
    [
        (FREE, BY, "b (CC-BY-4.0) wants its authors named, which CC0-1.0 gives away; choose --licence CC-BY-4.0"),
        ("", NC, "c (CC-BY-NC-4.0) may not be passed on as CC0-1.0; say under which terms you do with --licence"),
        (NAMED, NC, "may not be passed on as CC-BY-4.0"),
        ("", Material("d", "unknown"), "nobody said under which licence d is; say under which you pass its sounds on"),
        (
            "",
            Material("d", ""),
            "as in --licence CC0-1.0 (a dataset remembers what dusktape data audio --licence says)",
        ),
        ("", Material("d", "CC-BY-SA-4.0"), "may not be passed on"),
        ("", Material("d", "CC-BY-NC-ND-3.0"), "may not be passed on"),
    ],
)
def test_what_is_not_allowed_is_refused(asked, material, said):
    with pytest.raises(InputError) as error:
        chosen(asked, [CC0, material])
    assert said in str(error.value)


def test_the_text_names_everybody():
    told = text("Dusty Kicks", NAMED, "Made by AI.", [CC0, BY], [Material("songs", "CC-BY-NC-4.0", "Songs by C")])
    assert "Licence: CC-BY-4.0" in told
    assert "creativecommons.org/licenses/by/4.0" in told
    assert "Sounds by B" in told
    assert "Made by AI." in told
    assert "Songs by C" in told
