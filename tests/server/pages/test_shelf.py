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


def test_a_version_by_hand_says_of_which_take_it_is(visit, bench):
    first = bench.put("Two Lamps")
    name = "Two Lamps (take 337860)"
    take = bench.put(name, song=first.id, parent=first.id, edit={"again": ["lead"], "seed": "337860"})
    hand = bench.put(name, song=first.id, parent=take.id, edit={"notes": {"lead": 16}})
    bench.put(name, song=first.id, parent=hand.id, edit={"mix": {"lead": {"gain_db": 2.0}}})
    bench.put("Two Lamps", song=first.id, parent=first.id, edit={"notes": {"drums": 3}})
    page = visit(f"/studio?track={hand.id}", at=bench.at, width=1440, height=1000)
    opened(page, hand)
    seeds = [told.partition(",")[0] for told in page.locator(".tree small").all_inner_texts()]
    assert seeds == ["song seed 7", "take seed 337860", "of take 337860", "of take 337860", "of the first take"]
    other = bench.put("Last Tram")
    page.evaluate_handle(STORE).evaluate("(s, id) => s.open(id)", other.id)
    opened(page, other)
    told = page.locator(".library small", has_text="of melody by hand").inner_text()
    assert "Notes of melody by hand, of take 337860" in told


def test_of_two_variants_the_one_that_is_open_is_marked(visit, bench):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    opened(page, made)
    page.get_by_role("combobox", name="Variants").first.select_option("2")
    page.get_by_role("button", name="Make it", exact=True).click()
    page.get_by_text("2 variants are in the queue.").wait_for()
    for title in ("One", "Other"):
        job = bench.state.lease("worker")
        bench.state.finish(job.id, "worker", attach=(bench.put(title).id, {}))
    cards = page.locator("studio-queue.wide .card")
    cards.get_by_role("button", name="Open").nth(1).wait_for()
    cards.get_by_role("button", name="Open").first.click()
    mark = page.locator("studio-queue.wide .card[aria-current=true]")
    mark.get_by_text("open on the bench").wait_for()
    assert mark.count() == 1
    assert cards.get_by_role("button", name="Open").count() == 1


def test_what_is_deleted_leaves_the_shelf_at_once(visit, bench):
    gone, later = bench.track("Gone Soon"), bench.track("Gone Later")
    made = bench.put("Two Lamps")
    take = bench.put("Two Lamps", song=made.id, parent=made.id, edit={"again": ["lead"], "seed": "5"})
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    opened(page, made)
    assert shelf(page) == ["Gone Later", "Gone Soon"]
    assert page.locator(".tree li").count() == 2
    bench.state.remove_track(gone.id)
    page.locator(".library li", has_text="Gone Soon").wait_for(state="detached")
    bench.state.remove_track(take.id)
    page.wait_for_function("() => document.querySelectorAll('.tree li').length === 1")
    assert shelf(page) == ["Gone Later"]
    assert page.get_by_role("alert").count() == 0
    bench.state.remove_track(made.id)
    page.get_by_role("alert").get_by_text("Two Lamps is not in the library any more.").wait_for()
    page.get_by_role("heading", name="Two Lamps").wait_for()
    assert later.title in shelf(page)


def test_what_was_deleted_unnoticed_leaves_the_shelf_when_it_is_asked_for(visit, bench):
    later = bench.track("Gone Later")
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    opened(page, made)
    page.evaluate_handle(STORE).evaluate("s => { s.lost = () => undefined; }")
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
