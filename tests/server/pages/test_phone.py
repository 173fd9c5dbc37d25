"""The listener's page on a phone: whatever runs, every control is within reach."""

import pytest

WITHIN = """() => {
    const worked = [...document.querySelectorAll("a, button, input, [tabindex='0'], .states li")];
    const seen = worked.filter((one) => one.checkVisibility({ visibilityProperty: true }));
    const out = (box) => box.right > innerWidth || box.left < 0 || box.bottom > innerHeight;
    const name = (one) => one.ariaLabel ?? one.textContent.trim();
    return [
        document.documentElement.scrollWidth <= innerWidth,
        seen.filter((one) => out(one.getBoundingClientRect())).map(name),
        document.querySelector(".page").scrollWidth <= innerWidth,
    ];
}"""
PLACES = """() => ["header .studio", ".mark", ".deck", "dt-transport", ".tools"].map((one) => {
    const { x, y, width } = document.querySelector(one).getBoundingClientRect();
    return [x, y, width].map(Math.round);
})"""


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 640)])
def test_timers_that_run_push_nothing_off_a_phones_screen_and_move_nothing(visit, width, height):
    page = visit("/", width=width, height=height)
    page.locator("#title[data-entry]:not([data-entry=''])").wait_for()
    before = page.evaluate(PLACES)
    page.get_by_role("button", name="Timers").click()
    page.get_by_role("button", name="90 min").click()
    page.get_by_role("button", name="25 and 5").click()
    page.keyboard.press("Escape")
    page.locator(".panel").wait_for(state="detached")
    page.locator(".states li").nth(1).wait_for()
    assert page.evaluate(WITHIN) == [True, [], True]
    after = page.evaluate(PLACES)
    assert after[0][0] == before[0][0]
    assert [x for x, _, _ in after] == [x for x, _, _ in before]
    assert [width for _, _, width in after] == [width for _, _, width in before]
    assert after[0][1] == before[0][1]


def test_all_of_a_tracks_panel_is_seen_without_scrolling(visit, air):
    made = air.state.tracks()[0]
    page = visit(f"/t/{made.id}", width=1440, height=900)
    page.get_by_role("link", name="Open in the studio").wait_for()
    page.route("**/cover.png", lambda route: route.abort())
    page.evaluate("""() => {
        const single = document.querySelector("dt-single");
        single.track = { ...single.track, files: [...single.track.files, "cover.png"] };
        return single.updateComplete;
    }""")
    page.locator("img.cover").wait_for(state="attached")
    inside = page.locator(".panel .inside")
    assert inside.evaluate("e => e.scrollHeight <= e.clientHeight")
