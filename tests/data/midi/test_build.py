from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dusktape.core.errors import InputError, OutputError, PluginError
from dusktape.data.dataset import Dataset
from dusktape.data.licences import read_licences
from dusktape.data.midi import build as module
from dusktape.data.midi.build import PARTIAL, build
from dusktape.data.midi.normalise import Normalise
from dusktape.data.midi.options import Options
from dusktape.data.midi.page import page
from dusktape.data.midi.sheet import sheet
from dusktape.data.midi.survey import survey
from dusktape.data.split import fold

pytest.importorskip("symusic", reason="reading MIDI needs symusic; install 'dusktape[train]'")

SONGS = 12

WORKER = """
import os, sys, time
from dusktape.data.midi import worker
examine = worker.finding
def finding(place, **rest):
    if rest["file"] == "crash.mid":
        os.abort()
    if rest["file"] == "hang.mid":
        time.sleep(600)
    return examine(place, **rest)
worker.finding = finding
worker.main()
"""

STOPPED = """
import os, signal, sys
from pathlib import Path
from dusktape.data.midi import build
def progress(stage, share):
    if stage == "reading" and share >= 0.5:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
build.build([Path(sys.argv[1])], Path(sys.argv[2]), build.Options(), workers=2, progress=progress)
"""


@pytest.fixture(autouse=True)
def _undescribed(monkeypatch):
    """No pictures: they have tests of their own, and take a while."""
    monkeypatch.setattr(module, "describe", lambda folder: None)


