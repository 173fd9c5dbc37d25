"""What passes for an MP3 is looked at before a decoder is asked, for that talks on stderr."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.io.mpeg import frame_bytes, is_torn
from dusktape.io.recording import examine

from .. import sounds

TAG = b"ID3\x04\x00\x00\x00\x00\x02\x00" + bytes(256)


@pytest.mark.parametrize(
    ("header", "size"),
    [
        (b"\xff\xfb\x90\x00", 417),  # MPEG-1, layer III, 128 kbit/s, 44.1 kHz
        (b"\xff\xfb\x92\x00", 418),
        (b"\xff\xf3\x40\xc0", 104),  # MPEG-2, layer III, 32 kbit/s, 22.05 kHz
        (b"\xff\xfd\x80\x00", 417),  # MPEG-1, layer II, 128 kbit/s
        (b"\xff\xff\x40\x00", 136),  # MPEG-1, layer I, 128 kbit/s
        (b"\xff\xeb\x90\x00", 0),
        (b"\xff\xfb\xf0\x00", 0),
        (b"\xff\xfb\x9c\x00", 0),
        (b"some", 0),
        (b"\xff\xfb", 0),
    ],
)
def test_a_frame_is_as_long_as_its_header_says(header: bytes, size: int) -> None:
    assert frame_bytes(header) == size


@pytest.mark.parametrize("rate", [44_100, 48_000, 22_050, 11_025])
@pytest.mark.parametrize("before", [b"", TAG, TAG + TAG, b"junk \xff\xfb"])
def test_what_is_an_mp3_is_left_to_the_decoder(tmp_path: Path, rate: int, before: bytes) -> None:
    path = sounds.rain(tmp_path / "rain.mp3", 0.5, rate=rate)
    path.write_bytes(before + path.read_bytes())
    assert not is_torn(path)


@pytest.mark.parametrize("ending", [".wav", ".flac", ".ogg", ".aiff"])
def test_another_format_under_the_name_of_an_mp3_is_read(tmp_path: Path, ending: str) -> None:
    path = sounds.rain(tmp_path / f"rain{ending}", 0.5).rename(tmp_path / "rain.mp3")
    assert not is_torn(path)
    assert examine(path).frames > 0


NOISE = np.random.default_rng(3).bytes(90_000)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("text.mp3", b"these are words, and no sound\n" * 50),
        ("long.mp3", b"these are words, and no sound\n" * 9000),
        ("noise.mp3", NOISE),
        ("tag.mp3", TAG),
        ("tag.wav", TAG + b"words" * 300),
        ("sync.wav", b"\xff\xfb\x90\x00" + b"words" * 300),
        ("zeros.mp3", bytes(5000)),
    ],
)
def test_what_only_passes_for_an_mp3_is_refused_without_a_word_from_the_decoder(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, data: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=f"{name}' is no sound file that we can read"):
        examine(path)
    assert capfd.readouterr().err == ""


def test_lofi_of_what_is_no_mp3_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_text("these are words, and no sound\n" * 50)
    told = (sys.executable, "-c", "from dusktape.cli import main; main()", "lofi", "text.mp3")
    said = subprocess.run(told, cwd=tmp_path, capture_output=True, text=True)
    assert said.returncode == 1
    assert len(said.stderr.splitlines()) == 1
