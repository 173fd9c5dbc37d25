"""Writers that remember music from outside the song: a melody to go on from, a loop to begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dusktape.compose.over import register
from dusktape.core.roles import ChordWriter, LoopChord, MelodyWriter
from dusktape.core.score import BAR, TICKS_PER_BEAT, Chord, Key, Note
from dusktape.core.seed import Seed


@dataclass(frozen=True, slots=True)
class Remembering:
    """A melody writer that has heard some bars before the song's first. Implements `core.roles.MelodyWriter`.

    Parameters
    ----------
    writer
        Who writes.
    heard, chords
        Melody and chords of those bars, in ticks from the first of them.
    bars
        How many.
    """

    writer: MelodyWriter
    heard: tuple[Note, ...]
    chords: tuple[Chord, ...]
    bars: int

    def write_melody(
        self,
        *,
        key: Key,
        chords: Sequence[Chord],
        bars: int,
        given: Sequence[Note],
        given_bars: int,
        density: float,
        seed: Seed,
        temperature: float,
    ) -> tuple[Note, ...]:
        """Return what the writer writes after all it has heard, in the register it writes in."""
        shift, octaves = self.bars * BAR, register([n.pitch for n in self.heard], 0)
        notes = self.writer.write_melody(
            key=key,
            chords=(*self.chords, *(replace(c, start=c.start + shift) for c in chords)),
            bars=self.bars + bars,
            given=(
                *(replace(n, pitch=n.pitch - octaves) for n in self.heard),
                *(replace(n, start=n.start + shift) for n in given),
            ),
            given_bars=self.bars + given_bars,
            density=density,
            seed=seed,
            temperature=temperature,
        )
        return tuple(replace(n, start=n.start - shift) for n in notes)


@dataclass(frozen=True, slots=True)
class Beginning:
    """A chord writer that knows the loops of some materials already. Implements `core.roles.ChordWriter`.

    Parameters
    ----------
    writer
        Who writes the others.
    loops
        Letter of the material to its loop; of its first round only.
    """

    writer: ChordWriter
    loops: Mapping[str, tuple[LoopChord, ...]]

    def write_loop(
        self, *, mode: str, mood: str, bars: int, seed: Seed, temperature: float, max_chords: int
    ) -> tuple[LoopChord, ...]:
        """Return the loop that is known, as long as is asked, or a new one."""
        for letter, loop in self.loops.items():
            if loop and f"{letter}0" in seed.path:
                return lasting(loop, 4 * bars)
        return self.writer.write_loop(
            mode=mode, mood=mood, bars=bars, seed=seed, temperature=temperature, max_chords=max_chords
        )


def lasting(loop: Sequence[LoopChord], beats: int) -> tuple[LoopChord, ...]:
    """Return a loop of so many beats: repeated, or cut."""
    out: list[LoopChord] = []
    left = beats
    while left > 0:
        for chord in loop:
            if left > 0:
                out.append(replace(chord, length_beats=min(chord.length_beats, left)))
                left -= chord.length_beats
    return tuple(out)


def loop_of(chords: Sequence[Chord], key: Key) -> tuple[LoopChord, ...]:
    """Return chords as a loop: relative to the key, in whole beats. What is shorter than half a beat is left out."""
    out: list[LoopChord] = []
    origin = chords[0].start if chords else 0
    for chord in chords:
        first = round((chord.start - origin) / TICKS_PER_BEAT)
        last = round((chord.start + chord.length - origin) / TICKS_PER_BEAT)
        degree = (chord.root - key.tonic) % 12
        if last <= first:
            continue
        if out and (out[-1].degree, out[-1].quality) == (degree, chord.quality):
            out[-1] = replace(out[-1], length_beats=out[-1].length_beats + last - first)
        else:
            out.append(LoopChord(degree, chord.quality, last - first))
    return tuple(out)
