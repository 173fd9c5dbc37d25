from __future__ import annotations

import pytest

from dusktape.core.errors import InputError
from dusktape.radio.outputs.address import KEY, PASSWORD, address


def test_an_icecast_address_is_taken_apart():
    found = address("icecast://source:se%40same@radio.example:8005/lofi.opus?format=opus&bitrate=96", {})
    assert (found.host, found.port, found.path) == ("radio.example", 8005, "/lofi.opus")
    assert (found.user, found.password) == ("source", "se@same")
    assert dict(found.options) == {"format": "opus", "bitrate": "96"}
    assert not found.secure


def test_what_is_shown_holds_no_secret():
    assert address("icecast://source:sesame@radio.example/lofi", {}).shown == "icecast://radio.example:8000/lofi"
    found = address("rtmp://live.example/app/secret?token=also#rate=12", {})
    assert found.shown == "rtmp://live.example:1935/app/..."
    assert "sesame" not in repr(address("icecast://source:sesame@radio.example/lofi", {}))


def test_secrets_may_come_from_the_environment():
    assert address("icecast://radio.example/lofi", {PASSWORD: "sesame"}).password == "sesame"
    assert address("rtmp://live.example/app", {KEY: "secret"}).path == "/app/secret"


def test_a_question_mark_belongs_to_the_stream_key_and_the_hash_to_us():
    found = address("rtmps://live.example/app/key?token=1#size=640x360&rate=12", {})
    assert found.path == "/app/key?token=1"
    assert dict(found.options) == {"size": "640x360", "rate": "12"}
    assert found.secure
    assert found.port == 443


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://radio.example/lofi", "'http'"),
        ("icecats://source:x@radio.example/lofi", "icecast"),
        ("", "icecast://source"),
        ("icecast:///lofi", "names a host"),
        ("icecast://source:x@radio.example", "names a mount"),
        ("icecast://source:x@radio.example/a%0d%0ab", "names a mount"),
        ("icecast://radio.example/lofi", "no password"),
        ("icecast://source:x@radio.example/lofi?bitrat=3", "'bitrat'"),
        ("icecast://source:x@radio.example:port/lofi", "cannot be read"),
        ("icecast://source:x@radio.example:99999/lofi", "port in an output's address is out of range; give 1 to 65535"),
        ("rtmp://live.example:0/app/key", "port in an output's address is out of range; give 1 to 65535"),
        ("rtmp://live.example/app", "application and a key"),
        ("rtmp://live.example/app/key#fps=9", "'fps'"),
        ("rtmp://live.example/app/key#rate=x", "got 'x'"),
        ("icecast://source:x@radio.example/lofi?format=aac", "there is mp3, opus"),
        ("icecast://source:x@radio.example/lofi?format=opus&bitrate=8", "for Opus 32 to 320"),
        ("icecast://source:x@radio.example/lofi?bitrate=129", "got '129'"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(url, says):
    with pytest.raises(InputError) as told:
        address(url, {})
    assert says in str(told.value)
    assert "\n" not in str(told.value)
    assert ":x@" not in str(told.value)
