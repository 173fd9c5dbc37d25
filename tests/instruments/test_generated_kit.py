from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE, Block, Cues, Floats, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.drums import generated
from dusktape.instruments.drums.kinds import DRUMS, KINDS
from dusktape.instruments.drums.rack import Rack
from dusktape.instruments.kit import Kit, rack_of

KICK, SNARE, CLAP, CLOSED, PEDAL, OPEN, LOW, HIGH, CRASH, RIDE = 36, 38, 39, 42, 44, 46, 45, 50, 49, 51
MADE = sorted(key for key in set(DRUMS) - {35, 40} if DRUMS[key].name in generated.STANDS)


def rack(seed: int = 3, **values: float) -> Rack:
    dry = {"room_bleed": 0.0, "dust_db": -100.0, "looseness": 0.0, "stereo": 0.0}
    return rack_of(Kit(character="generated", **(dry | values)), SAMPLE_RATE, Seed(seed))  # type: ignore[arg-type]


def struck(pitch: int, seed: int = 3, *, layer: int = 4, variant: int = 0, **values: float) -> Floats:
    return rack(seed, **values).sample(DRUMS[pitch], layer, variant).mean(axis=0).astype(np.float64)


def hit(pitch: int, at_s: float, velocity: float = 0.8) -> PlayedNote:
    return PlayedNote(int(at_s * SAMPLE_RATE), 2000, pitch, velocity)


GROOVE = [
    *(hit(CLOSED, 0.19 * i, 0.3 + 0.05 * (i % 9)) for i in range(12)),
    *(hit((KICK, SNARE)[i % 2], 0.76 * i) for i in range(3)),
    hit(OPEN, 1.33),
    hit(CRASH, 0.0),
]


