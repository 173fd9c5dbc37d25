"""A user's sounds for tests: tiny SoundFonts, notes, drums and rain, made on the spot."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
import soundfile

from dusktape.core.audio import SAMPLE_RATE, Player

RATE = 22_050


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def group(name: bytes, *chunks: bytes) -> bytes:
    return chunk(b"LIST", name + b"".join(chunks))


def tone(seconds: float = 0.5, hz: float = 261.63, decay_s: float = 9.0) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    wave = np.sin(2 * np.pi * hz * t) + 0.3 * np.sin(4 * np.pi * hz * t)
    return (0.5 * wave * np.exp(-t / decay_s)).astype(np.float32)


def font(
    path: Path, presets: tuple[tuple[int, int, str], ...] = ((0, 0, "Sine"), (128, 0, "Drums")), *, vorbis: bool = False
) -> Path:
    """Write a SoundFont of one looped tone (C4) under these presets: (bank, program, name)."""
    sound = tone()
    if vorbis:
        told = io.BytesIO()
        soundfile.write(told, sound, RATE, format="OGG", subtype="VORBIS")
        samples, end, kind = told.getvalue(), len(told.getvalue()), 0x11
    else:
        samples, end, kind = (32767 * sound).astype("<i2").tobytes() + bytes(92), sound.size, 1
    head = b"".join(
        struct.pack("<20sHHHIII", name.encode(), program, bank, k, 0, 0, 0)
        for k, (bank, program, name) in enumerate(presets)
    )
    head += struct.pack("<20sHHHIII", b"EOP", 0, 0, len(presets), 0, 0, 0)
    count = len(presets)
    tables = group(
        b"pdta",
        chunk(b"phdr", head),
        chunk(b"pbag", b"".join(struct.pack("<HH", k, 0) for k in range(count + 1))),
        chunk(b"pmod", bytes(10)),
        chunk(b"pgen", struct.pack("<HH", 41, 0) * count + bytes(4)),
        chunk(b"inst", struct.pack("<20sH", b"Tone", 0) + struct.pack("<20sH", b"EOI", 1)),
        chunk(b"ibag", struct.pack("<HHHH", 0, 0, 2, 0)),
        chunk(b"imod", bytes(10)),
        chunk(b"igen", struct.pack("<HHHH", 54, 1, 53, 0) + bytes(4)),
        chunk(
            b"shdr",
            struct.pack("<20sIIIIIBbHH", b"Tone", 0, end, 1000, 9000, RATE, 60, 0, 0, kind)
            + struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0),
        ),
    )
    body = b"sfbk" + group(b"INFO", chunk(b"ifil", struct.pack("<HH", 2, 4)), chunk(b"INAM", b"test"))
    body += group(b"sdta", chunk(b"smpl", samples)) + tables
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def rain(path: Path, seconds: float = 3.0, channels: int = 2, rate: int = RATE, **options: str) -> Path:
    """Write a noise that a low-pass has been over, as WAV or whatever the ending says."""
    noise = np.random.default_rng(4).standard_normal((round(seconds * rate), channels))
    wash = np.cumsum(noise, axis=0)
    wash -= np.linspace(wash[0], wash[-1], len(wash))
    wash = np.diff(wash, axis=0, prepend=0.0) + 0.2 * noise
    soundfile.write(path, 0.1 * wash / np.abs(wash).max(), rate, **options)
    return path


def notes(folder: Path, names: tuple[str, ...] = ("C3", "A#3_v1", "A#3_v2", "C5")) -> Path:
    """Write a folder of tones named by pitch, each of the pitch it says."""
    hertz = {"C3": 130.81, "A#3_v1": 233.08, "A#3_v2": 233.08, "C5": 523.25}
    folder.mkdir(parents=True)
    for name in names:
        soundfile.write(folder / f"{name}.wav", tone(0.8, hertz[name], 0.2), RATE)
    return folder


def drums(folder: Path) -> Path:
    """Write a folder of one-shots: two kicks that take turns, a soft and a hard snare."""
    folder.mkdir(parents=True)
    for name, hz in (("kick_1", 60.0), ("kick_2", 90.0), ("Snare soft", 200.0), ("Snare hard", 400.0)):
        soundfile.write(folder / f"{name}.wav", tone(0.3, hz, 0.05), RATE)
    return folder


def rendered(player: Player, frames: int, sizes: Sequence[int]) -> np.ndarray:
    """Return the next frames of a player, shape (channels, frames), in blocks of these sizes in turn."""
    blocks, done = [], 0
    for size in cycle(sizes):
        blocks.append(player.render(min(size, frames - done)))
        done += size
        if done >= frames:
            break
    return np.concatenate(blocks, axis=1)


def pitch_hz(sound: np.ndarray) -> float:
    """Return the strongest frequency of a sound of one channel."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(sound.size), 8 * sound.size))
    return float(np.argmax(spectrum)) * SAMPLE_RATE / (8 * sound.size)
