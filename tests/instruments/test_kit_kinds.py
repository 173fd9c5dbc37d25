from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE, Block, Cues, Floats, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.drums.kinds import DRUMS, KINDS
from dusktape.instruments.drums.rack import Rack
from dusktape.instruments.drums.shaping import Stroke, Tuning
from dusktape.instruments.drums.wear import chip, sampled, taped
from dusktape.instruments.kit import Kit, rack_of

KICK, SNARE, CLOSED, OPEN = 36, 38, 42, 46
SIX = ("boombap", "brushes", "808", "cassette", "foley", "found")
TUNING = Tuning(
    sample_rate=SAMPLE_RATE,
    kick_hz=50.0,
    kick_sweep_hz=120.0,
    kick_sweep_s=0.02,
    kick_decay_s=0.1,
    kick_click=0.3,
    kick_drive=1.5,
    snare_hz=190.0,
    snare_decay_s=0.05,
    snare_noise=0.6,
    snare_attack_s=0.001,
    snare_top_hz=9000.0,
    hat_decay_s=0.015,
    hat_hz=6500.0,
)

every_kind = pytest.mark.parametrize("character", SIX)


def rack(character: str, **values: float) -> Rack:
    dry = {"room_bleed": 0.0, "dust_db": -100.0}
    return rack_of(Kit(character=character, **(dry | values)), SAMPLE_RATE, Seed(3))  # type: ignore[arg-type]


def struck(character: str, pitch: int, *, layer: int = 5, variant: int = 0, **values: float) -> Floats:
    return rack(character, **values).sample(DRUMS[pitch], layer, variant).mean(axis=0).astype(np.float64)


def play(kit: Kit, notes: list[PlayedNote], seconds: float, bpm: float = 80.0) -> Block:
    frames = int(seconds * SAMPLE_RATE)
    return kit.open(SAMPLE_RATE, notes, cues=Cues(frames=frames, bpm=bpm), seed=Seed(3)).render(frames)


def hit(pitch: int, at_s: float, velocity: float = 0.8) -> PlayedNote:
    return PlayedNote(int(at_s * SAMPLE_RATE), 2000, pitch, velocity)


def octaves(sound: Floats) -> Floats:
    """Shares of the energy in nine octaves from 44 Hz on, in dB, none below -40."""
    power = np.abs(np.fft.rfft(sound, n=1 << 17)) ** 2
    hz = np.fft.rfftfreq(1 << 17, 1 / SAMPLE_RATE)
    edges = 44.0 * 2.0 ** np.arange(10)
    shares = np.array([power[(hz >= a) & (hz < b)].sum() for a, b in pairwise(edges)]) / power.sum()
    return np.asarray(10.0 * np.log10(np.maximum(shares, 1e-4)))


def fall_s(sound: Floats, drop_db: float = 20.0) -> float:
    energy = np.cumsum(np.square(sound)[::-1])[::-1]
    return float(np.argmax(energy < energy[0] * 10 ** (-drop_db / 10))) / SAMPLE_RATE


@every_kind
@pytest.mark.parametrize("pitch", sorted(set(DRUMS) - {35, 40}))
def test_every_kind_has_every_drum_at_its_level_without_dc_or_a_click_at_its_end(character: str, pitch: int) -> None:
    sound = struck(character, pitch, layer=4, looseness=0.0, stereo=0.0)
    wanted = DRUMS[pitch].peak_db + KINDS[character].trims.get(DRUMS[pitch].name, 0.0)
    assert 20.0 * np.log10(np.abs(sound).max()) == pytest.approx(wanted, abs=0.1)
    assert np.abs(sound[:1500]).max() > 0.3 * np.abs(sound).max()
    assert np.abs(sound[-20:]).max() < 1e-4 * np.abs(sound).max()
    assert abs(sound.mean()) < 0.02 * np.sqrt(np.mean(sound**2))


@every_kind
@pytest.mark.parametrize("pitch", [KICK, SNARE, CLOSED, OPEN, 37, 39, 51])
def test_velocity_changes_the_timbre_and_not_only_the_level(character: str, pitch: int) -> None:
    soft, hard = (octaves(struck(character, pitch, layer=layer)) for layer in (0, 5))
    assert np.abs(soft - hard).max() > 1.5


@every_kind
@pytest.mark.parametrize(
    ("pitch", "field", "short", "long"),
    [
        (KICK, "kick_decay_ms", 60.0, 140.0),
        (SNARE, "snare_decay_ms", 28.0, 75.0),
        (CLOSED, "hat_decay_ms", 9.0, 24.0),
        (OPEN, "hat_decay_ms", 9.0, 24.0),
    ],
)
def test_the_common_parameters_mean_the_same_in_every_kind(
    character: str, pitch: int, field: str, short: float, long: float
) -> None:
    dry, wet = (struck(character, pitch, snare_noise=0.9, **{field: value}) for value in (short, long))
    assert fall_s(wet) > 1.15 * fall_s(dry)


@every_kind
def test_the_kick_follows_its_tune(character: str) -> None:
    def rest_hz(tune: float) -> float:
        sound = struck(character, KICK, kick_tune_hz=tune, kick_decay_ms=150.0, looseness=0.0)
        late = sound[int(0.1 * SAMPLE_RATE) : int(0.3 * SAMPLE_RATE)]
        return float(np.argmax(np.abs(np.fft.rfft(late * np.hanning(late.size), n=1 << 18)))) * SAMPLE_RATE / (1 << 18)

    low, high = rest_hz(44.0), rest_hz(56.0)
    assert 40.0 < low < 52.0
    assert high / low == pytest.approx(56.0 / 44.0, rel=0.06)


