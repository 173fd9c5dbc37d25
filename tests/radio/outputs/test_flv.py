from __future__ import annotations

import pytest

from dusktape.radio.outputs.flv import AUDIO, SCRIPT, VIDEO, Cutter, Tag


def written(*tags: Tag) -> bytes:
    data = b"FLV\x01\x05\x00\x00\x00\x09" + bytes(4)
    for tag in tags:
        head = bytes([tag.kind]) + len(tag.data).to_bytes(3) + (tag.time_ms & 0xFFFFFF).to_bytes(3)
        data += head + bytes([tag.time_ms >> 24]) + bytes(3) + tag.data + (11 + len(tag.data)).to_bytes(4)
    return data


TAGS = [Tag(SCRIPT, 0, b"facts"), Tag(VIDEO, 20, b"\x17\x01picture"), Tag(AUDIO, 0x12345678, b"\xaf\x01")]


@pytest.mark.parametrize("size", [1, 7, 13, 1_000])
def test_tags_are_whole_whatever_the_portions(size):
    cutter = Cutter()
    data = written(*TAGS)
    found = [tag for at in range(0, len(data), size) for tag in cutter.cut(data[at : at + size])]
    assert found == TAGS


def test_headers_and_key_pictures_are_told_apart():
    assert [tag.is_header for tag in TAGS] == [True, False, False]
    assert [tag.is_key for tag in TAGS] == [False, True, False]
    assert Tag(VIDEO, 0, b"\x17\x00settings").is_header
    assert not Tag(VIDEO, 0, b"\x17\x00settings").is_key
    assert Tag(AUDIO, 0, b"\xaf\x00settings").is_header
    assert not Tag(VIDEO, 0, b"\x27\x01picture").is_key
