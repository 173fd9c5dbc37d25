import numpy as np
import pytest
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.pad import Pad, PadVoice


def play(pad: Pad, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return pad.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames).astype(np.float64)


@pytest.mark.parametrize("pitch", [48, 67])
def test_a_tone_is_a_loop_without_a_seam(pitch: int) -> None:
    loop = PadVoice(Pad(), SAMPLE_RATE, Seed(3)).tone(pitch, 0.6, 0, 1)
    inside = np.abs(np.diff(loop, axis=1)).max()
    assert np.abs(loop[:, 0] - loop[:, -1]).max() <= inside
    curve = np.abs(np.diff(loop, n=2, axis=1)).max()
    ends = np.concatenate([loop[:, -2:], loop[:, :2]], axis=1)
    assert np.abs(np.diff(ends, n=2, axis=1)).max() <= curve


def test_a_chord_of_sixteen_seconds_costs_one_loop_a_note() -> None:
    frames = 16 * SAMPLE_RATE
    notes = [PlayedNote(0, frames, p, 0.6) for p in (53, 60)] + [PlayedNote(frames + 1, 9_000, 53, 0.6)]
    p = Pad().open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3))
    late = [p.render(SAMPLE_RATE) for _ in range(15)][-1]
    assert p.cached_bytes <= 2.2e6, "of the two, only the loop that comes again is kept"
    assert np.std(late) > 0.03


def test_it_swells_in_its_attack_time() -> None:
    x = play(Pad(attack_ms=1000.0, motion=0.0, detune_cents=0.0), [PlayedNote(0, 90_000, 60, 0.6)], 88_200)
    early, late = np.std(x[:, :4_410]), np.std(x[:, 50_000:])
    assert early < 0.3 * late


def test_it_is_wide_above_and_one_below() -> None:
    pitches = (48, 55, 60, 64, 71)
    notes = [PlayedNote(0, 200_000, p, 0.7) for p in pitches]

    def side_db(width: float, low: float, high: float) -> float:
        x = play(Pad(width=width), notes, 200_000)
        hz = np.fft.rfftfreq(x.shape[1], 1.0 / SAMPLE_RATE)
        band = (hz > low) & (hz < high)
        mid, side = (np.sum(np.abs(np.fft.rfft(v)[band]) ** 2) for v in (x[0] + x[1], x[0] - x[1]))
        return float(10 * np.log10(side / mid + 1e-15))

    assert side_db(0.6, 90, 160) < -15.0
    assert -14.0 < side_db(0.6, 600, 2_000) < -3.0
    assert side_db(0.0, 600, 2_000) < side_db(1.0, 600, 2_000) - 4.0


def test_saws_are_brighter_than_triangles_and_the_filter_closes() -> None:
    def share_above_700(pad: Pad) -> float:
        x = play(pad, [PlayedNote(0, 200_000, 53, 0.6)], 100_000)[0]
        power = np.abs(np.fft.rfft(x)) ** 2
        return float(power[np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE) > 700].sum() / power.sum())

    assert share_above_700(Pad(shape=1.0)) > 3.0 * share_above_700(Pad(shape=0.0))
    assert share_above_700(Pad(brightness=0.9)) > 3.0 * share_above_700(Pad(brightness=0.1))


def test_a_key_comes_up_where_a_note_is_let_go() -> None:
    note = [PlayedNote(0, 40_000, 60, 0.6)]
    keys = play(Pad(noise=1.0), note, 60_000) - play(Pad(noise=0.0), note, 60_000)
    assert not keys[:, :40_000].any()
    assert np.std(keys[:, 40_000:42_000]) > 1e-3
