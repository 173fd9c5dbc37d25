from __future__ import annotations

import io
import sys

import pytest

from dusktape.cli.talk import Talk


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal():
    # Not in a fixture's setup: pytest puts its own stderr back before the test begins.
    return Terminal()


def test_a_terminal_sees_a_bar_that_fills_and_goes(terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal)
    talk = Talk(quiet=False)
    for stage in ("composing", "rendering", "mastering"):
        talk.progress(stage, 1.0)
    talk.say("done")
    text = terminal.getvalue()
    assert "composing" in text
    assert "rendering" in text
    assert "100%" in text
    last = text.rstrip("\n").split("\r")
    assert last[-1] == "done"
    assert last[-2].strip() == ""
    assert len(last[-2]) >= max(len(line) for line in last)


def test_the_bar_goes_forward_from_stage_to_stage(terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal)
    talk = Talk(quiet=False)
    for stage in ("composing", "rendering", "mastering"):
        talk.progress(stage, 1.0)
    shares = [int(line.split("]")[1].strip(" %")) for line in terminal.getvalue().split("\r") if "]" in line]
    assert shares == sorted(shares)
    assert shares[-1] == 100


def test_the_bar_is_not_redrawn_for_every_block(terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal)
    talk = Talk(quiet=False)
    for k in range(1000):
        talk.progress("rendering", k / 2000)
    assert 0 < terminal.getvalue().count("\r") < 100


def test_elsewhere_there_are_only_sentences(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    talk = Talk(quiet=False)
    talk.progress("rendering", 1.0)
    talk.say("done")
    talk.clear()
    assert screen.getvalue() == "done\n"


def test_quiet_is_quiet_on_a_terminal_too(terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal)
    talk = Talk(quiet=True)
    talk.progress("rendering", 1.0)
    talk.say("done")
    talk.clear()
    assert terminal.getvalue() == ""


def test_long_work_says_now_and_then_how_far_it_is_where_there_is_no_terminal(monkeypatch):
    screen, now = io.StringIO(), [100.0]
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr("dusktape.cli.talk.time.monotonic", lambda: now[0])
    talk = Talk(quiet=False, every_s=10.0)
    for k in range(5):
        talk.status(f"loops: {k} of 8", k / 8)
        now[0] += 6.0
    talk.clear()
    assert screen.getvalue() == "loops: 2 of 8, 25%\nloops: 4 of 8, 50%\n"
    Talk(quiet=True, every_s=0.001).status("loops", 0.5)
    assert screen.getvalue().count("\n") == 2
