"""How each file is to be cut, by what was measured in it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from dusktape.data.audio.cut import LUFS, PEAK_DB, Plan
from dusktape.data.audio.options import Entry, Options

SHORT_S = 3.0
"""Where most files are no longer, they are taken for one-shots."""

_LONGEST_STEM = 80
_ROOM_DB = 0.1


def usual_cut(entries: Sequence[Entry]) -> str:
    """Return how files are cut when nobody says."""
    lengths = [entry.facts["sound_to_s"] - entry.facts["sound_from_s"] for entry in entries if not entry.why]
    short = sum(length <= SHORT_S for length in lengths)
    return "oneshots" if 2 * short > len(lengths) else "fixed"


def long_enough(entry: Entry, how: str, options: Options) -> bool:
    """Return whether a file fills half of a clip; one that does not is dropped."""
    seconds, wanted = entry.facts["sound_to_s"] - entry.facts["sound_from_s"], options.seconds_of("fixed")
    if how != "fixed" or seconds >= 0.5 * wanted:
        return True
    entry.drop("short", f"it sounds for {seconds:.2f} s, not half of a clip of {wanted:g} s; say a shorter --seconds")
    return False


def plan(entry: Entry, how: str, options: Options, strikes: Sequence[float]) -> dict[str, Any]:
    """Return how to cut a file, as JSON of `cut.Plan`; what is changed is noted in the entry."""
    facts = entry.facts
    side = _side(entry, options)
    gain_db = _gain(entry, how, options)
    dc = facts["dc"] if options.normalise and "dc" in entry.flags else 0.0
    if dc:
        entry.changes.append("its samples were moved to lie around 0")
    if facts["channels"] > 2:
        entry.changes.append(f"{facts['channels']} channels folded to {options.channels}")
    elif facts["channels"] > options.channels and side == "both":
        entry.changes.append("folded to one channel")
    elif facts["channels"] < options.channels:
        entry.changes.append("one channel put on both sides")
    if facts["rate"] != options.sample_rate:
        entry.changes.append(f"resampled from {facts['rate']:,} Hz")
    longest = options.seconds_of(how)
    if how == "fixed" and facts["sound_to_s"] - facts["sound_from_s"] < longest:
        entry.changes.append(f"filled up with silence to {longest:g} s")
    return asdict(
        Plan(
            rate=options.sample_rate,
            channels=options.channels,
            cut=how,
            seconds=longest,
            count=options.count,
            gain_db=gain_db,
            level=options.normalise and how == "oneshots",
            dc=dc,
            side=side,
            strikes=[round(s, 3) for s in strikes] if how == "oneshots" else [],
            sound_from_s=facts["sound_from_s"],
            sound_to_s=facts["sound_to_s"],
        )
    )


def _side(entry: Entry, options: Options) -> str:
    """Return which side to take where both together would be less than one."""
    sides = entry.facts["sides"]
    if sides == "opposed" and options.channels == 1:
        entry.changes.append("its left side alone was taken: both together cancel each other")
        return "left"
    if sides == "one silent":
        side = entry.facts["louder_side"]
        entry.changes.append(f"its {side} side alone was taken: the other is silent")
        return str(side)
    return "both"


def _gain(entry: Entry, how: str, options: Options) -> float:
    """Return what a file is turned up by, in dB; resampling must not drive peaks beyond full scale."""
    peak, loudness = float(entry.facts["true_peak_db"]), float(entry.facts["lufs"])
    if options.normalise and how == "oneshots":
        gain = -_ROOM_DB - peak if peak > -_ROOM_DB else 0.0
        entry.changes.append(f"its peaks brought to {PEAK_DB:g} dB of full scale")
        return round(gain, 2)
    if options.normalise:
        gain = min(LUFS - loudness, PEAK_DB - peak)
        if abs(gain) >= 0.05:
            entry.changes.append(f"turned {'up' if gain > 0 else 'down'} by {abs(gain):.1f} dB")
        return round(gain, 2)
    if peak > -_ROOM_DB:
        entry.changes.append(f"turned down by {peak + _ROOM_DB:.1f} dB: its peaks go beyond full scale")
        return round(-_ROOM_DB - peak, 2)
    return 0.0


def stems(names: Sequence[str]) -> list[str]:
    """Return what the clips of each file are called: its name as every file system takes it, each once."""
    out: list[str] = []
    taken: set[str] = set()
    for name in names:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", plain.replace("/", "-")).strip("-.")[:_LONGEST_STEM] or "sound"
        if stem.lower() in taken or len(name) > _LONGEST_STEM:
            stem = f"{stem}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        taken.add(stem.lower())
        out.append(stem)
    return out
