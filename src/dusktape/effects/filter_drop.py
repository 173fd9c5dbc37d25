"""The whole mix goes under water, and comes up on the one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dusktape.core.audio import Cues, EventCue, Processor, SectionCue
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.effects.section_filter import BrightnessCurve, SectionFilterProcessor


@dataclass(frozen=True, slots=True)
class FilterDrop:
    """A low-pass swoops down over each `filter_drop` of the song and springs open at its end.

    The cutoff falls by equal octaves in equal times; it is open again in time for the beat on which the event ends.
    Made as `SectionFilter` is: no latency, next to nothing where no event is, and about 1/350 of real time inside one.
    """

    closed_hz: float = param(
        260.0, low=80.0, high=4000.0, unit="Hz", text="cutoff at the bottom: 150 leaves the bass, 600 a neighbour"
    )
    open_ms: float = param(
        40.0, low=5.0, high=1000.0, unit="ms", text="how long it takes to come up: 20 snaps, 300 surfaces"
    )
    depth: float = param(1.0, low=0.0, high=1.0, text="how far it goes: 0 not at all, 0.5 half of the octaves")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> Processor:
        """Return a processor at frame 0 of the song."""
        glide = self.open_ms * sample_rate / 1000.0
        drops = [e for e in cues.events if e.kind == "filter_drop" and e.frames > 0]
        curve = BrightnessCurve(_sections(drops, glide), glide)
        return SectionFilterProcessor(curve, self.closed_hz, self.depth, sample_rate, channels)


def _sections(drops: Sequence[EventCue], glide_frames: float) -> list[SectionCue]:
    """Return brightness as sections: falling from 1 to 0 in each drop, and 1 everywhere else."""
    sections: list[SectionCue] = []
    at = 0
    for k, drop in enumerate(drops):
        start = max(drop.start_frame, at)
        # The mean over the glide is centred: what jumps half a glide early is open on the beat.
        end = drop.start_frame + drop.frames - round(0.5 * glide_frames)
        if k + 1 < len(drops):
            end = min(end, drops[k + 1].start_frame)
        if end <= start:
            continue
        if start > at:
            sections.append(SectionCue("open", at, start - at))
        sections.append(SectionCue("drop", start, end - start, brightness=1.0, brightness_end=0.0))
        at = end
    return [*sections, SectionCue("open", at, 1)]
