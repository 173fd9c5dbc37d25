"""Reads the Groove MIDI Dataset: human drum performances, cleaned onto a grid of sixteenths.

Each performance becomes hits (step, drum, velocity, offset). Three things are taken out on the way, because they
say more about the recording than about the drumming: where the player wanders against the click, bar lines that
the recording starts beside, and hits the module heard twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dusktape.data.unreadable import ERRORS, unreadable

DRUMS = (
    "kick",
    "snare",
    "rim",
    "closed hat",
    "open hat",
    "pedal hat",
    "ride",
    "crash",
    "high tom",
    "mid tom",
    "low tom",
)
"""Drum classes, in the order in which hits of one step are written."""

KICK, SNARE, RIM, CLOSED, OPEN, PEDAL, RIDE, CRASH, HIGH_TOM, MID_TOM, LOW_TOM = range(11)

TD11 = {
    36: KICK, 35: KICK, 38: SNARE, 40: SNARE, 39: SNARE, 37: RIM,
    42: CLOSED, 22: CLOSED, 46: OPEN, 26: OPEN, 44: PEDAL,
    51: RIDE, 53: RIDE, 59: RIDE, 49: CRASH, 52: CRASH, 55: CRASH, 57: CRASH,
    48: HIGH_TOM, 50: HIGH_TOM, 45: MID_TOM, 47: MID_TOM, 43: LOW_TOM, 58: LOW_TOM,
}  # fmt: skip
"""Roland TD-11 keys to drums: heads, rims and edges of one pad are one drum."""

FAMILIES = {
    "hiphop": "hiphop", "soul": "soul", "gospel": "soul", "pop": "soul", "funk": "funk", "neworleans": "funk",
    "jazz": "jazz", "blues": "jazz", "rock": "rock", "punk": "rock", "country": "rock", "dance": "rock",
}  # fmt: skip
"""The dataset's main styles to `DRUM_STYLES`; every other is `latin`."""

TICKS_PER_SIXTEENTH = 120
WANDER_BARS = 2
"""How many bars to each side tell where the player is."""

BACKBEAT_FAMILIES = ("hiphop", "soul", "funk", "rock")


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """One performance, in order of step and drum.

    Parameters
    ----------
    name
        As in the dataset: `drummer1/session1/1`.
    style
        One of `DRUM_STYLES`.
    bpm
        Of the click it was played to.
    is_fill
        Recorded as a single fill, not as a beat.
    step, drum, velocity
        (T,) sixteenths from the first bar line, index into `DRUMS`, 1 to 127.
    offset
        (T,) how late each hit is, in sixteenths, [-0.5, 0.5].
    """

    name: str
    style: str
    bpm: float
    is_fill: bool
    step: NDArray[np.int64]
    drum: NDArray[np.int64]
    velocity: NDArray[np.int64]
    offset: NDArray[np.float64]

    @property
    def session(self) -> str:
        """`drummer1/session1`: what must not be torn apart by a split."""
        return self.name.rsplit("/", 1)[0]


def read(data: Path) -> Iterator[Performance]:
    """Yield the performances in four-four time, in the order of the file.

    Parameters
    ----------
    data
        The folder that holds `groove/groove.npz`: arrays `seq`, `onset480` (480 ticks a beat), `pitch`, `vel`
        and JSON `meta`.

    Raises
    ------
    InputError
        If the file is missing or not such a file.
    """
    path = data / "groove" / "groove.npz"
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            sequence, onset = file["seq"].astype(np.int64), file["onset480"].astype(np.float64)
            pitch, velocity = file["pitch"].astype(np.int64), file["vel"].astype(np.int64)
            meta: list[dict[str, Any]] = json.loads(str(file["meta"]))
    except ERRORS as error:
        raise unreadable("Groove", path, error) from error
    drums = np.array([TD11.get(p, -1) for p in range(128)])[pitch]
    for number, entry in enumerate(meta):
        rows = (sequence == number) & (drums >= 0)
        if entry["time_signature"] == "4-4" and rows.any():
            yield clean(entry, onset[rows] / TICKS_PER_SIXTEENTH, drums[rows], velocity[rows])


def clean(
    entry: dict[str, Any], time: NDArray[np.float64], drum: NDArray[np.int64], velocity: NDArray[np.int64]
) -> Performance:
    """Return hits (time in sixteenths) on the grid: centred on the click, on its bar lines, no hit twice."""
    style = FAMILIES.get(entry["style"].split("/")[0], "latin")
    is_fill = entry["beat_type"] == "fill"
    time = time - lag(time)
    step = np.rint(time).astype(np.int64)
    offset = time - step
    if style in BACKBEAT_FAMILIES and not is_fill:
        step = step - bar_shift(step, drum, velocity)
    step = step - 16 * (int(step.min()) // 16)
    order = np.lexsort((-velocity, drum, step))
    step, drum, velocity, offset = step[order], drum[order], velocity[order], offset[order]
    first = np.ones(len(step), bool)
    first[1:] = (np.diff(step) != 0) | (np.diff(drum) != 0)
    return Performance(
        entry["id"], style, float(entry["bpm"]), is_fill, step[first], drum[first], velocity[first], offset[first]
    )


def lag(time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how late the player is at each hit, in sixteenths: the running median over the bars around it.

    Only hits near a beat are asked: between beats shuffles and triplets lie off the grid by intent. What is left
    after it is taken away is how the drums of a bar lie against each other, which is what a groove is; a
    wander over many bars is the player losing the click.
    """
    now = _median_lag(time)
    bars = (time // 16).astype(np.int64)
    lags = np.full(len(time), now)
    for bar in np.unique(bars):
        around = time[np.abs(bars - bar) <= WANDER_BARS]
        now += _median_lag(around - now)
        lags[bars == bar] = now
    return lags


def _median_lag(time: NDArray[np.float64]) -> float:
    near = np.rint(time)
    on_beat = near % 4 == 0
    return float(np.median((time - near)[on_beat])) if on_beat.sum() >= 4 else 0.0


def bar_shift(step: NDArray[np.int64], drum: NDArray[np.int64], velocity: NDArray[np.int64]) -> int:
    """Return how many sixteenths after our bar line the player's lies: 0, 4, 8 or 12.

    A backbeat has loud snares on two and four and kicks on one. A shift is believed only if it makes the
    backbeat a good deal clearer than none does: a player who means something else keeps the written bar line.
    """
    loud = ((drum == SNARE) & (velocity > 50)) | (drum == RIM)
    snares = np.bincount(step[loud] % 16, minlength=16)
    kicks = np.bincount(step[drum == KICK] % 16, minlength=16)

    def clarity(shift: int) -> float:
        s, k = np.roll(snares, -shift), np.roll(kicks, -shift)
        return float(s[4] + s[12] - s[0] - s[8] + 0.7 * k[0] + 0.2 * k[8] - 0.3 * (k[4] + k[12]))

    best = max((0, 4, 8, 12), key=clarity)
    clearer = clarity(best) - clarity(0)
    return best if clearer > 0.35 * (snares.sum() + 1) or (best % 8 and clearer > 0.2 * (snares.sum() + 1)) else 0
