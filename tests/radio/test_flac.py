from __future__ import annotations

from pathlib import Path

import numpy as np

from dusktape.core.seed import Seed
from dusktape.io.audiofile import AudioWriter
from dusktape.io.tags import Tags
from dusktape.radio.flac import cover_in


def written(path: Path, tags: Tags | None) -> Path:
    with AudioWriter(path, seed=Seed(1), tags=tags) as writer:
        writer.write(np.zeros((2, 100), np.float32))
        return writer.close()


def test_the_cover_comes_out_as_it_went_in(tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0" + bytes(range(256))
    assert cover_in(written(tmp_path / "a.flac", Tags(title="A", cover=picture))) == picture


def test_a_file_without_a_cover_has_none(tmp_path: Path) -> None:
    assert cover_in(written(tmp_path / "a.flac", None)) == b""
    (tmp_path / "b.flac").write_bytes(b"RIFF")
    assert cover_in(tmp_path / "b.flac") == b""
