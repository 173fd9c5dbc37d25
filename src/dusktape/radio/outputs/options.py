"""What an output's address may ask for beside its place: format and bitrate of sound, size and rate of pictures."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from dusktape.core.errors import InputError, PluginError, suggestion

FORMATS: Final = {"mp3": 192, "opus": 128}
"""Formats of an Icecast stream, and the kbit/s of each where none are named."""

MP3_KBPS: Final = (64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
SIZE: Final = (854, 480)
RATE: Final = 24

_INSTALL: Final = "install it with: pip install 'dusktape[stream]'"


def sound(options: Mapping[str, str]) -> tuple[str, int]:
    """Return format and kbit/s of an Icecast stream.

    Raises
    ------
    InputError
        If there is no such format or bitrate.
    """
    name = options.get("format", "mp3")
    if name not in FORMATS:
        raise InputError(f"there is no format {name!r} for Icecast{suggestion(name, FORMATS)}")
    told = options.get("bitrate", str(FORMATS[name]))
    kbps = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None
    if name == "mp3" and kbps not in MP3_KBPS:
        raise InputError(
            f"bitrate is in kbit/s, for MP3 one of {', '.join(map(str, MP3_KBPS))}, got {told!r}; "
            f"give one, as in bitrate={FORMATS[name]}"
        )
    if kbps is None or not 32 <= kbps <= 320:
        raise InputError(
            f"bitrate is in kbit/s, for Opus 32 to 320, got {told!r}; give one, as in bitrate={FORMATS[name]}"
        )
    return name, kbps


def picture(options: Mapping[str, str]) -> tuple[tuple[int, int], int]:
    """Return size in pixels and pictures a second of live video.

    Raises
    ------
    InputError
        If it cannot be so large, small, fast or slow.
    """
    size, rate = SIZE, RATE
    if (told := options.get("size")) is not None:
        size = _size(told)
    if (told := options.get("rate")) is not None:
        if not (told.isascii() and told.isdigit() and 5 <= int(told[:4]) <= 30):
            raise InputError(f"rate is 5 to 30 pictures a second, got {told!r}; give one, as in rate={RATE}")
        rate = int(told)
    return size, rate


def _size(text: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    if len(parts) == 2 and all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts):
        width, height = int(parts[0]), int(parts[1])
        if 160 <= width <= 1920 and 90 <= height <= 1080 and width % 2 == height % 2 == 0:
            return width, height
    raise InputError(
        f"size is WIDTHxHEIGHT, both even, 160x90 to 1920x1080, got {text!r}; give one, as in size={SIZE[0]}x{SIZE[1]}"
    )


def check_installed(scheme: str, options: Mapping[str, str]) -> None:
    """Refuse an output that needs what is not installed.

    Raises
    ------
    PluginError
        Naming what is missing, and how to get it.
    """
    needs: tuple[tuple[str, str], ...] = ()
    if scheme.startswith("rtmp"):
        needs = (("av", "live video needs PyAV"), ("py_mini_racer", "live video needs a JavaScript engine"))
    elif options.get("format") == "opus":
        needs = (("av", "an Opus stream needs PyAV"),)
    for module, what in needs:
        if find_spec(module) is None:
            raise PluginError(f"{what}; {_INSTALL}")
