"""An interlude in a file, read while a process of its own writes it."""

from __future__ import annotations

import errno
import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from dusktape.core.errors import InputError, OutputError
from dusktape.radio import spool
from dusktape.radio.interlude import Interlude
from dusktape.radio.naming import titles
from dusktape.radio.spool import Spool

RATE = 44_100
OFF = [f"{part}.on=false" for part in ("lead", "pad", "drums", "bass", "guest", "room", "riser", "air")]
SPEC = {"recipe": "dusk", "seed": 3, "minutes": 0.5, "settings": ["composer=rules", *OFF], "gain_db": 1.0, "out": 5}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a station that has one interlude, all of it."""
    folder = tmp_path_factory.mktemp("interludes")
    one = Spool(folder, SPEC)
    one.read(int(one.told(60.0)["frames"]) - 1, 1, 60.0)
    wait(lambda: one.whole)
    one.close()
    return folder


def wait(true) -> None:
    last = time.monotonic() + 60.0
    while not true():
        assert time.monotonic() < last
        time.sleep(0.01)


def test_it_is_the_same_as_made_here(written):
    sound = np.concatenate(list(Interlude(SPEC).blocks()), axis=1)
    one = Spool(written, SPEC)
    assert one.told()["frames"] == sound.shape[1]
    assert [one.told()["title"], *one.told()["others"]] == titles(Interlude(SPEC))
    for first, frames in ((0, 100), (RATE - 7, 3 * RATE), (sound.shape[1] - 10, 10)):
        assert np.allclose(one.read(first, frames), sound[:, first : first + frames], atol=1e-6)
    assert np.max(np.abs(sound)) > 0.05


def test_before_and_after_it_is_silence(written):
    one = Spool(written, SPEC)
    frames = one.told()["frames"]
    assert not one.read(-50, 50).any()
    assert not one.read(frames, 50).any()
    assert one.read(frames - 20 * RATE, 20 * RATE + 50)[:, -50:].any() == np.False_


def test_what_is_whole_needs_no_process_and_its_loudness_is_known(written):
    one = Spool(written, SPEC)
    one.read(0, RATE)
    assert one._process is None
    assert -30.0 < one.heard()["lufs"] < -8.0
    assert one.heard()["true_peak_dbtp"] < 0.0


def test_another_seed_is_another_file_and_a_seam_is_not(written):
    assert Spool(written, SPEC | {"gain_db": 0.0, "offset": 9}).whole
    assert not Spool(written, SPEC | {"seed": 4}).whole


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills with SIGKILL")
def test_a_process_that_is_killed_is_followed_by_one_that_writes_the_same(tmp_path, written):
    one = Spool(tmp_path, SPEC)
    one.read(0, 1, 60.0)
    process = one._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    frames = one.told()["frames"]
    got, whole = one.read(frames - 3 * RATE, 3 * RATE, 60.0), Spool(written, SPEC).read(frames - 3 * RATE, 3 * RATE)
    assert np.allclose(got, whole, atol=1e-6)
    one.close()


def test_it_ends_when_it_is_let_go(tmp_path):
    one = Spool(tmp_path, SPEC)
    one.read(0, 1, 60.0)
    process = one._process
    one.close()
    assert process is not None and process.returncode is not None


def test_a_recipe_that_is_not_there_is_told_in_one_line(tmp_path):
    one = Spool(tmp_path, SPEC | {"recipe": "nosuchrecipe"})
    with pytest.raises(InputError, match=r"interlude cannot be made: .*nosuchrecipe"):
        one.read(0, 1, 60.0)
    one.close()


def test_what_does_not_come_is_not_waited_for_for_ever(tmp_path):
    with pytest.raises(InputError, match="very busy"):
        Spool(tmp_path, SPEC).read(0, 1, 0.0)


def test_old_ones_are_removed_and_one_that_was_opened_is_not(tmp_path):
    Spool(tmp_path, SPEC), Spool(tmp_path, SPEC | {"seed": 4})
    for folder in tmp_path.iterdir():
        os.utime(folder, (1.0, 1.0))
    Spool(tmp_path, SPEC)
    spool.sweep(tmp_path)
    assert [json.loads((folder / "spec.json").read_text())["seed"] for folder in tmp_path.iterdir()] == [3]


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing_half(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match=r"the disk is full"):
        Spool(tmp_path, SPEC)
    assert [list(folder.iterdir()) for folder in tmp_path.iterdir()] == [[]]
