import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.nylon_guitar import NylonGuitar


def play(guitar: NylonGuitar, notes: list[PlayedNote], frames: int) -> NDArray[np.float64]:
    return guitar.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(3)).render(frames)[0].astype(np.float64)


def harmonics(guitar: NylonGuitar, pitch: int, count: int) -> NDArray[np.float64]:
    x = play(guitar, [PlayedNote(0, 60_000, pitch, 0.6)], 9_000)
    spectrum = np.abs(np.fft.rfft(x * np.hanning(x.size)))
    hz = np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE)
    f0 = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
    return np.array([spectrum[np.abs(hz - f0 * k) < 0.1 * f0].max() for k in range(1, count + 1)])


def test_plucked_in_the_middle_even_partials_are_missing() -> None:
    middle, bridge = (harmonics(NylonGuitar(pluck_position=at, noise=0.0, body=0.0), 57, 6) for at in (0.5, 0.1))
    assert middle[1] < 0.2 * middle[0]
    assert bridge[1] > 0.5 * bridge[0]


def test_the_body_knocks_below_the_string() -> None:
    def low_share(body: float) -> float:
        x = play(NylonGuitar(body=body, noise=0.0), [PlayedNote(0, 60_000, 72, 0.6)], 20_000)
        power = np.abs(np.fft.rfft(x)) ** 2
        hz = np.fft.rfftfreq(x.size, 1.0 / SAMPLE_RATE)
        return float(power[(hz > 70) & (hz < 260)].sum() / power.sum())

    assert low_share(1.0) > 30.0 * low_share(0.0)


def test_high_partials_die_first() -> None:
    x = play(NylonGuitar(noise=0.0), [PlayedNote(0, 90_000, 52, 0.9)], 60_000)

    def share_above_1k(part: NDArray[np.float64]) -> float:
        power = np.abs(np.fft.rfft(part * np.hanning(part.size))) ** 2
        return float(power[np.fft.rfftfreq(part.size, 1.0 / SAMPLE_RATE) > 1_000].sum() / power.sum())

    assert share_above_1k(x[:8_000]) > 5.0 * share_above_1k(x[40_000:48_000])


def test_fingers_are_heard_before_and_after_the_note() -> None:
    note = [PlayedNote(0, 30_000, 60, 0.6)]
    finger = play(NylonGuitar(noise=1.0), note, 40_000) - play(NylonGuitar(noise=0.0), note, 40_000)
    assert np.std(finger[:500]) > 1e-3
    assert not finger[20_000:30_000].any()
    assert np.std(finger[30_000:30_500]) > 5e-4


def test_open_strings_answer_what_they_share() -> None:
    # E4 is the fourth partial of the low E string; Eb4 hardly meets any of the six.
    def hangs_on(pitch: int) -> float:
        x = play(NylonGuitar(noise=0.0, body=0.0, wear=0.0, decay_s=0.1), [PlayedNote(0, 90_000, pitch, 0.6)], 60_000)
        return float(np.std(x[40_000:60_000]) / np.std(x[:8_000]))

    assert hangs_on(64) > 3.0 * hangs_on(63)


def test_fingers_squeak_on_the_way_to_another_place() -> None:
    notes = [PlayedNote(50_000 * i, 40_000, 48 + 7 * (i % 2), 0.6) for i in range(8)]
    loud, none = (play(NylonGuitar(noise=n), notes, 400_000) for n in (1.0, 0.0))
    before = [np.std((loud - none)[n.start_frame - 3_000 : n.start_frame - 500]) for n in notes[1:]]
    assert sum(level > 3e-4 for level in before) >= 2
    assert sum(level == 0.0 for level in before) >= 1
