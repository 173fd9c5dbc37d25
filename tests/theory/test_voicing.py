from itertools import combinations, pairwise, product

import pytest

from dusktape.core.errors import InputError
from dusktape.core.score import Chord
from dusktape.core.seed import Seed
from dusktape.theory.chord import QUALITIES
from dusktape.theory.voicing import tones, voice

TWO_FIVE_ONE = [Chord(0, 1, 2, "m9"), Chord(1, 1, 7, "13"), Chord(2, 1, 0, "maj9"), Chord(3, 1, 9, "m9")]


def wander(seed: int, length: int = 12) -> list[Chord]:
    place = Seed(seed).at("wander")
    return [
        Chord(i, 1, place.at("r", i).pick(range(12)), place.at("q", i).pick(list(QUALITIES))) for i in range(length)
    ]


def moved(before: tuple[int, ...], after: tuple[int, ...]) -> int:
    return sum(abs(a - b) for a, b in zip(before, after, strict=True))


def test_a_two_five_one_moves_as_a_pianist_would_play_it() -> None:
    voiced = voice(TWO_FIVE_ONE[:3])
    assert [moved(a, b) for a, b in pairwise(voiced)] == [1, 5]
    assert max(abs(a - b) for a, b in zip(voiced[1], voiced[2], strict=True)) <= 2


def test_common_tones_are_held_at_their_pitch() -> None:
    for seed in range(20):
        diatonic = [(0, "maj9"), (2, "m9"), (4, "m7"), (5, "maj9"), (7, "9"), (9, "m9")]
        chords = [Chord(i, 1, *Seed(seed).at(i).pick(diatonic)) for i in range(8)]
        voiced = voice(chords, cyclic=True)
        shared = [len({p % 12 for p in a} & {p % 12 for p in b}) for a, b in pairwise(voiced)]
        held = [len(set(a) & set(b)) for a, b in pairwise(voiced)]
        assert sum(held) >= 0.9 * sum(shared)


def test_the_same_chord_again_stays_where_it_is() -> None:
    first, second = voice([Chord(0, 1, 5, "maj9"), Chord(1, 1, 5, "maj9")])
    assert first == second


def test_a_loop_leads_back_into_its_first_chord() -> None:
    for seed in range(10):
        chords = wander(seed, 5)
        round_the_loop = voice(chords, cyclic=True)
        assert moved(round_the_loop[-1], round_the_loop[0]) <= 16
        once = voice(chords)
        total = [sum(moved(a, b) for a, b in zip(v, v[1:] + v[:1], strict=True)) for v in (round_the_loop, once)]
        assert total[0] <= total[1] + 4


def test_steps_are_small_even_between_unrelated_chords() -> None:
    steps = []
    for seed in range(30):
        voiced = voice(wander(seed))
        steps += [moved(a, b) for a, b in pairwise(voiced)]
    assert sum(steps) / len(steps) <= 8
    assert max(steps) <= 20


@pytest.mark.parametrize(("quality", "root"), list(product(QUALITIES, (0, 5, 10))))
def test_third_and_seventh_always_sound_and_the_root_is_left_to_the_bass(quality: str, root: int) -> None:
    (pitches,) = voice([Chord(0, 1, root, quality)])
    above = {(p - root) % 12 for p in pitches}
    steps = QUALITIES[quality]
    assert steps[1] % 12 in above
    assert {s for s in steps if s in (9, 10, 11)} <= above
    assert steps[-1] % 12 in above or steps[-1] == 7
    assert above <= {s % 12 for s in steps}
    assert (0 in above) == (0 in tones(quality, 4, rootless=True))
    if len(steps) >= 5 and quality != "7b13":
        assert 0 not in above


@pytest.mark.parametrize("voices", [2, 3, 4])
def test_every_voicing_lies_in_its_register_and_is_free_of_mud(voices: int) -> None:
    for seed in range(20):
        for pitches in voice(wander(seed), 52, 76, voices):
            assert len(pitches) == voices
            assert list(pitches) == sorted(set(pitches))
            assert pitches[0] >= 52
            assert pitches[-1] <= 76
            assert pitches[1] - pitches[0] > 1
            assert not any(b - a in (13, 25) for a, b in combinations(pitches, 2))


def test_the_hand_rests_around_its_centre() -> None:
    for centre in (59, 61, 66):
        middles = [sum(p) / 4 for seed in range(10) for p in voice(wander(seed), 48, 82, centre=centre)]
        assert sum(middles) / len(middles) == pytest.approx(centre, abs=1.5)
        assert all(abs(m - centre) < 7 for m in middles)


def test_with_roots_the_root_is_the_lowest_note() -> None:
    for chord in wander(3):
        (pitches,) = voice([chord], rootless=False)
        assert pitches[0] % 12 == chord.root


def test_an_impossible_hand_is_refused() -> None:
    with pytest.raises(InputError, match="cannot voice 7 notes"):
        voice(TWO_FIVE_ONE, voices=7)
    with pytest.raises(InputError, match="between 60 and 65"):
        voice(TWO_FIVE_ONE, 60, 65)


def test_nothing_to_voice_gives_nothing() -> None:
    assert voice([]) == []
