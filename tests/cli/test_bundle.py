"""A whole song in a bundle, and the same song again from its `track.json`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dusktape import __version__
from dusktape.core import plugins
from dusktape.io import audiofile
from dusktape.io.midi import from_midi

SHORT = ("--minutes", "0.5", "--seed", "4")


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in Path(folder).rglob("*") if p.is_file())


@pytest.fixture(scope="module")
def bundle(mini, tmp_path_factory):
    """A bundle made by the command itself, and what `--json` said of it."""
    from click.testing import CliRunner

    from dusktape.cli import dusktape

    folder = tmp_path_factory.mktemp("bundle") / "night"
    said = CliRunner().invoke(
        dusktape, ["make", mini, *SHORT, "--bundle", str(folder), "--json", "--quiet"], catch_exceptions=False
    )
    assert said.exit_code == 0
    return folder, json.loads(said.stdout)


def test_one_command_makes_one_track_and_prints_its_path(dusktape, tmp_path, mini):
    said = dusktape("make", mini, *SHORT)
    assert said.code == 0
    assert said.out == "mini-4.flac\n"
    assert files(tmp_path) == ["mini-4.flac"]
    assert "recipe mini, seed 4" in said.err
    assert "times real time" in said.err
    assert "LUFS" in said.err
    assert abs(audiofile.read("mini-4.flac").seconds - 30.0) < 4.0


def test_a_bundle_holds_everything(bundle):
    folder, facts = bundle
    assert files(folder) == [
        "cover.png",
        "master.flac",
        "score.mid",
        *(f"stems/{part}.flac" for part in ("drums", "keys", "vinyl")),
        "track.json",
    ]
    assert facts.pop("path") == str(folder)
    assert json.loads((folder / "track.json").read_text(encoding="utf-8")) == facts
    assert facts["dusktape"] == __version__
    assert (folder / "cover.png").read_bytes().startswith(b"\x89PNG")


def test_the_midi_of_a_bundle_is_its_song(bundle):
    folder, facts = bundle
    score = from_midi(folder / "score.mid")
    assert set(score.parts) == {"keys", "drums"}
    assert score.bpm == pytest.approx(facts["report"]["bpm"], abs=0.01)
    assert score.key.name == facts["report"]["key"]
    assert [s.name for s in score.sections] == [s["name"] for s in facts["report"]["sections"]]


def test_track_json_makes_the_same_track_again(dusktape, bundle):
    folder, facts = bundle
    said = dusktape("make", "--from", folder / "track.json", "-o", "again.flac", "--json", "--quiet")
    assert said.code == 0
    again = json.loads(said.out)
    assert {**again, "path": ""} == {**facts, "path": ""}
    np.testing.assert_allclose(
        audiofile.read("again.flac").samples, audiofile.read(folder / "master.flac").samples, atol=1e-5
    )


GARBAGE = ["", "[]", "3", "null", "night", "{}", '{"dusktape": 1}', "[" * 100_000]


@pytest.mark.parametrize("text", GARBAGE)
def test_what_is_no_track_json_is_refused(refused, tmp_path, text):
    (tmp_path / "track.json").write_text(text)
    line = refused("make", "--from", "track.json")
    assert "track.json" in line
    assert line.endswith("give the track.json of a bundle")
    assert "Error" not in line
    assert "Expecting" not in line


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"dusktape": "0.0.1"},
            f"was made by dusktape 0.0.1, this is {__version__}: it would be another track; install",
        ),
        ({"format": 2}, "is no dusktape provenance: its format is 2, not 1; give"),
        ({"format": "1"}, "is no dusktape provenance: its format is '1', not 1; give"),
        ({"title": 5}, "is no dusktape provenance: its title is not text; give"),
        ({"licence": None}, "is no dusktape provenance: its licence is not text; give"),
        ({"dusktape": 1}, "is no dusktape provenance: its dusktape is not text; give"),
        ({"seed": -1}, "is no dusktape provenance: its seed is below 0; give"),
        ({"seed": "x"}, "is no dusktape provenance: its seed is not a whole number; give"),
        ({"seed": True}, "is no dusktape provenance: its seed is not a whole number; give"),
        ({"models": 3}, "is no dusktape provenance: its models is not a list; give"),
        ({"models": [3]}, "is no dusktape provenance: one of its models has no name or no sha256; give"),
        ({"score": None}, "is no dusktape provenance: its score is not a table; give"),
        ({"score": {}}, "is no dusktape provenance: its score says not whether it was given"),
        (
            {"score": {"given": True, "sha256": "0f" * 32}},
            "tells of a score that was given (sha256 0f0f0f0f0f0f): recipe and seed do not make it again; play that",
        ),
        ({"recipe": {}}, "is missing; add it"),
        ({"recipe": 3}, "is no dusktape provenance: its recipe is not a table; give"),
    ],
)
def test_a_track_json_that_would_make_another_track_is_refused(refused, tmp_path, bundle, change, said):
    facts = json.loads((bundle[0] / "track.json").read_text(encoding="utf-8"))
    (tmp_path / "track.json").write_text(json.dumps({**facts, **change}))
    line = refused("make", "--from", "track.json")
    assert "track.json" in line
    assert said in line


def test_a_track_json_of_other_weights_is_refused(refused, tmp_path, bundle):
    facts = json.loads((bundle[0] / "track.json").read_text(encoding="utf-8"))
    facts["recipe"]["composer"] = "networks"
    facts["models"] = [{"name": name, "sha256": "0" * 64} for name in plugins.names("models")]
    (tmp_path / "track.json").write_text(json.dumps(facts))
    assert "weights 000000000000, here are" in refused("make", "--from", "track.json")
    facts["recipe"]["name"] = "../../elsewhere"
    (tmp_path / "track.json").write_text(json.dumps(facts))
    assert "is no name for a file" in refused("make", "--from", "track.json")


@pytest.mark.parametrize(
    "beside",
    [["dusk"], ["--seed", "1"], ["--minutes", "1"], ["--bpm", "80"], ["--count", "2"]],
)
def test_nothing_beside_from_is_quietly_ignored(refused, bundle, beside):
    assert "--from makes one track as it was; leave out" in refused("make", "--from", bundle[0] / "track.json", *beside)
