"""A decoder's remarks on a damaged MP3 stay off stderr, and nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Barrier, Thread

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import InputError
from dusktape.data.audio.source import FileError, opened
from dusktape.evaluate.sound import source as measured
from dusktape.io import recording
from dusktape.io.hush import hushed
from dusktape.io.sound import SoundReader

RATE = 44_100


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "noise.mp3"
    soundfile.write(path, 0.2 * np.random.default_rng(1).standard_normal((4 * RATE, 2)), RATE, format="MP3")
    return path.read_bytes()


def torn(data: bytes) -> bytes:
    damaged = bytearray(data)
    for place in np.random.default_rng(2).integers(2_000, len(data), 300):
        damaged[place] ^= 0x5A
    return bytes(damaged)


def read_by_all(path: Path) -> None:
    """Read a file as a user's sound, as one to be treated, to be measured, and to be learned from."""
    reads = (
        lambda: recording.read(path, sample_rate=RATE, seconds=9.0),
        lambda: recording.check_heard(path, seconds=9.0),
        lambda: list(SoundReader(path).blocks()),
        lambda: measured.read(path, rate=None),
        lambda: learned(path),
    )
    for read in reads:
        try:
            read()
        except (InputError, FileError):
            continue


def learned(path: Path) -> None:
    with opened(path) as file:
        list(file.blocks)


@pytest.mark.parametrize("cut", [417, 700, 1_500, 30_000, 0])
def test_an_mp3_that_is_cut_off_or_damaged_is_read_without_a_word_from_the_decoder(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], whole: bytes, cut: int
) -> None:
    path = tmp_path / "cut.mp3"
    path.write_bytes(whole[:cut] if cut else torn(whole))
    with suppress(soundfile.LibsndfileError):
        soundfile.read(path)
    assert capfd.readouterr().err  # what is to be kept quiet
    read_by_all(path)
    assert capfd.readouterr().err == ""


def test_what_others_say_meanwhile_comes_afterwards(capfd: pytest.CaptureFixture[str]) -> None:
    with hushed():
        os.write(2, b"[src/libmpg123/layer3.c:do():1804] error: dequantization failed!\n\nNote: Trying to resync...\n")
        with hushed():
            os.write(2, b"first\n\rsecond")
        os.write(2, b"\r      \r")
        assert capfd.readouterr().err == ""
    assert capfd.readouterr().err == "first\n\rsecond\r      \r"
    os.write(2, b"third")
    assert capfd.readouterr().err == "third"


def test_threads_may_be_hushed_at_once(capfd: pytest.CaptureFixture[str]) -> None:
    inside = Barrier(4, timeout=20.0)

    def talk(name: int) -> None:
        for _ in range(20):
            with hushed():
                inside.wait()
                os.write(2, b"%d\n" % name)

    threads = [Thread(target=talk, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(capfd.readouterr().err.split()) == sorted("0123" * 20)


def test_without_a_stderr_a_file_is_read_as_well(tmp_path: Path, whole: bytes) -> None:
    (tmp_path / "torn.mp3").write_bytes(torn(whole))
    script = (
        "import os; os.close(2); from pathlib import Path; from dusktape.io.recording import read; "
        "print(read(Path('torn.mp3'), sample_rate=44100, seconds=9.0).shape[1] > 9000)"
    )
    said = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, text=True, timeout=60)
    assert said.stdout == "True\n"


def test_lofi_of_an_mp3_that_is_cut_off_says_its_own_line_alone(tmp_path: Path, whole: bytes) -> None:
    (tmp_path / "cut.mp3").write_bytes(whole[:700])
    told = (sys.executable, "-c", "from dusktape.cli import main; main()", "lofi", "cut.mp3", "--no-drums")
    said = subprocess.run(told, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert said.returncode == 1
    assert len(said.stderr.splitlines()) == 1
    assert said.stderr.startswith("dusktape: ")
