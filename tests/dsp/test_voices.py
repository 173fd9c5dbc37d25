import numpy as np
import pytest

from dusktape.core.audio import Block, PlayedNote
from dusktape.core.seed import Seed
from dusktape.dsp.voices import Bed, CachedPlayer, Voicing

RATE = 8_000
SEED = Seed(5)


class Steady:
    """A voice whose every tone is a constant, so that envelopes can be read off; it counts what it makes."""

    def __init__(self, value: float = 1.0) -> None:
        self.value = value
        self.made: list[tuple[int, float, int]] = []

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        self.made.append((pitch, velocity, variant))
        return np.full((1, frames), self.value, dtype=np.float32)

    def key_off(self, pitch: int, variant: int) -> Block:
        return np.full((1, 80), 0.25, dtype=np.float32)


class Noisy(Steady):
    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        rng = Seed(pitch, (variant, round(velocity * 100))).rng()
        return rng.standard_normal((1, 60_000))[:, :frames].astype(np.float32)


class Loop(Steady):
    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        return np.sin(2 * np.pi * 8 * np.arange(1_000) / 1_000).astype(np.float32)[None]


PLAIN = Voicing(layers=(0.6,), variants=1, range_db=20.0, strike_db=0.0, release_ms=10.0, choke_ms=5.0)


def player(voice: Steady, notes: list[PlayedNote], voicing: Voicing = PLAIN, **more: object) -> CachedPlayer:
    return CachedPlayer(voice, notes, voicing, sample_rate=RATE, seed=SEED, **more)  # type: ignore[arg-type]


def melody(count: int = 60, spread: int = 12) -> list[PlayedNote]:
    rng = Seed(1).rng()
    return [
        PlayedNote(
            int(start), int(rng.integers(1, 5_000)), 60 + int(rng.integers(spread)), float(rng.uniform(0.1, 1.0))
        )
        for start in np.sort(rng.integers(0, 20_000, count))
    ]


def in_blocks(p: CachedPlayer, sizes: list[int], total: int) -> Block:
    blocks, done, turn = [], 0, 0
    while done < total:
        frames = min(sizes[turn % len(sizes)], total - done)
        blocks.append(p.render(frames))
        done, turn = done + frames, turn + 1
    return np.concatenate(blocks, axis=1)


@pytest.mark.parametrize("voice", [Noisy, Loop])
@pytest.mark.parametrize("choke", ["key", "all", "none"])
def test_block_size_does_not_change_the_sound(voice: type[Steady], choke: str) -> None:
    voicing = Voicing(choke=choke, release_ms=20.0, attack_ms=30.0, key_off_ms=10.0, looped=voice is Loop)
    bed = Bed(np.linspace(-0.1, 0.1, 777, dtype=np.float32), hold_s=0.1)
    motor = (1.0 + 0.1 * np.sin(2 * np.pi * np.arange(1_300) / 1_300)).astype(np.float32)

    def fresh() -> CachedPlayer:
        return player(voice(), melody(), voicing, bed=bed, motor=motor)

    whole = fresh().render(30_000)
    assert np.abs(whole).max() > 0.1
    for sizes in ([63], [64], [65], [4096], [1, 700, 0, 64]):
        assert np.array_equal(in_blocks(fresh(), sizes, 30_000), whole)


def test_each_distinct_tone_is_made_once() -> None:
    voice = Steady()
    notes = [PlayedNote(400 * i, 300, 60 + i % 3, 0.6) for i in range(60)]
    in_blocks(player(voice, notes), [512], 30_000)
    assert sorted(voice.made) == [(60, 0.6, 0), (61, 0.6, 0), (62, 0.6, 0)]


def test_variants_take_turns_at_each_key() -> None:
    voice = Steady()
    notes = [PlayedNote(400 * i, 300, 60, 0.6) for i in range(6)]
    player(voice, notes, Voicing(layers=(0.6,), variants=3)).render(4_000)
    assert voice.made == [(60, 0.6, 0), (60, 0.6, 1), (60, 0.6, 2)]


def test_a_note_takes_the_nearest_layer_and_the_rest_of_its_velocity_as_gain() -> None:
    voice = Steady()
    voicing = Voicing(layers=(0.3, 0.9), variants=1, range_db=20.0, strike_db=0.0)
    out = player(voice, [PlayedNote(0, 100, 60, 0.8)], voicing).render(100)
    assert voice.made == [(60, 0.9, 0)]
    assert out[0, 50] == pytest.approx(10 ** (20.0 * 0.2 / 20), rel=1e-5)


