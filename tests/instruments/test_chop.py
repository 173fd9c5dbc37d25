"""A chopped loop is in key and on the grid, rests where the part rests, and comes round as a machine would."""

from itertools import pairwise

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote, SectionCue
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.instruments.chop import Chop, Pads
from dusktape.instruments.phrases import SAME_CHORD, UNITS, laid_out

BPM = 90.0
BEAT = round(60.0 / BPM * SAMPLE_RATE)
BAR = 4 * BEAT
CHORDS = ((57, 60, 64), (53, 57, 60), (60, 64, 67), (55, 59, 62))


def loop(bars, *, first=0, chords=CHORDS):
    """Chords on one and on the and of two, a bar each."""
    notes = []
    for bar in range(first, first + bars):
        for start, length in ((0, 1.4), (1.5, 2.4)):
            frame = bar * BAR + round(start * BEAT)
            notes += [PlayedNote(frame, round(length * BEAT), p, 0.6) for p in chords[bar % len(chords)]]
    return notes


def cues(*bars):
    starts = np.cumsum([0, *bars])
    sections = tuple(
        SectionCue(name, int(start) * BAR, n * BAR) for name, start, n in zip("ABCDE", starts, bars, strict=False)
    )
    return Cues(frames=int(starts[-1]) * BAR, bpm=BPM, sections=sections)


def heard(notes, song, instrument=None, **params):
    part = instrument or Chop(**params)
    return part.open(SAMPLE_RATE, notes, cues=song, seed=Seed(4)).render(song.frames).mean(axis=0)


def chroma(x):
    spectrum = np.abs(np.fft.rfft(x * np.hanning(x.size)))
    hz = np.fft.rfftfreq(x.size, 1 / SAMPLE_RATE)
    inside = (hz > 150) & (hz < 1100)
    pitch = np.round(69 + 12 * np.log2(hz[inside] / 440)).astype(int) % 12
    return np.bincount(pitch, spectrum[inside], 12)


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.mark.parametrize("cut", UNITS)
def test_every_bar_keeps_its_chord(cut):
    notes, song = loop(8), cues(8)
    played = heard(notes, song, find("instruments", "rhodes")())
    chopped = heard(notes, song, cut=cut, freedom=1.0)
    for bar in range(8):
        here = slice(bar * BAR, (bar + 1) * BAR)
        own = cosine(chroma(chopped[here]), chroma(played[here]))
        other = slice((bar + 2) % 8 * BAR, ((bar + 2) % 8 + 1) * BAR)
        assert own > 0.9
        assert own > cosine(chroma(chopped[here]), chroma(played[other])) + 0.1


def test_slices_are_struck_on_the_grid():
    song = cues(8)
    phrases, slots = laid_out(sorted(loop(8)), song, SAMPLE_RATE, bars=4, unit=0.5)
    starts = [p.start for s in slots for p in Pads(Chop(), s, phrases[s.phrase], SAMPLE_RATE, Seed(4)).pieces()]
    sixteenth = BEAT / 4
    assert len(starts) > 20
    assert max(abs(start - round(start / sixteenth) * sixteenth) for start in starts) <= 2


@pytest.mark.parametrize("cents", [-40.0, 0.0, 40.0])
def test_it_is_as_far_off_pitch_as_it_says_and_keeps_time(cents):
    song = cues(4)
    note = [PlayedNote(0, 4 * BAR, 69, 0.7)]
    x = heard(note, song, cut="loop", off_cents=cents, detune_cents=0.0, source="vibraphone")[: 2 * BEAT]
    spectrum = np.abs(np.fft.rfft(x * np.hanning(x.size), 1 << 20))
    peak = float(np.argmax(spectrum)) * SAMPLE_RATE / (1 << 20)
    assert abs(1200 * np.log2(peak / 440.0) - cents) < 6.0
    late = [PlayedNote(3 * BAR, BEAT, 69, 0.7), PlayedNote(0, BEAT, 69, 0.7)]
    x = np.abs(heard(late, song, cut="loop", off_cents=cents, source="vibraphone"))
    struck = 3 * BAR - 400 + int(np.argmax(x[3 * BAR - 400 :] > 0.2 * x.max()))
    assert abs(struck - 3 * BAR) < 0.012 * SAMPLE_RATE


