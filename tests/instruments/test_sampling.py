"""What samplers share: takes, pieces and the source that is recorded."""

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE, PlayedNote
from dusktape.core.errors import RecipeError
from dusktape.core.seed import Seed
from dusktape.instruments.backwards import Backwards
from dusktape.instruments.chop import Chop
from dusktape.instruments.sampling import Piece, PiecePlayer, Recorder, Take, renumbered, source_of

RAMP = np.arange(1000, dtype=np.float32)[None]


def test_a_piece_is_that_stretch_of_the_take_at_its_gain():
    sound = Piece(0, 100, 0, 50, gain=0.5, fade_in=0, fade_out=0).cut_from(RAMP)
    assert np.array_equal(sound, 0.5 * RAMP[:, 50:150])


def test_a_backwards_piece_is_played_from_its_end():
    sound = Piece(0, 100, 0, 50, backwards=True, fade_in=0, fade_out=0).cut_from(RAMP)
    assert np.array_equal(sound, RAMP[:, 149:49:-1])


def test_a_piece_begins_and_ends_in_silence():
    sound = Piece(0, 500, 0, 0).cut_from(np.ones((2, 1000), np.float32))
    assert sound[:, [0, -1]].max() < 0.01
    assert np.array_equal(sound[:, 100:200], np.ones((2, 100)))


def test_a_take_is_made_once_when_it_is_needed_and_forgotten_after_its_last_piece():
    made = []

    def make(index):
        made.append(index)
        return np.ones((1, 100), np.float32)

    player = PiecePlayer([Piece(0, 50, 0, 0), Piece(200, 50, 0, 0), Piece(400, 50, 1, 0)], make, channels=1, last_off=0)
    player.render(100)
    assert made == [0]
    player.render(200)
    assert made == [0]
    assert player._takes == {}
    player.render(200)
    assert made == [0, 1]


def test_takes_are_numbered_by_their_first_use():
    pieces, order = renumbered([Piece(0, 9, 7, 0), Piece(10, 9, 3, 0), Piece(20, 9, 7, 0)])
    assert [p.take for p in pieces] == [0, 1, 0]
    assert order == [7, 3]


def test_takes_do_not_hear_each_other():
    notes = (PlayedNote(0, 20_000, 60, 0.7),)
    takes = [Take(notes, 30_000), Take((PlayedNote(0, 9_000, 67, 0.7),), 30_000)]
    source = source_of(Chop())
    both = Recorder(source, takes, sample_rate=SAMPLE_RATE, bpm=80.0, seed=Seed(1))
    both.record(0)
    second = both.record(1)
    alone = Recorder(source, takes[1:], sample_rate=SAMPLE_RATE, bpm=80.0, seed=Seed(1)).record(0)
    level = np.sqrt(np.mean(alone[:, :9_000] ** 2))
    assert np.abs(np.sqrt(np.mean(second[:, :9_000] ** 2)) / level - 1.0) < 0.25  # strikes differ a little


@pytest.mark.parametrize("sampler", [Chop, Backwards])
def test_the_source_is_tuned_as_the_sampler_says_within_its_own_range(sampler):
    made = source_of(sampler(source="rhodes", detune_cents=11.0, noise=0.7))
    assert (made.detune_cents, made.noise) == (11.0, 0.7)
    assert source_of(sampler(source="kit")) is not None


@pytest.mark.parametrize("sampler", [Chop, Backwards])
@pytest.mark.parametrize(
    ("source", "said"),
    [("rhoads", "there is no instrument 'rhoads'; did you mean 'rhodes'"), ("chop", "'chop' records others itself")],
)
def test_a_source_that_cannot_be_recorded_is_named_in_one_line(sampler, source, said):
    with pytest.raises(RecipeError, match=said) as refused:
        sampler(source=source)
    assert "\n" not in str(refused.value)
