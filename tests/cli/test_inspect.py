from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dusktape.evaluate.sound import extra

RATE = 32_000


def sound(name: str, seconds: float = 12.0, seed: int = 0) -> str:
    """Write noise that comes and goes, and return its name."""
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(size=(len(time), 2)) * 0.1
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(name, noise * (1.1 + np.sin(2 * np.pi * time))[:, None], RATE)
    return name


def test_a_foreign_file_becomes_a_page(dusktape, tmp_path):
    said = dusktape("inspect", sound("music/theirs.flac"))
    assert (said.code, said.out) == (0, f"{Path('theirs-report/index.html')}\n")
    assert {p.name for p in Path("theirs-report").iterdir()} == {
        *("index.html", "measures.json", "waveform.png", "spectrogram.png", "loudness.png", "stereo.png"),
        "measures.png",
    }
    assert "no piano roll" in said.err
    assert "measures lie where" in said.err


def test_a_page_that_is_there_stays_unless_forced(dusktape, refused):
    sound("a.wav", 1.0)
    Path("out").mkdir()
    assert dusktape("inspect", "a.wav", "--out", "out", "--quiet").err == ""
    assert "say --force" in refused("inspect", "a.wav", "--out", "out")
    assert dusktape("inspect", "a.wav", "--out", "out", "--force").code == 0


def test_json_says_all(dusktape):
    said = dusktape("inspect", sound("a.wav"), "--json", "--quiet")
    found = json.loads(said.out)
    assert found["path"] == str(Path("a-report/index.html"))
    assert set(found["measures"]["tilt_db_oct"]) == {"value", "unit", "people", "percentile", "in_band"}


def test_many_tracks_become_a_table(dusktape):
    for seed in range(3):
        sound(f"songs/{seed}.wav", seed=seed)
    Path("songs/bad.wav").write_text("no sound")
    said = dusktape("inspect", "songs", "--summary", "--jobs", "1")
    assert said.code == 0
    assert re.search(r"^0\.\d\d  songs.0\.wav +duration_s 12", said.out, re.MULTILINE)
    assert re.search(r"^measure .* IQR ratio +in band$", said.out, re.MULTILINE)
    assert "3 tracks: in band" in said.out
    assert "skipped 'songs" in said.err
    assert [p.name for p in Path().iterdir()] == ["songs"]


def test_a_table_as_json(dusktape):
    said = dusktape("inspect", sound("a.wav"), "--summary", "--json")
    found = json.loads(said.out)
    assert found["verdict"]["tracks"] == 1
    assert found["tracks"]["a.wav"]["duration_s"] == 12.0
    assert found["measures"]["lufs"]["iqr_ratio"] == 0.0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.wav"], "no such file"),
        (["empty.wav"], "0 bytes"),
        (["text.wav"], "no sound file"),
        (["folder"], "holds no sound"),
        (["a.wav", "--jobs", "0"], "--jobs is 1 or more"),
        (["cut.wav"], "'cut.wav' is cut off: it says that it is longer than it is; take another copy"),
        (["a.wav", "--summary", "--out", "x"], "leave out --out"),
        (["a.wav", "a.wav", "--out", "x"], "name one track"),
        (["a.wav", "--out", "no/such/folder"], "there is no folder"),
        (["empty.wav", "text.wav", "--summary", "--quiet", "--jobs", "1"], "none of 2 sound files could be measured"),
        ([], "missing argument"),
    ],
)
def test_mistakes_are_one_line(refused, tmp_path, arguments, told):
    sound("a.wav", 1.0)
    Path("cut.wav").write_bytes(Path("a.wav").read_bytes()[:-5000])
    Path("empty.wav").touch()
    Path("text.wav").write_text("this is text")
    Path("folder").mkdir()
    assert told in refused("inspect", *arguments)


def test_a_missing_extra_is_said_before_any_work(refused, mini, monkeypatch):
    monkeypatch.setattr(extra, "_ALL", ("nosuchlibrary",))
    sound("a.wav", 1.0)
    told = "measuring sound needs nosuchlibrary; install it with: pip install 'dusktape[evaluate]'"
    assert refused("inspect", "a.wav") == told
    assert refused("make", mini, "--minutes", "0.5", "--seed", "4", "--report") == told


def test_a_track_is_made_with_its_report(dusktape, mini):
    said = dusktape("make", mini, "--minutes", "0.5", "--seed", "4", "--report", "--json", "-o", "a.wav")
    assert said.code == 0
    assert json.loads(said.out)["path"] == "a.wav"
    assert f"report: {Path('a-report/index.html')}" in said.err
    names = {p.name for p in Path("a-report").iterdir()}
    assert {"index.html", "notes.png", "waveform.png", "measures.png", "measures.json"} <= names
    assert "Left out" not in Path("a-report/index.html").read_text(encoding="utf-8")


def test_the_report_of_a_bundle_lies_in_it(dusktape, refused, mini):
    said = dusktape("make", mini, "--minutes", "0.5", "--seed", "4", "--report", "--bundle", "nine", "--quiet")
    assert (said.out, said.err) == ("nine\n", "")
    assert Path("nine/report/index.html").is_file()
    Path("b-report").mkdir()
    Path("b-report/mine.txt").touch()
    assert "b-report" in refused("make", mini, "--minutes", "0.5", "--report", "-o", "b.wav")
