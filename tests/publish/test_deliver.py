from __future__ import annotations

import hashlib
import io
import json
import shutil

import mutagen
import numpy as np
import pytest
from PIL import Image

from dusktape import __version__
from dusktape.core.errors import InputError, OutputError, WeightsError
from dusktape.core.plugins import find, names
from dusktape.core.roles import MOODS
from dusktape.core.seed import Seed
from dusktape.io import midi
from dusktape.io.audiofile import read
from dusktape.publish import deliver as module
from dusktape.publish.deliver import Order, deliver, tags_for, title_of
from dusktape.publish.provenance import dump, models_of, provenance, statement
from dusktape.publish.titles import title_for
from dusktape.studio.production import Measured, Production
from dusktape.studio.wish import Wish

SEED = Seed(6)


@pytest.fixture(scope="module")
def made(tmp_path_factory, mini):
    """A track, stems and MIDI beside a bundle, and the mix before the master as it passed."""
    recipe = Wish(mini, minutes=0.5, settings=("master.chain.saturation=false",)).resolve(SEED)
    production = Production(recipe, SEED)
    mix = []
    real = production.master

    def master(tap):
        def listen(stems):
            mix.append(sum(stems.values()))
            tap(stems)

        return real(listen)

    production.master = master
    folder = tmp_path_factory.mktemp("made")
    order = Order(folder / "a.flac", folder / "a-stems", folder / "a.mid", folder / "bundle")
    facts = deliver(production, order, title="Regen", licence="CC-BY-4.0")
    return folder, production, facts, np.concatenate(mix, axis=1)


def test_everything_ordered_is_there(made):
    folder, production, _, _ = made
    assert sorted(p.name for p in folder.iterdir()) == ["a-stems", "a.flac", "a.mid", "bundle"]
    assert sorted(p.stem for p in (folder / "a-stems").iterdir()) == sorted(production.parts)
    assert read(folder / "bundle" / "master.flac").samples.shape == (2, production.frames)


def test_stems_in_their_files_sum_to_the_mix(made):
    folder, _, _, mix = made
    for place in (folder / "a-stems", folder / "bundle" / "stems"):
        stems = [read(file).samples for file in place.iterdir()]
        assert {stem.shape for stem in stems} == {mix.shape}
        error = np.sum(stems, axis=0) - mix
        assert 20.0 * np.log10(np.sqrt(np.mean(error**2)) / np.sqrt(np.mean(mix**2))) < -80.0


def test_the_same_song_is_the_same_file_wherever_it_lies(made):
    folder = made[0]
    assert np.array_equal(read(folder / "a.flac").samples, read(folder / "bundle" / "master.flac").samples)


def test_files_say_what_they_are(made):
    folder, production, facts, _ = made
    tags = mutagen.File(folder / "a.flac")
    text = " ".join(f"{k}={v}" for k, v in tags.tags)
    assert tags["title"] == ["Regen"]
    assert tags["album"] == ["Dusktape"]
    assert float(tags["bpm"][0]) == pytest.approx(production.score.bpm, abs=0.01)
    assert "CC-BY-4.0" in text
    assert facts["statement"] in text
    assert tags["ai_generated"] == ["true"]
    assert str(SEED.value) in text
    assert "mini" in text
    picture = Image.open(io.BytesIO(tags.pictures[0].data))
    assert min(picture.size) >= 1400
    stem = mutagen.File(folder / "a-stems" / "keys.flac")
    assert stem["title"] == ["Regen (keys)"]


def test_the_midi_is_what_was_played(made):
    folder, production, _, _ = made
    score = midi.from_midi(folder / "a.mid")
    assert {k: len(v) for k, v in score.parts.items()} == {k: len(v) for k, v in production.score.parts.items()}
    assert [s.name for s in score.sections] == [s.name for s in production.score.sections]


def test_the_provenance_says_all_of_it(made):
    folder, production, facts, _ = made
    assert json.loads((folder / "bundle" / "track.json").read_text(encoding="utf-8")) == facts
    assert facts["dusktape"] == __version__
    assert facts["seed"] == SEED.value
    assert facts["title"] == "Regen"
    assert facts["licence"] == "CC-BY-4.0"
    assert facts["statement"] == statement(production)
    assert facts["score"] == {"given": False, "sha256": hashlib.sha256(production.score.to_json().encode()).hexdigest()}
    assert facts["recipe"]["parts"]["keys"]["instrument"] == production.recipe.parts["keys"].instrument
    report = facts["report"]
    assert report["lufs"] == pytest.approx(production.recipe.master.loudness_lufs, abs=0.5)
    assert report["true_peak_dbtp"] <= -1.0
    assert report["lra"] >= 0.0
    assert report["bpm"] == production.score.bpm
    assert report["duration_s"] == pytest.approx(production.frames / 44_100, abs=0.001)
    ends = [(s["start_s"], s["end_s"]) for s in report["sections"]]
    assert ends[0][0] == 0.0
    assert ends[-1][1] == pytest.approx(report["duration_s"], abs=0.002)


def test_the_provenance_names_every_network_with_its_data_and_licences(resolved):
    described = models_of(resolved(1, composer="networks"))
    assert {m["name"] for m in described} == set(find("composers", "networks").models)
    for model in described:
        assert len(model["sha256"]) == 64
        assert model["trained_on"]
        assert all(source["name"] and source["licence"] for source in model["trained_on"])
    assert models_of(resolved(1)) == []


