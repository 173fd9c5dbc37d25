"""Write POP909 as MIDI files, one a song: a folder to try `dusktape data midi` on.

    python tools/pop909_midi.py DATA OUT

DATA holds `pop909_cl/pop909_cl.npz`. The files lie in OUT/pop909, so that a dataset made of OUT calls its songs as the
shipped networks' training did, and puts them into the same splits. Only what any MIDI file says is written: notes in
named tracks, tempo, metre. Keys and chords are left for the reader to find.
"""

from __future__ import annotations

import sys
from pathlib import Path

import mido

from dusktape.data import pop909

TICKS = 480


def midi(song: pop909.Song, *, named: bool = True) -> mido.MidiFile:
    """Return a type-1 file: a conductor's track, then melody, bridge and piano."""
    conductor = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(song.bpm))])
    now = 0
    for start, beats, unit in song.meters:
        tick = round(start * TICKS)
        conductor.append(mido.MetaMessage("time_signature", numerator=beats, denominator=unit, time=tick - now))
        now = tick
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS)
    file.tracks.append(conductor)
    for channel, (name, notes) in enumerate(song.tracks.items()):
        events = []
        for start, length, pitch, velocity in zip(notes.start, notes.length, notes.pitch, notes.velocity, strict=True):
            first = round(start * TICKS)
            events.append((first, 1, int(pitch), int(velocity)))
            events.append((max(first + 1, round((start + length) * TICKS)), 0, int(pitch), 0))
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name.upper())] if named else [])
        now = 0
        for tick, on, pitch, velocity in sorted(events):
            kind = "note_on" if on else "note_off"
            track.append(mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=tick - now))
            now = tick
        file.tracks.append(track)
    return file


def main() -> None:
    """Write every song."""
    data, out = map(Path, sys.argv[1:])
    (out / "pop909").mkdir(parents=True, exist_ok=True)
    for count, song in enumerate(pop909.songs(data), start=1):
        midi(song).save(out / f"{song.id}.mid")
        print(f"\r{count} songs", end="", file=sys.stderr)
    print(file=sys.stderr)


if __name__ == "__main__":
    main()
