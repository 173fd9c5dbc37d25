"""A station's clock."""

from __future__ import annotations

import pytest

from dusktape.radio.clock import LEAD, Clock, Now

RATE = 44_100


def test_time_is_frames():
    clock = Clock(1000, 50.0)
    assert clock.heard(50.0) == 1000
    assert clock.heard(52.0) == 1000 + 2 * RATE
    assert clock.due(52.0) == 1000 + 2 * RATE + LEAD


def test_a_short_pause_changes_nothing():
    clock = Clock(0, 50.0)
    assert clock.going_on(LEAD, 55.0) is clock


def test_who_ran_dry_goes_on_from_now():
    assert Clock(0, 50.0).going_on(LEAD, 50.0 + 3600.0) == Clock(LEAD, 3650.0)


def test_a_clock_from_the_future_is_not_believed():
    assert Clock(0, 9000.0).going_on(LEAD, 50.0) == Clock(LEAD, 50.0)


def test_it_is_read_as_it_was_written():
    clock = Clock(7, 12.5)
    assert Clock.of(clock.table()) == clock


@pytest.mark.parametrize("junk", [None, {}, {"frame": "x", "time": 1}, {"frame": 1}, 7, []])
def test_what_is_no_clock_is_none(junk):
    assert Clock.of(junk) is None


def test_now_goes_forward():
    now = Now()
    first = now()
    assert now() >= first > 1.6e9
