"""What the scene shows: hour and weather, how loud it is, beat and kick, and the title."""

from __future__ import annotations

import json
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import DusktapeError
from dusktape.core.seed import Seed
from dusktape.radio.nouns import Entry
from dusktape.radio.outputs import options
from dusktape.radio.outputs.address import Address
from dusktape.radio.outputs.follow import Piece
from dusktape.radio.outputs.picture import Frame, Picture
from dusktape.radio.outputs.titles import Titles
from dusktape.radio.state import State

_LOUD_DB, _QUIET_DB = -10.0, -45.0
_KICK_S: Final = 0.16
_SETTINGS_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Moments:
    """Beats and kicks of a track, in frames from its start, in order."""

    beats: Sequence[int] = ()
    kicks: Sequence[int] = ()

    def at(self, frame: float) -> tuple[float, float]:
        """Return beat and kick: 1 when one falls here, then falling to 0."""
        return _phase(self.beats, frame), _decay(self.kicks, frame)


class Stage:
    """Paints what a station shows at each moment of its sound.

    Parameters
    ----------
    state, station
        Which.
    to
        Options `size` and `rate` are read.

    Raises
    ------
    InputError
        If an option cannot be.
    PluginError
        If there is no JavaScript engine.
    """

    def __init__(self, state: State, station: str, to: Address, clock: Callable[[], float] = time.time) -> None:
        self.size, self.rate = options.picture(to.options)
        self._state, self._station, self._clock = state, station, clock
        self._titles = Titles(state, station)
        self._picture = Picture(*self.size, seed=Seed(0).at("scene", station).key % 2**31)
        self._piece = Piece(None, np.zeros((0, 2), np.int16))
        self._first = 0
        self._next = 0
        self._level = 0.0
        self._entry: Entry | None = None
        self._moments = Moments()
        self._sign: Frame | None = None
        self._settings: Mapping[str, Any] = {}
        self._asked = -1e9

    def listen(self, piece: Piece) -> None:
        """Take in the sound of the next pictures."""
        self._first, self._next, self._piece = self._next, self._next + len(piece.sound), piece
        if self._clock() - self._asked >= _SETTINGS_S:
            self._asked = self._clock()
            self._settings = self._state.station(self._station).settings
        if piece.frame is None:
            return
        entry = self._titles.at(piece.frame)
        if entry is not None and (self._entry is None or entry.id != self._entry.id):
            self._moments = _moments(self._state, entry)
            self._sign = _sign(entry.title, self.size)
        self._entry = entry

    def paint(self, number: int) -> Frame:
        """Return the picture of this number."""
        at = number * SAMPLE_RATE / self.rate - self._first
        beat = kick = 0.0
        if self._piece.frame is not None and self._entry is not None:
            offset = float(self._entry.spec.get("offset", 0) or 0)
            beat, kick = self._moments.at(self._piece.frame + at - self._entry.start + offset)
        self._level += 0.35 * (_loudness(self._piece.sound, int(at), SAMPLE_RATE // self.rate) - self._level)
        now = time.localtime(self._clock())
        weather = str(self._settings.get("weather", "clear"))
        frame = self._picture.paint(
            number / self.rate,
            {
                "hour": now.tm_hour + now.tm_min / 60.0,
                "rain": 0.7 * (weather == "rain"),
                "snow": 0.7 * (weather == "snow"),
                "fog": 0.6 * (weather == "fog"),
                "level": self._level,
                "beat": beat,
                "kick": kick,
                "playing": float(self._piece.frame is not None),
            },
        )
        if self._sign is not None:
            _lay(frame, self._sign)
        return frame


def _moments(state: State, entry: Entry) -> Moments:
    if entry.timeline is None:
        return Moments()
    try:
        found = json.loads(state.blob(entry.timeline).read_text(encoding="utf-8"))
        return Moments(found.get("beats", ()), found.get("kicks", ()))
    except (OSError, ValueError, DusktapeError):  # the library may have dropped it
        return Moments()


def _phase(moments: Sequence[int], frame: float) -> float:
    index = bisect_right(moments, frame)
    if not 0 < index < len(moments):
        return 0.0
    return 1.0 - (frame - moments[index - 1]) / max(1, moments[index] - moments[index - 1])


def _decay(moments: Sequence[int], frame: float) -> float:
    index = bisect_right(moments, frame)
    return float(np.exp((moments[index - 1] - frame) / (_KICK_S * SAMPLE_RATE))) if index else 0.0


def _loudness(sound: np.ndarray[Any, np.dtype[np.int16]], at: int, frames: int) -> float:
    part = sound[max(0, at) : at + frames]
    if not len(part):
        return 0.0
    db = 10.0 * np.log10(np.mean((part / 32_768.0) ** 2) + 1e-10)
    return float(np.clip((db - _QUIET_DB) / (_LOUD_DB - _QUIET_DB), 0.0, 1.0))


def _sign(title: str, size: tuple[int, int]) -> Frame:
    """Return a title as a small picture with an alpha of its own."""
    height = max(12, size[1] // 26)
    font = ImageFont.load_default(height)
    width = min(size[0], int(font.getlength(title)) + 2 * height)
    sign = Image.new("RGBA", (width, 2 * height), (0, 0, 0, 0))
    ImageDraw.Draw(sign).text((height, height // 2), title, fill=(255, 236, 214, 190), font=font)
    return np.asarray(sign)


def _lay(frame: Frame, sign: Frame) -> None:
    """Lay a sign into the lower left corner."""
    height, width = sign.shape[:2]
    part = frame[-height:, :width, :3]
    alpha = sign[:, :, 3:].astype(np.uint16)
    part[:] = (part * (255 - alpha) + sign[:, :, :3] * alpha) // 255
