from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE, Block, Cues, Instrument, PlayedNote
from dusktape.core.errors import RecipeError
from dusktape.core.seed import Seed
from dusktape.instruments.drums.kinds import DRUMS, KINDS
from dusktape.instruments.kit import Kit, rack_of

KICK, RIM, SNARE, CLAP, CLOSED, PEDAL, OPEN, SHAKER, TAMBOURINE = 36, 37, 38, 39, 42, 44, 46, 70, 54
DRY = Kit(room_bleed=0.0)


def hit(pitch: int, at_s: float = 0.0, velocity: float = 0.8) -> PlayedNote:
    return PlayedNote(int(at_s * SAMPLE_RATE), 2000, pitch, velocity)


def play(kit: Kit, notes: list[PlayedNote], *, seconds: float, seed: int = 7, block: int = 8192) -> Block:
    frames = int(seconds * SAMPLE_RATE)
    player = kit.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(seed))
    return np.concatenate([player.render(block) for _ in range(frames // block + 1)], axis=1)[:, :frames]


def one(pitch: int, *, velocity: float = 0.8, kit: Kit = DRY, seed: int = 7, seconds: float = 0.6) -> Block:
    return play(kit, [hit(pitch, velocity=velocity)], seconds=seconds, seed=seed)


def decibel(value: float) -> float:
    return 20.0 * float(np.log10(value))


def centroid(sound: Block) -> float:
    power = np.abs(np.fft.rfft(sound.mean(axis=0))) ** 2
    hz = np.fft.rfftfreq(sound.shape[1], 1 / SAMPLE_RATE)
    return float((power * hz).sum() / power.sum())


def fall_s(sound: Block, drop_db: float) -> float:
    """Seconds until so much of the energy has passed that `drop_db` less of it is left."""
    energy = np.cumsum(np.square(sound.mean(axis=0, dtype=np.float64))[::-1])[::-1]
    return float(np.argmax(energy < energy[0] * 10 ** (-drop_db / 10))) / SAMPLE_RATE


def groove(seed: int = 1, bars: int = 2) -> list[PlayedNote]:
    rng = np.random.default_rng(seed)
    steps = [hit(CLOSED, 0.19 * i, float(rng.uniform(0.2, 0.9))) for i in range(16 * bars)]
    beats = [hit(p, 0.76 * i, 0.85) for i in range(4 * bars) for p in ((KICK,), (KICK, SNARE))[i % 2]]
    return [*steps, *beats, hit(OPEN, 1.33), hit(RIM, 0.57), hit(SNARE, 1.0, 0.2), hit(49, 0.0), hit(47, 2.0)]


def test_a_kit_is_an_instrument() -> None:
    assert isinstance(Kit(), Instrument)


@pytest.mark.parametrize("block", [1, 63, 64, 65, 4096])
def test_block_size_does_not_change_the_sound(block: int) -> None:
    seconds = 0.5 if block == 1 else 3.0
    assert np.array_equal(
        play(Kit(), groove(), seconds=seconds, block=block), play(Kit(), groove(), seconds=seconds, block=50_000)
    )


def test_the_same_seed_is_the_same_kit_and_another_is_another() -> None:
    assert np.array_equal(play(Kit(), groove(), seconds=1.0), play(Kit(), groove(), seconds=1.0))
    assert not np.allclose(one(KICK, seed=1), one(KICK, seed=2), atol=1e-3)


@pytest.mark.parametrize("pitch", sorted(DRUMS))
def test_every_drum_sounds_starts_at_its_note_and_ends_without_a_click(pitch: int) -> None:
    kit = Kit()
    player = kit.open(SAMPLE_RATE, [hit(pitch, 0.1)], cues=Cues(frames=0), seed=Seed(2))
    start = int(0.1 * SAMPLE_RATE)
    sound = player.render(start + 2000 + player.tail_frames)
    assert np.all(sound[:, :start] == 0.0)
    assert np.abs(sound[:, start : start + 1500]).max() > 0.3 * np.abs(sound).max()
    assert np.isfinite(sound).all()
    assert np.abs(sound[:, -200:]).max() == 0.0
    ends = np.flatnonzero(np.abs(sound).max(axis=0))[-1]
    assert np.abs(sound[:, ends - 20 :]).max() < 1e-5 * np.abs(sound).max()
    assert abs(sound.mean(dtype=np.float64)) < 1e-5


def test_pitches_without_a_drum_are_silent() -> None:
    assert np.all(play(Kit(), [hit(60)], seconds=0.2) == 0.0)


@pytest.mark.parametrize(("pitch", "peak_db"), [(KICK, -6.0), (SNARE, -8.0), (CLOSED, -21.0), (SHAKER, -24.5)])
def test_a_stroke_at_velocity_0_8_peaks_where_it_should(pitch: int, peak_db: float) -> None:
    peaks = [decibel(np.abs(one(pitch, seed=s, kit=Kit(stereo=0.0))).max()) for s in range(4)]
    assert np.mean(peaks) == pytest.approx(peak_db, abs=1.0)


@pytest.mark.parametrize("pitch", [KICK, SNARE, RIM, CLAP, CLOSED, OPEN, SHAKER])
def test_hard_strokes_are_louder_and_brighter(pitch: int) -> None:
    soft, middle, hard = (one(pitch, velocity=v) for v in (0.2, 0.6, 0.95))
    assert np.abs(soft).max() < 0.4 * np.abs(middle).max() < 0.8 * np.abs(hard).max()
    assert centroid(soft) * 1.1 < centroid(hard)
    assert centroid(soft) < centroid(middle) < centroid(hard) * 1.02


def test_level_follows_velocity_without_steps_between_layers() -> None:
    velocities = np.linspace(0.1, 1.0, 46)
    kit = Kit(looseness=0.0, room_bleed=0.0)
    peaks = np.array([np.abs(one(CLOSED, velocity=float(v), kit=kit, seconds=0.1)).max() for v in velocities])
    assert np.all(np.diff(peaks) > 0.0)
    assert np.abs(np.diff(20 * np.log10(peaks / velocities**1.35))).max() < 0.1


def test_a_ghost_note_is_a_whisper_of_the_snare() -> None:
    ghost, full = one(SNARE, velocity=0.15), one(SNARE, velocity=0.9)
    assert decibel(np.abs(ghost).max() / np.abs(full).max()) < -18.0
    assert centroid(ghost) < 0.6 * centroid(full)


def test_the_kick_comes_to_rest_at_its_tune() -> None:
    sound = one(KICK, kit=Kit(kick_tune_hz=50.0, kick_decay_ms=140.0, room_bleed=0.0))[0]
    late = sound[int(0.12 * SAMPLE_RATE) : int(0.4 * SAMPLE_RATE)]
    spectrum = np.abs(np.fft.rfft(late * np.hanning(late.size), n=1 << 18))
    assert np.argmax(spectrum) * SAMPLE_RATE / (1 << 18) == pytest.approx(50.0, rel=0.06)


@pytest.mark.parametrize(
    ("pitch", "short_s", "long_s"),
    [(KICK, 0.10, 0.32), (SNARE, 0.04, 0.16), (RIM, 0.02, 0.08), (CLOSED, 0.02, 0.1), (OPEN, 0.2, 0.7)],
)
def test_drums_ring_as_long_as_real_ones(pitch: int, short_s: float, long_s: float) -> None:
    # 20 dB of the energy has gone by then; the ranges are those of recorded one-shots.
    assert short_s < fall_s(one(pitch, kit=Kit(), seconds=2.0), 20.0) < long_s


@pytest.mark.parametrize(
    ("pitch", "field", "short", "long"),
    [
        (KICK, "kick_decay_ms", 60.0, 140.0),
        (SNARE, "snare_decay_ms", 28.0, 75.0),
        (CLOSED, "hat_decay_ms", 10.0, 22.0),
    ],
)
def test_decay_parameters_lengthen_their_drum(pitch: int, field: str, short: float, long: float) -> None:
    dry, wet = (one(pitch, kit=Kit(room_bleed=0.0, snare_noise=0.9, **{field: v})) for v in (short, long))
    assert fall_s(wet, 20.0) > 1.3 * fall_s(dry, 20.0)


@pytest.mark.parametrize(("pitch", "low", "high"), [(CLOSED, 4800, 10600), (OPEN, 4500, 8600), (RIM, 800, 1800)])
def test_metal_and_wood_lie_where_they_do_in_recordings(pitch: int, low: float, high: float) -> None:
    assert low < centroid(one(pitch)) < high


def test_repeated_strokes_differ_a_little_and_never_twice_running() -> None:
    for pitch, count in ((CLOSED, 4), (SNARE, 4), (KICK, 2)):
        sound = play(DRY, [hit(pitch, 0.8 * i) for i in range(12)], seconds=9.6)[0]
        strokes = sound.reshape(12, -1)[:, :16_000]
        assert all(not np.allclose(a, b, atol=1e-4) for a, b in pairwise(strokes))
        distinct = np.unique(np.round(strokes[:, :3000] * 3e3), axis=0)
        assert len(distinct) == count
        levels = 20 * np.log10(np.abs(strokes).max(axis=1))
        assert np.ptp(levels) < 3.0
        centres = np.array([centroid(stroke[None]) for stroke in strokes])
        assert np.ptp(centres) < 0.35 * centres.mean()


def test_without_looseness_every_stroke_is_the_same_sample() -> None:
    sound = play(Kit(looseness=0.0), [hit(CLOSED, 0.5 * i) for i in range(6)], seconds=3.0)
    strokes = sound.reshape(2, 6, -1)[:, :, :15_000]
    assert np.allclose(strokes, strokes[:, :1], atol=1e-7)


@pytest.mark.parametrize("closer", [CLOSED, PEDAL])
def test_a_closing_hat_chokes_the_open_one_within_ten_milliseconds(closer: int) -> None:
    # The closing stroke is inaudibly soft, so that what is measured is the open hat.
    notes = [hit(OPEN), hit(closer, 0.15, 1e-5)]
    choked, free = play(Kit(), notes, seconds=1.0), play(Kit(), [hit(OPEN)], seconds=1.0)
    at = int(0.15 * SAMPLE_RATE)
    assert np.array_equal(choked[:, :at], free[:, :at])
    after = at + int(0.0101 * SAMPLE_RATE)
    assert np.abs(free[:, after : after + 4000]).max() > 1e-3
    assert np.abs(choked[:, after:]).max() < 1e-6
    loud = np.abs(free[0, at:after]) > 3e-3
    fade = (choked[0, at:after] / free[0, at:after])[loud]
    assert np.all(np.diff(fade) < 1e-3)
    assert fade[0] > 0.95
    assert fade[-1] < 0.1


def test_kick_and_snare_stand_in_the_middle_and_the_hats_aside() -> None:
    kit = Kit(room_bleed=0.0, stereo=1.0)

    def balance(pitch: int, view: str = "audience") -> float:
        left, right = np.sqrt(np.mean(np.square(one(pitch, kit=Kit(room_bleed=0.0, stereo=1.0, view=view))), axis=1))
        return decibel(right / left)

    assert kit.view == "audience"
    assert balance(KICK) == pytest.approx(0.0, abs=0.01)
    assert abs(balance(SNARE)) < 1.0
    assert balance(CLOSED) > 4.0
    assert balance(CLOSED, "drummer") == pytest.approx(-balance(CLOSED), abs=0.01)


def test_samples_bring_the_noise_of_their_record_with_them() -> None:
    clean, dusty = (one(KICK, kit=Kit(room_bleed=0.0, dust_db=db)) for db in (-100.0, -45.0))
    dust = (dusty - clean)[0]
    assert decibel(np.sqrt(np.mean(dust[200:5000] ** 2)) / np.abs(clean).max()) == pytest.approx(-45.0, abs=0.7)
    # It fills what was empty: the top, once the click has gone.
    late = slice(8000, 12_000)
    assert np.mean(np.diff(dusty[0, late]) ** 2) > 10.0 * np.mean(np.diff(clean[0, late]) ** 2)


def test_the_room_is_wide_and_lingers_after_the_stroke() -> None:
    dry, wet = one(SNARE, kit=Kit(room_bleed=0.0, stereo=0.0)), one(SNARE, kit=Kit(room_bleed=0.6, stereo=0.0))
    room = wet - dry
    assert -35.0 < decibel(np.sqrt(np.mean(room**2) / np.mean(dry**2))) < -6.0
    assert abs(np.corrcoef(room)[0, 1]) < 0.9
    assert fall_s(wet, 40.0) > fall_s(dry, 40.0)


@pytest.mark.parametrize("character", sorted(KINDS))
def test_characters_differ_and_stay_in_level(character: str) -> None:
    sound = play(Kit(character=character), groove(), seconds=3.0)
    assert 0.2 < np.abs(sound).max() < 1.0
    default = play(Kit(), groove(), seconds=3.0)
    assert character == "dusty" or not np.allclose(sound, default, atol=1e-2)


def test_brushes_come_in_softly_and_a_tight_kit_is_short() -> None:
    def attack_s(character: str) -> float:
        envelope = np.abs(one(SNARE, kit=Kit(character=character, room_bleed=0.0)))[0]
        return float(np.argmax(envelope > 0.5 * envelope.max())) / SAMPLE_RATE

    assert attack_s("brushes") > 1.5 * attack_s("tight")
    tight, soft = (one(KICK, kit=Kit(character=c, room_bleed=0.0)) for c in ("tight", "soft"))
    assert fall_s(tight, 20.0) < fall_s(soft, 20.0)
    assert centroid(tight) > centroid(soft)


def test_only_what_is_played_is_rendered() -> None:
    # A song that plays one drum pays for one drum: a crash takes longer to render than the rest of the kit.
    rack = rack_of(Kit(), SAMPLE_RATE, Seed(4_711))
    assert len(rack._samples) == 0
    first = rack.sample(DRUMS[KICK], 3, 0)
    assert rack.sample(DRUMS[KICK], 3, 0) is first
    assert len(rack._samples) == 1


def test_a_kit_that_is_opened_twice_is_rendered_once() -> None:
    first = rack_of(Kit(), SAMPLE_RATE, Seed(8), played={"kick"})
    assert rack_of(Kit(), SAMPLE_RATE, Seed(8), played={"kick", "snare"}) is first
    assert rack_of(Kit(), SAMPLE_RATE, Seed(9)) is not first
    drawn = rack_of(Kit(character="generated"), SAMPLE_RATE, Seed(8), played={"kick"})
    assert rack_of(Kit(character="generated"), SAMPLE_RATE, Seed(8), played={"kick", "snare"}) is not drawn


@pytest.mark.parametrize("values", [{"character": "arena"}, {"kick_tune_hz": 500.0}, {"looseness": float("nan")}])
def test_values_out_of_range_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match=next(iter(values))):
        Kit(**values)  # type: ignore[arg-type]


def test_snares_can_sit_back_or_crack_in_front_of_the_drums():
    quiet, loud = Kit(room_bleed=0.0, snare_db=-3.0), Kit(room_bleed=0.0, snare_db=6.0)
    for pitch in (SNARE, RIM, CLAP):
        assert np.allclose(one(pitch, kit=loud), one(pitch, kit=quiet) * 10.0 ** (9.0 / 20.0), rtol=1e-3, atol=1e-6)
    for pitch in (KICK, CLOSED, OPEN, SHAKER):
        assert np.array_equal(one(pitch, kit=loud), one(pitch, kit=quiet))


def test_cymbals_can_sit_back_or_tick_in_front_of_the_drums():
    quiet, loud = Kit(room_bleed=0.0, cymbals_db=-6.0), Kit(room_bleed=0.0, cymbals_db=6.0)
    for pitch in (CLOSED, OPEN, SHAKER, TAMBOURINE):
        assert np.allclose(one(pitch, kit=loud), one(pitch, kit=quiet) * 10.0 ** (12.0 / 20.0), rtol=1e-3, atol=1e-6)
    for pitch in (KICK, SNARE, RIM):
        assert np.array_equal(one(pitch, kit=loud), one(pitch, kit=quiet))


@pytest.mark.parametrize("character", KINDS)
def test_hats_may_ring_as_long_as_their_range_allows(character: str) -> None:
    sound = one(OPEN, kit=Kit(character=character, hat_decay_ms=60.0), seconds=3.0)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() > 1e-3