def test_slowing_and_sampling_make_it_duller():
    notes, song = loop(4), cues(4)

    def treble(x):
        power = np.abs(np.fft.rfft(x)) ** 2
        return power[x.size * 5000 // SAMPLE_RATE :].sum() / power.sum()

    clear = heard(notes, song, cut="loop", pitch_down=0, rate_hz=44_100.0, source="nylon_guitar")
    dull = heard(notes, song, cut="loop", pitch_down=7, rate_hz=12_000.0, source="nylon_guitar")
    assert treble(dull) < 0.3 * treble(clear)


def test_a_phrase_that_returns_is_sampled_once_and_other_chords_are_not_it():
    song = cues(8, 8, 8)
    other = tuple(tuple(p + 1 for p in chord) for chord in CHORDS)
    notes = sorted(loop(8) + loop(8, first=8, chords=other) + loop(8, first=16))
    phrases, slots = laid_out(notes, song, SAMPLE_RATE, bars=4, unit=0.5)
    assert [s.phrase for s in slots] == [0, 0, 1, 1, 0, 2]  # the last one rings out, so it is its own
    assert [p.last for p in phrases] == [False, False, True]


def test_only_slices_of_one_chord_change_places():
    phrases, slots = laid_out(sorted(loop(4)), cues(4), SAMPLE_RATE, bars=4, unit=0.5)
    del phrases
    tones = [{p % 12 for p in chord} for chord in CHORDS]
    for k, others in enumerate(slots[0].alike):
        assert k in others
        for j in others:
            shared = len(tones[k // 8] & tones[j // 8]) / 3
            assert shared >= SAME_CHORD


def test_it_rests_where_the_part_rests():
    song = cues(8, 8)
    notes = [n for n in loop(16) if not 6 * BAR <= n.start_frame < 8 * BAR]
    x = heard(notes, song, freedom=1.0)
    assert np.abs(x[6 * BAR + 2 * BEAT : 8 * BAR - BEAT]).max() < 1e-6
    assert np.abs(x[8 * BAR : 9 * BAR]).max() > 0.01


def test_an_early_strike_is_not_cut_off_by_its_slice():
    early = round(0.025 * SAMPLE_RATE)
    notes = sorted(
        PlayedNote(n.start_frame - early * (n.start_frame > 0), n.length_frames, n.pitch, 0.6) for n in loop(8)
    )
    song = cues(8)
    late = np.abs(heard(notes, song, cut="loop")[2 * BAR : 2 * BAR + BEAT // 4]).max()
    before = np.abs(heard(notes, song, cut="loop")[2 * BAR - 2 * early : 2 * BAR - 200]).max()
    assert late > 3.0 * before


def test_a_pattern_returns_within_a_section_and_is_another_in_the_next():
    song = cues(16, 16)
    notes = loop(32)
    phrases, slots = laid_out(sorted(notes), song, SAMPLE_RATE, bars=4, unit=0.5)

    def pattern(slot):
        pieces = Pads(Chop(freedom=0.8), slot, phrases[slot.phrase], SAMPLE_RATE, Seed(4)).pieces()
        return [(p.start - slot.start, p.frames, p.place) for p in pieces]

    assert pattern(slots[0]) == pattern(slots[1]) == pattern(slots[3])
    assert pattern(slots[0]) != pattern(slots[4])


def test_the_last_chord_is_left_alone_and_rings_out():
    notes = [*loop(7), *(PlayedNote(7 * BAR, 4 * BAR, p, 0.6) for p in (57, 60, 64))]
    player = Chop(freedom=1.0, stutter=1.0, rests=1.0).open(SAMPLE_RATE, notes, cues=cues(8, 3), seed=Seed(4))
    x = np.abs(player.render(11 * BAR).mean(axis=0))
    held = [x[7 * BAR + k * BEAT : 7 * BAR + (k + 1) * BEAT].max() for k in range(8)]
    assert min(held) > 0.01
    assert all(after <= 1.05 * before for before, after in pairwise(held))


def test_a_part_without_notes_is_silent():
    player = Chop().open(SAMPLE_RATE, (), cues=cues(4), seed=Seed(4))
    assert not player.render(BAR).any()
    assert player.tail_frames == 0


def test_high_notes_are_slowed_less_and_stay_in_tune():
    song = cues(4)
    x = heard([PlayedNote(0, 2 * BAR, 100, 0.7)], song, cut="loop", pitch_down=12, off_cents=0.0, source="vibraphone")
    spectrum = np.abs(np.fft.rfft(x[:BAR], 1 << 19))
    peak = float(np.argmax(spectrum)) * SAMPLE_RATE / (1 << 19)
    assert abs(12 * np.log2(peak / 440.0) + 69 - 100) < 0.15
