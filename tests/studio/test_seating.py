"""Who may sit where, and which of a recipe's parameters go with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from dusktape.core import plugins
from dusktape.core.audio import SAMPLE_RATE, Cues
from dusktape.core.errors import RecipeError
from dusktape.core.params import check, param
from dusktape.core.recipe import Recipe
from dusktape.core.seed import Seed
from dusktape.instruments.folder_kit import FolderKit
from dusktape.instruments.overlaid import Overlaid
from dusktape.instruments.sampler import Sampler
from dusktape.studio import seating
from dusktape.studio.seating import TEXTURES, plays_drums, takes_notes
from dusktape.studio.wish import Wish

from .. import sounds


def closed(*settings: str, recipe: str = "dusk", seed: int = 1) -> Recipe:
    return Wish(recipe, settings=settings).resolve(Seed(seed))


@pytest.fixture
def home(tmp_path, monkeypatch):
    for folder in ("instruments", "effects", "kits", "recipes"):
        (tmp_path / folder).mkdir()
    sounds.notes(tmp_path / "instruments" / "harp")
    sounds.font(tmp_path / "instruments" / "font.sf2")
    sounds.font(tmp_path / "instruments" / "kitless.sf2", ((0, 0, "Sine"),))
    sounds.font(tmp_path / "instruments" / "only_drums.sf2", ((128, 0, "Drums"),))
    sounds.drums(tmp_path / "kits" / "attic")
    sounds.rain(tmp_path / "effects" / "shore.wav", 1.0)
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    monkeypatch.setenv("DUSKTAPE_INSTRUMENTS", "")
    yield tmp_path


@pytest.mark.parametrize("name", plugins.registered("instruments"))
def test_the_textures_of_ours_are_those_that_sound_without_a_note(name: str) -> None:
    kind = plugins.find("instruments", name)
    cues = Cues(frames=40_000, bpm=80.0)
    alone = kind().open(SAMPLE_RATE, (), cues=cues, seed=Seed(7)).render(4_096).any()
    waits = bool(getattr(kind(), "listens_for", ()))  # a riser sounds where something rises
    assert (takes_notes(name) is False) == bool(alone or waits)


def test_every_texture_is_there() -> None:
    assert set(plugins.names("instruments")) >= TEXTURES


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        (
            "keys.instrument=rain",
            "--set keys.instrument: 'rain' is a texture and plays no notes; take one that does, as ",
        ),
        ("keys.instrument=shore", "'shore' is a texture and plays no notes; take one that does, as rhodes, felt_piano"),
        ("drums.instrument=vinyl", "'vinyl' is a texture and plays no notes; take one that does, as kit"),
        ("bass.instrument=wind", "as sub_bass, upright_bass or fretless_bass"),
        (
            "vinyl.instrument=rhodes",
            "--set vinyl.instrument: 'rhodes' plays notes, and a texture gets none; take one that sounds by itself, as "
            "rain, vinyl or wind, or seat it in a part: --set keys.instrument=rhodes",
        ),
        ("vinyl.instrument=harp", "'harp' plays notes, and a texture gets none"),
        ("vinyl.instrument=font", "'font' plays notes, and a texture gets none"),
        ("vinyl.instrument=attic", "'attic' plays notes, and a texture gets none"),
        (
            "drums.instrument=rhodes",
            "--set drums.instrument: 'rhodes' plays pitches and has no drums; take a kit, as --set kit=dusty (there "
            "are dusty, tight, soft, ",
        ),
        ("drums.instrument=chop", "'chop' plays pitches and has no drums; take a kit"),
        ("drums.instrument=harp", "'harp' plays pitches and has no drums; take a kit"),
        ("drums.instrument=kitless", "'kitless' plays pitches and has no drums; take a kit"),
        ("lead.instrument=only_drums", "'only_drums' is a kit and plays no pitches; take an instrument that does"),
    ],
)
def test_who_cannot_sit_there_is_refused_in_one_line(home, setting: str, told: str) -> None:
    with pytest.raises(RecipeError) as error:
        closed(setting)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            ("keys.instrument=chop", "keys.source=kit"),
            "--set keys.source: 'kit' is a kit and plays no pitches; take a source that does, as rhodes, felt_piano or",
        ),
        (("lead.instrument=backwards", "lead.source=attic"), "--set lead.source: 'attic' is a kit"),
        (("keys.instrument=chop", "keys.source=rain"), "'rain' is a texture and plays no notes; take a source that"),
        (("keys.instrument=font", "keys.preset=Drums"), "'font' (Drums) is a kit and plays no pitches"),
        (("drums.instrument=font", "drums.preset=0:0"), "'font' (0:0) plays pitches and has no drums; take a kit"),
    ],
)
def test_what_an_instrument_records_and_a_fonts_preset_count(home, settings: tuple[str, ...], told: str) -> None:
    with pytest.raises(RecipeError) as error:
        closed(*settings)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_drums_may_be_played_backwards(home) -> None:
    assert closed("drums.instrument=backwards", "drums.source=kit").parts["drums"].instrument == "backwards"
    assert closed("drums.instrument=backwards", "drums.source=attic").parts["drums"].instrument == "backwards"


@pytest.mark.parametrize("name", plugins.registered("instruments"))
def test_of_ours_what_plays_notes_plays_either_drums_or_pitches(name: str) -> None:
    assert plays_drums(name) is (name == "kit")


def test_a_recipe_of_ones_own_is_named_when_it_seats_the_wrong_one(home) -> None:
    path = home / "recipes" / "odd.toml"
    path.write_text('[parts.lead]\ninstrument = "birds"\n', encoding="utf-8")
    with pytest.raises(RecipeError, match=r"odd\.toml: parts\.lead\.instrument: 'birds' is a texture"):
        closed(recipe=str(path))


@dataclass(frozen=True)
class Bell:
    """Somebody else's."""

    decay_s: float = param(20.0, low=15.0, high=30.0, unit="s", text="longer than any of ours")
    noise: float = param(0.1, low=0.0, high=1.0, text="of the hand")

    def __post_init__(self) -> None:
        check(self)


