from __future__ import annotations

import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Block, Cues
from dusktape.core.seed import Seed
from dusktape.instruments.cafe import Cafe, clinks, scrape, syllable


def play(cafe: Cafe, seconds: float = 8.0) -> Block:
    frames = int(seconds * SAMPLE_RATE)
    return cafe.open(SAMPLE_RATE, [], cues=Cues(frames=frames), seed=Seed(3)).render(frames)


def test_the_murmur_has_the_octaves_of_a_room_full_of_talk() -> None:
    # A recording of chatter: 250 Hz to 4 kHz at -7, -3, -7, -10 and -16 dB of the whole.
    sound = play(Cafe(cups=0.0, chairs=0.0)).mean(axis=0)
    power = np.abs(np.fft.rfft(sound)) ** 2
    hz = np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE)
    octaves = [power[(hz > c / 2**0.5) & (hz < c * 2**0.5)].sum() / power.sum() for c in (250, 500, 1000, 2000, 4000)]
    assert np.abs(10 * np.log10(octaves) - [-7.0, -3.0, -7.0, -10.0, -16.0]).max() < 8.0


def test_it_moves_like_speech() -> None:
    def movement(cafe: Cafe) -> float:
        sound = play(cafe).mean(axis=0, dtype=np.float64)
        level = np.sqrt(np.mean(np.square(sound[: sound.size // 882 * 882].reshape(-1, 882)), axis=1))[25:-25]
        spectrum = np.abs(np.fft.rfft((level / level.mean() - 1.0) * np.hanning(level.size))) ** 2
        hz = np.fft.rfftfreq(level.size, 0.02)
        return float(
            np.sqrt(spectrum[(hz >= 2.0) & (hz < 8.0)].sum() * 2.0 / np.sum(np.hanning(level.size) ** 2) / level.size)
        )

    few, many = (movement(Cafe(guests=g, cups=0.0, chairs=0.0)) for g in (0.0, 1.0))
    assert 0.04 < many < few < 0.6


def test_cups_stand_out_above_the_talk() -> None:
    def top(cafe: Cafe) -> float:
        sound = np.diff(play(cafe, 12.0).mean(axis=0, dtype=np.float64), n=2)
        return float(np.abs(sound).max() / np.std(sound))

    assert top(Cafe(cups=1.0, distance=0.0)) > 2.0 * top(Cafe(cups=0.0, distance=0.0))


def test_a_syllable_has_the_pitch_of_its_voice() -> None:
    rate = 11_025
    sound = syllable(rate, Seed(2).rng(), pitch=120.0, tract=1.0).astype(np.float64)
    across = np.correlate(sound, sound, mode="full")[sound.size - 1 :]
    lag = 60 + int(np.argmax(across[60:130]))
    assert 0.8 < rate / lag / 120.0 < 1.2


def test_cups_and_chairs_begin_and_end_at_rest() -> None:
    for make in (clinks, scrape):
        sound = make(SAMPLE_RATE, Seed(4).rng())
        assert np.abs(sound).max() == 1.0
        assert abs(sound[0]) < 0.05
        assert abs(sound[-1]) < 1e-2
