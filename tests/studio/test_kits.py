"""A kit is found by its character, its name or its place."""

from __future__ import annotations

import pytest

from dusktape.core.errors import DusktapeError, PluginError, RecipeError
from dusktape.core.seed import Seed
from dusktape.io.midi import to_midi
from dusktape.studio.kits import characters, kit_of, own_kits
from dusktape.studio.lofi import Treatment
from dusktape.studio.revoice import revoiced
from dusktape.studio.wish import Wish

from .. import sounds
from .test_revoice import band


@pytest.fixture
def home(tmp_path, monkeypatch):
    (tmp_path / "instruments").mkdir()
    sounds.drums(tmp_path / "kits" / "attic")
    sounds.font(tmp_path / "instruments" / "font.sf2")
    sounds.notes(tmp_path / "instruments" / "harp")
    sounds.drums(tmp_path / "elsewhere" / "my box")
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    monkeypatch.setenv("DUSKTAPE_INSTRUMENTS", "")
    monkeypatch.chdir(tmp_path)
    yield tmp_path


def drums(home, **wanted):
    to_midi(band(), home / "song.mid", force=True)
    return revoiced(home / "song.mid", Treatment(**wanted), Seed(3)).production.recipe.parts["drums"]


def test_a_character_is_one_of_ours(home) -> None:
    for name in characters():
        assert kit_of(name) == {"instrument": "kit", "params": {"character": name}}
    assert own_kits() == ("attic", "font")


@pytest.mark.parametrize(
    ("kit", "name"),
    [("attic", "attic"), ("elsewhere/my box", "my_box"), ("./kits/attic", "attic"), ("instruments/font.sf2", "font")],
)
def test_a_kit_of_ones_own_plays_by_name_and_by_path(home, kit: str, name: str) -> None:
    played = drums(home, kit=kit)
    assert played.instrument == name
    assert played.on
    assert played.params.get("preset") == ("128:0" if name == "font" else None)


def test_a_kit_that_is_asked_for_plays_in_a_recipe_without_drums(home) -> None:
    played = drums(home, kit="brushes", recipe="drumless")
    assert played.on
    assert played.params["character"] == "brushes"


def test_a_recipe_without_a_word_on_drums_may_have_a_kit_of_ones_own_and_settings(home) -> None:
    assert drums(home, kit="attic", settings=("drums.dust_db=-50",)).params["dust_db"] == -50


@pytest.mark.parametrize(
    ("kit", "told"),
    [
        ("atic", "there is no kit 'atic'; did you mean 'attic'?"),
        ("brushs", "there is no kit 'brushs'; did you mean 'brushes'?"),
        ("no/where", "--kit: there is no folder 'no/where'; check the name"),
        ("harp", "--kit: 'harp' has no drums; give a folder of one-shots named by kind"),
        ("rhodes", "there is no kit 'rhodes'"),
    ],
)
def test_what_is_no_kit_is_refused_in_one_line(home, kit: str, told: str) -> None:
    with pytest.raises(DusktapeError) as error:
        drums(home, kit=kit)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_broken_kit_says_what_is_wrong(home) -> None:
    (home / "kits" / "hollow").mkdir()
    with pytest.raises(PluginError, match="hollow' is no instrument: it has no sound named by pitch"):
        kit_of("hollow")


def test_a_kit_can_be_set_by_its_name_and_brings_drums() -> None:
    drums = Wish("drumless", settings=("kit=generated",)).resolve(Seed(1)).parts["drums"]
    assert drums.on
    assert (drums.instrument, drums.params["character"]) == ("kit", "generated")
    with pytest.raises(RecipeError, match=r"--set kit=generatd: there is no kit 'generatd'; did you mean 'generated'"):
        Wish("dusk", settings=("kit=generatd",)).resolve(Seed(1))
