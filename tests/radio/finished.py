"""Tiny finished tracks for tests: clicks on bar lines over a tone, with a timeline, put into a state."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import soundfile

from dusktape.radio.nouns import Made
from dusktape.radio.state import State

RATE = 44_100


def sound(seconds: float, hz: float, *, fade_s: float = 0.0, level: float = 0.3) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    tone = level * np.sin(2.0 * np.pi * hz * t)
    tone += 0.001 * np.random.default_rng(int(hz)).standard_normal(t.size)
    if fade_s:
        tone *= np.clip((seconds - t) / fade_s, 0.0, 1.0) ** 2
    return np.stack([tone, 0.8 * tone]).astype(np.float32)


def shape(audio: np.ndarray, bar_s: float, bpm: float) -> dict[str, Any]:
    frames = audio.shape[1]
    bars = [round(k * bar_s * RATE) for k in range(round(frames / RATE / bar_s))]
    hops = audio[:, : frames // 2205 * 2205].reshape(2, -1, 2205)
    level = 10.0 * np.log10(np.maximum((hops**2).mean(axis=(0, 2)), 1e-9))
    return {
        "sample_rate": RATE,
        "frames": frames,
        "bpm": bpm,
        "bars": bars,
        "beats": bars,
        "sections": [{"name": "A", "start": bars[k], "bars": 2} for k in range(0, len(bars), 2)],
        "level": {"hop": 2205, "db": [round(float(v)) for v in level]},
    }


def add(
    state: State,
    name: str,
    *,
    seconds: float = 14.0,
    hz: float = 220.0,
    bar_s: float = 2.0,
    recipe: str = "dusk",
    mood: str = "warm",
    bpm: float = 80.0,
    station: str | None = "main",
    fade_s: float = 0.0,
    level: float = 0.3,
) -> Made:
    folder = state.folder / "making"
    folder.mkdir(exist_ok=True)
    audio = sound(seconds, hz, fade_s=fade_s, level=level)
    master, timeline = folder / f"{name}.flac", folder / f"{name}.json"
    soundfile.write(str(master), audio.T, RATE, subtype="PCM_16")
    timeline.write_text(json.dumps(shape(audio, bar_s, bpm)), "utf-8")
    made = Made(
        id=name,
        title=f"Song {name}",
        recipe=recipe,
        mood=mood,
        seed=1,
        bpm=bpm,
        key="C minor",
        seconds=seconds,
        frames=audio.shape[1],
        licence="CC0-1.0",
        song=name,
        files={"master.flac": state.put(master), "timeline.json": state.put(timeline)},
        made_at=1.0,
        provenance={"report": {"lufs": -17.0, "true_peak_dbtp": -6.0}},
        station=station,
    )
    state.add_track(made)
    return made
