from __future__ import annotations

import shutil

import pytest

from dusktape.evaluate import report
from dusktape.evaluate.subjects import Subject

CHROMIUM = shutil.which("chromium")


@pytest.fixture
def melodies():
    """The widest table, figures as long as they get."""
    figures = {f"copying.{mode}.{k}": 0.000123 for mode in ("rhythm", "intervals") for k in ("longest_p95", "share_15")}
    subjects = [Subject(name, "training", {"figures": figures}) for name in ("heads", "embeddings3_chords")]
    return report.page("Evaluation", "of two", [("Melodies", report.html_table(report.line_rows(subjects)))])


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize(("width", "whole"), [(1200, True), (390, False)])
def test_a_wide_table_stays_within_the_page(melodies, width, whole):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.set_content(melodies)
        seen, has = page.evaluate("[document.documentElement.clientWidth, document.documentElement.scrollWidth]")
        box = page.locator(".wide")
        assert has <= seen
        assert box.evaluate("e => e.scrollWidth <= e.clientWidth") is whole
        box.evaluate("e => e.scrollLeft = 1e6")
        assert page.locator("th").last.evaluate("e => e.getBoundingClientRect().right") <= width
        assert page.locator("td").first.evaluate("e => e.getBoundingClientRect().left") >= 0
        browser.close()


def test_people_are_those_of_the_first_that_was_looked_up():
    drums = Subject("drums", "training", {"figures": {"repetition.bag": 0.1}})
    known = {f"people.copying.{mode}.longest_p95": 9.25 for mode in ("rhythm", "intervals")}
    heads = Subject("heads", "training", {"figures": known, "copying": {}})
    assert report.line_rows([drums, heads])[-1][3:5] == ["9.25", "9.25"]
    assert report.line_rows([drums])[-1][3:5] == ["-", "-"]
