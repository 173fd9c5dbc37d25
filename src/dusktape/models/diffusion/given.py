"""A sound of the user's own, as a network needs it: its rate, its channels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dusktape.core.audio import Block
from dusktape.core.errors import InputError, PluginError
from dusktape.io import recording

MOST_S = 300.0
"""Longer sounds are not taken: a network looks at every second of them at every step."""

_WIDTHS = {1: "mono", 2: "stereo"}


def given(path: Path, *, sample_rate: int, channels: int) -> tuple[Block, list[str]]:
    """Return a sound file, (channels, frames) at a rate, and what there is to say of how it got there.

    What is not finite is silence; of more than two channels, odd ones go left and even ones right.

    Raises
    ------
    InputError
        If it is missing, no sound, or longer than `MOST_S`.
    PluginError
        If it has another rate and soxr is not installed.
    """
    about = recording.examine(path)
    if about.seconds > MOST_S:
        raise InputError(f"{str(path)!r} lasts {about.seconds:,.0f} s; cut out at most {MOST_S:g}")
    sound = recording.read(path, sample_rate=about.rate, seconds=MOST_S)
    if about.rate != sample_rate:
        sound = _resampled(sound, about.rate, sample_rate)
    if len(sound) != channels:
        sound = np.repeat(sound, 2, axis=0) if channels == 2 else sound.mean(axis=0, keepdims=True)
    said = []
    if (about.rate, about.channels) != (sample_rate, channels):
        was = f"{about.rate} Hz, {_WIDTHS.get(about.channels, f'{about.channels} channels')}"
        said.append(f"{path.name}: {was}, taken as {sample_rate} Hz, {_WIDTHS[channels]}")
    return np.ascontiguousarray(sound, np.float32), said


def _resampled(sound: Block, before: int, after: int) -> Block:
    try:
        import soxr
    except ModuleNotFoundError as error:
        raise PluginError(
            "another sample rate needs the module 'soxr'; install it with: pip install 'dusktape[audio]'"
        ) from error
    # A file of a few frames may come out as none.
    out = np.ascontiguousarray(soxr.resample(sound.T, before, after, quality="VHQ").T, np.float32)
    return out if out.shape[1] else np.zeros((len(sound), 1), np.float32)
