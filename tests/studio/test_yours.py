from __future__ import annotations

import json

import numpy as np
import pytest

from dusktape.cli.commands import run
from dusktape.compose.control import Control
from dusktape.core.errors import InputError, RecipeError
from dusktape.core.seed import Seed
from dusktape.io.audiofile import read
from dusktape.publish.asked import Asked
from dusktape.publish.commission import commissions
from dusktape.publish.provenance import Origin
from dusktape.publish.provenance import read as read_track
from dusktape.studio import yours
from dusktape.studio.wish import Wish

from .. import sounds


@pytest.fixture
def home(tmp_path, monkeypatch):
    for folder in ("instruments", "effects", "kits"):
        (tmp_path / folder).mkdir()
    sounds.notes(tmp_path / "instruments" / "piano")
    sounds.drums(tmp_path / "kits" / "attic")
    sounds.rain(tmp_path / "effects" / "sea.wav", 2.0)
    sounds.font(tmp_path / "instruments" / "font.sf2")
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    monkeypatch.setenv("DUSKTAPE_INSTRUMENTS", "")
    yield tmp_path


PITCHED = ("keys", "lead", "pad", "bass", "guest")


@pytest.mark.parametrize(
    ("name", "part"),
    [*(("piano", part) for part in PITCHED), ("attic", "drums"), *(("font", part) for part in (*PITCHED, "drums"))],
)
def test_an_instrument_of_ones_own_can_play_any_part_of_its_kind(home, part, name):
    told = [f"{part}.instrument={name}", f"{part}.loudness_lufs=-20"]
    recipe = Wish("dusk", settings=told).resolve(Seed(1))
    assert recipe.parts[part].instrument == name
    if name == "font":
        assert recipe.parts[part].params.get("preset") == ("128:0" if part == "drums" else None)


@pytest.mark.parametrize("part", PITCHED)
def test_a_kit_is_refused_where_pitches_are_played(home, part):
    with pytest.raises(RecipeError, match=rf"^--set {part}\.instrument: 'attic' is a kit and plays no pitches; take "):
        Wish("dusk", settings=[f"{part}.instrument=attic"]).resolve(Seed(1))


def test_a_folder_of_notes_is_refused_as_drums(home):
    with pytest.raises(RecipeError, match=r"^--set drums\.instrument: 'piano' plays pitches and has no drums; take a "):
        Wish("dusk", settings=["drums.instrument=piano"]).resolve(Seed(1))


def test_what_is_laid_over_is_a_recording(home):
    told = yours.laid_over(["sea"])
    recipe = Wish("dusk", settings=(*told, "sea.duck=true", "sea.speed=0.5")).resolve(Seed(1))
    assert recipe.parts["sea"].texture
    assert "duck" in recipe.parts["sea"].chain
    with pytest.raises(InputError, match="there is no recording 'see'; did you mean 'sea'"):
        yours.laid_over(["see"])
    with pytest.raises(InputError, match=r"piano plays notes; seat it in a part, as in --set keys\.instrument=piano"):
        yours.laid_over(["piano"])


def test_a_track_of_ones_own_sounds_is_made_named_and_made_again(home, mini, tmp_path, capsys):
    first, second = tmp_path / "bundle", tmp_path / "again.wav"
    own = ["--set", "keys.instrument=piano", "--set", "drums.instrument=attic", "--effect", "sea"]
    assert run(["make", mini, "--seed", "4", "--minutes", "0.5", *own, "--bundle", str(first), "--quiet"]) == 0
    facts = json.loads((first / "track.json").read_text(encoding="utf-8"))
    told = facts["files"]
    assert {entry["file"] for entry in told} == {"piano", "attic", "sea.wav"}
    assert facts["licence"] == "LicenseRef-of-the-source"
    assert set(facts["statement"].partition("given to Dusktape: ")[2][:-1].split(", ")) == {"piano", "attic", "sea.wav"}
    assert all(len(entry["sha256"]) == 64 for entry in told)
    for stem in ("keys", "drums", "sea"):
        assert np.std(read(first / "stems" / f"{stem}.flac").samples) > 1e-4, stem
    assert run(["make", "--from", str(first / "track.json"), "-o", str(second), "--quiet"]) == 0
    once, again = read(first / "master.flac").samples, read(second).samples
    assert np.abs(once - again).max() < 1e-5
    capsys.readouterr()

    sounds.rain(home / "effects" / "sea.wav", 2.5)
    with pytest.raises(InputError, match=r"was made with another sea\.wav .* bring that file back"):
        read_track(first / "track.json")
    (home / "effects" / "sea.wav").unlink()
    with pytest.raises(InputError, match=r"was made with sea\.wav .*, which is not in your folders; bring it back"):
        read_track(first / "track.json")


