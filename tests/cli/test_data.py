"""`dusktape data midi`, as it is typed."""

from __future__ import annotations

import json
import random
import struct

import pytest

from dusktape.data.midi import build

pytest.importorskip("symusic", reason="reading MIDI needs symusic; install 'dusktape[train]'")


@pytest.fixture(autouse=True)
def _undescribed(monkeypatch):
    monkeypatch.setattr(build, "describe", lambda folder: None)


def melody(seed: int) -> bytes:
    """A file of type 0 with a tune of its own."""
    draw, events = random.Random(seed), b""
    for _ in range(64):
        pitch, length = 60 + draw.choice((0, 2, 4, 5, 7, 9, 11)), draw.choice((24, 24, 48, 96))
        events += bytes([0, 0x90, pitch, 80, length, 0x80, pitch, 0])
    events += b"\x00\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 48) + b"MTrk" + struct.pack(">I", len(events)) + events


@pytest.fixture
def midi(tmp_path):
    """Four songs and a letter that says it is one."""
    (tmp_path / "midi").mkdir()
    for seed in range(4):
        (tmp_path / "midi" / f"{seed}.mid").write_bytes(melody(seed))
    (tmp_path / "midi" / "letter.mid").write_bytes(b"dear diary")
    return tmp_path / "midi"


def manifest(folder) -> dict:
    return json.loads((folder / "manifest.json").read_text("utf-8"))


def test_the_path_is_printed_and_what_was_left_out_is_told(dusktape, midi, tmp_path):
    said = dusktape("data", "midi", midi, "--out", "x.dataset", "--workers", "2")
    assert said.code == 0
    assert said.out == "x.dataset\n"
    lines = said.err.splitlines()
    assert lines[0] == "left out letter.mid: it is no MIDI file: it starts with 'dear', not 'MThd'"
    assert lines[1].startswith("4 of 5 files: ")
    assert lines[1].endswith("; left out: 1 broken")
    assert manifest(tmp_path / "x.dataset")["options"]["normalise"] == {"tempo": True, "grid": True, "velocity": True}


def test_quiet_says_nothing_but_the_path(dusktape, midi):
    said = dusktape("data", "midi", midi, "--out", "x.dataset", "--quiet")
    assert (said.out, said.err) == ("x.dataset\n", "")


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (["--no-normalise"], {"tempo": False, "grid": False, "velocity": False}),
        (["--keep-tempo"], {"tempo": False, "grid": True, "velocity": True}),
        (["--keep-time", "--keep-velocity"], {"tempo": True, "grid": False, "velocity": False}),
    ],
)
def test_each_normalisation_can_be_switched_off(dusktape, midi, tmp_path, options, kept):
    assert dusktape("data", "midi", midi, "--out", "x.dataset", *options).code == 0
    assert manifest(tmp_path / "x.dataset")["options"]["normalise"] == kept


def test_seed_licence_and_duplicates_are_written_down(dusktape, midi, tmp_path):
    (midi / "0 again.mid").write_bytes(melody(0))
    options = ("--seed", 3, "--licence", "CC0-1.0", "--keep-duplicates")
    said = dusktape("data", "midi", midi, "--out", "x.dataset", *options)
    assert said.code == 0
    assert "\n1 of them the same music as another; kept, each in the split of its twin\n" in said.err
    facts = manifest(tmp_path / "x.dataset")
    assert (facts["options"]["seed"], facts["options"]["drop_duplicates"]) == (3, False)
    assert {file["licence"] for file in facts["files"]} == {"CC0-1.0"}


def test_ctrl_c_says_that_what_was_read_is_kept(dusktape, midi, monkeypatch):
    def stopped(*how, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "build", stopped)
    said = dusktape("data", "midi", "midi", "--out", "x")
    assert (said.code, said.out) == (130, "")
    told = "dusktape: stopped; what was read so far is kept; the same command goes on with it"
    assert said.err.strip() == told


def test_mistakes_are_told_in_a_line(refused, midi, tmp_path):
    assert refused("data", "midi", "nowhere", "--out", "x") == (
        "there is no folder 'nowhere'; name one with MIDI files"
    )
    (tmp_path / "empty").mkdir()
    assert "no MIDI file (.mid, .midi, .kar) lies below 'empty'" in refused("data", "midi", "empty", "--out", "x")
    assert "there is no folder 'no'; make it" in refused("data", "midi", midi, "--out", "no/x")
    assert "--workers is 1 to 256, got 0" in refused("data", "midi", midi, "--out", "x", "--workers", "0")
    assert "a seed is 0 or more, got -2" in refused("data", "midi", midi, "--out", "x", "--seed", "-2")
    assert "--licence is empty" in refused("data", "midi", midi, "--out", "x", "--licence", " ")
    assert "holds the files to read" in refused("data", "midi", midi, "--out", midi, "--force")
    assert "missing option '--out'" in refused("data", "midi", midi)


@pytest.mark.parametrize("arguments", [["data"], ["data", "--help"]])
def test_help_lists_what_data_can_be_made(dusktape, arguments):
    said = dusktape(*arguments)
    assert said.code == 0
    assert "midi   Examine, clean and split MIDI files." in said.out
    assert "audio  Examine, clean, cut and split recordings." in said.out


def test_help_names_every_option(dusktape):
    text = dusktape("data", "midi", "--help").out
    for option in ("--out", "--seed", "--licence", "--licences", "--no-normalise", "--keep-tempo", "--keep-time",
                   "--keep-velocity", "--drop-duplicates", "--workers", "--force", "--quiet"):  # fmt: skip
        assert option in text
