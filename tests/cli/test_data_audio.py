"""`dusktape data audio`, as it is typed."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from dusktape.data.audio import build

pytest.importorskip("soxr", reason="resampling needs soxr; install 'dusktape[audio]'")


@pytest.fixture(autouse=True)
def _undescribed(monkeypatch):
    monkeypatch.setattr(build, "describe", lambda folder, found: None)


def hit(seed: int, seconds: float = 0.3) -> np.ndarray:
    draw = np.random.default_rng(seed)
    t = np.arange(round(seconds * 16_000)) / 16_000
    return 0.5 * np.sin(2 * np.pi * (150 + 90 * seed) * t) * np.exp(-t / 0.06) + 0.01 * draw.standard_normal(len(t))


@pytest.fixture
def drums(tmp_path):
    """Three kicks and a letter that says it is one."""
    (tmp_path / "drums").mkdir()
    for seed in range(3):
        soundfile.write(tmp_path / "drums" / f"kick {seed}.wav", hit(seed), 16_000)
    (tmp_path / "drums" / "letter.wav").write_bytes(b"dear diary, " * 30)
    return tmp_path / "drums"


def manifest(folder) -> dict:
    return json.loads((folder / "manifest.json").read_text("utf-8"))


def test_the_path_is_printed_and_what_was_left_out_is_told(dusktape, drums, tmp_path):
    said = dusktape("data", "audio", drums, "--rate", 8000, "--out", "x.dataset", "--workers", 1)
    assert (said.code, said.out) == (0, "x.dataset\n")
    lines = said.err.splitlines()
    assert lines[0] == "cut as one-shots: most files are short (--cut oneshots)"
    assert lines[1].startswith("left out letter.wav: it is no sound file, or a damaged one: ")
    assert lines[2].startswith("3 of 4 files, 0.0 minutes in clips: ")
    assert lines[2].endswith("; left out: 1 broken")
    facts = manifest(tmp_path / "x.dataset")
    assert (facts["sample_rate"], facts["channels"], facts["cut"]) == (8000, 1, "oneshots")
    assert {clip["label"] for clip in facts["clips"]} == {"kick"}


def test_one_reason_for_many_files_is_one_hint(dusktape, refused, drums, tmp_path):
    for k in range(5):
        (drums / f"page {k}.wav").write_bytes(b"dear diary, " * 30)
    said = dusktape("data", "audio", drums, "--rate", 8000, "--out", "x.dataset", "--workers", 1)
    (line,) = (line for line in said.err.splitlines() if line.startswith("left out"))
    assert line.startswith("left out 6 files, as letter.wav: it is no sound file")
    for k in range(3):
        (drums / f"kick {k}.wav").unlink()
    told = refused("data", "audio", drums, "--rate", 8000, "--out", "y.dataset", "--workers", 1)
    assert "none of 6 sound files below" in told
    assert told.count("it is no sound file") == 1


def test_three_files_are_enough_for_three_splits(dusktape, drums, tmp_path):
    said = dusktape("data", "audio", drums, "--rate", 8000, "--out", "x.dataset", "--workers", 1)
    assert "1 train, 1 valid, 1 test" in said.err
    (drums / "kick 2.wav").unlink()
    said = dusktape("data", "audio", drums, "--rate", 8000, "--out", "y.dataset", "--workers", 1)
    assert "no file landed in test: it takes three files or more that are no copies" in said.err


def test_quiet_says_nothing_but_the_path(dusktape, drums):
    said = dusktape("data", "audio", drums, "--out", "x.dataset", "--quiet", "--workers", 1)
    assert (said.out, said.err) == ("x.dataset\n", "")


def test_options_are_written_down(dusktape, drums, tmp_path):
    (tmp_path / "l.csv").write_text("path,licence\nkick 0.wav,CC-BY-4.0\n")
    options = ("--seed", 3, "--licence", "CC0-1.0", "--licences", "l.csv", "--no-normalise", "--label-from", "none")
    options += ("--drop", "clipping, vocals", "--cut", "fixed", "--seconds", 0.25, "--channels", 2, "--keep-duplicates")
    assert dusktape("data", "audio", drums, "--out", "x.dataset", "--workers", 1, *options).code == 0
    facts = manifest(tmp_path / "x.dataset")
    assert facts["options"] == {
        "cut": "fixed", "seconds": 0.25, "count": 1, "normalise": False, "label_from": "none",
        "drop": ["clipping", "vocals"], "drop_duplicates": False, "seed": 3,
    }  # fmt: skip
    assert facts["channels"] == 2
    assert {f["file"]: f["licence"] for f in facts["files"] if f["kept"]}["kick 0.wav"] == "CC-BY-4.0"
    assert {clip["licence"] for clip in facts["clips"]} == {"CC-BY-4.0", "CC0-1.0"}
    assert {clip["frames"] for clip in facts["clips"]} == {11_025}


def test_the_rate_of_a_checkpoint_that_says_none_can_be_said(dusktape, refused, drums, tmp_path):
    (tmp_path / "mine.ckpt").touch()
    said = refused("data", "audio", "drums", "--out", "x", "--for", "mine.ckpt")
    assert "does not say its sample rate" in said
    assert said.endswith("or say it yourself, if you know it: --rate 48000")
    told = dusktape("data", "audio", "drums", "--out", "x", "--for", "mine.ckpt", "--rate", 16_000, "--workers", 1)
    assert told.code == 0
    assert (manifest(tmp_path / "x")["sample_rate"], manifest(tmp_path / "x")["channels"]) == (16_000, 2)
    (tmp_path / "mine.txt").touch()
    assert "is no checkpoint" in refused("data", "audio", "drums", "--out", "y", "--for", "mine.txt", "--rate", 16_000)


def test_a_checkpoint_says_which_rate_and_channels_to_use(dusktape, refused, drums, tmp_path):
    assert refused("data", "audio", drums, "--out", "x", "--for", "honk-140k", "--rate", 48_000) == (
        "honk-140k learned sounds at 16000 Hz and would hear these at another pitch; say --rate 16000, not 48000"
    )
    assert refused("data", "audio", drums, "--out", "x", "--for", "honk-140k", "--channels", 1) == (
        "honk-140k has 2 channels; say --channels 2, not 1"
    )
    assert dusktape("data", "audio", drums, "--out", "x", "--for", "honk-140k", "--workers", 1).code == 0
    facts = manifest(tmp_path / "x")
    assert (facts["sample_rate"], facts["channels"]) == (16_000, 2)


def test_ctrl_c_says_that_what_was_done_is_kept(dusktape, drums, monkeypatch):
    def stopped(*how, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "build", stopped)
    said = dusktape("data", "audio", drums, "--out", "x")
    assert (said.code, said.out) == (130, "")
    assert said.err.strip() == (
        "dusktape: stopped; what was measured and cut so far is kept; the same command goes on with it"
    )


def test_mistakes_are_told_in_a_line(refused, drums, tmp_path):
    assert refused("data", "audio", "nowhere", "--out", "x") == (
        "there is no folder 'nowhere'; name one with sound files"
    )
    assert "there is no folder 'no'; make it" in refused("data", "audio", drums, "--out", "no/x")
    assert "--workers is 1 to 256, got 0" in refused("data", "audio", drums, "--out", "x", "--workers", 0)
    assert "a rate is 4,000 to 192,000, got 1" in refused("data", "audio", drums, "--out", "x", "--rate", 1)
    assert "clips have 1 or 2 channels, got 0" in refused("data", "audio", drums, "--out", "x", "--channels", 0)
    assert "did you mean 'oneshots'?" in refused("data", "audio", drums, "--out", "x", "--cut", "oneshot")
    assert "--licence is empty" in refused("data", "audio", drums, "--out", "x", "--licence", "")
    assert "is no" in refused("data", "audio", drums, "--out", "x", "--for", "nothing")
    assert "nothing is dropped for 'noise'" in refused("data", "audio", drums, "--out", "x", "--drop", "noise")


def test_help_names_every_option(dusktape):
    text = dusktape("data", "audio", "--help").out
    for option in ("--out", "--rate", "--channels", "--for", "--cut", "--seconds", "--count", "--no-normalise",
                   "--label-from", "--drop", "--drop-duplicates", "--licence", "--licences", "--seed", "--workers",
                   "--force", "--quiet"):  # fmt: skip
        assert option in text