@pytest.fixture
def midi(tmp_path, smf):
    """Twelve songs in two folders."""
    for seed in range(SONGS):
        put(tmp_path / "midi" / f"{'ab'[seed % 2]}/{seed:02d}.mid", smf.song(seed))
    return tmp_path / "midi"


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def content(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


def files(folder: Path) -> dict[str, dict]:
    return {f["file"]: f for f in json.loads((folder / "manifest.json").read_text("utf-8"))["files"]}


def test_a_folder_of_songs_becomes_a_dataset(midi, tmp_path):
    built = build([midi], tmp_path / "x.dataset", Options(licence="CC0-1.0"), workers=2)
    data = Dataset.read(built.folder)
    assert [s.name for s in data.songs()] == sorted(f"{'ab'[n % 2]}/{n:02d}" for n in range(SONGS))
    assert all(s.split == fold(s.name) for s in data.songs())
    assert all(len(s.of("melody")) > 20 and len(s.of("chords")) > 20 for s in data.songs())
    assert data.manifest["counts"]["songs"] == {s: sum(1 for _ in data.songs(s)) for s in ("train", "valid", "test")}
    assert data.manifest["counts"]["notes"]["melody"] == sum(len(s.of("melody")) for s in data.songs())
    entry = files(built.folder)["a/00.mid"]
    assert (entry["name"], entry["kept"], entry["licence"]) == ("a/00", True, "CC0-1.0")
    assert len(entry["sha256"]) == 64
    assert entry["found"]["file_bpm"] == 80.0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["midi", "x.dataset"]


def test_the_number_of_workers_and_the_place_change_no_byte(midi, tmp_path):
    one = build([midi], tmp_path / "one.dataset", Options(), workers=1)
    (tmp_path / "moved").mkdir()
    midi.rename(tmp_path / "moved" / "midi")
    three = build([tmp_path / "moved" / "midi"], tmp_path / "three.dataset", Options(), workers=3)
    assert content(one.folder) == content(three.folder)


def test_a_call_that_was_killed_is_gone_on_with_and_ends_the_same(midi, tmp_path):
    out = tmp_path / "x.dataset"
    subprocess.run([sys.executable, "-c", STOPPED, midi, out], check=False, env={**os.environ})
    assert not out.exists()
    assert list(Path(f"{out}{PARTIAL}").iterdir())
    said: list[str] = []
    build([midi], out, Options(), workers=1, say=said.append)
    assert said == ["6 of 12 files were read by an earlier call that was stopped; going on"]
    whole = build([midi], tmp_path / "whole.dataset", Options(), workers=1)
    assert content(out) == content(whole.folder)
    assert not Path(f"{out}{PARTIAL}").exists()


def test_ctrl_c_keeps_what_was_read(midi, tmp_path):
    def stop(stage, share):
        if stage == "reading" and share >= 0.25:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build([midi], tmp_path / "x.dataset", Options(), workers=1, progress=stop)
    said: list[str] = []
    build([midi], tmp_path / "x.dataset", Options(), workers=1, say=said.append)
    assert said == ["3 of 12 files were read by an earlier call that was stopped; going on"]


def test_bad_files_are_left_out_with_the_reason_and_no_other_is(midi, tmp_path, smf, monkeypatch):
    monkeypatch.setattr(module.worker, "COMMAND", (sys.executable, "-c", WORKER))
    bad = {
        "crash.mid": smf.song(90),
        "hang.mid": smf.song(91),
        "cut.mid": smf.song(92)[:-100],
        "text.mid": b"dear diary",
        "nothing.mid": smf.file(smf.track()),
        "tracks.mid": smf.file(*[smf.track(smf.note(60))] * 960),
        "large.mid": smf.song(93) + bytes(8_000_000),
        "short.mid": smf.file(smf.track(smf.note(60))),
    }
    for name, data in bad.items():
        put(midi / name, data)
    built = build([midi], tmp_path / "x.dataset", Options(), workers=2, limit_s=4.0)
    found = files(built.folder)
    assert sorted(name for name, f in found.items() if not f["kept"]) == sorted(bad)
    assert found["crash.mid"]["reason"].startswith("reading it crashed")
    assert found["hang.mid"]["reason"] == "it took more than 4 s"
    assert "it is cut short" in found["cut.mid"]["reason"]
    assert {name: found[name]["why"] for name in ("text.mid", "nothing.mid", "tracks.mid", "large.mid")} == {
        "text.mid": "broken",
        "nothing.mid": "empty",
        "tracks.mid": "too large",
        "large.mid": "too large",
    }
    assert built.counts["kept"] == SONGS
    assert sum(built.counts["dropped"].values()) == len(bad)


def test_odd_songs_are_kept_as_they_are(tmp_path, smf):
    put(tmp_path / "midi/five.mid", smf.song(1, beats=5))
    put(tmp_path / "midi/no-tempo.mid", smf.song(2, tempo=None))
    built = build([tmp_path / "midi"], tmp_path / "x.dataset", Options(normalise=Normalise(False, False, False)))
    songs = {s.name: s for s in Dataset.read(built.folder).songs()}
    assert songs["five"].beats_per_bar == 5
    assert songs["no-tempo"].bpm == 120.0
    assert {line.name for line in Dataset.read(built.folder).lines()} == {"no-tempo"}
    odd = {name: " ".join(f["found"]["odd"]) for name, f in files(built.folder).items()}
    assert "in 5/4: networks that write melodies learn from 4/4 alone" in odd["five.mid"]
    assert "no tempo is written: 120 beats a minute are assumed" in odd["no-tempo.mid"]


def test_of_files_that_are_alike_one_is_kept(midi, tmp_path, smf):
    put(midi / "b/same.mid", smf.song(0))
    put(midi / "b/higher.mid", smf.song(1, transposed=3, tempo=600_000))
    built = build([midi], tmp_path / "x.dataset", Options(), workers=2)
    found = files(built.folder)
    assert found["b/same.mid"]["reason"] == "it has the same bytes as a/00.mid"
    pair = [found["b/higher.mid"], found["b/01.mid"]]
    assert sorted(f["kept"] for f in pair) == [False, True]
    (gone,) = (f for f in pair if not f["kept"])
    assert gone["why"] == "duplicate"
    assert gone["reason"] == f"it is the same music as {gone['twin']}"
    assert len(Dataset.read(built.folder)) == SONGS


def test_duplicates_that_are_kept_share_a_split(midi, tmp_path, smf):
    for n in range(8):
        put(midi / f"c/{n}.mid", smf.song(0, transposed=n % 4))
    built = build([midi], tmp_path / "x.dataset", Options(drop_duplicates=False), workers=2)
    found = files(built.folder)
    assert built.counts["kept"] == SONGS + 8
    assert len({found[f"c/{n}.mid"]["split"] for n in range(8)} | {found["a/00.mid"]["split"]}) == 1


def test_duplicates_that_are_kept_are_counted_and_named(midi, tmp_path, smf):
    put(midi / "b/same.mid", smf.song(0))
    built = build([midi], tmp_path / "x.dataset", Options(drop_duplicates=False), workers=2)
    found = files(built.folder)
    assert {name: f["twin"] for name, f in found.items() if "twin" in f} == {"b/same.mid": "a/00.mid"}
    assert found["b/same.mid"]["kept"]
    told = survey(Dataset.read(built.folder))
    assert "1 song is there more than once: 1 further file, kept in the same split" in (text := page(told))
    assert '<td>a/00.mid</td><td class="why">b/same.mid</td>' in text
    assert "copies that were found and kept, each in the split of its twin: 1." in sheet(told)


def test_another_seed_splits_in_another_way(midi, tmp_path):
    build([midi], tmp_path / "x.dataset", Options(), workers=2)
    build([midi], tmp_path / "y.dataset", Options(seed=5), workers=2)
    x, y = (Dataset.read(tmp_path / f"{n}.dataset") for n in "xy")
    assert [s.split for s in y.songs()] == [fold(s.name, 5) for s in y.songs()]
    assert [s.split for s in x.songs()] != [s.split for s in y.songs()]
    assert y.manifest["options"]["seed"] == 5


def test_what_is_normalised_stands_in_the_manifest(midi, tmp_path):
    plain = build([midi], tmp_path / "x.dataset", Options(normalise=Normalise(velocity=False)), workers=2)
    done = build([midi], tmp_path / "y.dataset", Options(), workers=2)
    assert json.loads((plain.folder / "manifest.json").read_text("utf-8"))["options"]["normalise"]["velocity"] is False
    changes = [[c for c in f["found"]["changes"] if "velocities" in c] for f in files(done.folder).values()]
    assert all(changes)
    assert not any("velocities" in c for f in files(plain.folder).values() for c in f["found"]["changes"])


def test_licences_go_by_the_longest_path_that_fits(midi, tmp_path):
    table = tmp_path / "licences.csv"
    table.write_text("path,licence\na,CC-BY-4.0\na/00.mid,CC0-1.0\n", "utf-8")
    built = build([midi], tmp_path / "x.dataset", Options(licences=read_licences(table)), workers=2)
    licences = {name: f["licence"] for name, f in files(built.folder).items()}
    assert (licences["a/00.mid"], licences["a/02.mid"], licences["b/01.mid"]) == ("CC0-1.0", "CC-BY-4.0", "unknown")


@pytest.mark.parametrize("text", ["a\n", "a,\n", "a,b,c\n", "\0"])
def test_a_table_of_licences_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "l.csv").write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"l\.csv"):
        read_licences(tmp_path / "l.csv")


