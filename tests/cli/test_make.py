from __future__ import annotations

import errno
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import mutagen
import pytest

from dusktape.core import plugins
from dusktape.core.seed import Seed
from dusktape.io import atomic, audiofile, spool
from dusktape.publish import cover
from dusktape.studio import levels, production

SHORT = ("--minutes", "0.5", "--seed", "4")


@pytest.fixture(autouse=True)
def short_songs(monkeypatch):
    """Makes every song two bars long and its cover small: what is tested here is what becomes of the files."""
    real = production.compose

    def compose(recipe, seed):
        score = real(recipe, seed)
        first = next(s for s in score.sections if s.name == "A")
        end = first.start + 2 * score.ticks_per_bar
        parts = {
            name: tuple(replace(n, start=n.start - first.start) for n in notes if first.start <= n.start < end)
            for name, notes in score.parts.items()
        }
        return replace(score, sections=(replace(first, start=0, length=end - first.start),), chords=(), parts=parts)

    monkeypatch.setattr(production, "compose", compose)
    monkeypatch.setattr(levels, "STRETCH_S", 2.0)
    small = cover.draw_cover(Seed(0), title="", mood="dark", weather="rain", size=64)
    monkeypatch.setattr(cover, "draw_cover", lambda *_, **__: small)


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in Path(folder).rglob("*") if p.is_file())


def test_a_seed_that_nobody_chose_is_printed(dusktape, tmp_path, mini):
    said = dusktape("make", mini, "--minutes", "0.5")
    seed = said.err.split("seed ")[1].split()[0]
    assert said.out == f"mini-{int(seed)}.flac\n"


def test_quiet_says_nothing_but_the_path(dusktape, mini):
    said = dusktape("make", mini, *SHORT, "--quiet", "-o", "a.mp3")
    assert (said.code, said.out, said.err) == (0, "a.mp3\n", "")
    assert mutagen.File("a.mp3").info.length == pytest.approx(6.0, abs=3.0)


def test_a_count_makes_the_seeds_that_follow(dusktape, tmp_path, mini):
    said = dusktape("make", mini, *SHORT, "--count", "2", "--json", "-o", "a.wav", "--quiet")
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [line["path"] for line in lines] == ["a-4.wav", "a-5.wav"]
    assert [line["seed"] for line in lines] == [4, 5]
    assert files(tmp_path) == ["a-4.wav", "a-5.wav"]


def test_a_folder_as_output_takes_the_usual_name(dusktape, tmp_path, mini):
    (tmp_path / "songs").mkdir()
    said = dusktape("make", mini, *SHORT, "-o", "songs", "--midi", "--stems", "--quiet")
    assert Path(said.out.strip()) == Path("songs/mini-4.flac")
    assert files(tmp_path / "songs") == [
        *(f"mini-4-stems/{part}.flac" for part in ("drums", "keys", "vinyl")),
        "mini-4.flac",
        "mini-4.mid",
    ]


def test_every_option_reaches_the_track(dusktape, mini):
    said = dusktape(
        *("make", mini, *SHORT, "--bpm", "77", "--key", "gb minor", "--mood", "dark", "--loudness", "-17"),
        *(
            "--title",
            "Nacht: <3> & Söhne",
            "--licence",
            "CC-BY-4.0",
            "--set",
            "keys.pan=0.5",
            "--set",
            "drums.ghosts=0.1",
        ),
        *("-o", "x.ogg", "--json"),
    )
    facts = json.loads(said.out)
    assert facts["recipe"]["tempo"]["bpm"] == facts["report"]["bpm"] == 77.0
    assert facts["report"]["key"] == "F# minor"
    assert facts["recipe"]["mood"] == "dark"
    assert facts["report"]["lufs"] == pytest.approx(-17.0, abs=0.5)
    assert facts["title"] == "Nacht: <3> & Söhne"
    assert facts["licence"] == "CC-BY-4.0"
    assert facts["recipe"]["parts"]["keys"]["pan"] == 0.5
    assert facts["recipe"]["drums"]["ghosts"] == 0.1
    tags = mutagen.File("x.ogg")
    assert tags["title"] == ["Nacht: <3> & Söhne"]
    assert "CC-BY-4.0" in str(tags.tags)


def test_several_bundles_get_a_folder_each(dusktape, tmp_path, mini):
    said = dusktape("make", mini, *SHORT, "--count", "2", "--bundle", "shelf", "--quiet")
    assert [Path(line) for line in said.out.splitlines()] == [Path("shelf/mini-4"), Path("shelf/mini-5")]
    assert (tmp_path / "shelf" / "mini-5" / "track.json").is_file()


def test_a_bundle_may_fill_the_empty_folder_one_stands_in(dusktape, tmp_path, mini):
    assert dusktape("make", mini, *SHORT, "--bundle", ".", "--quiet").out == ".\n"
    assert "track.json" in files(tmp_path)
    assert not [name for name in files(tmp_path) if name.endswith(".part")]


