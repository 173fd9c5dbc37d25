from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from dusktape import __version__
from dusktape.cli import doctor
from dusktape.core import plugins
from dusktape.core.errors import PluginError, RecipeError
from dusktape.studio.presets import load, recipe_files
from dusktape.studio.questions import recipe_question


def test_the_version_is_told(dusktape):
    said = dusktape("--version")
    assert said.code == 0
    assert __version__ in said.out


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_lists_every_command(dusktape, arguments):
    said = dusktape(*arguments)
    assert said.code == 0
    assert said.err == ""
    for command in ("make", "recipes", "parts", "doctor", "train", "completion"):
        assert f"  {command} " in said.out


@pytest.mark.parametrize("command", ["make", "recipes", "parts", "doctor", "train", "completion"])
def test_every_command_explains_itself(dusktape, command):
    said = dusktape(command, "--help")
    assert said.code == 0
    assert said.out.startswith(f"Usage: dusktape {command}")


def test_quiet_is_spelled_out_everywhere(dusktape):
    for path in ("make", "data midi", "train", "evaluate", "latent move", "listen"):
        text = dusktape(*path.split(), "--help").out
        assert "--quiet" in text
        assert "-q," not in text


def test_help_of_make_names_every_option(dusktape):
    text = dusktape("make", "--help").out
    for option in (
        *(
            "--seed",
            "--minutes",
            "--count",
            "--title",
            "--bpm",
            "--key",
            "--mood",
            "--set",
            "--loudness",
            "-o,",
            "--licence",
        ),
        *("--stems", "--midi", "--bundle", "--from", "--json", "--force", "--quiet"),
    ):
        assert option in text


def test_an_unknown_command_is_refused_with_a_suggestion(refused):
    assert refused("mak") == "there is no command 'mak'; did you mean 'make'?; see dusktape --help"
    assert "there is no command 'frobnicate'; there is completion, data" in refused("frobnicate")


def test_recipes_are_listed_with_what_they_sound_like(dusktape):
    lines = dusktape("recipes").out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(recipe_files())
    assert all(len(line.split()) > 4 for line in lines)
    assert json.loads(dusktape("recipes", "--json").out).keys() == recipe_files().keys()


def test_a_broken_recipe_of_ones_own_is_offered_nowhere_and_named_where_one_looks(dusktape, own_recipes):
    own_recipes(kitchen='mood = "warm"\n', torn="mood = \n", hasty="[tempo]\nbpm = 999\n", rainy='mood = "dark"\n')
    said = dusktape("recipes")
    names = [line.split()[0] for line in said.out.splitlines()]
    assert "kitchen" in names and names.count("rainy") == 1 and not {"torn", "hasty"} & set(names)
    assert "recipe torn is left out: '" in said.err and "hasty.toml: tempo.bpm must be between 40 and 160" in said.err
    assert "rainy.toml' is passed over: rainy is a recipe of ours; rename the file\n" in said.err
    assert {c.name for c in recipe_question().choices} == set(names)
    with pytest.raises(RecipeError, match=r"there is no recipe 'hastyy'; there is [^?]*kitchen") as caught:
        load("hastyy")
    assert "hasty," not in str(caught.value)
    doctor = dusktape("doctor")
    assert doctor.code == 1
    assert f"broken   {len(names)} recipes\n" in doctor.out
    for line in ("         recipe torn: ", "         recipe hasty: ", "rainy.toml' is passed over"):
        assert line in doctor.out


def test_a_recipe_shows_what_it_says_itself(dusktape):
    said = tomllib.loads(dusktape("recipes", "show", "rainy").out)
    assert said == tomllib.loads(recipe_files()["rainy"].read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(recipe_files()))
def test_a_resolved_recipe_is_whole_and_stays_as_it_is(dusktape, tmp_path, name):
    text = dusktape("recipes", "show", name, "--resolved", "--seed", "7").out
    assert dusktape("recipes", "show", name, "--resolved", "--seed", "7").out == text
    assert dusktape("recipes", "show", name, "--resolved", "--seed", "8").out != text
    table = tomllib.loads(text)
    assert "between" not in text
    assert "any_of" not in text
    assert table["tempo"]["bpm"] > 0
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    assert dusktape("recipes", "show", "mine.toml", "--resolved", "--seed", "99").out == text


def test_a_recipe_that_is_not_there_is_refused(refused):
    assert refused("recipes", "show", "duks") == "there is no recipe 'duks'; did you mean 'dusk'?"
    assert "missing argument" in refused("recipes", "show")
    assert "a seed is 0 or more" in refused("recipes", "show", "dusk", "--resolved", "--seed", "-2")


def test_parts_are_listed_with_their_parameters_ranges_and_units(dusktape):
    text = dusktape("parts").out
    for group in ("composers", "instruments", "effects", "models"):
        assert f"{group}\n" in text
        for name in plugins.names(group):
            assert f"  {name}: " in text
    assert "cutoff_hz = 8000.0  [20 to 20000 Hz]  " in dusktape("parts", "effects").out
    assert "composers" not in dusktape("parts", "effects").out


