from __future__ import annotations

from dusktape.core.seed import Seed
from dusktape.radio.outputs.retry import LONGEST_S, Retry


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[str] = []

    def retry(self, seed: int = 1) -> Retry:
        return Retry("there", seed=Seed(seed), say=self.said.append, clock=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_waits_grow_to_a_limit_and_differ_between_sources():
    waits = [Clock().retry(seed) for seed in (1, 2)]
    one, two = ([retry.wait("gone") for _ in range(12)] for retry in waits)
    assert one != two
    for times in (one, two):
        assert 0.5 <= times[0] <= 1.0
        assert all(0.5 * min(LONGEST_S, 2.0**n) <= wait <= min(LONGEST_S, 2.0**n) for n, wait in enumerate(times))


def test_it_tries_for_days():
    retry = Clock().retry()
    assert all(retry.wait("gone") <= LONGEST_S for _ in range(3000))


def test_a_cause_is_said_once_until_it_changes_or_the_connection_came_back():
    clock = Clock()
    retry = clock.retry()
    for cause in ("gone", "gone", "gone", "wrong password", "wrong password"):
        retry.wait(cause)
    assert len(clock.said) == 2
    retry.connected()
    retry.wait("wrong password")
    assert len(clock.said) == 4
    assert all(line.startswith("there: ") for line in clock.said)


def test_a_connection_that_held_starts_with_a_short_wait_and_one_that_flaps_does_not():
    clock = Clock()
    retry = clock.retry()
    for _ in range(6):
        retry.wait("gone")
    retry.connected()
    assert retry.wait("gone") > 10
    retry.connected()
    clock.now += 120
    assert retry.wait("gone") <= 1.0


def test_what_a_server_says_of_a_secret_is_not_repeated():
    from dusktape.radio.outputs.address import address

    said = []
    for url in ("rtmp://live.example/app/KEY-1?sign=2", "icecast://source:KEY-1@radio.example/dusk"):
        to = address(url, {})
        retry = Retry(to.shown, secrets=to.secrets, say=said.append, sleep=lambda seconds: None)
        retry.wait("the server refuses the stream (app/KEY-1 is taken)")
    assert len(said) == 2
    assert all("KEY-1" not in line and "is taken" in line for line in said)
