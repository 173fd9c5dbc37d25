"""The studio's player has a place of its own: nothing that is worked with lies under it."""

import pytest

from .workbench import opened

COVERED = """() => {
    const bar = document.querySelector(".bottom");
    const worked = ["button", "a", "select", "input", "textarea", "summary", "[tabindex='0']"];
    const found = [];
    for (const one of document.querySelectorAll(`main :is(${worked})`)) {
        if (one.disabled || !one.checkVisibility({ visibilityProperty: true })) continue;
        one.focus();
        const box = one.getBoundingClientRect();
        if (document.activeElement === one && box.height < 200 && box.bottom > bar.getBoundingClientRect().top)
            found.push(one.ariaLabel ?? one.textContent.trim().slice(0, 40));
    }
    scrollTo(0, document.documentElement.scrollHeight);
    const { top, bottom } = bar.getBoundingClientRect();
    const ends = [...document.querySelectorAll("main > *")].map((one) => one.getBoundingClientRect().bottom);
    return [found, Math.max(...ends) <= top, Math.round(bottom) === innerHeight];
}"""


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_nothing_that_has_the_focus_and_no_end_of_the_page_lies_under_the_player(visit, bench, width, height):
    made = bench.put("Two Lamps")
    bench.put("Two Lamps, Later", song=made.id, parent=made.id, edit={"notes": {"lead": 3}})
    page = visit(f"/studio?track={made.id}", at=bench.at, width=width, height=height)
    opened(page, made)
    for tab in ("Make", "Song", "Notes", "Versions") if width < 900 else ("",):
        if tab:
            page.get_by_role("navigation").get_by_role("button", name=tab).click()
        if tab in ("Song", ""):
            page.get_by_role("button", name="Melody again").click()
        assert page.evaluate(COVERED) == [[], True, True], tab
    page.evaluate("scrollTo(0, 0)")
    assert page.locator(".bottom").bounding_box()["height"] < height / 9
