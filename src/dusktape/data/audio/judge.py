"""What is odd about a file, by its own measures; a file that is odd against the others is found by `neighbours`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FLAGS = (
    *("clipping", "band-limited", "loudness", "dc", "mono", "opposed", "bits"),
    *("near-duplicate", "outlier", "vocals"),
)
"""What a file can be marked with. None of it drops a file unless asked to."""

FEWEST_PEAKS = 3
"""Clipped peaks from which on a file is marked."""

DC = 0.005
"""Mean of the samples from which on it is an offset, full scale 1."""

REACH = 0.8
"""A file whose sound ends below this share of what the dataset's rate can hold is band-limited."""

LOUD_LUFS, SOFT_LUFS = -6.0, -45.0
VOCALS = 0.5
"""Estimate from which on a file is marked."""

_DC_SHARE = 0.03


def judge(facts: Mapping[str, Any], *, rate: int, channels: int) -> dict[str, str]:
    """Return what is odd: one of `FLAGS` to a sentence.

    Parameters
    ----------
    facts
        Of `measure`.
    rate, channels
        Of the dataset.
    """
    flags = {}
    if facts["clipped_peaks"] >= FEWEST_PEAKS:
        flags["clipping"] = f"{facts['clipped_peaks']:,} of its peaks are cut off flat"
    if (told := _band(facts, rate)) is not None:
        flags["band-limited"] = told
    if not SOFT_LUFS <= facts["lufs"] <= LOUD_LUFS:
        flags["loudness"] = f"it is very {'soft' if facts['lufs'] < SOFT_LUFS else 'loud'}: {facts['lufs']:.0f} LUFS"
    offset, rms = abs(facts["dc"]), 10.0 ** (facts["rms_db"] / 20.0)
    if offset >= DC and offset >= _DC_SHARE * rms:
        flags["dc"] = f"its samples lie around {facts['dc']:+.3f}, not around 0"
    if facts["sides"] == "same" and channels == 2:
        flags["mono"] = "it is mono passed as stereo: both sides are the same"
    elif facts["sides"] == "one silent":
        flags["mono"] = "one of its two sides is silent"
    elif facts["sides"] == "opposed":
        flags["opposed"] = "its two sides are opposed: together they cancel each other"
    if 0 < facts["bits"] <= 8:
        flags["bits"] = f"it has {facts['bits']} bits a sample: its noise lies 50 dB below full scale"
    if facts.get("vocals", 0.0) >= VOCALS:
        flags["vocals"] = f"a voice may be in it (a plain estimate: {facts['vocals']:.2f} of 1)"
    return flags


def _band(facts: Mapping[str, Any], rate: int) -> str | None:
    half, own = rate / 2.0, facts["rate"] / 2.0
    if own < REACH * half:
        return f"it has {facts['rate']:,} frames a second: nothing above {own / 1000:.1f} kHz"
    if 0.0 < facts["cutoff_hz"] < REACH * min(half, own):
        return f"its sound ends at {facts['cutoff_hz'] / 1000:.1f} kHz: upsampled, or from a lossy copy"
    return None