def test_a_note_fades_once_let_go_and_is_truly_silent_afterwards() -> None:
    p = player(Steady(), [PlayedNote(100, 1_000, 60, 0.6)])
    tail = p.tail_frames
    out = p.render(4_000)[0]
    assert not out[:100].any()
    assert np.all(out[100:1_100] == 1.0)
    assert np.all(np.diff(out[1_100 : 1_100 + tail]) < 0)
    assert out[1_100 + 80] < 0.5
    assert not out[1_100 + tail :].any()


def test_a_restrike_fades_what_the_same_key_still_plays() -> None:
    notes = [PlayedNote(0, 2_000, 60, 0.6), PlayedNote(1_000, 1_000, 60, 0.6), PlayedNote(1_000, 1_000, 64, 0.6)]
    out = player(Steady(), notes).render(2_000)[0]
    assert out[999] == pytest.approx(1.0)
    assert np.all(out[1_040:2_000] == 2.0), "the old voice is gone after 5 ms; the other key is not touched"


def test_a_single_string_plays_one_note_at_a_time() -> None:
    notes = [PlayedNote(0, 2_000, 40, 0.6), PlayedNote(1_000, 1_000, 47, 0.6)]
    voicing = Voicing(layers=(0.6,), strike_db=0.0, choke="all", choke_ms=5.0)
    out = player(Steady(), notes, voicing).render(2_000)[0]
    assert np.all(out[1_040:2_000] == 1.0)


def test_letting_go_is_heard_but_not_when_the_string_is_struck_again() -> None:
    voicing = Voicing(layers=(0.6,), strike_db=0.0, release_ms=1.0, key_off_ms=10.0)
    out = player(Steady(), [PlayedNote(0, 1_000, 60, 0.6)], voicing).render(2_000)[0]
    assert np.all(out[1_050:1_080] == 0.25)
    again = [PlayedNote(0, 1_000, 60, 0.6), PlayedNote(500, 100, 60, 0.6)]
    out = player(Steady(), again, voicing).render(2_000)[0]
    assert out[650] == 0.25
    assert not out[900:].any()


def test_a_held_note_ends_with_its_ring() -> None:
    voicing = Voicing(layers=(0.6,), strike_db=0.0, release_ms=10.0, ring_s=0.5)
    out = player(Steady(), [PlayedNote(0, 16_000, 60, 0.6)], voicing).render(16_000)[0]
    assert out[3_999] == 1.0
    assert not out[5_000:].any()


def test_the_hum_sounds_while_notes_do_and_closes_in_long_rests() -> None:
    bed = Bed(np.full(100, 0.125, dtype=np.float32), hold_s=0.5)
    notes = [PlayedNote(2_000, 2_000, 60, 0.6), PlayedNote(6_000, 2_000, 60, 0.6), PlayedNote(20_000, 2_000, 60, 0.6)]
    out = player(Steady(0.0), notes, bed=bed).render(24_000)[0]
    assert not out[:2_001].any()
    assert np.all(out[3_000:6_500] == 0.125), "a short rest stays open"
    assert not out[10_000:20_001].any()
    assert not out[23_000:].any()


def test_memory_does_not_grow_with_the_song() -> None:
    voice = Noisy()
    notes = [PlayedNote(500 * i, 4_000, 30 + (i * 7) % 60, 0.3 + 0.5 * (i % 4) / 3) for i in range(1_000)]
    p = player(voice, notes, Voicing(cache_mb=0.5, choke="none"))
    peak = 0
    for _ in range(130):
        p.render(4_096)
        peak = max(peak, p.cached_bytes)
    assert 0 < peak <= 500_000
    assert p.cached_bytes == 0, "what is never needed again is forgotten"


def test_forgetting_tones_does_not_change_the_sound() -> None:
    large = player(Noisy(), melody(), Voicing(cache_mb=100.0)).render(30_000)
    small = player(Noisy(), melody(), Voicing(cache_mb=0.01)).render(30_000)
    assert np.array_equal(large, small)


def test_no_notes_are_silence() -> None:
    p = player(Steady(), [])
    assert p.tail_frames == 0
    assert not p.render(1_000).any()