def test_home_says_where_things_are_and_makes_the_folders(home, tmp_path, monkeypatch, capsys):
    assert run(["home"]) == 0
    shown = capsys.readouterr()
    assert str(home) in shown.out
    assert "recordings that are laid over: .wav, .flac, .mp3; among the instruments in dusktape parts\n" in shown.out
    assert "sea.wav" in shown.out and "attic/" in shown.out and "font.sf2, piano/" in shown.out
    assert run(["home", "effects"]) == 0
    assert capsys.readouterr().out.strip() == str(home / "effects")
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path / "new"))
    assert run(["home", "--make", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["folders"]) == {"instruments", "kits", "effects", "recipes"}
    assert (tmp_path / "new" / "kits").is_dir()


def test_what_is_passed_over_is_said_where_parts_are_listed_and_where_it_is_asked_for(home, mini, tmp_path, capsys):
    sounds.rain(home / "effects" / "vinyl.wav", 1.0)
    assert run(["parts", "instruments"]) == 0
    shown = capsys.readouterr()
    assert "[Sine | Drums]" in shown.out
    assert "vinyl is an instrument of ours; rename the file" in shown.err
    make = ["make", mini, "--seed", "4", "--minutes", "0.5"]
    assert run([*make, "-o", str(tmp_path / "a.wav")]) == 0
    assert "passed over" not in capsys.readouterr().err
    assert run([*make, "-o", str(tmp_path / "b.wav"), "--set", "parts.vinyl.instrument=vinyl"]) == 0
    assert "vinyl is an instrument of ours; rename the file" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["keys", "drums", "master"])
def test_a_recording_named_like_a_part_does_not_take_its_place(home, name):
    sounds.rain(home / "effects" / f"{name}.wav", 0.5)
    with pytest.raises(InputError, match=rf"^--effect: '.*{name}\.wav' is passed over: {name} is a part .* rename"):
        yours.laid_over([name])


def test_only_recordings_that_can_be_laid_over_are_suggested(home):
    (home / "instruments" / "cut.sf2").write_bytes(b"RIFF")
    (home / "effects" / "empty.wav").write_bytes(b"")
    with pytest.raises(InputError, match=r"^--effect: there is no recording 'nope'; there is sea$"):
        yours.laid_over(["nope"])


def test_a_folder_of_instruments_that_is_not_there_is_one_line(mini, capsys):
    assert run(["make", mini, "--instruments", "nowhere"]) == 1
    assert "there is no folder 'nowhere'" in capsys.readouterr().err


def test_an_effect_with_the_name_of_a_part_of_ours_is_told_apart() -> None:
    with pytest.raises(
        InputError, match="rain is a part of ours, and files of that name are passed over; rename yours"
    ):
        yours.laid_over(["rain"])


def test_sounds_of_ones_own_keep_their_licence_unless_somebody_says(home, mini):
    plain, own = Wish(mini), Wish(mini, settings=("keys.instrument=piano",))

    def terms(wish, **told):
        (job,) = commissions(wish, 4, Asked(), **told)
        return job.licence

    assert terms(plain) == "CC0-1.0"
    assert terms(own) == "LicenseRef-of-the-source"
    assert terms(own, licence="CC-BY-4.0") == "CC-BY-4.0"


@pytest.mark.parametrize(("said", "then"), [("CC0-1.0", "LicenseRef-of-the-source"), ("CC-BY-4.0", "CC-BY-4.0")])
def test_a_track_that_gets_sounds_of_ones_own_later_is_not_given_away(home, mini, said, then):
    known = Origin(Wish(mini).resolve(Seed(4)), Seed(4), "Regen", said, Control())
    wish = Wish(settings=("keys.instrument=piano",))
    (job,) = commissions(wish, None, Asked(origin=known), recipe_named=False)
    assert job.recipe.parts["keys"].instrument == "piano"
    assert job.licence == then
