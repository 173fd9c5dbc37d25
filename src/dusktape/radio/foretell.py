"""How loud a short song will be, told before a note of it has sounded."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Block, Floats, LinearEffect
from dusktape.core.recipe import Recipe
from dusktape.core.seed import Seed
from dusktape.dsp.loudness import LoudnessMeter
from dusktape.radio.choosing import TARGET_LUFS
from dusktape.studio.production import Production
from dusktape.studio.rig import effects

_GAINS = "interlude_gains.json"
_TAPS = 4096
HEARD_S = 30.0
"""So much of a song is heard before its gain is settled; it is there in a second."""

_EARLY_OFF_DB, _EARLY_SLOPE, _EARLY_MOST_DB = -0.07, -0.71, 4.0
_SLOPE = 1.5
"""Power of music falls with its frequency to this: 4.5 dB an octave."""


def gain_db(made: Production) -> float:
    """Return the gain before the limiter that brings a song of 60 to 90 s near `choosing.TARGET_LUFS`.

    A line through `features`, and what the recipe adds on the average. `tools/interlude_gains.py` measures songs of
    every recipe and fits it; 97 of 100 songs that it has not seen end within 2 LU, half of them within 0.6.
    """
    known = fitted()
    gain = float(known["mean_db"]) + float(known["recipes"].get(made.recipe.name, 0.0))
    return gain + sum(
        float(known["slopes"][name]) * (value - float(known["middles"][name])) for name, value in features(made).items()
    )


def hear(blocks: Iterator[Block], gain_db: float) -> tuple[list[Block], float]:
    """Take the first `HEARD_S` of a mix, and return them with their integrated loudness in LUFS after a gain."""
    meter, held, frames = LoudnessMeter(SAMPLE_RATE, 2, with_true_peak=False), [], 0
    gain = np.float32(10.0 ** (gain_db / 20.0))
    for block in blocks:
        held.append(block)
        meter.process(block * gain)
        frames += block.shape[1]
        if frames >= HEARD_S * SAMPLE_RATE:
            break
    return held, meter.integrated_lufs


def correction_db(early_lufs: float) -> float:
    """Return what is to be added to a foretold gain, by how loud the first `HEARD_S` are with it.

    A line again, by `tools/interlude_gains.py heard`. Of the first 3 s one learns nothing: introductions are quiet.
    """
    if not math.isfinite(early_lufs):
        return 0.0
    told = _EARLY_OFF_DB + _EARLY_SLOPE * (early_lufs - TARGET_LUFS)
    return min(max(told, -_EARLY_MOST_DB), _EARLY_MOST_DB)


def features(made: Production) -> dict[str, float]:
    """Return what tells a song's loudness beforehand.

    The level that its parts are balanced to, the drums' share in it, how loud its sections are on the average, what
    the master's equalisers do to music, how wide, hard and even the master makes it, and how full the song is.
    """
    recipe = made.recipe
    levels = {part: recipe.parts[part].loudness_lufs for part in made.parts if part != "riser"}
    powers = {part: 10.0 ** (level / 10.0) for part, level in levels.items()}
    whole = sum(powers.values())
    sections = made.score.sections
    length = sum(s.length for s in sections) or 1
    heard = sum(s.length * s.level**2 for s in sections) / length
    chain = recipe.master.chain
    return {
        "balance_db": _db(whole),
        "drums": powers.get("drums", 0.0) / whole,
        "sections_db": _db(heard),
        "equaliser_db": equaliser_db(recipe),
        "width": _value(chain, "width", "width", 1.0),
        "drive_db": _value(chain, "saturation", "drive_db", -6.0),
        "ratio": _value(chain, "compressor", "ratio", 1.0),
        "intro_bars": float(recipe.form.intro_bars),
        "fullness": float(recipe.form.fullness),
        "bpm": float(made.score.bpm),
        "parts": float(len(made.parts)),
    }


def equaliser_db(recipe: Recipe) -> float:
    """Return what the master's linear effects do to the loudness of something with the spectrum of music."""
    power = np.ones(_TAPS // 2 + 1)
    for _, effect in effects(recipe.master.chain, "master.chain"):
        if isinstance(effect, LinearEffect):
            response = effect.impulse_response(SAMPLE_RATE, 2, seed=Seed(0))[0]
            power = power * np.abs(np.fft.rfft(response, _TAPS)) ** 2
    weights = _music()
    return _db(float(np.sum(weights * power) / np.sum(weights)))


@lru_cache(maxsize=1)
def _music() -> Floats:
    """Return the power of music by frequency, as loudness hears it: a high-pass at 38 Hz, +4 dB above 1.5 kHz.

    Source
    ------
    The shape of the filters of ITU-R BS.1770-5, simplified.
    """
    hz = np.maximum(np.fft.rfftfreq(_TAPS, 1.0 / SAMPLE_RATE), 1.0)
    low = (hz / 38.0) ** 2 / (1.0 + (hz / 38.0) ** 2)
    high = 10.0 ** (4.0 / (1.0 + (1500.0 / hz) ** 2) / 20.0)
    return np.asarray(np.where(hz > 30.0, (hz / 500.0) ** -_SLOPE, 0.0) * (low * high) ** 2)


def _value(chain: Mapping[str, Mapping[str, Any]], effect: str, name: str, otherwise: float) -> float:
    value = chain.get(effect, {}).get(name, otherwise)
    return float(value) if isinstance(value, (int, float)) else otherwise


def _db(power: float) -> float:
    return 10.0 * math.log10(max(power, 1e-9))


@lru_cache(maxsize=1)
def fitted() -> dict[str, Any]:
    """Return the line: `mean_db`, `recipes` (dB), `middles` and `slopes` by feature."""
    table: dict[str, Any] = json.loads((files("dusktape.radio") / _GAINS).read_text("utf-8"))
    return table