def test_a_licence_for_a_file_that_is_not_there_is_refused(midi, tmp_path):
    with pytest.raises(InputError, match="licences are given for 'c', and no such file was found"):
        build([midi], tmp_path / "x.dataset", Options(licences={"c": "CC0-1.0"}))


def test_a_dataset_that_is_there_is_replaced_only_when_asked(midi, tmp_path):
    out = tmp_path / "x.dataset"
    put(out / "letter.txt", b"dear")
    with pytest.raises(OutputError, match="is there and not empty; choose another name, or say --force"):
        build([midi], out, Options())
    build([midi], out, Options(), workers=2, force=True)
    assert len(Dataset.read(out)) == SONGS
    assert (out / "letter.txt").read_bytes() == b"dear"


def test_the_dataset_may_lie_among_the_files_but_not_around_them(midi, tmp_path):
    build([midi], midi / "x.dataset", Options(), workers=2)
    with pytest.raises(OutputError, match="holds the files to read; choose another name"):
        build([midi], tmp_path, Options(), force=True)
    assert len(Dataset.read(midi / "x.dataset")) == SONGS


def test_a_folder_with_nothing_usable_is_told_in_a_line_and_leaves_nothing(tmp_path, smf):
    put(tmp_path / "midi/a.mid", b"")
    with pytest.raises(
        InputError, match=r"^the only MIDI file below .* cannot be learned from \(a\.mid: it is empty\)"
    ):
        build([tmp_path / "midi"], tmp_path / "x.dataset", Options())
    for n in range(4):
        put(tmp_path / f"midi/{n}.mid", smf.file(smf.track(smf.note(60 + n))))
    with pytest.raises(InputError, match=r"^none of 5 MIDI files .*; and 2 more\); name a folder with songs$"):
        build([tmp_path / "midi"], tmp_path / "x.dataset", Options(), workers=1)
    assert [p.name for p in tmp_path.iterdir()] == ["midi"]


@pytest.mark.parametrize("missing", ["symusic", "matplotlib"])
def test_without_an_extra_nothing_is_begun(midi, tmp_path, monkeypatch, missing):
    def lacking(name):
        if name == missing:
            raise ModuleNotFoundError(name)

    monkeypatch.setattr(module.read, "import_module", lacking)
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(PluginError, match=rf"needs {missing}; install it with: pip install 'dusktape\[train\]'"):
        build([midi], tmp_path / "x.dataset", Options())
    assert [p.name for p in tmp_path.iterdir()] == ["midi"]


def test_a_negative_seed_is_refused():
    with pytest.raises(InputError, match="a seed is 0 or more, got -1"):
        Options(seed=-1)
