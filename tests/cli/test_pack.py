"""`dusktape pack`: from a word to a folder."""

from __future__ import annotations

import json
import zipfile

import pytest


def test_a_pack_of_a_recipe_is_made_and_its_path_printed(dusktape, mini, tmp_path):
    arguments = ("pack", mini, "--kind", "oneshots", "--label", "kick,snare", "-n", 2, "--seed", 3)
    said = dusktape(*arguments, "--out", "Dusty Kicks Vol 1/", "--zip")
    assert (said.code, said.out) == (0, "Dusty Kicks Vol 1\n")
    assert "seed 3" in said.err
    assert "2 one-shots, CC0-1.0" in said.err
    out = tmp_path / "Dusty Kicks Vol 1"
    assert (out / "Drums" / "Kicks" / "DT_Kick_01.wav").is_file()
    assert (out / "Drums" / "Snares" / "DT_Snare_01.wav").is_file()
    assert zipfile.is_zipfile(tmp_path / "Dusty Kicks Vol 1.zip")
    told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert (told["title"], told["seed"]) == ("Dusty Kicks Vol 1", 3)


def test_the_seed_is_said_even_when_we_chose_it(dusktape, mini):
    said = dusktape("pack", mini, "--kind", "textures", "-n", 1, "--out", "A", "--format", "flac")
    assert said.code == 0
    assert ", seed " in said.err


def test_one_is_one(dusktape, mini):
    said = dusktape("pack", mini, "--kind", "oneshots", "--label", "kick", "-n", 1, "--out", "A")
    assert "“A”: 1 one-shot, CC0-1.0" in said.err


def test_no_seed_is_said_of_what_is_refused(dusktape, mini):
    said = dusktape("pack", mini, "--kind", "oneshots", "--label", "kik", "--out", "A")
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert "seed" not in said.err


def test_quiet_says_nothing_but_the_result(dusktape, mini):
    said = dusktape("pack", mini, "--kind", "stabs", "-n", 1, "--seed", 3, "--out", "A", "--quiet")
    assert (said.code, said.out, said.err) == (0, "A\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rainy",), "--out"),
        (("rainy", "--out", "A", "--kind", "loop"), "there is no kind 'loop'; did you mean 'loops'?"),
        (("rainy", "--out", "A", "--kind", "kick"), "drums and parts are labels, as in --kind oneshots --label kick"),
        (("rainy", "--out", "A", "-n", 0), "1 to 512 sounds of each kind, got 0"),
        (("rainy", "--out", "A", "--bars", 3), "even number of bars"),
        (("rainy", "--out", "A", "--bpm", "nan"), "a tempo is 40 to 160 bpm"),
        (("rainy", "--out", "A", "--key", "H dur"), "is no key"),
        (("rainy", "--out", "A", "--rate", 44_000), "--rate is one of"),
        (("rainy", "--out", "A", "--format", "mp3"), "wav or flac files, not of 'mp3'"),
        (("rainy", "--out", "A", "--bits", 8), "--bits is 16 or 24"),
        (("rainy", "--out", "A", "--seed", -1), "0 or more"),
        (("rainy", "--out", ""), "--out is empty"),
        (("rainy", "--out", "no/where/A"), "there is no folder"),
        (("rainy", "--out", "A", "--kind", "oneshots", "--label", "kik"), "there is no label 'kik'"),
        (("rainy", "--out", "A", "--kind", "oneshots", "--data", "x"), "nothing here was learned from sounds"),
        (("rainy", "--out", "A", "--steps", 0), "--steps is 1 to 1000, got 0"),
        (("rainy", "--out", "A", "--sampler", "heum"), "there is no sampler 'heum'; did you mean 'heun'?"),
        (("rainy", "--out", "A", "--top-p", 0.5), "--top-p is for models of sounds, and rainy is none; leave it out"),
        (("rainy", "--out", "A", "--device", "cpu"), "--device is for models of sounds"),
        (("rainny", "--out", "A", "--steps", 3), "'rainny' is no folder, so no run or bundle either"),
        (("", "--out", "A"), "the source is empty"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(refused, arguments, said):
    assert said in refused("pack", *arguments, "--quiet")


@pytest.mark.usefixtures("no_room")
def test_a_full_disk_is_one_line_and_leaves_nothing(refused, mini):
    said = refused("pack", mini, "--kind", "oneshots", "--label", "kick", "-n", 1, "--seed", 3, "--out", "A", "--quiet")
    assert "the disk is full; free some space, or choose a folder on another disk" in said