@pytest.fixture
def bell(monkeypatch):
    """A plug-in that says nothing about notes."""
    find = plugins.find
    for where in (seating, "dusktape.studio.rig"):
        monkeypatch.setattr(
            f"{where}.find" if isinstance(where, str) else f"{where.__name__}.find",
            lambda group, name: Bell if name == "bell_tree" else find(group, name),
        )


def test_a_plug_in_that_does_not_say_may_sit_anywhere(bell) -> None:
    assert takes_notes("bell_tree") is None
    assert plays_drums("bell_tree") is None
    assert closed("drums.instrument=bell_tree").parts["drums"].instrument == "bell_tree"
    assert closed("keys.instrument=bell_tree").parts["keys"].instrument == "bell_tree"
    assert closed("vinyl.instrument=bell_tree").parts["vinyl"].texture


@pytest.mark.parametrize(
    ("kind", "plays"), [(Sampler, True), (FolderKit, True), (Overlaid, False)], ids=lambda k: getattr(k, "__name__", k)
)
def test_sounds_of_ones_own_say_so(kind, plays: bool) -> None:
    assert kind.lies_over is not plays


def test_what_fits_is_kept_and_what_does_not_is_dropped(bell) -> None:
    recipe = closed("keys.instrument=bell_tree")
    assert set(recipe.parts["keys"].params) == {"noise"}  # detune_cents is unknown there, decay_s out of range
    assert recipe.parts["keys"].params["noise"] == closed("keys.instrument=felt_piano").parts["keys"].params["noise"]


def test_what_somebody_says_is_not_dropped(bell) -> None:
    with pytest.raises(RecipeError, match=r"decay_s must be between 15 and 30 s, got 2"):
        closed("keys.instrument=bell_tree", "keys.decay_s=2.0")
    with pytest.raises(RecipeError, match=r"there is no 'bark'"):
        closed("keys.instrument=felt_piano", "keys.bark=0.5")


def test_a_recipe_of_ones_own_that_asks_too_much_is_refused(tmp_path) -> None:
    path = tmp_path / "loud.toml"
    path.write_text('[parts.keys]\ninstrument = "rhodes"\n[parts.keys.params]\ndecay_s = 900.0\n', encoding="utf-8")
    with pytest.raises(RecipeError, match="decay_s must be between"):
        closed(recipe=str(path))


def test_a_recipe_file_seats_ones_own_without_more_ado(home) -> None:
    path = home / "recipes" / "mine.toml"
    path.write_text('[parts.keys]\ninstrument = "harp"\n[parts.drums]\ninstrument = "font"\n', encoding="utf-8")
    parts = closed(recipe=str(path)).parts
    assert set(parts["keys"].params) == {"detune_cents", "decay_s", "noise"}
    assert parts["drums"].params["preset"] == "128:0"
    assert "kick_tune_hz" not in parts["drums"].params


def test_a_preset_of_another_font_is_dropped_and_the_same_font_keeps_its_own(home) -> None:
    sounds.font(home / "instruments" / "other.sf2", ((0, 4, "Organ"), (0, 7, "Bell")))
    path = home / "recipes" / "mine.toml"
    path.write_text('[parts.keys]\ninstrument = "other"\nparams = { preset = "0:7" }\n', encoding="utf-8")
    assert closed(recipe=str(path)).parts["keys"].params["preset"] == "0:7"
    assert closed("keys.instrument=other", recipe=str(path)).parts["keys"].params["preset"] == "0:7"
    assert "preset" not in closed("keys.instrument=font", recipe=str(path)).parts["keys"].params


def test_a_kit_of_ones_own_takes_the_recipes_dust_along(home) -> None:
    ours, own = closed(), closed("drums.instrument=attic")
    assert own.parts["drums"].params == ours.parts["drums"].params
    assert np.isfinite(own.parts["drums"].params["dust_db"])