def test_force_replaces_and_nothing_else_does(dusktape, refused, tmp_path, mini):
    for name in ("mini-4.flac", "a.mid"):
        (tmp_path / name).write_text("mine")
    (tmp_path / "a-stems").mkdir()
    (tmp_path / "a-stems" / "keep.txt").write_text("mine")
    assert "'mini-4.flac' is there already; choose another name, or say --force" in refused("make", mini, *SHORT)
    assert "'a.mid' is there already" in refused("make", mini, *SHORT, "-o", "a.flac", "--midi")
    assert "'a-stems' is there and not empty" in refused("make", mini, *SHORT, "-o", "a.flac", "--stems")
    assert "'a-stems' is there and not empty" in refused("make", mini, *SHORT, "--bundle", "a-stems")
    assert (tmp_path / "mini-4.flac").read_text() == "mine"
    assert dusktape("make", mini, *SHORT, "--force", "--quiet").code == 0
    assert audiofile.read("mini-4.flac").seconds > 2.0


def test_a_later_place_that_is_taken_is_found_before_any_work(refused, tmp_path, mini):
    (tmp_path / "mini-6.flac").write_text("mine")
    assert "'mini-6.flac' is there already" in refused("make", mini, *SHORT, "--count", "3")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["duks"], "there is no recipe 'duks'; did you mean 'dusk'?"),
        (["nowhere.toml"], "'nowhere.toml' cannot be read: No such file or directory; check the name"),
        (["--seed", "-1"], "a seed is 0 or more, got -1; drop the minus sign"),
        (["--seed", "x"], "invalid value for '--seed': 'x' is not a valid integer"),
        (["--minutes", "0.4"], "a track is 0.5 to 60 minutes long, got 0.4; choose --minutes in that range"),
        (["--minutes", "61"], "a track is 0.5 to 60 minutes long, got 61"),
        (["--minutes", "nan"], "a track is 0.5 to 60 minutes long, got nan"),
        (["--bpm", "400"], "dusk: tempo.bpm must be between 40 and 160, got 400; choose --bpm in that range"),
        (["--bpm", "nan"], "dusk: tempo.bpm must be between 40 and 160, got nan; choose --bpm in that range"),
        (["--bpm", "0"], "dusk: tempo.bpm must be between 40 and 160, got 0;"),
        (["--key", "H"], "'H' is no key; write a note and a mode, as in 'F# minor'"),
        (["--mood", "sleepi"], "dusk: mood: there is no 'sleepi'; did you mean 'sleepy'?"),
        (
            ["--loudness", "3"],
            "dusk: master.loudness_lufs must be between -30 and -8, got 3; choose --loudness in that range",
        ),
        (["--set", "keys"], "'keys' is no setting; write part.param=value"),
        (["--set", "leed.pan=0"], "--set leed.pan: there is no 'leed'; did you mean 'lead'?"),
        (["--set", "keys.lowpss.mix=1"], "dusk: parts.keys.chain.lowpss: there is no effect 'lowpss'; did you mean"),
        (["--count", "0"], "--count is 1 or more, got 0; leave it out for one track"),
        (["--licence", " "], "--licence is empty; name one, as in CC0-1.0 or CC-BY-4.0"),
        (["--title", "a\nb"], r"the title 'a\nb' holds characters that cannot be shown; leave them out"),
        (["-o", "x.aiff"], "'x.aiff' ends in '.aiff', which we do not write; choose .flac, .wav, .ogg or .mp3"),
        (["-o", "x"], "'x' has no ending; add .flac, .wav, .ogg or .mp3"),
        (["-o", "new/"], "there is no folder 'new/'; make it, or name a file"),
        (["-o", ""], "--output is empty; name a place, or leave it out"),
        (["--bundle", " "], "--bundle is empty; name a place, or leave it out"),
        (["--from", ""], "--from is empty; name a place, or leave it out"),
        ([""], "the recipe's name is empty; leave it out, or take one of: dusktape recipes"),
        (["-o", "nowhere/x.flac"], "'nowhere/x.flac': there is no folder 'nowhere'; make it, or choose another"),
        (["--bundle", "nowhere/x"], "'nowhere/x': there is no folder 'nowhere'"),
        (["--bundle", "nowhere/x", "--count", "2"], "'nowhere/x': there is no folder 'nowhere'"),
        (["dusk", "dawn"], "got unexpected extra argument (dawn); see dusktape make --help"),
        (["--from", "nowhere.json"], "cannot read nowhere.json: No such file or directory"),
    ],
)
def test_a_mistake_is_one_line_with_the_way_out(refused, arguments, said):
    assert said in refused("make", *arguments)


