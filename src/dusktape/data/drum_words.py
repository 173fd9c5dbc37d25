"""Words for drums in the names of sound files, for kits and for the labels of datasets."""

from __future__ import annotations

DRUM_WORDS: dict[str, tuple[str, ...]] = {
    "kick": ("kick", "kik", "bd", "bassdrum", "bass drum"),
    "snare": ("snare", "snr", "sn", "sd"),
    "rim": ("rim", "rimshot", "sidestick", "side stick", "crossstick", "rs"),
    "clap": ("clap", "handclap", "cp", "snap"),
    "open hat": ("openhat", "openhihat", "hihatopen", "ohh", "oh", "open hat", "open hh", "open hihat", "open cymbal"),
    "pedal hat": ("pedalhat", "pedal hat", "pedal hh", "pedal hihat", "foot hat", "pedal cymbal"),
    "closed hat": ("hat", "hats", "hihat", "hh", "chh", "ch", "closedhat", "hi hat", "closed cymbal"),
    "low tom": ("lowtom", "lt", "low tom", "lo tom", "floor tom", "floortom"),
    "high tom": ("hightom", "ht", "high tom", "hi tom"),
    "mid tom": ("midtom", "mt", "mid tom", "tom"),
    "crash": ("crash", "splash", "china", "cr", "cymbal"),
    "ride": ("ride", "rd"),
    "tambourine": ("tambourine", "tamb"),
    "shaker": ("shaker", "shk", "maraca", "maracas", "cabasa"),
}
"""Drum to the words for it in file names. Two words of one entry may stand anywhere in the name."""
