from __future__ import annotations

from pathlib import Path

import pytest

from dusktape.core.errors import InputError
from dusktape.io import toml


def test_what_was_written_is_read(tmp_path: Path) -> None:
    data = {"bpm": 78.5, "key": "F# minor", "parts": {"keys": {"drive_db": -3.0, "names": ["é", "夜"]}}}
    (tmp_path / "a.toml").write_text(toml.dumps(data), encoding="utf-8")
    assert toml.read(tmp_path / "a.toml") == data


def test_a_mistake_is_named_with_file_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('bpm = 80\nkey == "C"\n')
    with pytest.raises(InputError, match=r"bad\.toml', line 2, column 6: ") as caught:
        toml.read(tmp_path / "bad.toml")
    assert "\n" not in str(caught.value)


def test_a_mistake_at_the_end_has_a_place_too() -> None:
    with pytest.raises(InputError, match=r"'here', line 2, column 5"):
        toml.loads("bpm = 80\nkey=", where="here")
    with pytest.raises(InputError, match=r"'here', line 2, column 7"):
        toml.loads("bpm = 80\nkey=[1", where="here")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "bom.toml").write_bytes(b"\xef\xbb\xbfbpm = 80\r\n")
    assert toml.read(tmp_path / "bom.toml") == {"bpm": 80}


def test_other_encodings_are_told_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'a = 1\ntitle = "caf\xe9"\n')
    with pytest.raises(InputError, match=r"latin\.toml', line 2: this is not UTF-8"):
        toml.read(tmp_path / "latin.toml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml' cannot be read"):
        toml.read(tmp_path / "none.toml")
