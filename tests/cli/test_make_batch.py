from __future__ import annotations

from pathlib import Path

import pytest

SHORT = ("--minutes", "0.5", "--seed", "4", "--composer", "rules", "--quiet")


def test_recipes_take_turns_in_a_folder_that_is_made(dusktape, tmp_path):
    said = dusktape("make", "--recipes", "study,tape", "-n", "2", "--out", "tracks", *SHORT)
    assert said.code == 0
    names = sorted(p.name for p in Path("tracks").iterdir())
    assert [n[:2] for n in names] == ["1-", "2-"]
    assert sorted(n.split("-", 1)[1] for n in names) == ["study-4.flac", "tape-5.flac"]


def test_a_batch_that_cannot_be_made_leaves_no_folder(refused, tmp_path):
    assert "there is no recipe 'tope'" in refused("make", "--recipes", "tope", "--out", "tracks")
    assert not Path("tracks").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["rainy", "--recipes", "all"], "--recipes or the recipe 'rainy': give one of them"),
        (["--recipes", "all", "--under", "a.mid"], "--recipes makes fresh tracks"),
        (["--recipes", "", "-n", "2"], "--recipes wants parts"),
        (["--out", "x", "-o", "a.flac"], "--out names a folder, --output a file"),
    ],
)
def test_what_contradicts_itself_is_refused_in_one_line(refused, tmp_path, options, told):
    assert told in refused("make", *options)
