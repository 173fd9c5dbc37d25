"""No sound twice, no click, nothing too near to what was learned from."""

from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.publish.pack import nearest, seam
from dusktape.publish.pack.checks import Checks
from dusktape.publish.pack.finish import finished
from dusktape.publish.pack.take import Take

RATE = 16_000


def thud(number, frames=6_000):
    seed, t = Seed(number), np.arange(frames) / RATE
    hz, fall = seed.at("hz").between(60.0, 900.0), seed.at("fall").between(15.0, 60.0)
    noise = seed.at("noise").rng().standard_normal(frames) * seed.at("share").between(0.0, 0.8)
    sound = (np.sin(2.0 * np.pi * hz * t * (1.0 + np.exp(-30.0 * t))) + noise) * np.exp(-fall * t)
    return np.asarray(0.4 * sound / np.abs(sound).max(), np.float32)[None, :]


def sample(sound, kind="oneshots", group="kick", rate=RATE, **more):
    return finished(Take(kind, group, sound, rate, {}, **more), rate)


def test_the_same_sound_is_taken_once_whatever_its_level():
    checks = Checks()
    assert checks.look(sample(thud(1))).refused == ""
    verdict = checks.look(sample(thud(1)))
    assert (verdict.refused, verdict.like) == ("duplicate", 0)
    assert checks.look(sample(0.3 * thud(1))).refused == "duplicate"


def test_a_sound_that_hardly_differs_is_a_duplicate():
    checks = Checks()
    checks.look(sample(thud(1)))
    other = thud(1) + 0.001 * np.random.default_rng(1).standard_normal((1, 6_000)).astype(np.float32)
    verdict = checks.look(sample(other.astype(np.float32)))
    assert verdict.refused == "duplicate"
    assert 0.0 < verdict.apart_db < 2.5


def test_other_sounds_are_taken_and_how_far_apart_they_are_is_told():
    checks = Checks()
    verdicts = [checks.look(sample(thud(number))) for number in range(6)]
    assert [v.refused for v in verdicts] == [""] * 6
    assert verdicts[0].apart_db is None
    assert all(v.apart_db > 2.5 for v in verdicts[1:])
    assert len({v.sha256 for v in verdicts}) == 6


def test_groups_are_compared_by_themselves_but_the_same_samples_are_never_twice_there():
    checks = Checks()
    checks.look(sample(thud(1)))
    almost = (thud(1) + np.float32(0.001) * np.sin(np.arange(6_000) / 3.0)).astype(np.float32)
    assert checks.look(sample(almost, group="tom")).refused == ""
    assert checks.look(sample(thud(1), group="tom")).refused == "duplicate"


def loop(seconds=3):
    t = np.arange(seconds * SAMPLE_RATE) / SAMPLE_RATE
    wave = sum(np.sin(2.0 * np.pi * hz * t) / hz for hz in (110.0, 220.0, 440.0))
    return np.asarray(30.0 * wave, np.float32)[None, :]


def test_a_loop_that_closes_is_taken_and_its_seam_measured():
    verdict = Checks().look(sample(loop(), "loops", "keys", SAMPLE_RATE, bpm=80.0, bars=1))
    assert verdict.refused == ""
    assert verdict.seam.jolt < 1.1
    assert verdict.seam.step < 1.1


def test_a_loop_that_jumps_is_refused():
    open_ended = loop()[:, : 3 * SAMPLE_RATE - 100]
    jump = np.concatenate([open_ended, np.full((1, 100), open_ended.max(), np.float32)], axis=1)
    verdict = Checks().look(sample(jump, "loops", "keys", SAMPLE_RATE, bpm=80.0, bars=1))
    assert verdict.refused == "click"
    assert verdict.seam.jolt > seam.MOST_JOLT


def hiss(number, seconds=12):
    """A loop of noise of one colour, shape (1, frames)."""
    spectrum = np.fft.rfft(np.random.default_rng(number).standard_normal(seconds * RATE))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 100.0))
    return np.asarray(np.fft.irfft(spectrum, seconds * RATE), np.float32)[None, :]


def looped(sound):
    return sample(sound, "loops", "sound", bpm=80.0, bars=4)


def test_loops_of_noise_are_no_duplicates_of_each_other_but_of_themselves():
    checks = Checks()
    verdicts = [checks.look(looped(hiss(number))) for number in range(4)]
    assert [v.refused for v in verdicts] == [""] * 4
    assert all(v.apart_db < 2.5 for v in verdicts[1:])
    louder = hiss(2) + 0.01 * hiss(2).std() * np.random.default_rng(9).standard_normal((1, 12 * RATE))
    again = checks.look(looped(louder.astype(np.float32)))
    assert (again.refused, again.like) == ("duplicate", 2)


def test_a_loop_that_was_made_darker_is_a_duplicate():
    checks, sound = Checks(), np.concatenate([song(1, 6), song(2, 6)], axis=1)
    checks.look(looped(sound))
    hz = np.fft.rfftfreq(sound.shape[1], 1.0 / RATE)
    darker = np.fft.irfft(np.fft.rfft(sound) / (1.0 + 1j * hz / 2_500.0), sound.shape[1]).astype(np.float32)
    verdict = checks.look(looped(darker))
    assert (verdict.refused, verdict.apart_db > 2.5) == ("duplicate", True)
    assert checks.look(looped(np.concatenate([song(2, 6), song(1, 6)], axis=1))).refused == ""


def test_a_tone_that_stands_still_is_taken_once():
    checks, t = Checks(), np.arange(12 * RATE) / RATE
    hums = [np.asarray([0.3 * np.sin(2.0 * np.pi * hz * t + hz)], np.float32) for hz in (220.0, 220.0, 330.0)]
    hums[1] *= np.float32(-1.0)
    assert [checks.look(looped(hum)).refused for hum in hums] == ["", "duplicate", ""]


