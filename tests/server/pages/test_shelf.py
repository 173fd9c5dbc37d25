"""The studio's shelf: all of the library, what is looked for, what is gone; and what the page says it does."""

from .workbench import STORE, opened


def shelf(page):
    return page.locator(".library li b").all_inner_texts()


def test_the_whole_shelf_is_within_reach(visit, bench):
    titles = ["Song 0, Moonless", *(f"Song {number}" for number in range(1, 60))]
    for title in titles:
        bench.track(title)
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    opened(page, made)
    assert len(shelf(page)) == 14
    more = page.locator(".library").get_by_role("button", name="More")
    while more.count():
        before = len(shelf(page))
        more.click()
        page.wait_for_function("n => document.querySelectorAll('.library li').length > n", arg=before)
    assert shelf(page) == titles[::-1]
    page.get_by_role("textbox", name="Look on the shelf").fill("song moonless")
    page.wait_for_function("() => document.querySelectorAll('.library li').length === 1")
    assert shelf(page) == ["Song 0, Moonless"]
    page.get_by_role("textbox", name="Look on the shelf").fill("no such thing")
    page.get_by_text("Nothing like that lies here.").wait_for()


def test_tracks_of_one_name_are_told_apart(visit, bench):
    first = bench.track("Same Name")
    bench.track("Same Name", song=first.id, parent=first.id, edit={"again": ["drums"], "seed": "5"})
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    opened(page, made)
    told = page.locator(".library small").all_inner_texts()
    assert "Drums again, take seed 5" in told[0]
    assert "First take, song seed 7" in told[1]


def test_what_is_deleted_leaves_the_shelf_when_the_page_is_looked_at_or_it_is_asked_for(visit, bench):
    gone, later = bench.track("Gone Soon"), bench.track("Gone Later")
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    opened(page, made)
    assert shelf(page) == ["Gone Later", "Gone Soon"]
    bench.state.remove_track(gone.id)
    page.evaluate("dispatchEvent(new Event('focus'))")
    page.locator(".library li", has_text="Gone Soon").wait_for(state="detached")
    bench.state.remove_track(later.id)
    page.locator(".library li button", has_text="Gone Later").click()
    page.locator(".library li", has_text="Gone Later").wait_for(state="detached")
    page.get_by_role("alert").wait_for()


def test_the_page_says_what_is_open_and_what_is_called_off(visit, bench):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    opened(page, made)
    assert page.title() == "Two Lamps · Studio · Dusktape"
    page.get_by_role("combobox", name="Variants").first.select_option("2")
    page.get_by_role("button", name="Make it", exact=True).click()
    said = page.locator("header .sentence")
    said.get_by_text("2 variants are in the queue.").wait_for()
    cancel = page.locator("studio-queue.wide").get_by_role("button", name="Cancel")
    cancel.first.click()
    said.get_by_text("Called off; 1 order still in the queue.").wait_for()
    cancel.first.click()
    said.get_by_text("Called off; the queue is empty.").wait_for()


def test_names_of_files_keep_their_letters(visit, bench):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    opened(page, made)
    later = bench.put("Two Lamps", song=made.id, parent=made.id, edit={"effects": ["up_0123456789"]})
    page.evaluate("""async () => {
        const { called } = await import("/static/js/studio/format.js");
        called.set("up_0123456789", "mein Lied Ü");
    }""")
    page.evaluate_handle(STORE).evaluate("(s, id) => s.open(id)", later.id)
    page.locator("header .sentence").get_by_text(
        "Two Lamps is on the bench: mein Lied Ü laid over.", exact=True
    ).wait_for()
    assert page.evaluate(
        "async () => (await import('/static/js/studio/format.js')).named(['up_0123456789', 'lead'])"
    ) == ("mein Lied Ü, melody")