@every_kind
def test_snares_and_hats_are_as_short_as_on_records(character: str) -> None:
    assert 0.03 < fall_s(struck(character, SNARE)) < 0.25
    assert 0.015 < fall_s(struck(character, CLOSED)) < 0.08
    assert fall_s(struck(character, OPEN)) > 3.0 * fall_s(struck(character, CLOSED))


@every_kind
def test_no_two_strokes_running_are_the_same_sample(character: str) -> None:
    sound = play(Kit(character=character, room_bleed=0.0), [hit(CLOSED, 0.5 * i) for i in range(6)], 3.0)
    strokes = sound[0].reshape(6, -1)[:, :4000]
    assert all(not np.allclose(a, b, atol=1e-4) for a, b in pairwise(strokes))


@every_kind
def test_a_closed_hat_chokes_the_open_one(character: str) -> None:
    kit = Kit(character=character)
    free, choked = (play(kit, [hit(OPEN, 0.0), *more], 0.6) for more in ([], [hit(CLOSED, 0.06, 1e-5)]))
    after = int(0.0702 * SAMPLE_RATE)
    if character != "brushes":
        assert np.abs(choked[:, after:]).max() < 1e-6
    assert np.abs(choked[:, after : after + 2000]).max() < 0.5 * np.abs(free[:, after : after + 2000]).max()


def test_the_six_kinds_differ_in_their_snares_and_hats_more_than_strokes_of_one_kind_do() -> None:
    def shape(sound: Floats) -> Floats:
        return np.append(octaves(sound), 30.0 * np.log10(fall_s(sound)))

    for pitch in (SNARE, CLOSED):
        within = [np.linalg.norm(shape(struck(c, pitch)) - shape(struck(c, pitch, variant=1))) for c in SIX]
        between = [np.linalg.norm(shape(struck(a, pitch)) - shape(struck(b, pitch))) for a, b in combinations(SIX, 2)]
        assert np.median(between) > 2.0 * np.median(within)


def test_the_808_kick_is_long_and_nearly_a_sine_and_its_hats_are_lines() -> None:
    assert fall_s(struck("808", KICK)) > 1.5 * fall_s(struck("boombap", KICK))
    assert octaves(struck("808", KICK))[3:].max() < -25.0

    def flatness(sound: Floats) -> float:
        power = np.abs(np.fft.rfft(sound[:8192] * np.hanning(8192))) ** 2
        power = power[1300:2400]
        return float(np.exp(np.mean(np.log(power + 1e-30))) / np.mean(power))

    assert flatness(struck("808", OPEN)) < 0.4 * flatness(struck("found", OPEN))


def test_a_hand_stirs_between_brush_strokes_once_a_beat_and_rests_with_the_drums() -> None:
    kit = Kit(character="brushes", room_bleed=0.0, dust_db=-100.0)
    notes = [hit(KICK, 1.0), *(hit(37, 1.0 + 0.75 * i, 0.3) for i in range(8)), hit(37, 12.0)]
    sound = play(kit, notes, 13.0)
    assert not sound[:, : int(0.99 * SAMPLE_RATE)].any()
    level = np.sqrt(np.mean(np.square(sound[0, : 13 * 44_100].reshape(130, -1)), axis=1))
    playing, resting = level[20:60], level[95:115]
    assert playing.min() > 1e-5
    assert resting.max() == 0.0


def test_a_brush_stroke_alone_is_heard_without_the_hand_that_stirs() -> None:
    kit = Kit(character="brushes", room_bleed=0.0, dust_db=-100.0)
    alone = play(kit, [hit(42, 0.02)], 1.5)[0]
    power = np.square(alone[: 30 * 2205]).reshape(30, -1).mean(axis=1)  # of each 50 ms
    loudest = int(power.argmax())
    assert loudest <= 1
    assert power[loudest + 3 :].max() < 1e-4 * power[loudest], "with the hand it swells again to -17 dB"


def test_the_sampler_holds_its_steps_and_counts_in_twelve_bits() -> None:
    t = np.arange(8192) / SAMPLE_RATE
    tone = np.sin(2 * np.pi * 1000.0 * t) * np.exp(-t / 0.05)
    spectrum = np.abs(np.fft.rfft(sampled(tone, TUNING, Seed(1).rng()) * np.hanning(8192)))
    hz = np.fft.rfftfreq(8192, 1 / SAMPLE_RATE)
    image = spectrum[(hz > 20_500) & (hz < 21_300)].max() / spectrum.max()
    assert 1e-3 < image < 0.1


def test_the_chip_is_coarse_when_loud_and_fine_when_soft() -> None:
    slow = np.linspace(-1.0, 1.0, 44_100)
    steps = np.unique(np.round(chip(slow, TUNING), 6))
    assert 200 < steps.size <= 255
    assert np.diff(steps).max() > 20.0 * np.diff(steps).min()


def test_tape_presses_the_level_and_takes_the_top_away() -> None:
    stroke = Stroke(0.9, 1.0, 1.0, 1.0, Seed(1).rng())
    dry = KINDS["machine"].strikes["crash"](TUNING, stroke)
    played = taped(dry, TUNING, Seed(2).rng())
    before, after = octaves(dry), octaves(played)
    assert after[8] < before[8] - 6.0

    def fall_db(sound: Floats) -> float:
        early, late = sound[2000:8000], sound[40_000:46_000]
        return float(10.0 * np.log10(np.mean(early**2) / np.mean(late**2)))

    assert fall_db(played) < fall_db(dry) - 1.0