def test_parts_speak_json(dusktape):
    table = json.loads(dusktape("parts", "--json").out)
    lowpass = table["effects"]["lowpass"]
    cutoff = next(p for p in lowpass["params"] if p["name"] == "cutoff_hz")
    assert (cutoff["unit"], cutoff["low"], cutoff["high"]) == ("Hz", 20.0, 20_000.0)
    assert table["instruments"].keys() == set(plugins.names("instruments"))
    assert json.loads(dusktape("parts", "models", "--json").out).keys() == {"models"}


def test_an_unknown_kind_of_part_is_refused(refused):
    assert "there is no kind of part 'efects'; did you mean 'effects'?" in refused("parts", "efects")


def test_the_doctor_finds_everything_well(dusktape):
    said = dusktape("doctor")
    assert said.code == 0, said.out
    assert "broken" not in said.out
    assert "missing" not in said.out
    assert f"dusktape {__version__}" in said.out
    assert "extra train: " in said.out
    assert "extra evaluate: " in said.out
    assert "extra dev" not in said.out
    for what in (".flac", ".wav", ".ogg", ".mp3", "weights of harmony", "numpy"):
        assert f"ok       {what}" in said.out


def test_models_without_weights_say_how_to_get_some(dusktape):
    untrained = [name for name in plugins.names("models") if not plugins.find("models", name).ships]
    assert "heads" in untrained
    doctor, parts = dusktape("doctor").out, dusktape("parts", "models").out
    for name in untrained:
        assert f"optional weights of {name}: make some with dusktape train {name}" in doctor
        assert f"  {name}: " in parts
        assert f"no weights ship, dusktape train {name} makes them" in parts


def test_the_doctor_names_what_is_broken(dusktape, monkeypatch):
    real = plugins.find

    def find(group, name):
        if name == "rhodes":
            raise PluginError("instrument 'rhodes' is out of tune")
        return real(group, name)

    monkeypatch.setattr(plugins, "find", find)
    said = dusktape("doctor")
    assert said.code == 1
    assert "out of tune" in said.out


def test_the_doctor_says_what_an_extra_would_add(dusktape, monkeypatch):
    real = doctor.version

    def without_matplotlib(package):
        if package == "matplotlib":
            raise PackageNotFoundError(package)
        return real(package)

    monkeypatch.setattr(doctor, "version", without_matplotlib)
    monkeypatch.setattr(doctor, "_weights", lambda: True)
    said = dusktape("doctor")
    assert said.code == 0
    assert (
        "optional extra evaluate: measure anybody's MIDI, and draw the plots of a report; it lacks matplotlib; add it "
        "with: pip install 'dusktape[evaluate]', or in a clone: pip install -e '.[evaluate]'\n"
    ) in said.out


def test_the_doctor_knows_what_pyproject_asks_for():
    with (Path(__file__).parents[2] / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    base, extras = doctor.needed()
    assert sorted(base) == sorted(re.match(r"[\w.-]+", line)[0] for line in project["dependencies"])
    assert set(doctor._GAINS) <= set(extras) <= set(project["optional-dependencies"]) - {"dev"}


def test_the_doctor_counts_recipes_not_their_folders(dusktape):
    assert f"ok       {len(recipe_files())} recipes\n" in dusktape("doctor").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(dusktape, shell):
    said = dusktape("completion", shell)
    assert said.code == 0
    assert "_DUSKTAPE_COMPLETE" in said.out


def test_an_unknown_shell_is_refused(refused):
    assert "there is no shell 'tcsh'; " in refused("completion", "tcsh")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("dusktape ma", "make"),
        ("dusktape make rai", "rainy"),
        ("dusktape make --min", "--minutes"),
        ("dusktape parts eff", "effects"),
        ("dusktape make por", "porch.toml"),
        ("dusktape make songs/", "songs/mine.toml"),
        ("dusktape recipes show rai", "rainy"),
        ("dusktape recipes show por", "porch.toml"),
        ("dusktape make --mood sle", "sleepy"),
        ("dusktape train har", "harmony"),
        ("dusktape make so", "so"),  # the shell completes the folder
    ],
)
def test_the_shell_completes_commands_options_and_recipes(dusktape, tmp_path, monkeypatch, words, expected):
    (tmp_path / "songs").mkdir()
    for name in ("porch.toml", "songs/mine.toml", "porch.txt"):
        (tmp_path / name).write_text("")
    monkeypatch.setenv("_DUSKTAPE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    said = dusktape()
    assert expected in [line.partition(",")[2] for line in said.out.splitlines()]


def test_training_refuses_what_it_cannot_train(refused, tmp_path):
    assert refused("train", "harmny", "--data", ".") == "there is no model 'harmny'; did you mean 'harmony'?"
    assert "nowhere is no folder; give the one that holds the sources" in refused(
        "train", "harmony", "--data", "nowhere"
    )
    assert "missing option '--data'" in refused("train", "harmony")
    (tmp_path / "comping-weights").mkdir()
    (tmp_path / "comping-weights" / "weights.json").write_text("mine")
    assert "'comping-weights' is there and not empty" in refused("train", "comping", "--data", ".")
    assert "a training takes 1 epoch or more, got 0" in refused("train", "drums", "--data", ".", "--epochs", "0")
    assert "there is no folder 'nowhere'" in refused("train", "drums", "--data", ".", "--out", "nowhere/x")


def test_help_says_that_counting_has_no_epochs(dusktape):
    assert "no use for --epochs and --device" in " ".join(dusktape("train", "--help").out.split())
