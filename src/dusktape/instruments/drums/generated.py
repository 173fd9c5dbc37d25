"""A kit that nobody has heard before: every drum of it is drawn by the model of one-shots, from the song's seed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from dusktape.core.audio import Floats
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.instruments.drums.shaping import Stroke, Tuning, finish
from dusktape.io.recording import respeed

MODEL = "oneshot"
"""The registered model that draws the drums."""


@dataclass(frozen=True, slots=True)
class Stand:
    """What of the model stands for a drum of the kit.

    Parameters
    ----------
    kind
        Class that is asked for.
    point
        Drums with the same word are drawn from the same noise: an open hat goes with its closed one.
    pitch, decay, tone
        Factors on what was drawn.
    """

    kind: str
    point: str
    pitch: float = 1.0
    decay: float = 1.0
    tone: float = 1.0


STANDS: Mapping[str, Stand] = {
    "kick": Stand("kick", "kick"),
    "snare": Stand("snare", "snare"),
    "rim": Stand("rim", "rim"),
    "clap": Stand("clap", "clap"),
    "closed hat": Stand("closed hat", "hat"),
    "pedal hat": Stand("closed hat", "hat", decay=0.8, tone=0.75),
    "open hat": Stand("open hat", "hat"),
    "low tom": Stand("tom", "tom", pitch=0.8, decay=1.1),
    "mid tom": Stand("tom", "tom"),
    "high tom": Stand("tom", "tom", pitch=1.27, decay=0.9),
    "tambourine": Stand("perc", "perc"),
    "shaker": Stand("shaker", "shaker"),
}
"""The drums that the model makes. Crash and ride it does not: the kit's own play them."""


def strikes(seed: Seed, played: Collection[str]) -> dict[str, Callable[[Tuning, Stroke], Floats]]:
    """Return what strikes each drum of a kit.

    Parameters
    ----------
    seed
        Of the kit.
    played
        Drums that will be struck: they are drawn together, when the first of them is. Others cost a draw each.
    """
    together = tuple(sorted(set(played) & set(STANDS)))
    return {name: partial(_strike, seed, name, together) for name in STANDS}


def _strike(seed: Seed, name: str, together: tuple[str, ...], k: Tuning, s: Stroke) -> Floats:
    drum = _drawn(seed, together if name in together else (name,))[name]
    pitch, decay, tone = _moved(name, k)
    maker = _maker()
    sound = maker.struck(
        drum, s.rng, velocity=s.velocity, pitch=pitch * s.pitch, decay=decay * s.decay, tone=tone * s.tone
    )
    if maker.sample_rate != k.sample_rate:
        sound = respeed(sound[None], maker.sample_rate / k.sample_rate)[0].astype(float)
    return finish(sound, k.sample_rate, top_hz=18_000.0)


def _moved(name: str, k: Tuning) -> tuple[float, float, float]:
    """Return by how much the kit's parameters move a drum from where it was drawn: at their defaults, hardly."""
    stand = STANDS[name]
    pitch, decay, tone = stand.pitch, stand.decay, stand.tone
    if name == "kick":
        return pitch * k.kick_hz / 50.0, decay * k.kick_decay_s / 0.095, tone
    if name in ("snare", "clap", "rim"):
        return pitch * k.snare_hz / 188.0, decay * k.snare_decay_s / 0.048, tone
    if stand.point == "hat":
        return pitch, decay * k.hat_decay_s / 0.015, tone * k.hat_hz / 6500.0
    return pitch * k.wood, decay, tone


@lru_cache(maxsize=32)
def _drawn(seed: Seed, names: tuple[str, ...]) -> dict[str, Floats]:
    """Return the drums of these names. A song is opened more than once, to be measured and to be heard."""
    stands = [STANDS[name] for name in names]
    drums = _maker().drums([stand.kind for stand in stands], [seed.at(stand.point) for stand in stands])
    return dict(zip(names, drums, strict=True))


@lru_cache(maxsize=1)
def _maker() -> Any:
    return find("models", MODEL).open()
