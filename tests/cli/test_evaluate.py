import json
import shutil

import numpy as np
import pytest

from dusktape.cli.commands import run
from dusktape.core.plugins import find
from dusktape.core.score import Chord, Key
from dusktape.data import dataset
from dusktape.evaluate import subjects
from dusktape.io.midi import to_midi
from dusktape.nn.phrases import build
from dusktape.studio.production import compose
from dusktape.studio.wish import Wish, checked_seed


def test_our_composer_is_held_against_its_table(capsys):
    assert run(["evaluate", "--songs", "2", "--recipe", "rainy", "--quiet"]) == 0
    told = capsys.readouterr().out
    assert "what must be reached" in told
    assert "chord tones under the melody" in told
    assert "people" in told


def test_a_folder_of_midi_is_read_and_a_broken_file_named(tmp_path, capsys):
    for seed in (1, 2):
        to_midi(
            compose(Wish("dusk", minutes=0.5).resolve(checked_seed(seed)), checked_seed(seed)), tmp_path / f"{seed}.mid"
        )
    broken = tmp_path / "broken.mid"
    broken.write_bytes(b"MThd")
    assert run(["evaluate", str(tmp_path), "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)["subjects"][tmp_path.name]
    assert {row["name"] for row in found["songs"]} == {"1", "2"}
    assert found["measures"]["sevenths"]["mean"] > 0
    assert f"skipped {broken}: it is cut short: it ends within the header" in err
    assert err.count("broken.mid") == 1
    (tmp_path / "letter.txt").write_text("dear diary")
    assert run(["evaluate", str(broken), str(tmp_path / "letter.txt"), str(tmp_path / "1.mid")]) == 0
    out, err = capsys.readouterr()
    assert "music of 1 song " in out
    assert f"skipped {tmp_path / 'letter.txt'}: it is no MIDI file and no folder" in err
    assert run(["evaluate", str(broken), str(tmp_path / "letter.txt")]) == 1
    assert "; 1 more cannot be measured either" in capsys.readouterr().err


def test_a_report_is_one_page_that_needs_nothing_else(tmp_path, capsys):
    page = tmp_path / "report.html"
    arguments = ["evaluate", "--songs", "2", "--recipe", "snow", "--report", str(page), "--quiet"]
    assert run(arguments) == 0
    text = page.read_text()
    assert text.count("<svg") > 10
    for foreign in ("src=", 'href="http', "@import", "<script"):
        assert foreign not in text
    assert run(arguments) == 1
    assert "there already" in capsys.readouterr().err
    assert run([*arguments, "--force"]) == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--songs", "0"], "--songs is 1 or more"),
        (["--notes", "3"], "--notes is 20 or more"),
        (["--seed", "-1"], "0 or more"),
        (["--temperature", "0"], "--temperature is above 0"),
        (["--recipe", "ranny"], "rainy"),
        (["nowhere"], "no MIDI file and no folder"),
        (["--data", "nowhere"], "no dataset"),
    ],
)
def test_mistakes_are_one_line(arguments, told, capsys):
    assert run(["evaluate", *arguments]) == 1
    err = capsys.readouterr().err
    assert told in err
    assert err.count("\n") == 1


def test_a_dataset_without_test_songs_costs_the_bits_alone(tmp_path, capsys):
    dataset.write(tmp_path, [], {})
    assert run(["evaluate", "--songs", "1", "--recipe", "rainy", "--data", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert "what must be reached" in out
    assert "bits a note, " not in out
    assert "no bits a note: " in err
    assert "no songs to test on" in err


def a_song(name, split, seed):
    """A tune of 60 notes with the habits of no one."""
    draw = np.random.default_rng(seed)
    start = np.cumsum(draw.choice((240, 480, 720), 60))
    columns = start, np.full(60, 240), draw.integers(55, 80, 60), np.full(60, 70)
    chords = (Chord(0, 48 * 960, 0, "maj7"),)
    return dataset.Song(name, split, 80.0, 4, Key(0, "major"), chords, dataset.Notes(*columns), np.zeros(60, np.int64))


def test_bits_leave_out_our_network_where_it_learned_from_the_test_songs(tmp_path, capsys, monkeypatch):
    songs = [a_song(f"{k}", ("train", "valid", "test")[k % 3], k) for k in range(12)]
    (tmp_path / "data").mkdir()
    dataset.write(tmp_path / "data", songs, {})
    test = [song.line() for song in songs if song.split == "test"]
    monkeypatch.setattr(subjects, "shipped_phrases", lambda: build(test))
    assert run(["evaluate", "--songs", "1", "--recipe", "rainy", "--data", str(tmp_path / "data")]) == 0
    out, err = capsys.readouterr()
    assert "no bits a note of dusktape: it learned from 4 of the 4 test songs" in err
    assert [line.split()[0] for line in out.split("bits a note, 4 songs")[1].splitlines()[1:]] == ["unigram", "n-gram"]
    monkeypatch.setattr(subjects, "shipped_phrases", lambda: build(test[:1]))
    assert run(["evaluate", "--songs", "1", "--recipe", "rainy", "--data", str(tmp_path / "data")]) == 0
    out, err = capsys.readouterr()
    assert "left out 1 test song that one of the models learned from" in err
    assert "bits a note, 3 songs" in out
    assert "\ndusktape " in out.split("bits a note, 3 songs")[1]


def test_a_training_of_any_kind_gets_its_measures(tmp_path, capsys):
    model = find("models", "latent")
    (tmp_path / "mine").mkdir()
    shutil.copy(model.weights, tmp_path / "mine" / "weights.safetensors")
    (tmp_path / "mine" / "weights.json").write_text(json.dumps({"model": "latent", "sha256": model.sha256}))
    assert run(["evaluate", str(tmp_path / "mine"), "--songs", "1", "--recipe", "rainy"]) == 0
    told, err = capsys.readouterr()
    assert told.startswith("music of mine ")
    assert f"not looked up: {tmp_path / 'mine'} has no index.npz" in err
    assert "chord_tones" in told
