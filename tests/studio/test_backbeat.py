import pytest

from dusktape.core.score import BAR, Event, Key, Note, Score, Section
from dusktape.core.seed import Seed
from dusktape.studio.backbeat import drum_part, form_of, sections_of, warped
from dusktape.studio.wish import Wish


@pytest.mark.parametrize("bars", [1, 7, 12, 23, 24, 39, 40, 72, 201])
def test_a_form_has_every_bar_once(bars: int) -> None:
    form = form_of(bars)
    assert [p.first for p in form] == [sum(q.bars for q in form[:k]) for k in range(len(form))]
    assert sum(p.bars for p in form) == bars
    assert any(p.drums for p in form)


def test_a_long_form_holds_back_at_both_ends_and_once_between() -> None:
    assert [p.name for p in form_of(72) if not p.drums] == ["intro", "break", "outro"]


def test_drums_play_where_the_form_has_them() -> None:
    recipe = Wish("dusk", composers=("rules",)).resolve(Seed(7))
    form = form_of(44)
    hits = drum_part(form, recipe, Seed(7))
    playing = {hit.start // BAR for hit in hits}
    silent = {bar for p in form if not p.drums for bar in range(p.first, p.first + p.bars)}
    assert not playing & silent
    assert playing == set(range(44)) - silent


def test_everything_moves_with_the_beat() -> None:
    written = Score(
        80.0,
        Key(0, "major"),
        sections_of(form_of(8), end=9 * BAR),
        parts={"drums": (Note(0, 240, 36, 90), Note(BAR, 240, 38, 90))},
        events=(Event(BAR, 960, "cut"),),
    )
    late = warped(written, lambda tick: 1.5 * tick - 100.0, end=20 * BAR)
    assert [n.start for n in late.parts["drums"]] == [1.5 * BAR - 100]
    assert late.parts["drums"][0].length == 360
    assert late.events == (Event(1.5 * BAR - 100, 1440, "cut"),)
    assert (late.sections[0].start, late.sections[-1].start + late.sections[-1].length) == (0, 20 * BAR)


def test_sections_leave_no_gap() -> None:
    sections = sections_of(form_of(40), end=41 * BAR)
    ends = [s.start + s.length for s in sections]
    assert [s.start for s in sections[1:]] == ends[:-1]
    assert ends[-1] == 41 * BAR
    assert isinstance(sections[0], Section)
