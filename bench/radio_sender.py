"""Fills a station's rings with recorded slots, at the pace of the clock: a playout without its work.

python -m bench.radio_sender STATE KILOBITS
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import lameenc
import numpy as np

from dusktape.core.audio import SAMPLE_RATE
from dusktape.radio.ring import RingWriter
from dusktape.radio.state import State

LEAD_S = 12.0
SLOT = 19 * 1152
SEGMENT = 172 * 1024
_SEGMENT_BYTES = 64_000
"""As large as four seconds of AAC at 128 kbit/s; what is in it does not matter to who sends it."""


def slots(kilobits: int) -> list[bytes]:
    """Return half a minute of MP3, in slots of whole frames."""
    rng = np.random.default_rng(0)
    t = np.arange(SAMPLE_RATE * 30) / SAMPLE_RATE
    sound = 6000 * np.sin(2 * np.pi * 220 * t) + rng.normal(0, 600, t.size)
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(kilobits)
    encoder.set_in_sample_rate(SAMPLE_RATE)
    encoder.set_channels(2)
    encoder.set_quality(7)
    encoder.silence()
    data = bytes(encoder.encode(np.stack([sound, sound], 1).astype(np.int16).tobytes()))
    size = 19 * 144 * kilobits * 1000 // SAMPLE_RATE
    return [data[k : k + size] for k in range(0, len(data) - size, size)]


def main() -> None:
    folder, kilobits = Path(sys.argv[1]), int(sys.argv[2])
    State.open(folder).station("main")
    run = folder / "run" / "main"
    mp3 = RingWriter(run / "mp3.ring", slots=182, slot_bytes=16_384)
    hls = RingWriter(run / "hls.ring", slots=16, slot_bytes=131_072)
    recorded, segment = slots(kilobits), bytes(_SEGMENT_BYTES)
    start = time.monotonic() - LEAD_S
    frame = done = 0
    while True:
        due = (time.monotonic() - start) * SAMPLE_RATE
        while frame < due:
            mp3.append(frame, SLOT, recorded[frame // SLOT % len(recorded)])
            frame += SLOT
        while done + SEGMENT <= due:
            hls.append(done, SEGMENT, segment)
            done += SEGMENT
        time.sleep(0.05)


if __name__ == "__main__":
    main()