def play(notes: list[PlayedNote] = GROOVE, *, seconds: float = 2.4, seed: int = 3, block: int = 8192) -> Block:
    frames = int(seconds * SAMPLE_RATE)
    kit = Kit(character="generated")
    player = kit.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(seed))
    return np.concatenate([player.render(block) for _ in range(frames // block + 1)], axis=1)[:, :frames]


def centroid(sound: Floats) -> float:
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float((power * np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE)).sum() / power.sum())


def fall_s(sound: Floats) -> float:
    energy = np.cumsum(np.square(sound)[::-1])[::-1]
    return float(np.argmax(energy < 0.01 * energy[0])) / SAMPLE_RATE


@pytest.mark.parametrize("block", [1, 63, 64, 65, 4096])
def test_block_size_does_not_change_the_sound(block: int) -> None:
    seconds = 0.4 if block == 1 else 2.4
    assert np.array_equal(play(seconds=seconds, block=block), play(seconds=seconds, block=50_000))


def test_the_same_seed_is_the_same_kit_and_another_is_another() -> None:
    assert np.array_equal(play(seed=5), play(seed=5))
    kicks, snares = ([struck(p, seed) for seed in range(4)] for p in (KICK, SNARE))
    for some in (kicks, snares):
        assert all(a.size != b.size or not np.allclose(a, b, atol=1e-2) for a, b in pairwise(some))


@pytest.mark.parametrize("pitch", MADE)
def test_every_drum_is_at_its_level_at_once_and_ends_without_a_click(pitch: int) -> None:
    for seed in (3, 4):
        sound = struck(pitch, seed)
        wanted = DRUMS[pitch].peak_db + KINDS["generated"].trims.get(DRUMS[pitch].name, 0.0)
        assert 20.0 * np.log10(np.abs(sound).max()) == pytest.approx(wanted, abs=0.2)
        assert np.abs(sound[:1500]).max() > 0.2 * np.abs(sound).max()
        assert np.abs(sound[-20:]).max() < 1e-4 * np.abs(sound).max()
        assert abs(sound.mean()) < 0.02 * np.sqrt(np.mean(sound**2))


def test_what_the_model_does_not_make_the_kit_plays() -> None:
    own = rack_of(Kit(character="dusty", room_bleed=0.0), SAMPLE_RATE, Seed(3))
    for pitch in (CRASH, RIDE):
        assert np.abs(struck(pitch)).max() == pytest.approx(np.abs(own.sample(DRUMS[pitch], 4, 0)).max(), rel=0.4)


def test_only_what_is_played_is_drawn_and_all_of_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    class Counted:
        sample_rate = SAMPLE_RATE

        def drums(self, kinds: list[str], seeds: list[Seed]) -> Floats:
            asked.append(kinds)
            return np.zeros((len(kinds), 3))

        def struck(self, drum: Floats, rng: np.random.Generator, **how: float) -> Floats:
            return rng.standard_normal(4000) * np.exp(-np.arange(4000) / 400.0)

    monkeypatch.setattr(generated, "_maker", Counted)
    play(seed=987)
    play(seed=987)
    assert sorted(asked[0]) == ["closed hat", "kick", "open hat", "snare"]
    assert len(asked) == 1


def test_soft_strokes_are_duller() -> None:
    for pitch, less in ((KICK, 1.01), (SNARE, 0.97), (CLOSED, 0.97), (CLAP, 0.97)):
        soft, hard = struck(pitch, layer=0), struck(pitch, layer=5)
        assert centroid(soft) < less * centroid(hard)


def test_strokes_of_one_drum_differ_and_are_still_that_drum() -> None:
    loose = {"looseness": 0.5}
    for pitch in (SNARE, CLOSED):
        a, b = (struck(pitch, variant=v, **loose) for v in (0, 1))
        assert a.size != b.size or not np.allclose(a, b, atol=1e-4)
        assert centroid(a) == pytest.approx(centroid(b), rel=0.3)
        assert fall_s(a) == pytest.approx(fall_s(b), rel=0.5)


def test_parameters_move_a_drum_from_where_it_was_drawn() -> None:
    def pitch_hz(sound: Floats) -> float:
        late = sound[2000:14_000]
        power = np.abs(np.fft.rfft(late * np.hanning(late.size), n=1 << 18))
        return float(np.argmax(power)) * SAMPLE_RATE / (1 << 18)

    low, high = (pitch_hz(struck(KICK, kick_tune_hz=hz)) for hz in (44.0, 55.0))
    assert high / low == pytest.approx(1.25, rel=0.08)
    short, long = (fall_s(struck(SNARE, snare_decay_ms=ms)) for ms in (28.0, 75.0))
    assert long > 1.1 * short
    dull, bright = (centroid(struck(CLOSED, hat_tone_hz=hz)) for hz in (4500.0, 9000.0))
    assert bright > 1.03 * dull


def test_toms_are_one_drum_in_three_sizes_and_hats_belong_together() -> None:
    def lowest_hz(sound: Floats) -> float:
        power = np.abs(np.fft.rfft(sound * np.hanning(2 * sound.size)[sound.size :], n=1 << 18))
        return float(np.argmax(power)) * SAMPLE_RATE / (1 << 18)

    assert lowest_hz(struck(LOW)) < lowest_hz(struck(HIGH))
    assert generated.STANDS["open hat"].point == generated.STANDS["closed hat"].point
    assert centroid(struck(PEDAL)) < centroid(struck(CLOSED))


def test_a_closed_hat_chokes_the_open_one() -> None:
    free, choked = (play([hit(OPEN, 0.0), *more], seconds=0.4) for more in ([], [hit(CLOSED, 0.06, 1e-5)]))
    after = int(0.0702 * SAMPLE_RATE)
    assert np.abs(choked[:, after:]).max() < 0.5 * np.abs(free[:, after:]).max()


def test_it_plays_at_other_rates() -> None:
    kit = Kit(character="generated", room_bleed=0.0)
    player = kit.open(48_000, [PlayedNote(0, 2000, KICK, 0.8)], cues=Cues(frames=48_000), seed=Seed(3))
    sound = player.render(48_000)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() > 0.3
