"""Backwards: the tape turned round, so that every note swells into its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dusktape.core.audio import Cues, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.instruments.sampling import Piece, PiecePlayer, Recorder, Take, renumbered, source_of

STEP_S = 0.04
"""Takes are whole multiples of this long, so that notes of about one length share one."""

VELOCITIES = 5
FADE_OUT_S = 0.004


@dataclass(frozen=True, slots=True)
class Backwards:
    """Tones that grow out of nothing and break off at their loudest: another instrument, recorded and reversed.

    Each note's tone is recorded once, as long as the note and at most `swell_s`, and played from its end; what would
    have been its attack falls on the note's end. Costs about what the source costs for each tone that differs in
    pitch, length (in steps of 40 ms) or velocity (in five steps).
    """

    source: str = param("felt_piano", text="instrument that is recorded: any that plays notes")
    swell_s: float = param(2.5, low=0.1, high=8.0, unit="s", text="longest swell: 0.5 is a gulp, 3 a long breath in")
    soft_start: float = param(0.4, low=0.0, high=1.0, text="share of the tone over which it fades in")
    detune_cents: float = param(3.0, low=0.0, high=30.0, unit="cents", text="the source's, where it has it")
    decay_s: float = param(1.4, low=0.1, high=6.0, unit="s", text="the source's, where it has it")
    noise: float = param(0.3, low=0.0, high=1.0, text="the source's, where it has it")

    def __post_init__(self) -> None:
        check(self)
        source_of(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> PiecePlayer:
        """Return a player at frame 0, with as many channels as its source."""
        step, longest = max(1, round(STEP_S * sample_rate)), round(self.swell_s * sample_rate)
        keys: dict[tuple[int, int, int], int] = {}
        pieces = []
        for note in sorted(n for n in notes if n.length_frames > 0):
            steps = max(1, min(note.length_frames, longest) // step)
            layer = min(VELOCITIES - 1, int(note.velocity * VELOCITIES))
            frames = min(steps * step, note.length_frames)
            pieces.append(
                Piece(
                    start=note.start_frame + note.length_frames - frames,
                    frames=frames,
                    take=keys.setdefault((note.pitch, steps, layer), len(keys)),
                    place=0,
                    gain=note.velocity / ((layer + 0.5) / VELOCITIES),
                    backwards=True,
                    fade_in=round(self.soft_start * frames),
                    fade_out=round(FADE_OUT_S * sample_rate),
                )
            )
        pieces, order = renumbered(pieces)
        tones = list(keys)
        takes = []
        for pitch, steps, layer in (tones[k] for k in order):
            takes.append(Take((PlayedNote(0, steps * step, pitch, (layer + 0.5) / VELOCITIES),), steps * step))
        recorder = Recorder(source_of(self), takes, sample_rate=sample_rate, bpm=cues.bpm, seed=seed)
        last_off = max((n.start_frame + n.length_frames for n in notes), default=0)
        return PiecePlayer(pieces, recorder.record, channels=recorder.channels, last_off=last_off)
