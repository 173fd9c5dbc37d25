from pathlib import Path

import numpy as np
import pytest

from dusktape.core.plugins import find
from dusktape.core.score import SIXTEENTH, Key, Note, Score
from dusktape.core.seed import Seed
from dusktape.evaluate.certificate import certificate, index_of, melody_of
from dusktape.nn.line import Line
from dusktape.nn.phrases import FILE, build
from dusktape.studio.wish import Wish

from .lines import walk

SEED = Seed(5)


def score_of(line: Line, late: int = 0) -> Score:
    """Play a line, so many ticks late."""
    rows = zip(line.start.tolist(), line.duration.tolist(), line.pitch.tolist(), strict=True)
    notes = tuple(Note(a * SIXTEENTH + late, n * SIXTEENTH, p, 80) for a, n, p in rows)
    return Score(80.0, Key(0, "major"), parts={"lead": notes})


def recipe_with(**changes: object):
    return Wish("rainy").resolve(SEED).model_copy(update=changes)


def test_a_copied_melody_is_certified_with_its_song_and_what_people_reach(tmp_path: Path) -> None:
    songs = [walk(f"song{k}", 60) for k in range(5)]
    index = build(songs, held_out=[walk("held", 60)])
    index.save(tmp_path / FILE)
    found = certificate(score_of(songs[3], late=70), recipe_with(models={"melody": str(tmp_path)}))
    assert found is not None
    for mode in ("rhythm", "intervals"):
        people = round(index.people.percentile(mode, 95), 2)
        assert found[mode] == {"longest_notes": 60, "song": "song3", "people_p95": people}
    assert found["trained_on"] == {"songs": 5, "notes": 300}


def test_where_no_songs_were_held_out_nothing_is_said_of_people(tmp_path: Path) -> None:
    build([walk("song", 60)]).save(tmp_path / FILE)
    found = certificate(score_of(walk("song", 60)), recipe_with(models={"melody": str(tmp_path)}))
    assert found is not None
    assert found["rhythm"] == {"longest_notes": 60, "song": "song", "people_p95": None}


def test_our_own_composer_is_certified_against_what_ships() -> None:
    recipe = recipe_with()
    assert index_of(recipe) == find("models", "melody").folder / FILE
    found = certificate(score_of(walk("new", 50)), recipe)
    assert found is not None
    assert found["trained_on"]["songs"] > 500
    assert 4 <= found["rhythm"]["people_p95"] <= found["intervals"]["people_p95"] <= 16


def test_a_model_of_whole_songs_answers_for_the_melody(tmp_path: Path) -> None:
    assert index_of(recipe_with(models={"song": str(tmp_path)})) == tmp_path / FILE
    assert index_of(recipe_with(models={"drums": str(tmp_path)})) == find("models", "melody").folder / FILE


def test_where_no_network_wrote_there_is_no_certificate() -> None:
    assert certificate(score_of(walk("new", 50)), recipe_with(composer="rules")) is None


@pytest.mark.parametrize("content", [None, b"no index"])
def test_a_track_is_not_lost_for_an_index_that_is_missing_or_damaged(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    found = certificate(score_of(walk("new", 50)), recipe_with(models={"melody": str(tmp_path)}))
    assert found is not None
    assert set(found) == {"unknown"}
    assert FILE in found["unknown"]
    assert ("not looked up" in found["unknown"]) == (content is None)
    assert ("train again" in found["unknown"]) == (content is not None), "which helps only where it was there"


def test_the_latent_song_that_ships_is_looked_up_in_what_the_melody_learned_from() -> None:
    assert index_of(recipe_with(models={"song": "latent"})) == find("models", "melody").folder / FILE


def test_a_song_without_a_melody_copies_nothing() -> None:
    found = certificate(Score(80.0, Key(0, "major")), recipe_with())
    assert found is not None
    assert found["rhythm"]["longest_notes"] == 0
    assert found["rhythm"]["song"] == ""


def test_the_melody_is_put_back_on_the_grid() -> None:
    line = walk("song", 30)
    again = melody_of(score_of(line, late=100), "song")
    assert again.name == "song"
    assert np.array_equal(again.pitch, line.pitch)
    assert np.array_equal(again.step[1:], line.step[1:])
