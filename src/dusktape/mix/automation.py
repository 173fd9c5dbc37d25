"""Slow gains over a whole song: section levels and the fade at its end, on the control grid."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import CONTROL_FRAMES, Cues, Floats

_GLIDE_S = 0.06
"""Sections hand over their level in this time, so that no step is heard."""

_FADES_OUT = 0.1
"""What falls to a tenth or less in one section falls evenly in decibels, as under a hand on a fader ..."""

_FADE_S = 14.0
"""... and in the last of its seconds: so many, or a sixth of a shorter song."""

_STEPS = 64


class SongGain:
    """The gain every part follows: the level of the section, and the fade of the last chord.

    Parameters
    ----------
    cues
        Sections with their levels; the song's length.
    sample_rate
        In Hz.
    fade_s
        How long the last chord takes to fall silent, in a straight line: still there half a second before the end.
    """

    def __init__(self, cues: Cues, sample_rate: int, *, fade_s: float) -> None:
        glide = round(_GLIDE_S * sample_rate)
        frames: list[float] = []
        levels: list[float] = []
        for section in cues.sections:
            end = section.start_frame + max(0, section.frames - glide)
            frames.append(section.start_frame)
            levels.append(section.level)
            if 0.0 < section.level_end < section.level * _FADES_OUT:
                start = max(section.start_frame, end - min(round(_FADE_S * sample_rate), cues.frames // 6))
                frames += np.linspace(start, end, _STEPS).tolist()
                levels += np.geomspace(section.level, section.level_end, _STEPS).tolist()
            else:
                frames.append(end)
                levels.append(section.level_end)
        self._frames = np.array(frames or [0.0])
        self._levels = np.array(levels or [1.0])
        self._end = cues.frames
        self._fade = max(1.0, min(fade_s * sample_rate, cues.frames / 2.0))

    def edges(self, start: int, frames: int) -> Floats:
        """Return the gain at every control edge around frames [start, start + frames)."""
        first, last = start // CONTROL_FRAMES, -(-(start + frames) // CONTROL_FRAMES)
        at = np.arange(first, last + 1) * float(CONTROL_FRAMES)
        fade = np.clip((self._end - at) / self._fade, 0.0, 1.0)
        return np.asarray(np.interp(at, self._frames, self._levels) * fade)