@pytest.fixture
def training(dataset):
    sounds = {f"learned-{k}": (thud(k), "train") for k in range(20)}
    sounds |= {f"kept-{k}": (thud(100 + k), "valid") for k in range(20)}
    return nearest.of_dataset(dataset(sounds).folder, {}, lambda *_: None)


def test_a_training_sound_is_kept_out_and_named(training):
    verdict = Checks(training).look(sample(thud(7)))
    assert verdict.refused == "near training"
    assert verdict.nearest.clip == "learned-7"
    assert verdict.nearest.distance_db < 0.5


def test_a_training_sound_that_was_shifted_and_made_softer_is_kept_out(training):
    moved = np.concatenate([np.zeros((1, 900), np.float32), 0.2 * thud(7)], axis=1)
    assert Checks(training).look(sample(moved)).refused == "near training"


def test_a_copy_that_came_back_from_an_mp3_begins_with_an_echo_and_is_kept_out(training):
    echo = 0.004 * np.random.default_rng(2).standard_normal((1, 400)).astype(np.float32)
    assert Checks(training).look(sample(np.concatenate([echo, thud(7)], axis=1))).refused == "near training"


def song(number, seconds=8):
    """Strokes of many drums in uneven turns, shape (1, frames)."""
    out, at, k = np.zeros((1, seconds * RATE), np.float32), 0, 0
    while at < out.shape[1] - 6_000:
        here = Seed(number, (k,))
        out[:, at : at + 6_000] += thud(here.at("which").rng().integers(1 << 30))
        at, k = at + round(here.at("when").between(0.07, 0.4) * RATE), k + 1
    return 0.3 * out


@pytest.fixture
def songs(dataset):
    sounds = {f"learned-{k}": (song(k), "train") for k in range(6)}
    sounds |= {f"kept-{k}": (song(100 + k), "valid") for k in range(6)}
    return nearest.of_dataset(dataset(sounds).folder, {}, lambda *_: None)


@pytest.mark.parametrize("kind", ["loops", "textures"])
def test_a_copy_of_a_stretch_later_on_keeps_a_long_sound_out(songs, kind):
    learned = song(3)[:, 30_011 : 30_011 + 3 * RATE]
    mixed = np.concatenate([song(200)[:, : 3 * RATE], 0.7 * learned, song(201)[:, : 2 * RATE]], axis=1)
    timed = {"bpm": 120.0, "bars": 4} if kind == "loops" else {}
    verdict = Checks(songs).look(sample(mixed, kind, "sound", **timed))
    assert (verdict.refused, verdict.nearest.clip) == ("near training", "learned-3")
    assert verdict.nearest.distance_db < 1.5


def test_a_one_shot_that_goes_on_as_a_training_sound_does_is_kept_out(songs):
    mixed = np.concatenate([thud(500), song(3)[:, 30_011 : 30_011 + 3 * RATE]], axis=1)
    verdict = Checks(songs).look(sample(mixed))
    assert (verdict.refused, verdict.nearest.clip) == ("near training", "learned-3")


def test_new_loops_pass_and_are_farther_than_copies_are(songs):
    verdicts = [Checks(songs).look(sample(song(300 + k), "textures", "sound")) for k in range(5)]
    assert [v.refused for v in verdicts] == [""] * 5
    assert all(v.nearest.distance_db > nearest.MOST_ALONG_DB for v in verdicts)


def test_new_sounds_pass_as_held_out_ones_do(training):
    found = [Checks(training).look(sample(thud(1_000 + k))) for k in range(20)]
    assert sum(v.refused == "" for v in found) >= 17
    assert all(v.nearest.allowed_db == training.allowed_db["kick"] or v.nearest.allowed_db for v in found)


def test_what_is_allowed_is_what_one_held_out_sound_in_twenty_stays_within(training):
    assert training.held_out == 20
    assert training.allowed_db[""] > 1.0
    assert training.allowed_db["kick"] == training.allowed_db[""]  # all of them are kicks


def test_another_dataset_than_the_run_learned_from_is_refused(dataset):
    made = dataset({"a": (thud(1), "train"), "b": (thud(2), "valid")})
    nearest.of_dataset(made.folder, {"sha256": made.sha256}, lambda *_: None)
    with pytest.raises(InputError, match="is not what this run learned from"):
        nearest.of_dataset(made.folder, {"sha256": "f" * 64}, lambda *_: None)


def test_a_dataset_without_a_training_sound_is_refused(dataset):
    made = dataset({"a": (np.zeros((1, 900), np.float32), "train"), "b": (thud(2), "valid")})
    with pytest.raises(InputError, match="no sound in its training split"):
        nearest.of_dataset(made.folder, {}, lambda *_: None)


def test_an_index_says_what_the_data_say(training, tmp_path):
    training.save(tmp_path / nearest.FILE)
    index = nearest.Training.load(tmp_path / nearest.FILE)
    for number in (7, 500):
        theirs, ours = (t.nearest(thud(number), RATE, "kick") for t in (training, index))
        assert (theirs.clip, theirs.too_near) == (ours.clip, ours.too_near)
        assert theirs.distance_db == pytest.approx(ours.distance_db, abs=0.1)
    of_strokes = {name: value for name, value in training.facts().items() if name != "allowed_along_db"}
    assert index.facts() == of_strokes


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 and no more", b"text"])
def test_a_damaged_index_is_told(tmp_path, damage):
    path = tmp_path / nearest.FILE
    path.write_bytes(damage)
    with pytest.raises(InputError, match="is no index of training sounds"):
        nearest.Training.load(path)
