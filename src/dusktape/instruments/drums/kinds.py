"""Eleven kits that one word chooses between: which thing stands for which drum, and what all of it went through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.score import SNARES
from dusktape.instruments.drums import analogue, brushed, foley, found
from dusktape.instruments.drums.clap import clap
from dusktape.instruments.drums.cymbals import crash, ride
from dusktape.instruments.drums.hats import closed_hat, open_hat, pedal_hat
from dusktape.instruments.drums.kick import kick
from dusktape.instruments.drums.rim import rim
from dusktape.instruments.drums.shaker import shaker
from dusktape.instruments.drums.shaping import Stroke, Tuning
from dusktape.instruments.drums.snare import snare
from dusktape.instruments.drums.tambourine import tambourine
from dusktape.instruments.drums.toms import high_tom, low_tom, mid_tom
from dusktape.instruments.drums.wear import sampled, taped

Strike: TypeAlias = Callable[[Tuning, Stroke], Floats]
Wear: TypeAlias = Callable[[Floats, Tuning, np.random.Generator], Floats]


@dataclass(frozen=True, slots=True)
class Drum:
    """One place in the kit: how loud at velocity 0.8, where it stands, how much room it gets, its round robins."""

    name: str
    peak_db: float
    place: float
    room: float
    variants: int


_KICK = Drum("kick", -6.0, 0.0, 0.25, 2)
_SNARE = Drum("snare", -8.0, 0.06, 1.0, 4)

DRUMS: dict[int, Drum] = {
    35: _KICK,
    36: _KICK,
    37: Drum("rim", -9.0, 0.1, 1.1, 3),
    38: _SNARE,
    39: Drum("clap", -8.5, -0.1, 1.1, 3),
    40: _SNARE,
    42: Drum("closed hat", -21.0, 0.55, 0.9, 4),
    44: Drum("pedal hat", -24.0, 0.55, 0.9, 3),
    45: Drum("low tom", -10.0, -0.6, 0.8, 2),
    46: Drum("open hat", -23.0, 0.55, 0.7, 2),
    47: Drum("mid tom", -10.0, -0.15, 0.8, 2),
    49: Drum("crash", -20.0, -0.7, 0.5, 2),
    50: Drum("high tom", -10.0, 0.35, 0.8, 2),
    51: Drum("ride", -24.0, -0.75, 0.5, 3),
    54: Drum("tambourine", -24.0, -0.45, 0.9, 3),
    70: Drum("shaker", -24.5, -0.5, 0.9, 4),
}
"""General MIDI percussion keys to drums. Places are the drummer's: positive is left, 1 is hard aside."""

STIR = Drum("stir", -34.0, 0.06, 1.2, 4)
"""What a brush player's left hand does between the strokes; no key plays it."""

BACKBEATS = frozenset(DRUMS[key].name for key in SNARES if key in DRUMS)
CYMBALS = frozenset(DRUMS[key].name for key in (42, 44, 46, 49, 51, 54, 70))

ACOUSTIC: dict[str, Strike] = {
    "kick": kick,
    "snare": snare,
    "rim": rim,
    "clap": clap,
    "closed hat": closed_hat,
    "pedal hat": pedal_hat,
    "open hat": open_hat,
    "low tom": low_tom,
    "mid tom": mid_tom,
    "high tom": high_tom,
    "crash": crash,
    "ride": ride,
    "tambourine": tambourine,
    "shaker": shaker,
}

BRUSHED = ACOUSTIC | {
    "kick": brushed.feathered_kick,
    "snare": brushed.swept_snare,
    "clap": brushed.brush_slap,
    "closed hat": brushed.brushed_hat,
    "open hat": brushed.brushed_open_hat,
    "ride": brushed.brushed_ride,
    "stir": brushed.stir,
}

ANALOGUE: dict[str, Strike] = {
    "kick": analogue.analogue_kick,
    "snare": analogue.analogue_snare,
    "rim": analogue.analogue_rim,
    "clap": clap,
    "closed hat": analogue.analogue_closed_hat,
    "pedal hat": analogue.analogue_pedal_hat,
    "open hat": analogue.analogue_open_hat,
    "low tom": analogue.analogue_low_tom,
    "mid tom": analogue.analogue_mid_tom,
    "high tom": analogue.analogue_high_tom,
    "crash": analogue.analogue_crash,
    "ride": analogue.analogue_ride,
    "tambourine": analogue.analogue_tambourine,
    "shaker": analogue.analogue_shaker,
}

FOLEY: dict[str, Strike] = {
    "kick": foley.box_kick,
    "snare": foley.book_snare,
    "rim": foley.table_rim,
    "clap": foley.book_clap,
    "closed hat": foley.match_hat,
    "pedal hat": foley.paper_hat,
    "open hat": foley.key_open_hat,
    "low tom": foley.low_box,
    "mid tom": foley.mid_box,
    "high tom": foley.high_box,
    "crash": foley.key_crash,
    "ride": foley.cup_ride,
    "tambourine": foley.key_tambourine,
    "shaker": foley.match_shaker,
}

