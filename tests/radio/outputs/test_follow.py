from __future__ import annotations

import itertools

import numpy as np

from dusktape.radio.outputs.follow import LEAD_S, Follower
from dusktape.radio.ring import DISCONTINUITY

from .conftest import RATE, SLOT, tone


def test_it_begins_one_lead_behind_the_newest_sample(ring):
    ring.play(30)
    piece = Follower(ring.path).take()
    assert piece.frame is not None
    assert ring.head - piece.frame == LEAD_S * RATE


def test_it_begins_with_the_oldest_where_there_is_less(ring):
    ring.play(3)
    assert Follower(ring.path).take().frame == 0


def test_pieces_follow_one_another_without_a_seam(ring):
    ring.play(20)
    follower = Follower(ring.path)
    taken = []
    for _ in range(40):
        taken.append(follower.take())
        ring.play(0.25)
    frames = [piece.frame for piece in taken]
    assert np.all(np.diff(frames) == SLOT)
    whole = np.concatenate([piece.sound for piece in taken[1:]])
    assert np.array_equal(whole, tone(frames[1], len(whole)))


def test_a_ring_that_is_not_there_is_silence_until_it_is(tmp_path, ring):
    follower = Follower(tmp_path / "none" / "pcm.ring")
    assert follower.take().frame is None
    assert not follower.take().sound.any()
    follower = Follower(ring.path)
    assert follower.take().frame is None
    ring.play(1)
    assert follower.take().frame == 0


def test_a_playout_that_stops_becomes_silence_and_goes_on_where_it_stopped(ring):
    ring.play(1)
    follower = Follower(ring.path)
    assert [follower.take().frame for _ in range(5)] == [0, SLOT, 2 * SLOT, 3 * SLOT, None]
    ring.play(0.25)
    assert follower.take().frame == 4 * SLOT


def test_silence_begins_and_ends_without_a_click(ring):
    ring.play(1)
    follower = Follower(ring.path)
    heard = [follower.take().sound for _ in range(6)]
    ring.play(1)
    heard += [follower.take().sound for _ in range(3)]
    steps = np.abs(np.diff(np.concatenate(heard)[:, 0].astype(int)))
    steepest = np.abs(np.diff(tone(0, RATE)[:, 0].astype(int))).max()
    assert steps.max() <= 1.05 * steepest


def test_a_skip_is_followed_to_its_join_once_the_head_has_come_to_rest(ring):
    ring.play(30)
    follower = Follower(ring.path)
    follower.take()
    join = ring.head
    for _ in range(8):  # the playout works: 12 s in 8 portions
        ring.play(1.5, mark=DISCONTINUITY if ring.head == join else 0, hertz=330)
        assert follower.take().frame < join
    assert follower.take().frame == join
    assert follower.take().frame == join + SLOT


def test_a_jump_without_a_mark_lands_one_lead_behind(ring):
    ring.play(30)
    follower = Follower(ring.path)
    follower.take()
    ring.play(12)
    follower.take()
    ring.play(0.25)
    assert ring.head - follower.take().frame == LEAD_S * RATE


def test_a_follower_that_slept_past_the_whole_ring_comes_back(ring):
    ring.play(30)
    follower = Follower(ring.path)
    follower.take()
    ring.play(90)
    assert ring.head - follower.take().frame == LEAD_S * RATE


def test_a_ring_of_another_size_is_opened_anew(ring):
    ring.play(14)
    follower = Follower(ring.path)
    first = follower.take().frame
    from dusktape.radio.ring import RingWriter

    writer = RingWriter(ring.path, slots=100, slot_bytes=4 * SLOT)
    writer.append(ring.head, SLOT, tone(ring.head, SLOT).tobytes())
    assert first is not None
    assert follower.take().frame == ring.head


def test_pieces_come_at_the_pace_of_the_clock(ring):
    ring.play(20)
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    times = []
    for _ in itertools.islice(Follower(ring.path).paced(lambda: now, sleep), 20):
        times.append(now)
    assert np.allclose(np.diff(times), 0.25)


def test_who_was_late_is_not_showered_with_what_was_missed(ring):
    ring.play(20)
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    paced = Follower(ring.path).paced(lambda: now, sleep)
    next(paced)
    now += 30.0
    next(paced)
    before = now
    for _ in range(4):
        next(paced)
    assert now - before >= 0.75
