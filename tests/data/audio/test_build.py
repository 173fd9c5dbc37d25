from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dusktape.core.errors import InputError, OutputError
from dusktape.data.audio import build as module
from dusktape.data.audio.build import PARTIAL, build
from dusktape.data.audio.cut import PEAK_DB
from dusktape.data.audio.options import Options
from dusktape.data.sounds import SoundDataset
from dusktape.data.split import fold

from . import sounds

HITS = 6
RATE = 16_000

STOPPED = """
import os, signal, sys
from pathlib import Path
from dusktape.data.audio import build
from dusktape.data.audio.options import Options
def progress(stage, share):
    if stage == sys.argv[3] and share >= 0.5:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
build.build([Path(sys.argv[1])], Path(sys.argv[2]), Options(16_000, cut="oneshots"), workers=1, progress=progress)
"""

FULL = """
import errno
from dusktape.data.audio import worker
from dusktape.io import audiofile
made = []
class Full(audiofile.AudioWriter):
    def close(self):
        if len(made) == 2:
            self._guarded(self._no_room)
        made.append(self.path)
        return super().close()
    def _no_room(self):
        raise OSError(errno.ENOSPC, "No space left on device")
worker.AudioWriter = Full
worker.main()
"""


@pytest.fixture(autouse=True)
def _undescribed(monkeypatch):
    """No pictures: they have tests of their own, and take a while."""
    monkeypatch.setattr(module, "describe", lambda folder, found: None)


@pytest.fixture
def drums(tmp_path):
    """Six hits in two folders."""
    for seed in range(HITS):
        sounds.put(tmp_path / "drums" / ("kicks" if seed % 2 else "snares") / f"{seed}.wav", sounds.hit(seed))
    return tmp_path / "drums"


def options(**more) -> Options:
    return Options(**{"sample_rate": RATE, "cut": "oneshots", **more})


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def files(folder: Path) -> dict[str, dict]:
    return {f["file"]: f for f in json.loads((folder / "manifest.json").read_text("utf-8"))["files"]}


def test_a_folder_of_hits_becomes_a_dataset(drums, tmp_path):
    built = build([drums], tmp_path / "x.dataset", options(licence="CC0-1.0"), workers=2)
    data = SoundDataset.read(built.folder)
    assert (data.sample_rate, data.channels, data.labels) == (RATE, 1, ("kick", "snare"))
    assert [c.file for c in data.clips] == sorted(f"{'kicks' if n % 2 else 'snares'}/{n}.wav" for n in range(HITS))
    assert {c.licence for c in data.clips} == {"CC0-1.0"}
    moved = [c.file for c in data.clips if c.split != fold(c.file.removesuffix(".wav"))]
    empty = {"train", "valid", "test"} - {fold(c.file.removesuffix(".wav")) for c in data.clips}
    assert {c.split for c in data.clips} == {"train", "valid", "test"}
    assert len(moved) == len(empty), "no more than what was empty is filled"
    for clip in data.clips:
        assert np.abs(data.load(clip)).max() == pytest.approx(10.0 ** (PEAK_DB / 20.0), abs=1e-3)
    entry = files(built.folder)["kicks/1.wav"]
    assert (entry["kept"], entry["clips"], entry["found"]["rate"]) == (True, 1, sounds.RATE)
    assert entry["changes"] == ["its peaks brought to -1 dB of full scale", "resampled from 22,050 Hz"]
    assert built.counts["labels"] == {"kick": 3, "snare": 3}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["drums", "x.dataset"]


def test_the_number_of_workers_and_the_place_change_no_byte(drums, tmp_path):
    one = build([drums], tmp_path / "one.dataset", options(), workers=1)
    (tmp_path / "moved").mkdir()
    drums.rename(tmp_path / "moved" / "drums")
    two = build([tmp_path / "moved" / "drums"], tmp_path / "two.dataset", options(), workers=2)
    assert content(one.folder) == content(two.folder)


@pytest.mark.parametrize(
    ("stage", "told"),
    [("measuring", ["3 of 6 files were measured by an earlier call that was stopped; going on"]),
     ("cutting", ["6 of 6 files were measured by an earlier call that was stopped; going on",
                  "3 of 6 files were cut by it, too"])],
)  # fmt: skip
def test_a_call_that_was_killed_is_gone_on_with_and_ends_the_same(drums, tmp_path, stage, told):
    out = tmp_path / "x.dataset"
    subprocess.run([sys.executable, "-c", STOPPED, drums, out, stage], check=False, env={**os.environ})
    assert not out.exists()
    assert list(Path(f"{out}{PARTIAL}").iterdir())
    said: list[str] = []
    build([drums], out, options(), workers=1, say=said.append)
    assert said == told
    whole = build([drums], tmp_path / "whole.dataset", options(), workers=1)
    assert content(out) == content(whole.folder)
    assert not Path(f"{out}{PARTIAL}").exists()


def test_a_full_disk_is_one_line_and_what_was_done_is_kept(drums, tmp_path, monkeypatch):
    out = tmp_path / "x.dataset"
    with monkeypatch.context() as patch:
        patch.setattr(module.worker, "COMMAND", (sys.executable, "-c", FULL))
        with pytest.raises(OutputError, match="the disk is full; free some space"):
            build([drums], out, options(), workers=1)
    assert not out.exists()
    said: list[str] = []
    build([drums], out, options(), workers=1, say=said.append)
    assert "2 of 6 files were cut by it, too" in said


