"""What somebody changed in the studio and has not kept is never lost: other versions, failures, leaving."""

from .workbench import SCORE, STORE, opened

PITCH = SCORE.parts["lead"][0].pitch
AT_HAND = "s => [s.mix.drums.mute, s.draft.written.lead?.[0][2] ?? null, (s.draft.written.drums ?? []).length]"


def versions(bench):
    first = bench.put("Two Lamps")
    return first, bench.put("Two Lamps", song=first.id, parent=first.id, edit={"again": ["lead"], "seed": "5"})


def shown(visit, bench, made):
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1300)
    opened(page, made)
    return page, page.evaluate_handle(STORE)


def raise_a_note(page):
    page.get_by_role("application", name="Notes of Melody").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")


def leaving(page, stay):
    """Go to another page; return what the browser asked."""
    asked = []

    def answer(dialog):
        asked.append(dialog.type)
        dialog.dismiss() if stay else dialog.accept()

    page.once("dialog", answer)
    page.evaluate("() => { location.href = '/robots.txt' }")
    if stay:
        page.wait_for_timeout(400)
    else:
        page.wait_for_url("**/robots.txt")
    return asked


def test_what_is_not_kept_waits_with_its_version(visit, bench):
    first, second = versions(bench)
    page, store = shown(visit, bench, second)
    page.get_by_role("button", name="Mute Drums").click()
    raise_a_note(page)
    page.get_by_role("button", name="Drums", exact=True).click()
    page.get_by_role("application", name="Notes of Drums").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    changed = [True, PITCH + 1, len(SCORE.parts["drums"]) - 1]
    assert store.evaluate(AT_HAND) == changed
    assert bench.state.jobs() == [], "nothing is ordered unasked"

    page.locator(".tree .open").first.click()
    opened(page, first)
    assert store.evaluate(AT_HAND) == [False, None, 0]
    page.locator(".tree li", has_text="changes not kept").get_by_role("button").first.click()
    opened(page, second)
    assert store.evaluate(AT_HAND) == changed
    page.get_by_role("button", name="Keep these notes").click()
    (job,) = bench.wait(bench.state.jobs)
    assert {part: len(rows) for part, rows in job.spec["notes"].items()} == {"lead": 16, "drums": 31}
    assert job.spec["mix"]["drums"]["mute"] is True


def test_leaving_asks_while_something_is_not_kept(visit, bench):
    _, second = versions(bench)
    page, store = shown(visit, bench, second)
    page.get_by_role("button", name="Mute Drums").click()
    page.locator(".tree .open").first.click()
    page.locator(".tree em").wait_for()
    assert leaving(page, stay=True) == ["beforeunload"]
    page.locator(".tree li", has_text="changes not kept").get_by_role("button").first.click()
    opened(page, second)
    assert store.evaluate("s => s.mix.drums.mute")
    page.get_by_role("button", name="As it was").click()
    page.locator(".tree em").wait_for(state="detached")
    assert leaving(page, stay=False) == []


def test_what_was_ordered_is_asked_about_again_when_it_is_called_off(visit, bench):
    made = bench.put("Two Lamps")
    page, store = shown(visit, bench, made)
    page.get_by_role("button", name="Mute Drums").click()
    raise_a_note(page)
    keep = page.get_by_role("button", name="Keep this mix")
    keep.click()
    page.get_by_text("A version with this mix is on its way.").wait_for()
    assert keep.is_disabled()
    assert not store.evaluate("s => s.drafts.unkept"), "the server has it"
    page.get_by_role("button", name="Cancel Notes of melody").click()
    page.get_by_text("The mix is not kept yet.").wait_for()
    assert store.evaluate("s => s.drafts.unkept")
    assert store.evaluate(AT_HAND) == [True, PITCH + 1, 0]
    assert leaving(page, stay=True) == ["beforeunload"]


def test_a_song_that_is_ready_does_not_take_the_bench_from_who_is_working(visit, bench):
    made = bench.put("Two Lamps")
    page, store = shown(visit, bench, made)
    page.get_by_role("button", name="Make it", exact=True).click()
    (job,) = bench.wait(bench.state.jobs)
    page.wait_for_function(f"async (id) => (await ({STORE})()).ordered.has(id)", arg=job.id)
    raise_a_note(page)
    other = bench.put("Three Lamps")
    store.evaluate("(s, [id, track]) => s.learn({ ...s.jobs.get(id), state: 'done', track })", [job.id, other.id])
    page.get_by_text("A new song is ready in the queue; what you changed is still here.").wait_for()
    assert made.id in page.url
    page.locator(".library li", has_text="Three Lamps").get_by_role("button").click()
    opened(page, other)
    page.locator(".library li", has_text="changes not kept").get_by_role("button").click()
    opened(page, made)
    assert store.evaluate(AT_HAND) == [False, PITCH + 1, 0]


def test_what_the_new_version_has_is_not_kept_twice(visit, bench):
    made = bench.put("Two Lamps")
    page, store = shown(visit, bench, made)
    raise_a_note(page)
    page.get_by_role("button", name="Keep these notes").click()
    (job,) = bench.wait(bench.state.jobs)
    page.wait_for_function(f"async (id) => (await ({STORE})()).ordered.has(id)", arg=job.id)
    child = bench.put("Two Lamps", song=made.id, parent=made.id, edit={"notes": {"lead": 16}})
    store.evaluate("(s, [id, track]) => s.learn({ ...s.jobs.get(id), state: 'done', track })", [job.id, child.id])
    opened(page, child)
    page.locator(".doing").get_by_role("button", name="Undo").click()
    opened(page, made)
    assert store.evaluate(AT_HAND) == [False, None, 0]
