import pytest

from dusktape.server.limits import Held, Rate, TooMuchError, is_local, raise_open_files


def test_a_minutes_worth_is_there_at_once_and_comes_back_slowly():
    now = [0.0]
    rate = Rate(60, "skips", clock=lambda: now[0])
    for _ in range(60):
        rate.take("ann")
    with pytest.raises(TooMuchError, match="60 skips a minute"):
        rate.take("ann")
    rate.take("ben")
    now[0] = 2.0
    rate.take("ann", 2)
    with pytest.raises(TooMuchError):
        rate.take("ann")
    now[0] = 10_000.0
    rate.take("ann", 60)
    with pytest.raises(TooMuchError):
        rate.take("ann")


def test_what_was_refused_costs_nothing():
    rate = Rate(3, "jobs", clock=lambda: 0.0)
    with pytest.raises(TooMuchError):
        rate.take("ann", 4)
    rate.take("ann", 3)


def test_a_counter_forgets_who_is_long_gone():
    rate = Rate(1, "jobs", clock=lambda: 0.0)
    for client in range(12_000):
        rate.take(str(client))
    assert len(rate._levels) == 10_000
    rate.take("0")


def test_what_is_held_is_limited_for_each_and_in_all():
    held = Held(2, 3, "listeners")
    held.take("9.9.9.9")
    held.take("9.9.9.9")
    with pytest.raises(TooMuchError, match="2 listeners at once"):
        held.take("9.9.9.9")
    with held.one("8.8.8.8"), pytest.raises(TooMuchError, match="3 listeners are all"):
        held.take("7.7.7.7")
    held.give("9.9.9.9")
    held.take("9.9.9.9")
    held.give("9.9.9.9")
    held.give("9.9.9.9")
    assert (held.count, held._by) == (0, {})


def test_this_machine_may_hold_more():
    held = Held(1, 5, "listeners")
    for _ in range(5):
        held.take("127.0.0.1")
    with pytest.raises(TooMuchError):
        held.take("127.0.0.1")


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("127.0.0.1.example", False),
        ("", False),
    ],
)
def test_this_machine_is_told_from_others(address, local):
    assert is_local(address) is local


def test_files_are_as_many_as_the_system_allows():
    assert raise_open_files(64) >= 64
