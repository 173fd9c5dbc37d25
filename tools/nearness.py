"""How near copies, other takes and strangers lie to a sound, for the limits of `dusktape pack`.

    python tools/nearness.py DATA

DATA is a folder with `oneshots_cc0`, `epianos_gregsullivan`, `lofi_audio_cc0` and `ambience_cc0`. Prints a Markdown
table: of what is struck by its features from where it begins, of what is long by its stretches (`publish.pack`). Copies
were a sound of these, whole or an excerpt of four seconds, which was changed; takes are other sounds of one kind.
"""

from __future__ import annotations

import io
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import lameenc
import numpy as np
import soundfile

from dusktape.core.audio import Block
from dusktape.core.seed import Seed
from dusktape.models.oneshot import corpus
from dusktape.models.oneshot.vector import SAMPLE_RATE as RATE
from dusktape.publish.pack import features, nearest, stretches
from dusktape.publish.pack.finish import resampled

KILOBITS = 128
_CLIP_S, _EXCERPT_S = 10.0, 4.0
_MOST = 60
_CENTS = 10.0

Change = Callable[[Block, int], Block]


def pitched(sound: Block, rate: int) -> Block:
    """Return a sound 10 cents higher, and as much shorter."""
    frames = round(sound.shape[1] / 2.0 ** (_CENTS / 1200.0))
    out = np.fft.irfft(np.fft.rfft(sound, axis=1)[:, : frames // 2 + 1], frames, axis=1)
    return np.asarray(out * (frames / sound.shape[1]), np.float32)


def through_mp3(sound: Block, rate: int) -> Block:
    """Return what LAME makes of a sound."""
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(KILOBITS)
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(1)
    encoder.silence()
    pcm = (sound[0].clip(-1.0, 1.0) * 32767.0).astype("<i2").tobytes()
    coded = bytes(encoder.encode(pcm) + encoder.flush())
    return np.asarray(soundfile.read(io.BytesIO(coded), dtype="float32", always_2d=True)[0].T)


def hissing(sound: Block, rate: int) -> Block:
    """Return a sound with white noise 40 dB below it."""
    level = 0.01 * float(np.sqrt(np.square(sound).mean()))
    return np.asarray(sound + level * Seed(1).rng().standard_normal(sound.shape), np.float32)


def darker(sound: Block, rate: int) -> Block:
    """Return a sound behind a filter of one pole at 4 kHz."""
    hz = np.fft.rfftfreq(sound.shape[1], 1.0 / rate)
    return np.asarray(np.fft.irfft(np.fft.rfft(sound) / (1.0 + 1j * hz / 4000.0), sound.shape[1]), np.float32)


CHANGES: dict[str, Change] = {
    "exact copy": lambda sound, rate: sound,
    "3 dB softer": lambda sound, rate: np.asarray(sound * np.float32(10.0**-0.15)),
    "50 ms later": lambda sound, rate: np.pad(sound, ((0, 0), (round(0.05 * rate), 0))),
    f"MP3, {KILOBITS} kb/s": through_mp3,
    f"{_CENTS:g} cents higher": pitched,
    "noise 40 dB below it": hissing,
    "darker: one pole at 4 kHz": darker,
    "the last four": lambda sound, rate: darker(hissing(pitched(through_mp3(sound, rate), rate), rate), rate),
}


def of_struck(sounds: Sequence[Block], kinds: Sequence[str], rate: int) -> Iterator[tuple[str, list[float]]]:
    """Yield how far copies lie, other sounds of the kind, and sounds of other kinds."""
    known = np.array([nearest.pictured(sound, rate) for sound in sounds])
    some = range(0, len(sounds), max(1, len(sounds) // _MOST))
    for name, change in CHANGES.items():
        yield (
            name,
            [
                float(features.distance_db(nearest.pictured(change(sounds[k], rate), rate), known[k : k + 1])[0])
                for k in some
            ],
        )
    for name, same in (("another of its kind, the nearest", True), ("another kind, the nearest", False)):
        found = []
        for k in some:
            others = [j for j, kind in enumerate(kinds) if j != k and (kind == kinds[k]) is same]
            if others:
                found.append(float(features.distance_db(known[k], known[others]).min()))
        yield name, found


def of_long(sounds: Sequence[Block], rate: int) -> Iterator[tuple[str, list[float]]]:
    """Yield how far copies of excerpts lie, other stretches of the same recording, and other recordings."""
    size, frames = round(_CLIP_S * rate), round(_EXCERPT_S * rate)
    clips = [(k, s[:, at : at + size]) for k, s in enumerate(sounds) for at in range(0, s.shape[1] - size + 1, size)]
    cells = [stretches.cells(clip, rate) for _, clip in clips]
    whole = stretches.of_spectrograms(cells)
    some = []
    for place in np.linspace(0, len(clips) - 1, min(_MOST, len(clips))).astype(int).tolist():
        at = round(Seed(2).at("place", place).between(0.0, size - frames - 1))
        some.append((place, clips[place][1][:, at : at + frames]))
    for name, change in CHANGES.items():
        yield name, [whole.nearest(change(sound, rate), rate)[1] for _, sound in some]
    for name, same in (("elsewhere in the recording, the nearest", True), ("another recording, the nearest", False)):
        found = []
        for place, sound in some:
            k = clips[place][0]
            others = [cells[j] for j, (one, _) in enumerate(clips) if j != place and (one == k) is same]
            if others:
                found.append(stretches.of_spectrograms(others).nearest(sound, rate)[1])
        yield name, found


def recordings(folder: Path) -> list[Block]:
    """Return the recordings in a folder, in mono at `RATE`."""
    found = sorted(path for path in folder.rglob("*") if path.suffix in (".mp3", ".flac", ".wav"))
    return [_mono(*soundfile.read(path, dtype="float32", always_2d=True)) for path in found]


def notes(folder: Path) -> tuple[list[Block], list[str]]:
    """Return the notes of the e-pianos in a folder's archive in mono at `RATE`, and which piano and note each is."""
    sounds, kinds = [], []
    for archive in sorted(folder.glob("*.tar")):
        with tarfile.open(archive) as tar:
            for member in sorted((m for m in tar.getmembers() if m.name.endswith(".flac")), key=lambda m: m.name):
                name, content = Path(member.name), tar.extractfile(member)
                if content is not None and "release" not in name.stem:
                    sounds.append(_mono(*soundfile.read(io.BytesIO(content.read()), dtype="float32", always_2d=True)))
                    note = name.stem.rpartition("-")[0] or name.stem.rpartition("_")[0] or name.stem[:-1]
                    kinds.append(f"{name.parts[-3]} {note}")
    return sounds, kinds


def _mono(sound: Block, rate: int) -> Block:
    return resampled(sound.mean(axis=1, dtype=np.float32)[None], rate, RATE)


def told(title: str, rows: Iterator[tuple[str, list[float]]]) -> None:
    """Print the figures of one sort of sounds."""
    for name, found in rows:
        heard = [distance for distance in found if np.isfinite(distance)]
        cells = [f"{np.percentile(heard, p):.1f}" for p in (0, 5, 50, 95)]
        print(f"| {title} | {name} | {len(heard)} | {' | '.join(cells)} |", flush=True)


def main(data: Path) -> None:
    """Print the table."""
    print("| what | beside it | of so many | nearest | 5 % | median | 95 % |\n|---|---|---:|---:|---:|---:|---:|")
    drums = corpus.recordings(data)
    told("drums", of_struck([d.stroke[None].astype(np.float32) for d in drums], [d.kind for d in drums], RATE))
    told("e-piano notes", of_struck(*notes(data / "epianos_gregsullivan"), RATE))
    for title, name in (("music", "lofi_audio_cc0"), ("ambience", "ambience_cc0")):
        told(title, of_long(recordings(data / name), RATE))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