def test_the_statement_tells_networks_from_rules(resolved):
    by_rules = Production(resolved(1, minutes=0.5), SEED)
    assert "AI" in statement(by_rules)
    assert "from rules, without neural networks" in statement(by_rules)
    by_rules.recipe = resolved(1, composer="networks")
    assert "made by AI: composed by neural networks" in statement(by_rules)


def test_a_score_that_was_given_is_not_said_to_be_composed_here(made, resolved):
    score = made[1].score
    production = Production(resolved(1, composer="networks", minutes=0.5), SEED, score)
    facts = provenance(production, title="x", licence="y", seconds=1.0)
    assert facts["models"] == []
    assert facts["score"] == {"given": True, "sha256": hashlib.sha256(score.to_json().encode()).hexdigest()}
    assert "from a score that was given to it" in facts["statement"]
    assert "composed" not in facts["statement"]
    fields = tags_for(production, title="x", licence="y").fields()
    assert facts["statement"] in fields["COMMENT"]
    assert "AI_GENERATED" not in fields
    assert not [name for name in fields if name.startswith("DUSKTAPE_MODEL")]


def test_a_track_that_was_not_measured_is_still_json(made, monkeypatch):
    _, production, _, _ = made
    monkeypatch.setattr(production, "measured", Measured())
    facts = provenance(production, title="x", licence="y", seconds=1.0)
    assert "NaN" not in dump(facts)
    assert json.loads(dump(facts))["report"]["lufs"] is None


def test_a_forced_folder_of_stems_ends_with_those_of_this_song(made, tmp_path, monkeypatch):
    folder, production, _, _ = made
    bundle, stems = tmp_path / "b", tmp_path / "s"
    for place in (stems, bundle / "stems"):
        place.mkdir(parents=True)
        shutil.copy(folder / "a-stems" / "keys.flac", place / "pad.flac")
        shutil.copy(folder / "a-stems" / "keys.flac", place / "drums.flac")
        (place / "mine.flac").write_bytes(b"fLaC of my own")
        (place / "mine.txt").write_text("mine")
    short = np.zeros((2, 100), np.float32)

    def master(tap):
        tap(dict.fromkeys(production.parts, short))
        yield short

    monkeypatch.setattr(production, "master", master)
    deliver(production, Order(stems=stems, bundle=bundle, force=True), title="x")
    for place in (stems, bundle / "stems"):
        assert {f.name for f in place.iterdir()} == {f"{p}.flac" for p in production.parts} | {"mine.flac", "mine.txt"}
        assert read(place / "drums.flac").samples.shape == (2, 100)


@pytest.mark.parametrize("kind", ["path", "stems", "midi", "bundle"])
def test_what_is_there_already_is_refused_before_any_work(tmp_path, kind):
    place = tmp_path / ("x.flac" if kind == "path" else "x")
    if kind in ("stems", "bundle"):
        place.mkdir()
        (place / "mine").write_text("mine")
    else:
        place.write_text("mine")
    with pytest.raises(OutputError, match="--force"):
        Order(**{kind: place}).check()
    Order(**{kind: place}, force=True).check()


class Broken(Exception):
    pass


@pytest.mark.parametrize("where", ["to_midi", "dump", "provenance", "tags_for"])
@pytest.mark.parametrize("force", [False, True])
def test_a_failure_after_the_rendering_leaves_only_what_was_there(tmp_path, made, monkeypatch, where, force):
    def fails(*_, **__):
        raise Broken

    _, production, _, _ = made
    short = np.zeros((2, 100), np.float32)
    monkeypatch.setattr(production, "master", lambda tap: iter([short]))
    monkeypatch.setattr(module, "cover_of", lambda *_: b"")
    monkeypatch.setattr(module, where, fails)
    (tmp_path / "mine.txt").write_text("mine")
    order = Order(tmp_path / "a.flac", tmp_path / "s", tmp_path / "a.mid", tmp_path / "b", force=force)
    with pytest.raises(Broken):
        deliver(production, order, title="x")
    left = sorted(p.name for p in tmp_path.iterdir())
    assert [name for name in left if not (force and name in ("a.flac", "a.mid"))] == ["mine.txt"]


def test_titles_come_from_the_seed_unless_one_is_given(resolved):
    recipe = resolved(1)
    assert title_of(recipe, SEED, None) == title_of(recipe, SEED, None)
    assert title_of(recipe, SEED, "Regen") == "Regen"
    assert title_of(recipe, SEED, "夜　更かし") == "夜　更かし"
    with pytest.raises(InputError, match="cannot be shown"):
        title_of(recipe, SEED, "a\tb")


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("weather", ["clear", "rain", "snow", "fog"])
def test_there_are_titles_for_every_mood_and_weather(mood, weather):
    titles = {title_for(Seed(s), mood=mood, weather=weather) for s in range(60)}
    assert len(titles) > 20
    assert all(title and "{" not in title for title in titles)


def test_every_registered_model_can_be_described():
    for name in names("models"):
        model = find("models", name)
        assert model.summary
        if model.ships:
            assert len(model.sha256) == 64
        else:
            with pytest.raises(WeightsError, match=f"make some: dusktape train {name}"):
                model.open()
