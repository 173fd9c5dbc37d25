"""Twenty seconds to hear before installing: `python tools/hear.py BUNDLE OUT.mp3`.

BUNDLE is what `dusktape make --bundle BUNDLE` wrote. The stretch starts a bar before a section, where the song has
most to say, and is faded at both ends. 160 kb/s: 20 s are 400 kB.
"""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import Any

import lameenc
import numpy as np
from numpy.typing import NDArray

from dusktape.core.score import Key
from dusktape.io.audiofile import read
from dusktape.io.tags import Tags
from dusktape.io.tags_id3 import embed

KILOBITS = 160
FADE_IN_S, FADE_OUT_S = 0.15, 2.0


def start_of(facts: dict[str, Any], seconds: float) -> float:
    """Return where the stretch begins: a bar before B, else before the second section."""
    report = facts["report"]
    sections = report["sections"]
    chosen = next((s for s in sections if s["name"] == "B"), sections[min(1, len(sections) - 1)])
    bar_s = 240.0 / report["bpm"]
    return float(max(0.0, min(chosen["start_s"] - bar_s, report["duration_s"] - seconds)))


def excerpt(samples: NDArray[np.float32], rate: int, start_s: float, seconds: float) -> NDArray[np.int16]:
    """Return faded 16-bit frames, shape (frames, channels)."""
    start, frames = round(start_s * rate), round(seconds * rate)
    piece = samples[:, start : start + frames].astype(np.float64)
    at = np.arange(piece.shape[1]) / rate
    piece *= np.clip(at / FADE_IN_S, 0.0, 1.0) * np.clip((piece.shape[1] / rate - at) / FADE_OUT_S, 0.0, 1.0)
    return np.ascontiguousarray(np.rint(np.clip(piece.T, -1.0, 1.0) * 32767.0).astype(np.int16))


def main() -> None:
    """Read the command line, cut, encode, print the path."""
    parser = argparse.ArgumentParser(description="Cut an MP3 out of a finished track.")
    parser.add_argument("bundle", type=Path, help="folder that dusktape make --bundle wrote")
    parser.add_argument("out", type=Path, help="MP3 to write")
    parser.add_argument("--seconds", type=float, default=20.0, help="length; default 20")
    parser.add_argument("--start", type=float, help="first second; default: a bar before B")
    options = parser.parse_args()
    facts = json.loads((options.bundle / "track.json").read_text(encoding="utf-8"))
    audio = read(options.bundle / "master.flac")
    start = start_of(facts, options.seconds) if options.start is None else options.start
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(KILOBITS)
    encoder.set_in_sample_rate(audio.sample_rate)
    encoder.set_channels(audio.samples.shape[0])
    encoder.set_quality(2)
    frames = excerpt(audio.samples, audio.sample_rate, start, options.seconds)
    bare = io.BytesIO(bytes(encoder.encode(frames.tobytes()) + encoder.flush()))
    tags = Tags(
        title=facts["title"],
        album="Dusktape",
        bpm=facts["report"]["bpm"],
        key=Key.parse(facts["report"]["key"]),
        licence=facts["licence"],
        seed=facts["seed"],
        recipe=facts["recipe"]["name"],
        version=facts["dusktape"],
        models={m["name"]: m["sha256"] for m in facts["models"]},
        ai_statement=facts["statement"],
        ai_generated=not facts["score"]["given"],
    )
    with options.out.open("wb") as file:
        embed(bare, file, tags)
    print(f"{options.out} ({options.out.stat().st_size / 1e3:.0f} kB, from {start:.1f} s)")


if __name__ == "__main__":
    main()
