from __future__ import annotations

from dusktape.radio.nouns import Entry
from dusktape.radio.outputs.titles import Titles


class Programme:
    def __init__(self, *entries: Entry) -> None:
        self.all = list(entries)
        self.asked = 0

    def entries(self, station: str, *, since: int | None = None, limit: int = 50) -> list[Entry]:
        self.asked += 1
        return [entry for entry in self.all if since is None or entry.end > since]


def entry(number: int, start: int, end: int) -> Entry:
    return Entry("dusk", "track", start, end, title=f"song {number}", id=number)


def test_in_a_crossfade_the_one_that_comes_is_named():
    titles = Titles(Programme(entry(1, 0, 1_000), entry(2, 900, 2_000)), "dusk", clock=lambda: 0.0)
    assert [titles.at(frame).title for frame in (0, 899, 900, 1_500)] == ["song 1", "song 1", "song 2", "song 2"]
    assert titles.at(5_000) is None


def test_the_programme_is_asked_once_a_second_at_most():
    programme = Programme(entry(1, 0, 1_000))
    now = 0.0
    titles = Titles(programme, "dusk", clock=lambda: now)
    for _ in range(10):
        titles.at(5)
    assert programme.asked == 1
    programme.all.append(entry(2, 3, 2_000))
    now = 1.5
    assert titles.at(5).title == "song 2"
