"""The plan of a song: which section comes when, what it is made of and who plays in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dusktape.core.recipe import Form
from dusktape.core.seed import Seed

LONG_S = 270.0
"""Songs longer than this get new chords and melodies in every round; shorter ones stay with their two loops."""

_LAST = ("outro", "end")

_ROUND = ("A", "B", "A'", "break", "B'")
_GROWS = ("A", "B", "B'", "A'", "A", "B", "B'", "A'", "break")


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """One section, before any note of it is written.

    Parameters
    ----------
    name
        `intro`, `A`, `B`, `A'`, `break`, `B'`, `outro` or `end` (the chord that rings out, part of the outro).
    material
        Which chords and melodies it is made of: `A0`, `B0`, `A1` ...
    variation
        0 the first time a material is heard, then counting.
    bars
        Length.
    players
        Names of the parts that play.
    brightness, level
        At its start and end, 0 to 1.
    fades
        Whether the band plays on while the song fades out.
    """

    name: str
    material: str
    variation: int
    bars: int
    players: frozenset[str]
    brightness: tuple[float, float] = (1.0, 1.0)
    level: tuple[float, float] = (1.0, 1.0)
    fades: bool = False


def bars_for(length_s: float, bpm: float) -> int:
    """Return how many bars of four beats come closest to a length; at least 5."""
    return max(5, round(length_s * bpm / 240.0))


def section_lengths(bars: int, intro_bars: int) -> list[tuple[str, int]]:
    """Lay out (name, bars) that add up exactly.

    The last section is the `end`, one or two bars in which the final chord rings. Between intro and outro come
    rounds of A, B, A', break and B', each 4 or 8 bars (more where the song is long); bars that do not make a whole
    four go to the outro. Half a minute at a crawl is too short for an intro.
    """
    if bars < 9:
        return [("A", bars - 3), ("outro", 2), ("end", 1)]
    end = 2 if bars >= 24 else 1
    intro = min(intro_bars, 4 if bars < 48 else 8, max(2, bars // 8 * 2))
    outro = 4 if bars >= 20 else 2
    units, rest = divmod(bars - end - intro - outro, 4)
    rounds = max(1, round(units / 9))
    layout: list[tuple[str, int]] = [("intro", intro)]
    for k in range(rounds):
        share = units * (k + 1) // rounds - units * k // rounds
        layout += _one_round(share)
    return [*layout, ("outro", outro + rest), ("end", end)]


def _one_round(units: int) -> list[tuple[str, int]]:
    keep = {1: ("A",), 2: ("A", "B"), 3: ("A", "B", "B'"), 4: ("A", "B", "A'", "B'")}.get(units, _ROUND)
    size = dict.fromkeys(keep, 1) if units else {}
    spare = units - len(size)
    while spare > 0:
        for name in _GROWS:
            most = 2 if name == "break" else 4
            if spare > 0 and name in size and size[name] < most:
                size[name] += 1
                spare -= 1
    return [(name, 4 * size[name]) for name in _ROUND if name in size]


def plan(form: Form, bpm: float, *, players: frozenset[str], lead_in_first_a: bool, seed: Seed) -> list[SectionPlan]:
    """Return the sections of a song.

    Parameters
    ----------
    form
        What the recipe asks for.
    bpm
        Tempo.
    players
        Parts that can play: some of `keys`, `lead`, `pad`, `bass`, `drums`.
    lead_in_first_a
        Whether the lead is heard in the first A.
    seed
        At the form's place.
    """
    bars = bars_for(form.length_s, bpm)
    renew = form.length_s > LONG_S
    sections: list[SectionPlan] = []
    heard: dict[str, int] = {}
    round_index = -1
    for index, (name, length) in enumerate(section_lengths(bars, form.intro_bars)):
        round_index += name == "A"
        fades = form.ending == "fade" and name in _LAST
        letter = "B" if name in ("B", "B'") else "A"
        material = f"{letter}{max(0, round_index) if renew else 0}"
        here = seed.at(index, name)
        if fades and name == "end":
            who = sections[-1].players
        else:
            who = _players("A'" if fades else name, form.fullness, here, lead_in_first_a or round_index > 0)
        sections.append(
            SectionPlan(
                name=name,
                material=material,
                variation=heard.get(material, 0),
                bars=length,
                players=who & players or players,
                brightness=_rounded(_brightness(name, form.contrast, here)),
                level=_rounded(_level(name, form, seed, here)),
                fades=fades,
            )
        )
        if name not in ("intro", "outro", "end"):
            heard[material] = heard.get(material, 0) + 1
    return sections


def _players(name: str, fullness: float, seed: Seed, lead_now: bool) -> frozenset[str]:
    def maybe(part: str, chance: float) -> set[str]:
        return {part} if seed.at(part).chance(chance) else set()

    full = 0.35 + 0.65 * fullness
    match name:
        case "intro":
            who = {"keys"} | maybe("pad", full) | maybe("lead", 0.3) | maybe("drums", 0.3) | maybe("bass", 0.15)
        case "A":
            lead = {"lead"} if lead_now else set()
            who = {"keys", "drums"} | maybe("bass", 0.6 + 0.4 * fullness) | maybe("pad", 0.45 * full) | lead
        case "B":
            who = {"keys", "bass", "drums", "lead"} | maybe("pad", full)
        case "A'":
            beat = maybe("drums", 0.7 + 0.3 * fullness)
            who = {"keys", "bass"} | beat | maybe("lead", 0.75) | maybe("pad", 0.6 * full)
        case "break":
            who = (
                maybe("keys", 0.75) | maybe("pad", 0.8) | maybe("lead", 0.5) | maybe("bass", 0.3) | maybe("drums", 0.15)
            )
            who = who if who & {"keys", "pad"} else who | {"keys"}
        case "B'":
            who = {"keys", "bass", "drums", "lead"} | maybe("pad", 1.2 * full)
        case "outro":
            who = {"keys"} | maybe("bass", 0.6) | maybe("drums", 0.4) | maybe("pad", full) | maybe("lead", 0.3)
        case _:
            who = {"keys", "bass", "pad"}
    return frozenset(who)


def _rounded(ends: tuple[float, float]) -> tuple[float, float]:
    """Round to four places: powers differ in their last bit between machines, and a score may not."""
    return round(ends[0], 4), round(ends[1], 4)


def _brightness(name: str, contrast: float, seed: Seed) -> tuple[float, float]:
    dark = 1.0 - contrast * seed.at("dark").between(0.5, 1.0)
    match name:
        case "intro":
            return dark, 1.0 - 0.35 * contrast
        case "break":
            return (1.0 - 0.7 * contrast * seed.at("dim").unit(),) * 2
        case "outro":
            return 1.0, 1.0 - 0.7 * (1.0 - dark)
        case "end":
            return (1.0 - 0.7 * (1.0 - dark),) * 2
    return 1.0, 1.0


def _level(name: str, form: Form, song: Seed, seed: Seed) -> tuple[float, float]:
    contrast, fades = form.contrast, form.ending == "fade"
    deep = song.at("deep").chance(0.1 + 0.35 * contrast)

    def below(shallow_db: float, deep_db: float, share: float = contrast) -> float:
        return float(10.0 ** (-share * seed.at("below").between(shallow_db, deep_db) / 20.0))

    match name:
        case "intro":
            # A deep one comes up from far off; the rest only stands back.
            return (below(12.0, 20.0, 1.0), below(1.0, 4.0, 1.0)) if deep else (below(0.0, 6.0), below(0.0, 3.0))
        case "A":
            return (below(0.0, 2.5),) * 2
        case "A'":
            return (below(0.0, 2.0),) * 2
        case "break":
            return (below(5.0, 10.0, 1.0) if deep else below(0.0, 6.0),) * 2
        case "outro":
            return below(0.0, 2.0), below(12.0, 16.0, 1.0) if fades else below(1.0, 8.0)
        case "end":
            # Still heard when it stops: nobody waits for a silence.
            return (below(12.0, 16.0, 1.0), below(26.0, 36.0, 1.0)) if fades else (below(1.0, 8.0), below(1.0, 14.0))
    return 1.0, 1.0


def boundaries(sections: Sequence[SectionPlan]) -> list[int]:
    """Return the first bar of each section."""
    starts, bar = [], 0
    for section in sections:
        starts.append(bar)
        bar += section.bars
    return starts
