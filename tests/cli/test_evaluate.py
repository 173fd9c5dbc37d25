import json
import shutil

import pytest

from dusktape.cli.commands import run
from dusktape.core.plugins import find
from dusktape.data import dataset
from dusktape.io.midi import to_midi
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
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    assert run(["evaluate", str(tmp_path), "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)["subjects"][tmp_path.name]
    assert {row["name"] for row in found["songs"]} == {"1", "2"}
    assert found["measures"]["sevenths"]["mean"] > 0
    assert "broken.mid" in err


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


def test_a_dataset_without_test_songs_is_said_so(tmp_path, capsys):
    dataset.write(tmp_path, [], {})
    assert run(["evaluate", "--songs", "1", "--recipe", "rainy", "--data", str(tmp_path), "--quiet"]) == 1
    assert "no songs to test on" in capsys.readouterr().err


def test_a_training_of_any_kind_gets_its_measures(tmp_path, capsys):
    model = find("models", "latent")
    (tmp_path / "mine").mkdir()
    shutil.copy(model.weights, tmp_path / "mine" / "weights.safetensors")
    (tmp_path / "mine" / "weights.json").write_text(json.dumps({"model": "latent", "sha256": model.sha256}))
    assert run(["evaluate", str(tmp_path / "mine"), "--songs", "1", "--recipe", "rainy", "--quiet"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("music of mine ")
    assert "chord_tones" in told