FOUND: dict[str, Strike] = {
    "kick": found.door_kick,
    "snare": found.stapler_snare,
    "rim": found.pen_rim,
    "clap": found.snap_clap,
    "closed hat": found.breath_hat,
    "pedal hat": found.tongue_hat,
    "open hat": found.shh_open_hat,
    "low tom": found.low_bottle,
    "mid tom": found.mid_bottle,
    "high tom": found.high_bottle,
    "crash": found.coin_crash,
    "ride": found.glass_ride,
    "tambourine": found.coin_tambourine,
    "shaker": found.sand_shaker,
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a word like `dusty` means: who strikes, what it does to the numbers, what the sounds went through.

    Parameters
    ----------
    strikes
        Drum name to what makes it.
    top_hz, decay, click, drive, attack, brush, machine
        Into the `Tuning`: brightness of a full snare stroke, and factors on the parameters.
    spread, room, width
        Factors on looseness, room bleed and stereo.
    dust_db, dust_hz
        Of the noise that comes with each sample: over the parameter, and its band.
    trims
        Decibels by which a drum is louder or softer than its place says.
    wear
        What each sound goes through before it is placed.
    drawn
        Whether a model draws the drums from the kit's seed; `strikes` then play what it does not make.
    """

    strikes: Mapping[str, Strike]
    top_hz: float
    decay: float = 1.0
    click: float = 1.0
    drive: float = 1.0
    attack: float = 1.0
    spread: float = 1.0
    room: float = 1.0
    width: float = 1.0
    brush: float = 0.0
    machine: float = 0.0
    dust_db: float = 0.0
    dust_hz: tuple[float, float] = (150.0, 7000.0)
    trims: Mapping[str, float] = field(default_factory=dict)
    wear: Wear | None = None
    drawn: bool = False


KINDS: dict[str, Kind] = {
    "dusty": Kind(ACOUSTIC, top_hz=8500.0, drive=1.25, room=1.2),
    "tight": Kind(ACOUSTIC, top_hz=13000.0, decay=0.78, click=1.2, attack=0.7, room=0.6),
    "soft": Kind(ACOUSTIC, top_hz=6500.0, decay=1.1, click=0.5, drive=0.75, attack=1.8),
    "machine": Kind(ACOUSTIC, top_hz=14000.0, decay=1.1, click=0.8, drive=1.1, spread=0.12, room=0.35, machine=1.0),
    "boombap": Kind(
        ACOUSTIC,
        top_hz=10500.0,
        decay=0.95,
        click=1.5,
        drive=1.7,
        attack=0.8,
        spread=0.45,
        room=0.5,
        width=0.4,
        dust_db=7.0,
        dust_hz=(120.0, 6000.0),
        trims={"closed hat": 1.5},
        wear=sampled,
    ),
    "brushes": Kind(
        BRUSHED,
        top_hz=9500.0,
        click=0.45,
        drive=0.7,
        spread=1.3,
        room=1.4,
        brush=1.0,
        trims={"kick": -4.0, "closed hat": 2.0},
    ),
    "808": Kind(
        ANALOGUE,
        top_hz=12000.0,
        drive=0.9,
        spread=0.12,
        room=0.15,
        width=0.7,
        machine=1.0,
        trims={"kick": -2.0, "snare": 1.0, "closed hat": 2.0, "open hat": 2.0},
        dust_db=-12.0,
        dust_hz=(800.0, 12000.0),
    ),
    "cassette": Kind(
        ACOUSTIC,
        top_hz=9000.0,
        decay=1.05,
        spread=0.2,
        room=0.25,
        width=0.3,
        machine=1.0,
        dust_db=8.0,
        dust_hz=(900.0, 8000.0),
        trims={"snare": -1.0, "clap": -1.5},
        wear=taped,
    ),
    "foley": Kind(
        FOLEY,
        top_hz=10000.0,
        spread=2.0,
        room=0.9,
        dust_db=2.0,
        dust_hz=(80.0, 5000.0),
        trims={"closed hat": 7.0, "pedal hat": 5.0, "open hat": 4.0, "shaker": 4.0, "snare": 0.5},
    ),
    "found": Kind(FOUND, top_hz=9500.0, spread=2.0, room=1.1, dust_db=2.0, dust_hz=(80.0, 6000.0)),
    "generated": Kind(ACOUSTIC, top_hz=10000.0, room=0.9, drawn=True),
}
"""Every kit by its word. The first four are one set of drums, worn in four ways; the others differ in kind."""
