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


@pytest.fixture
def titles(dusktape, monkeypatch):
    """Return the titles of what a command would have made; seeds have no titles of their own."""
    monkeypatch.setattr("dusktape.publish.deliver.title_for", lambda *_, **__: "Umbrella in Bed")

    def run(*arguments):
        made = []
        with monkeypatch.context() as patched:
            patched.setattr("dusktape.cli.making._make", lambda job, order, talk, second: made.append(job) or {})
            assert dusktape("make", *arguments, "--quiet").code == 0
        return [job.title for job in made]

    return run


@pytest.mark.parametrize("batch", [("sleepy",), ("--recipes", "study,tape")])
def test_titles_differ_within_a_batch_and_are_the_same_next_time(titles, batch):
    told = titles(*batch, "-n", 3, "--seed", 4)
    assert told[0] == "Umbrella in Bed"
    assert len(set(told)) == 3
    assert titles(*batch, "-n", 3, "--seed", 4) == told


def test_a_track_of_a_batch_keeps_its_title_when_it_is_made_again(titles, dusktape, mini):
    told = titles(mini, "-n", 2, "--loop", 2, "--seed", 4)
    assert dusktape("make", mini, "-n", 2, "--loop", 2, "--seed", 4, "--bundle", "b", "--quiet").code == 0
    assert titles("--from", "b/mini-5-loop2/track.json") == told[1:]
    assert titles("sleepy", "-n", 2, "--title", "Regen") == ["Regen", "Regen"]
