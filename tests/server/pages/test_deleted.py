"""What a page still offers of a track that left the library; and what one page learns of another's likes."""

from .workbench import opened


def on_air(visit, bench):
    bench.sound(40)
    made = bench.put("Two Lamps")
    bench.entry("Two Lamps", 0, 400 * 44_100, track=made.id, timeline=made.files["timeline.json"])
    page = visit("/", at=bench.at)
    page.get_by_role("heading", name="Two Lamps").wait_for()
    return made, page


def test_the_bench_offers_nothing_of_a_song_that_is_deleted_while_it_plays(visit, bench):
    made = bench.put("Two Lamps")
    bench.put("Two Lamps", song=made.id, parent=made.id, edit={"again": ["lead"], "seed": "5"})
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    opened(page, made)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => document.querySelector('.time').textContent >= '0:01'")
    page.get_by_role("button", name="Drums again").click()
    bench.state.remove_track(made.id)
    page.get_by_role("alert").get_by_text("Two Lamps is not in the library any more.").wait_for()
    for name in ("Send to station", "Export", "Keep Drums", "Drums again", "Mute Drums", "Play", "Parts"):
        page.get_by_role("button", name=name, exact=True, disabled=True).wait_for()
    page.get_by_role("button", name="Compare with Melody again", disabled=True).wait_for()
    assert page.get_by_role("slider", name="Level of Drums").is_disabled()
    assert page.get_by_role("button", name="Make it again").count() == 0
    page.keyboard.press("Space")
    page.get_by_text("Deleted from the library").wait_for()
    assert page.get_by_role("alert").inner_text().startswith("Two Lamps is not in the library any more.")


def test_sound_that_is_not_there_is_told_without_numbers(visit, bench):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    opened(page, made)
    page.route("**/slices/**", lambda route: route.fulfill(status=404, body="{}"))
    page.get_by_role("button", name="Play", exact=True).click()
    said = page.get_by_role("alert").locator("span")
    said.wait_for()
    assert said.inner_text() == "The sound is not there any more."


def test_the_radio_asks_for_no_opinion_of_what_is_deleted(visit, bench):
    made, page = on_air(visit, bench)
    likes = [page.get_by_role("button", name=name, exact=True) for name in ("More like this", "Less of this")]
    assert all(like.is_enabled() for like in likes)
    bench.state.remove_track(made.id)
    for name in ("More like this", "Less of this"):
        page.get_by_role("button", name=name, exact=True, disabled=True).wait_for()
    page.keyboard.press("l")
    assert page.get_by_text("There is no such track").count() == 0


def test_a_like_shows_on_the_other_pages_of_who_gave_it(visit, bench):
    made, page = on_air(visit, bench)
    other, single = visit("/", at=bench.at), visit(f"/t/{made.id}", at=bench.at)
    other.get_by_role("heading", name="Two Lamps").wait_for()
    single.locator("dt-single").get_by_role("button", name="More like this", pressed=False).wait_for()
    like = page.get_by_role("button", name="More like this", exact=True)
    like.click()
    other.get_by_role("button", name="More like this", exact=True, pressed=True).wait_for()
    single.locator("dt-single").get_by_role("button", name="More like this", pressed=True).wait_for()
    like.click()
    other.get_by_role("button", name="More like this", exact=True, pressed=False).wait_for()