def test_a_blank_title_is_left_out_and_said_so(dusktape, mini):
    drawn = json.loads(dusktape("make", mini, *SHORT, "--json", "-o", "a.wav").out)["title"]
    said = dusktape("make", mini, *SHORT, "--json", "-o", "b.wav", "--title", "  ")
    assert json.loads(said.out)["title"] == drawn
    assert said.err.splitlines()[0] == "the title is blank and left out"


def test_an_option_with_a_typo_is_named_with_the_nearest(refused):
    line = refused("make", "--minuts", "3")  # the words between are click's own, and change
    assert "--minuts" in line
    assert "--minutes" in line
    assert line.endswith("; see dusktape make --help")


def test_a_file_where_a_folder_should_be_is_named(refused, tmp_path, mini):
    (tmp_path / "file").write_text("mine")
    assert "'file' is a file, not a folder" in refused("make", mini, "--bundle", "file")
    assert "'file' is a file, not a folder" in refused("make", mini, "--bundle", "file", "--count", "2")
    assert "'file' is a file, not a folder" in refused("make", mini, "-o", "file/x.flac")


def test_a_recipe_with_a_mistake_is_named_with_file_and_place(refused, tmp_path):
    (tmp_path / "broken.toml").write_text("mood = 'dark'\n[tempo\nbpm = 80\n")
    assert "'broken.toml', line 2, column 7: " in refused("make", "broken.toml")
    (tmp_path / "odd.toml").write_text("[tempo]\nbmp = 80\n")
    assert refused("make", "odd.toml") == "odd.toml: unknown field 'tempo.bmp'; did you mean 'bpm'?"
    (tmp_path / "bytes.toml").write_bytes(b"mood = '\xff'\n")
    assert "'bytes.toml', line 1: this is not UTF-8" in refused("make", "bytes.toml")


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "a/b", r"..\\evil", ".", "", "two words"])
def test_a_part_cannot_name_a_file_outside_the_stems(refused, tmp_path, mini, name):
    recipe = Path(mini).read_text(encoding="utf-8")
    recipe += f'[parts."{name}"]\ninstrument = "vinyl"\ntexture = true\nloudness_lufs = -40\n'
    (tmp_path / "mine.toml").write_text(recipe, encoding="utf-8")
    line = refused("make", "mine.toml", *SHORT, "-o", "a.flac", "--stems")
    assert line.startswith("mine.toml: parts: ")
    assert "is no name for a file; use letters, digits, - and _" in line


def test_a_folder_that_may_not_be_written_is_refused_at_once(refused, tmp_path, monkeypatch, mini):
    closed = tmp_path / "closed"
    closed.mkdir()
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        closed.chmod(0o555)
    else:  # root may write anywhere
        real = os.access
        monkeypatch.setattr(atomic.os, "access", lambda path, mode: Path(path) != Path("closed") and real(path, mode))
    assert "the folder 'closed' may not be written; choose a folder of your own" in refused(
        "make", mini, *SHORT, "-o", "closed/x.flac"
    )
    assert "may not be written" in refused("make", mini, *SHORT, "--bundle", "closed/x")
    closed.chmod(0o755)


def test_a_folder_one_stands_in_but_may_not_write_is_refused(refused, tmp_path, monkeypatch, mini):
    real = os.access
    monkeypatch.setattr(atomic.os, "access", lambda path, mode: Path(path) != Path() and real(path, mode))
    assert "'mini-4.flac': the folder '.' may not be written" in refused("make", mini, *SHORT)


@pytest.fixture
def full_disk(monkeypatch):
    """Fills the disk when a function has been called so many times."""

    def after(calls, owner, name):
        real, count = getattr(owner, name), [0]

        def fails(*arguments, **named):
            count[0] += 1
            if count[0] > calls:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*arguments, **named)

        monkeypatch.setattr(owner, name, fails)

    return after


WHOLE = ("--stems", "--midi", "-o", "x.flac")


@pytest.mark.parametrize(
    ("calls", "wanted"), [(0, ("-o", "x.flac")), (2, ("-o", "x.flac")), (7, WHOLE), (7, ("--bundle", "b"))]
)
def test_a_disk_that_fills_up_leaves_nothing(refused, full_disk, mini, calls, wanted):
    full_disk(calls, audiofile._Sndfile, "write")
    assert "the disk is full; free some space, or choose a folder on another disk" in refused(
        "make", mini, *SHORT, *wanted
    )