def test_a_disk_that_fills_up_while_the_dataset_is_written_is_one_line(drums, tmp_path, monkeypatch):
    def no_room(*paths):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.os, "link", no_room)
    monkeypatch.setattr(module.shutil, "copyfile", no_room)
    with pytest.raises(OutputError, match=r"x\.dataset': the disk is full"):
        build([drums], tmp_path / "x.dataset", options(), workers=1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["drums", "x.dataset.partial"]


def test_bad_files_are_left_out_with_the_reason_and_the_others_are_not(drums, tmp_path):
    (drums / "zero.wav").touch()
    (drums / "text.wav").write_text("dear diary\n" * 50)
    spoiled = sounds.hit(40)
    spoiled[5] = np.nan
    sounds.put(drums / "nan.wav", spoiled, subtype="FLOAT")
    sounds.put(drums / "silent.wav", np.zeros(4000, np.float32))
    sounds.put(drums / "eight.wav", sounds.hit(41), subtype="PCM_U8")
    sounds.put(drums / "fast.wav", sounds.hit(42, rate=192_000), 192_000)
    sounds.put(drums / "many.wav", np.stack([sounds.hit(43)] * 32))
    steps = np.rint(32767 * sounds.hit(50)).astype(np.int16)
    sounds.put(drums / "same.wav", steps)
    sounds.put(drums / "again.flac", steps)
    found = files(build([drums], tmp_path / "x.dataset", options(), workers=2).folder)
    assert {name: f["why"] for name, f in found.items() if not f["kept"]} == {
        "zero.wav": "empty", "text.wav": "broken", "nan.wav": "broken",
        "silent.wav": "silent", "same.wav": "duplicate",
    }  # fmt: skip
    assert found["same.wav"]["reason"] == "it has the same samples as again.flac"
    assert found["silent.wav"]["reason"] == "all its samples are 0: it is silent"
    assert "bits" in found["eight.wav"]["flags"]
    assert "32 channels folded to 1" in found["many.wav"]["changes"]
    assert "resampled from 192,000 Hz" in found["fast.wav"]["changes"]


def test_copies_share_a_split_and_can_be_dropped(drums, tmp_path):
    for k in range(4):
        sounds.put(drums / f"copy{k}.wav", (0.5 - 0.1 * k) * sounds.hit(2))
    kept = files(build([drums], tmp_path / "x.dataset", options(), workers=1).folder)
    copies = {name: f for name, f in kept.items() if "near-duplicate" in f["flags"]}
    assert len(copies) == 4
    group = {"snares/2.wav", *(f"copy{k}.wav" for k in range(4))}
    assert len({kept[name]["split"] for name in group}) == 1
    dropped = build([drums], tmp_path / "y.dataset", options(drop=("near-duplicate",)), workers=1)
    assert dropped.counts["dropped"] == {"near-duplicate": 4}
    assert dropped.counts["kept"] == HITS


def test_duplicates_that_are_kept_share_a_split(drums, tmp_path):
    for k in range(4):
        sounds.put(drums / f"same{k}.wav", sounds.hit(2))
    found = files(build([drums], tmp_path / "x.dataset", options(drop_duplicates=False), workers=1).folder)
    same = [f for f in found.values() if f["found"]["audio_sha256"] == found["same0.wav"]["found"]["audio_sha256"]]
    assert len(same) == 5
    assert len({f["split"] for f in same}) == 1


def test_long_files_are_cut_into_fixed_lengths_when_nobody_says(tmp_path):
    sounds.put(tmp_path / "in" / "a.wav", sounds.hiss(9.0))
    said: list[str] = []
    built = build([tmp_path / "in"], tmp_path / "x.dataset", options(cut="", seconds=2.0), workers=1, say=said.append)
    assert said == ["cut as fixed lengths: most files are long (--cut fixed)"]
    data = SoundDataset.read(built.folder)
    assert [(c.frames, c.start_s) for c in data.clips] == [(2 * RATE, 2.0 * k) for k in range(4)]


def test_what_cannot_be_done_is_refused(drums, tmp_path):
    with pytest.raises(InputError, match="there is no folder 'nowhere'; name one with sound files"):
        build([Path("nowhere")], tmp_path / "x.dataset", options())
    (tmp_path / "x.dataset").mkdir()
    (tmp_path / "x.dataset" / "letter.txt").touch()
    with pytest.raises(OutputError, match="is there and not empty; choose another name, or say --force"):
        build([drums], tmp_path / "x.dataset", options())
    with pytest.raises(OutputError, match="holds the files to read"):
        build([drums], drums, options(), force=True)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.wav").write_text("no")
    with pytest.raises(
        InputError, match=r"the only sound file below .* cannot be learned from \(a\.wav: it is no sound"
    ):
        build([tmp_path / "bad"], tmp_path / "y.dataset", options(), workers=1)
    assert not (tmp_path / "y.dataset.partial").exists()


def test_without_ffmpeg_foreign_files_are_named_and_the_rest_goes_on(drums, tmp_path, monkeypatch):
    (drums / "a.m4a").write_bytes(b"anything")
    monkeypatch.setattr(module.source, "ffmpeg", lambda: None)
    built = build([drums], tmp_path / "x.dataset", options(), workers=1)
    assert files(built.folder)["a.m4a"]["reason"].endswith("install ffmpeg, or convert it to .flac or .wav")
    assert built.counts["kept"] == HITS
