"""Every registered instrument on a part that was composed for its kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.signal

from bench.effort import Effort, median_s, race
from bench.material import song
from bench.page import Table, ratio, times
from dusktape.core import plugins
from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.dsp import filters
from dusktape.studio.production import HOP, Production
from dusktape.studio.rig import played

TITLE = "Instruments"

_NAIVE_S = 20.0
_PARTS = {
    **dict.fromkeys(("vibraphone", "kalimba", "music_box", "flute"), "lead"),
    **dict.fromkeys(("pad", "strings", "brass", "choir"), "pad"),
    **dict.fromkeys(("upright_bass", "fretless_bass", "sub_bass"), "bass"),
    "kit": "drums",
}


def run(effort: Effort) -> list[Table]:
    """Measure them all; pitched parts against one player per note, textures against filtered noise."""
    production = song(effort.minutes)
    rows = []
    for name in plugins.names("instruments"):
        instrument = plugins.find("instruments", name)()
        part = _PARTS.get(name, "keys")
        notes = played(production.score.parts.get(part, ()), production.score)
        rows.append(row(name, instrument, part, notes, production, effort))
    return [
        Table(
            f"Its part in a song of {production.frames / SAMPLE_RATE:.0f} s, default parameters, opening included. The "
            f"reference for notes renders every note anew, as one player each ({_NAIVE_S:.0f} s of the same part); for "
            "textures it is white noise through one scipy.signal.sosfilt.",
            ["instrument", "part", "notes", "times real time", "reference", "ratio"],
            rows,
        )
    ]


def row(
    name: str, instrument: Any, part: str, notes: Sequence[PlayedNote], production: Production, effort: Effort
) -> list[str]:
    """Return what one of them does on a part, beside its reference."""
    cues, seed = production.cues, Seed(1).at(name)
    sound_s = cues.frames / SAMPLE_RATE

    def ours(given: Sequence[PlayedNote] = notes) -> None:
        player = instrument.open(SAMPLE_RATE, given, cues=cues, seed=seed)
        for start in range(0, cues.frames, HOP):
            player.render(min(HOP, cues.frames - start))

    if instrument.open(SAMPLE_RATE, (), cues=cues, seed=seed).render(8_192).any():
        mine, noise = race(lambda: ours(()), lambda: _filtered_noise(cues.frames), effort.repeats)
        return [name, "texture", "", times(sound_s, mine), times(sound_s, noise), ratio(noise, mine)]
    few = _stretch(notes, round(_NAIVE_S * SAMPLE_RATE))
    mine = median_s(ours, effort.repeats)
    alone = median_s(lambda: _one_by_one(instrument, few, seed), 1)
    naive = alone * sound_s / _NAIVE_S
    return [name, part, f"{len(notes):,}", times(sound_s, mine), times(sound_s, naive), ratio(naive, mine)]


def _stretch(notes: Sequence[PlayedNote], frames: int) -> list[PlayedNote]:
    """Return the notes of the stretch in the middle of the part."""
    first = notes[len(notes) // 2].start_frame if notes else 0
    return [n for n in notes if first <= n.start_frame < first + frames]


def _one_by_one(instrument: Any, notes: Sequence[PlayedNote], seed: Seed) -> None:
    for note in notes:
        frames = note.length_frames + SAMPLE_RATE // 4
        alone = PlayedNote(0, note.length_frames, note.pitch, note.velocity)
        instrument.open(SAMPLE_RATE, [alone], cues=Cues(frames=frames), seed=seed).render(frames)


def _filtered_noise(frames: int) -> None:
    noise = np.random.default_rng(1).standard_normal((2, frames), dtype=np.float32)
    scipy.signal.sosfilt(filters.lowpass(6000.0, SAMPLE_RATE), noise, axis=1)
