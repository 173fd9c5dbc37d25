from __future__ import annotations

import pytest

from dusktape.radio.outputs import amf


def test_values_come_back():
    values = ["connect", 1.0, {"app": "live", "ok": True, "in": {"deep": None}}, None, False, -2.5, "雨"]
    assert amf.decode(amf.encode(*values)) == values


def test_a_command_is_written_as_the_specification_says():
    assert amf.encode("a", 1, None) == b"\x02\x00\x01a" + b"\x00\x3f\xf0" + bytes(6) + b"\x05"
    assert amf.encode({"b": True}) == b"\x03\x00\x01b\x01\x01\x00\x00\x09"


def test_an_array_of_names_reads_as_an_object():
    assert amf.decode(b"\x08\x00\x00\x00\x01\x00\x01w\x01\x01\x00\x00\x09") == [{"w": True}]


@pytest.mark.parametrize("data", [b"\x02\x00\x09a", b"\x00\x01", b"\x03\x00", b"\x11", b"\x03\x00\x01a\x01\x01"])
def test_what_is_cut_off_or_unknown_is_an_error(data):
    with pytest.raises(ValueError, match="AMF"):
        amf.decode(data)
