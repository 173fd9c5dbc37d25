import numpy as np
import pytest

from dusktape.core.audio import Block, Cues, Floats
from dusktape.core.errors import InputError
from dusktape.core.plugins import find
from dusktape.core.score import Key, Note, Score
from dusktape.core.seed import Seed
from dusktape.data.beats import Grid, felt, find_beats
from dusktape.data.hearing import Heard, hear
from dusktape.studio.rig import played

pytest.importorskip("librosa")

RATE = 44_100


def heard(sound: Block, rate: int = RATE) -> Heard:
    return hear([sound[:, k : k + 65_536] for k in range(0, sound.shape[1], 65_536)], rate)


def clicks(times: Floats, seconds: float, rate: int = RATE) -> Block:
    out = np.zeros(int(seconds * rate), np.float32)
    decay = np.arange(rate // 20)
    click = 0.5 * np.sin(2.0 * np.pi * 1000.0 / rate * decay) * np.exp(-decay / (0.007 * rate))
    for time in times:
        start = round(time * rate)
        here = out[start : start + len(click)]
        here += click[: len(here)].astype(np.float32)
    return out[None]


def missed(grid: Grid | None, times: Floats) -> float:
    assert grid is not None
    return float(max(np.abs(grid.times - time).min() for time in times))


@pytest.mark.parametrize("bpm", [62.0, 84.5, 110.0])
def test_clicks_are_found_within_five_milliseconds(bpm: float) -> None:
    times = 0.3 + np.arange(int(30 * bpm / 60)) * 60.0 / bpm
    grid = find_beats(heard(clicks(times, 31.0)))
    assert missed(grid, times) < 0.005
    assert grid is not None
    assert grid.bpm == pytest.approx(bpm, rel=0.002)


def test_any_sample_rate_is_heard_at_its_time() -> None:
    times = 0.5 + np.arange(30) * 0.7
    for rate in (8_000, 48_000):
        assert missed(find_beats(heard(clicks(times, 22.0, rate), rate)), times) < 0.008


def test_a_drifting_tempo_is_followed() -> None:
    times = [0.4]
    while times[-1] < 50.0:
        times.append(times[-1] + 60.0 / (80.0 + 5.0 * np.sin(times[-1] / 20.0)))
    grid = find_beats(heard(clicks(np.array(times), 52.0)))
    assert missed(grid, np.array(times)) < 0.035
    assert grid is not None
    assert grid.drift > 1.03


def kit(bpm: float, bars: int, pickup: int) -> Block:
    """Eight hats a bar, kick on one and three (the latter softer), snare between, after a few beats of hats."""
    beat = 960
    notes = [Note(k * beat // 2, 100, 42, 60) for k in range(2 * (4 * bars + pickup))]
    for bar in range(bars):
        at = (pickup + 4 * bar) * beat
        notes += [Note(at, 200, 36, 110), Note(at + 5 * beat // 2, 200, 36, 80)]
        notes += [Note(at + beat, 200, 38, 100), Note(at + 3 * beat, 200, 38, 100)]
    score = Score(bpm, Key(0, "major"), parts={"drums": tuple(notes)})
    frames = round((score.seconds(score.length) + 1.0) * RATE)
    player = find("instruments", "kit")().open(
        RATE, played(score.parts["drums"], score), cues=Cues(frames=frames, bpm=bpm), seed=Seed(7)
    )
    return np.asarray(player.render(frames))


@pytest.mark.parametrize(("bpm", "pickup"), [(72.0, 0), (88.0, 1), (94.0, 3)])
def test_our_drums_are_found_with_their_bars(bpm: float, pickup: int) -> None:
    sound = kit(bpm, 10, pickup)
    ears = heard(sound)
    grid = find_beats(ears)
    times = np.arange(40 + pickup) * 60.0 / bpm
    assert grid is not None
    slow = felt(grid, ears, 54.0, 112.0)
    assert slow.bpm == pytest.approx(bpm, rel=0.01)
    assert missed(slow, times[2:-2]) < 0.035
    first = slow.times[slow.first]
    beats = (first * bpm / 60.0 - pickup) % 4.0
    assert min(beats, 4.0 - beats) < 0.1


def test_even_sixteenths_are_taken_by_fours_when_the_bass_says_so() -> None:
    """Hats on every sixteenth at 65, kicks on one and three, soft snares on two and four: by threes it would be 87."""
    sound, time = np.zeros(round(72.0 * RATE)), np.arange(6_000) / RATE
    kick = 0.8 * np.sin(2.0 * np.pi * 60.0 * time) * np.exp(-time / 0.04)
    for k in range(300):
        noise = 0.1 * np.random.default_rng(k).standard_normal(6_000)
        hit = noise * np.exp(-time / 0.01) + kick * (k % 8 == 0) + noise * np.exp(-time / 0.03) * (k % 8 == 4)
        at = round((0.2 + 15.0 / 65.0 * k) * RATE)
        sound[at : at + 6_000] += hit
    grid = find_beats(heard(sound.astype(np.float32)[None]))
    assert grid is not None
    assert grid.bpm == pytest.approx(65.0, rel=0.002)


def test_the_downbeat_can_be_said() -> None:
    ears = heard(kit(80.0, 8, 0))
    grid = find_beats(ears, downbeat=3)
    assert grid is not None
    assert grid.first == 2
    with pytest.raises(InputError, match="1 to 4"):
        find_beats(ears, downbeat=5)


def test_a_tempo_that_is_said_is_believed() -> None:
    times = 0.3 + np.arange(60) * 0.5
    grid = find_beats(heard(clicks(times, 31.0)), bpm=60.0)
    assert grid is not None
    assert grid.bpm == pytest.approx(60.0, rel=0.01)
    with pytest.raises(InputError, match="30 to 300"):
        find_beats(heard(clicks(times, 31.0)), bpm=3000.0)


def test_what_has_no_beat_has_none() -> None:
    time = np.arange(20 * RATE) / RATE
    drone = 0.2 * np.sin(2.0 * np.pi * 110.0 * time) * (1.0 + 0.3 * np.sin(0.6 * time))
    noise = np.random.default_rng(7).normal(0.0, 0.1, len(time))
    for sound in (drone, noise, np.zeros(len(time)), np.zeros(10)):
        assert find_beats(heard(sound[None].astype(np.float32))) is None


def test_a_grid_goes_on_beyond_its_ends() -> None:
    grid = Grid(np.array([0.5, 1.0, 1.5, 2.0]), first=1, strength=2.0)
    assert grid.second(np.array([-2.0, 0.0, 0.5, 4.0])).tolist() == pytest.approx([0.0, 1.0, 1.25, 3.0])
    assert grid.slowed(0.5).times.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert grid.bpm == pytest.approx(120.0)


def test_too_many_beats_are_halved_to_those_with_the_bass() -> None:
    sound = kit(80.0, 8, 0)
    ears = heard(sound)
    fast = Grid(np.arange(64) * 0.375, first=0, strength=2.0)
    slow = felt(fast, ears, 54.0, 112.0)
    assert slow.times[:3].tolist() == pytest.approx([0.0, 0.75, 1.5])
