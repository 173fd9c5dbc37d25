from __future__ import annotations

import struct

import pytest

from dusktape.core.errors import InputError
from dusktape.io import soundfont
from dusktape.io.soundfont import Preset, presets

from .. import sounds


@pytest.mark.parametrize("vorbis", [False, True])
def test_presets_are_listed_by_bank_and_program(tmp_path, vorbis):
    path = sounds.font(tmp_path / "a.sf2", ((8, 3, "Late"), (0, 4, "Early"), (128, 0, "Kit")), vorbis=vorbis)
    assert presets(path) == (Preset(0, 4, "Early"), Preset(8, 3, "Late"), Preset(128, 0, "Kit"))


def test_any_font_that_is_cut_off_is_refused_in_one_line(tmp_path):
    whole = sounds.font(tmp_path / "a.sf2").read_bytes()
    cut = tmp_path / "cut.sf2"
    for length in [0, 3, 11, 12, 40, *range(100, len(whole), 997), len(whole) - 1]:
        cut.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"cut\.sf2' is (no|a broken) SoundFont") as refused:
            presets(cut)
        assert "\n" not in str(refused.value)


def test_no_damaged_byte_gets_past_the_tables_as_anything_but_a_line(tmp_path):
    whole = bytearray(sounds.font(tmp_path / "a.sf2").read_bytes())
    first = whole.index(b"pdta")
    hurt = tmp_path / "hurt.sf2"
    for place in range(first, len(whole), 3):
        data = bytearray(whole)
        data[place] = 0xFF
        hurt.write_bytes(data)
        try:
            assert presets(hurt)
        except InputError as refused:
            assert "\n" not in str(refused)


@pytest.mark.parametrize(
    ("table", "offset", "what"),
    [
        (b"igen", 6, "igen points beyond shdr"),
        (b"pgen", 2, "pgen points beyond inst"),
        (b"pbag", 4, "pbag points beyond pgen"),
        (b"shdr", 24, "samples reach beyond the end"),
    ],
)
def test_a_table_that_points_to_nowhere_is_named(tmp_path, table, offset, what):
    data = bytearray(sounds.font(tmp_path / "a.sf2").read_bytes())
    at = data.index(table) + 8 + offset
    data[at : at + 2] = b"\xff\xf0"
    (tmp_path / "bad.sf2").write_bytes(data)
    with pytest.raises(InputError, match=what):
        presets(tmp_path / "bad.sf2")


def test_a_font_that_is_too_large_is_refused_without_being_read(tmp_path):
    path = tmp_path / "huge.sf2"
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 0x7FFFFFF0) + b"sfbk")
        file.truncate(2 << 30)  # a hole: no bytes on the disk
    with pytest.raises(
        InputError, match=r"huge\.sf2' is no SoundFont that we can play: it has 2\.15 GB, and we go to 1;"
    ):
        presets(path)


def test_a_chunk_that_claims_to_be_long_costs_no_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(soundfont, "_LARGEST_TABLE", 64)
    with pytest.raises(InputError, match="table phdr has 114 bytes"):
        presets(sounds.font(tmp_path / "a.sf2"))


def test_what_is_no_font_and_what_is_not_there_are_told_apart(tmp_path):
    (tmp_path / "a.sf2").write_bytes(b"something else entirely")
    with pytest.raises(InputError, match="does not begin like one"):
        presets(tmp_path / "a.sf2")
    with pytest.raises(InputError, match="cannot be read: No such file"):
        presets(tmp_path / "b.sf2")
