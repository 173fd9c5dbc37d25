from __future__ import annotations

import sys

import pytest

from dusktape.core.errors import DusktapeError
from dusktape.data.pool import Lost, examine

SERVER = """
import json, os, sys, time
from dusktape.data.pool import receive, send
send(sys.stdout.buffer, b"ready")
while (message := receive(sys.stdin.buffer)) is not None:
    order = json.loads(message)
    if order["do"] == "crash":
        os.abort()
    if order["do"] == "leave":
        os._exit(3)
    if order["do"] == "hang":
        time.sleep(600)
    send(sys.stdout.buffer, f"{order['do']} {os.getpid()}".encode())
"""
COMMAND = (sys.executable, "-c", SERVER)


def served(orders, **options):
    return dict(examine([{"do": what} for what in orders], COMMAND, **{"workers": 2, **options}))


@pytest.mark.parametrize("workers", [1, 3])
def test_every_order_is_answered_once(workers):
    answers = served([str(i) for i in range(20)], workers=workers)
    assert {place: answer.split()[0] for place, answer in answers.items()} == {i: b"%d" % i for i in range(20)}
    assert len({answer.split()[1] for answer in answers.values()}) <= workers


def test_a_crash_costs_one_order(monkeypatch):
    answers = served(["1", "crash", "2", "leave", "3"])
    lost = {place: answer.reason for place, answer in answers.items() if isinstance(answer, Lost)}
    assert sorted(lost) == [1, 3]
    assert lost[3] == "reading it crashed (exit code 3)"
    if sys.platform != "win32":
        assert lost[1] == "reading it crashed (SIGABRT)"


def test_what_never_ends_costs_one_order():
    answers = served(["hang", "1", "2"], workers=1, limit_s=0.5)
    assert answers[0] == Lost("it took more than 0.5 s")
    assert not isinstance(answers[1], Lost)
    assert not isinstance(answers[2], Lost)


def test_whoever_asks_no_further_waits_for_nobody():
    answers = examine([{"do": "1"}, {"do": "hang"}], COMMAND, workers=1)
    assert next(answers)[0] == 0
    answers.close()


def test_no_orders_start_nothing():
    assert dict(examine([], ("no such program",), workers=4)) == {}


@pytest.mark.parametrize("command", [("no such program",), (sys.executable, "-c", "raise SystemExit(1)")])
def test_a_process_that_does_not_start_is_told_in_a_line(command):
    with pytest.raises(DusktapeError, match="a process that reads files does not start"):
        dict(examine([{"do": "1"}], command, workers=1))
