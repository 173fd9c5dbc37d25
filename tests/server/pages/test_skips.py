"""Skips on the listener's page: heard at once, or as soon as something is there."""

from .test_listener import RADIO, playing


def test_a_skip_is_heard_at_once(visit, air):
    page = playing(visit())
    skips, frame = air.skips, page.evaluate(f"{RADIO}.frame")
    page.get_by_role("button", name="Skip to the next track").click()
    page.wait_for_function(f"() => {RADIO}.frame > {frame} + 9 * 44100 && {RADIO}.player.status === 'playing'")
    assert air.skips == skips + 1
    assert page.evaluate(f"({RADIO}.frame - {RADIO}.heard.start) / 44100") < 3


def test_a_skip_that_has_to_wait_is_said_and_heard_when_it_comes(visit, air):
    page = playing(visit())
    frame = page.evaluate(f"{RADIO}.frame")
    air.silent = True  # nothing is joined; what the page has buffered goes on
    try:
        page.get_by_role("button", name="Skip to the next track").click()
        page.get_by_text("Nothing else is ready yet; it skips as soon as something is.").first.wait_for()
    finally:
        air.silent = False
    page.wait_for_function(f"() => {RADIO}.frame > {frame} + 9 * 44100 && {RADIO}.player.status === 'playing'")
    assert page.evaluate(f"({RADIO}.frame - {RADIO}.heard.start) / 44100") < 3


def test_a_timeline_that_is_gone_is_asked_for_once(visit):
    page = visit("/")
    asked = []

    def gone(route):
        asked.append(route.request.url)
        route.fulfill(
            status=404, json={"error": {"kind": "not found", "what": "this timeline made room for newer ones"}}
        )

    page.route("**/entries/*/timeline", gone)
    page.reload()
    title = page.locator("#title[data-entry]:not([data-entry=''])")
    title.wait_for()
    first = title.get_attribute("data-entry")
    page.wait_for_function("was => document.querySelector('#title').dataset.entry !== was", arg=first)
    page.wait_for_timeout(500)
    assert len(asked) >= 2
    assert len(asked) == len(set(asked))