def test_a_disk_that_fills_up_is_told_with_the_place_that_was_asked_for(refused, full_disk, tmp_path, mini):
    full_disk(7, audiofile._Sndfile, "write")
    assert ".part" not in refused("make", mini, *SHORT, "--bundle", "b")
    (tmp_path / "b").mkdir()
    line = refused("make", mini, *SHORT, "--bundle", "b")
    assert line.startswith("'b/")
    assert ".part" not in line


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")  # noqa: PTH112
@pytest.mark.parametrize("place", ["-o=/proc/x.flac", "--bundle=/proc/x"])
def test_a_folder_that_takes_no_files_is_found_before_any_work(refused, monkeypatch, mini, place):
    monkeypatch.setattr(production, "compose", lambda *_: pytest.fail("it was composed"))
    line = refused("make", mini, *SHORT, *place.split("="))
    assert line.startswith("'/proc/x")


def test_a_name_that_is_too_long_is_found_before_any_work(refused, monkeypatch, mini):
    monkeypatch.setattr(production, "compose", lambda *_: pytest.fail("it was composed"))
    assert "the name is too long; choose a shorter one" in refused("make", mini, *SHORT, "-o", "n" * 300 + ".flac")
    assert "the name is too long" in refused("make", mini, *SHORT, "--count", "2", "--bundle", "n" * 300)


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="needs /dev/null")  # noqa: PTH110
def test_a_device_is_not_replaced(refused, mini):
    from dusktape.core.errors import OutputError

    with pytest.raises(OutputError, match="is no plain file; choose another name"):
        atomic.check_writable(Path("/dev/null"), force=True)


def test_a_disk_that_fills_up_at_the_very_end_leaves_nothing(refused, full_disk, mini):
    full_disk(4, audiofile._Sndfile, "close")  # three stems and the master of the bundle fit
    assert "the disk is full" in refused("make", mini, *SHORT, *WHOLE, "--bundle", "b")


def test_a_disk_that_fills_up_with_the_cover_leaves_nothing(refused, full_disk, mini):
    full_disk(0, Path, "write_bytes")
    assert "the disk is full" in refused("make", mini, *SHORT, "--bundle", "b")


def test_a_full_temporary_folder_is_told_apart(refused, full_disk, mini):
    full_disk(0, spool.tempfile, "TemporaryFile")
    line = refused("make", mini, *SHORT, *WHOLE)
    assert line.startswith("cannot set the mix aside in a temporary folder: No space left on device; free some space")


def test_a_mix_that_cannot_be_read_back_is_told_in_a_line(refused, monkeypatch, mini):
    def fails(*_):
        raise OSError(errno.EIO, "Input/output error")

    real = spool.tempfile.TemporaryFile

    def broken(**options):
        file = real(**options)
        return SimpleNamespace(write=file.write, seek=file.seek, close=file.close, read=fails)

    monkeypatch.setattr(spool.tempfile, "TemporaryFile", broken)
    line = refused("make", mini, *SHORT, *WHOLE)
    assert line.startswith("cannot set the mix aside in a temporary folder: Input/output error; free some space")


@pytest.mark.parametrize("wanted", [("-o", "x.flac"), WHOLE, ("--bundle", "b"), ("--bundle", "b", "--count", "2")])
def test_ctrl_c_leaves_no_file_and_exits_130(dusktape, tmp_path, monkeypatch, mini, wanted):
    real, count = audiofile.AudioWriter.write, [0]

    def interrupted(self, block):
        count[0] += 1
        if count[0] > 5:
            raise KeyboardInterrupt
        real(self, block)

    monkeypatch.setattr(audiofile.AudioWriter, "write", interrupted)
    said = dusktape("make", mini, *SHORT, *wanted)
    assert said.code == 130
    assert said.out == ""
    assert said.err.splitlines()[-1] == "dusktape: stopped; nothing half-written was left behind"
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def model(tmp_path_factory, monkeypatch):
    """The drum network, its folder a copy that may be harmed."""
    found = plugins.find("models", "drums")
    folder = tmp_path_factory.mktemp("model") / "drums"
    shutil.copytree(found.folder, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setitem(found.__dict__, "folder", folder)
    found.__dict__.pop("facts", None)
    yield folder
    found.__dict__.pop("facts", None)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda f: (f / "weights.safetensors").write_bytes(b"no weights"), "are damaged or swapped: sha256"),
        (
            lambda f: shutil.copy(plugins.find("models", "harmony").weights, f / "weights.safetensors"),
            "are damaged or swapped: sha256",
        ),
        (lambda f: (f / "weights.safetensors").unlink(), "cannot read weights"),
        (lambda f: (f / "weights.json").unlink(), "weights.json"),
        (lambda f: (f / "weights.json").write_text("{"), "weights.json"),
        (lambda f: (f / "weights.json").write_text("{}"), "weights.json"),
        (lambda f: (f / "weights.json").write_text("[]"), "weights.json"),
    ],
)
def test_weights_that_are_not_ours_are_refused(refused, dusktape, model, harm, said):
    harm(model)
    line = refused("make", "dusk", *SHORT)
    assert said in line
    assert line.endswith("reinstall dusktape")
    assert "broken   weights of drums" in dusktape("doctor").out
