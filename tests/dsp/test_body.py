import numpy as np

from dusktape.dsp.body import answering, hills, joined, knock

RNG = np.random.default_rng


def test_hills_stand_at_the_modes_of_the_body() -> None:
    hz = np.array([100.0, 200.0, 400.0])
    heard = hills(hz, np.array([200.0]), np.array([1.0]), q=9.0, amount=2.0)
    assert heard[1] == 3.0
    assert np.all(heard[[0, 2]] < 1.05)
    assert np.all(hills(hz, np.array([200.0]), np.array([1.0]), q=9.0, amount=0.0) == 1.0)


def test_a_knock_dies_away() -> None:
    sound = knock(np.array([100.0, 300.0]), np.array([0.5, 0.5]), RNG(1), 44_100)
    assert np.abs(sound[:4_000]).max() > 0.2
    assert np.abs(sound[-2_000:]).max() < 0.01


def test_only_strings_that_share_a_partial_answer() -> None:
    partials = 110.0 * np.arange(1.0, 9.0)
    hz, _, height, _ = answering(
        partials, 1.0 / np.arange(1.0, 9.0), np.array([55.0, 116.5]), RNG(2), gain=0.1, decay_s=1.0
    )
    assert np.allclose(np.unique(hz), [110.0, 220.0])
    assert np.abs(height).max() <= 0.1


def test_answers_grow_out_of_silence() -> None:
    partials = 110.0 * np.arange(1.0, 5.0)
    _, _, height, phase = answering(partials, np.ones(4), np.array([110.0]), RNG(2), gain=0.1, decay_s=1.0)
    assert abs(np.sum(height * np.sin(phase))) < 1e-12


def test_nothing_answers_a_note_far_from_all_strings() -> None:
    group = answering(np.array([133.0]), np.ones(1), np.array([110.0]), RNG(2), gain=0.1, decay_s=1.0)
    assert all(each.size == 0 for each in group)
    assert joined([group, group])[0].size == 0
