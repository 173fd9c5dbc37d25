"""What the pages log: nothing. What they may not have they do not ask for, and say what it needs."""

import pytest

from dusktape.server.guard import Door

from .air import Air
from .workbench import STORE, Bench, opened

TOKENS = pytest.mark.parametrize("token", ["", "another", "a-good-token"], ids=["none", "another", "the token"])


@pytest.fixture
def closed(tmp_path):
    """A bench whose radio has a token."""
    found = Bench(tmp_path)
    with found.served(door=Door(token="a-good-token")) as port:
        found.at = f"http://127.0.0.1:{port}"
        yield found
    found.close()


@pytest.fixture
def look(visit):
    """Opens a page; returns it, what it logs, and what it sends that changes something."""

    def look(at, path, **options):
        page = visit("/robots.txt", at=at, **options)
        log, sent = [], []
        page.on("console", lambda one: None if "Service Worker" in one.text else log.append(one.text))
        page.on("request", lambda one: None if one.method == "GET" else sent.append(one.url))
        page.goto(at + path)
        return page, log, sent

    return look


@TOKENS
def test_a_studio_asks_for_nothing_that_is_refused_and_says_what_it_needs(look, closed, token):
    made = closed.put("Two Lamps")
    page, log, sent = look(closed.at, f"/studio?track={made.id}#token={token}", width=1440, height=900)
    opened(page, made)
    page.locator("studio-queue.wide .empty").wait_for()
    note = page.get_by_role("note").filter(has_text="You can look and listen here")
    if token == "a-good-token":
        assert note.count() == 0
    else:
        assert "needs the station's token" not in note.inner_text()
        assert "need the station's token" in note.inner_text()
        assert ("this tab has another" in note.inner_text()) is bool(token)
        for name in ("Make it", "Send to station"):
            page.get_by_role("button", name=name, exact=True, disabled=True, description=note.inner_text()).wait_for()
        page.get_by_role("button", name="Make it", exact=True).click(force=True)
        page.get_by_role("alert").get_by_text("This needs the station's token").wait_for()
        page.evaluate("dispatchEvent(new Event('focus'))")
        page.wait_for_timeout(300)
        assert sent == []
    assert log == []


def test_a_token_that_is_put_into_the_address_opens_the_studio_at_once(look, closed):
    made = closed.put("Two Lamps")
    page, log, sent = look(closed.at, f"/studio?track={made.id}", width=390, height=844)
    opened(page, made)
    note = page.get_by_role("note").filter(has_text="You can look and listen here")
    note.wait_for()
    page.evaluate("location.hash = 'token=a-good-token'")
    note.wait_for(state="detached")
    assert "token" not in page.url
    page.get_by_role("button", name="Send to station").click()
    page.get_by_text("The station plays it next.").wait_for()
    assert len(sent) == 1
    assert log == []


@TOKENS
def test_a_listener_is_told_before_anything_is_sent(look, tmp_path, token):
    air = Air(tmp_path)
    with air.on(), air.served(door=Door(token="a-good-token")) as port:
        page, log, sent = look(f"http://127.0.0.1:{port}", f"/#token={token}")
        page.locator("#title[data-entry]:not([data-entry=''])").wait_for()
        note = page.get_by_role("note").filter(has_text="You can listen here")
        if token == "a-good-token":
            assert note.count() == 0
            page.get_by_role("button", name="Skip").click()
            page.get_by_role("button", name="Steer", exact=True).click()
            page.get_by_role("button", name="dreamy", disabled=False).wait_for()
            assert len(sent) == 1
        else:
            said = note.inner_text()
            assert "need the station's token" in said
            assert ("this tab has another" in said) is bool(token)
            for name in ("Skip", "More like this"):
                button = page.get_by_role("button", name=name, disabled=True, description=said)
                assert "need the station's token" in button.get_attribute("title")
            page.get_by_role("button", name="Steer", exact=True).click()
            for name in ("dreamy", "Let it wander"):
                page.get_by_role("button", name=name, disabled=True, description=said).wait_for()
            page.get_by_role("slider", name="Energy", disabled=True, description=said).press("ArrowUp")
            page.locator(".toast", has_text="Steering needs the station's token").wait_for()
            assert page.get_by_role("slider", name="Energy").get_attribute("aria-valuenow") == "0"
            page.goto(f"http://127.0.0.1:{port}/t/{air.state.tracks()[0].id}")
            for name in ("Make stems", "Send to the station"):
                page.get_by_role("button", name=name, disabled=True, description=said).wait_for()
            page.get_by_role("button", name="Skip").click(force=True)
            page.locator(".toast", has_text="Skipping needs the station's token").wait_for()
            page.keyboard.press("l")
            page.locator(".toast", has_text="Liking needs the station's token").wait_for()
            page.keyboard.press("n")
            page.locator(".toast", has_text="Skipping needs the station's token").wait_for()
            assert sent == []
            page.evaluate("location.hash = 'token=a-good-token'")
            note.wait_for(state="detached")
            page.get_by_role("button", name="Skip", disabled=False).wait_for()
        assert log == []


@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844), (844, 390), (1280, 800)])
def test_the_note_for_a_listener_pushes_nothing_out_of_the_page(look, closed, tools, width, height):
    page, _, _ = look(closed.at, "/", width=width, height=height)
    note = page.get_by_role("note").filter(has_text="You can listen here")
    note.wait_for()
    boxes = [note.bounding_box(), *(b.bounding_box() for b in page.locator("button:visible, a:visible").all())]
    for box in boxes:
        assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] + box["height"] <= height
    page.get_by_role("button", name="Steer", exact=True).click()
    page.evaluate((tools / "axe-core" / "axe.min.js").read_text())
    page.wait_for_function(
        "() => document.querySelector('.panel').getAnimations().every((a) => a.playState === 'finished')"
    )
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []


def test_the_address_of_a_track_that_is_not_there_is_one_calm_page(look, closed):
    page, log, _ = look(closed.at, "/t/nowhere", width=390, height=844)
    page.get_by_role("heading", name="This tape is not on the shelf").wait_for()
    page.get_by_role("link", name="Back to the room").wait_for()
    page.wait_for_timeout(300)
    assert [line for line in log if "404" not in line] == []
    assert len(log) == 1  # the page itself


@pytest.mark.parametrize("name", ["nowhere", "../x y"])
def test_a_track_that_is_not_there_is_not_asked_for_in_vain(look, closed, name):
    page, log, _ = look(closed.at, f"/studio?track={name}", width=1440, height=900)
    page.get_by_role("alert").get_by_text("There is no such track; it may", exact=False).wait_for()
    assert page.get_by_role("alert").inner_text().startswith("There")
    page.goto(f"{closed.at}/")
    page.locator("header.top").wait_for()
    page.evaluate(
        """name => {
            history.pushState(null, "", `/t/${encodeURIComponent(name)}`);
            dispatchEvent(new Event("popstate"));
        }""",
        name,
    )
    page.locator(".panel").get_by_text("There is no such track; it may").wait_for()
    assert log == []


def test_what_was_heard_stays_in_the_list_without_its_files_when_they_make_room(look, tmp_path):
    bench = Bench(tmp_path)
    bench.sound(40)
    made = bench.put("Two Lamps")
    bench.entry("Two Lamps", 0, 20 * 44_100, track=made.id, timeline=made.files["timeline.json"])
    bench.entry("Rain Again", 20 * 44_100, 400 * 44_100)
    with bench.served() as port:
        page, log, _ = look(f"http://127.0.0.1:{port}", f"/t/{made.id}")
        page.locator(".panel").get_by_role("heading", name="Two Lamps").wait_for()
        bench.state.remove_track(made.id)
        page.locator(".panel").get_by_text("Two Lamps is not in the library any more.").wait_for()
        page.get_by_role("button", name="Close").click()
        page.get_by_role("button", name="Heard").click()
        page.locator(".past .name", has_text="Two Lamps").wait_for()
        assert page.locator(".past a").count() == 0
        page.reload()
        page.get_by_role("button", name="Heard").click()
        page.locator(".past .name", has_text="Two Lamps").wait_for()
        assert page.locator(".past a").count() == 0
        assert log == []
    bench.close()


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_the_way_back_to_the_room_is_seen_at_every_width(look, closed, width):
    made = closed.put("Two Lamps")
    page, _, _ = look(closed.at, f"/studio?track={made.id}#token=a-good-token", width=width, height=844)
    opened(page, made)
    back = page.get_by_role("link", name="Back to the room", exact=True)
    assert back.is_visible()
    before = page.locator("main").bounding_box()["y"]
    page.evaluate_handle(STORE).evaluate("s => s.say('It is in the queue, and it is said at some length here.')")
    page.get_by_text("It is in the queue, and").wait_for()
    assert page.locator("main").bounding_box()["y"] == before  # what is said moves nothing
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_waits_is_said_as_far_as_it_is_known(look, closed):
    made = closed.put("Two Lamps")
    closed.state.submit("track", {"recipe": "rainy", "station": "main"})
    page, _, _ = look(closed.at, f"/studio?track={made.id}", width=1440, height=900)
    opened(page, made)
    idle = page.locator("studio-queue.wide .empty")
    idle.get_by_text("Nothing of the studio's waits; 1 track of the station's own waits.", exact=True).wait_for()
    closed.state.submit("track", {"recipe": "rainy", "station": "main"})
    idle.get_by_text("Nothing of the studio's waits; 2 tracks of the station's own wait.", exact=True).wait_for()
    closed.state.lease("worker")
    idle.get_by_text("the station makes 1 track for itself, 1 track of the station's own waits.").wait_for()
    page.evaluate_handle(STORE).evaluate("s => { s.told = false; s.tell(); }")
    idle.get_by_text("Looking what waits.").wait_for()
    closed.state.submit("track", {"recipe": "rainy"})
    page.locator("studio-queue.wide .card .name", has_text="rainy").wait_for()


@TOKENS
def test_who_has_the_token_is_told_what_files_are_called_as_things_happen(look, closed, token):
    made = closed.put("Two Lamps")
    page, log, _ = look(closed.at, f"/studio?track={made.id}#token={token}", width=1440, height=900)
    opened(page, made)
    page.locator("studio-queue.wide .empty", has_text="Nothing waits.").wait_for()
    job = closed.state.submit("lofi", {"upload": "0" * 32, "name": "mein Lied.wav"})
    called = "mein Lied.wav" if token == "a-good-token" else "Your file"
    card = page.locator("studio-queue.wide .card")
    card.locator(".name", has_text=f"{called}, lo-fi").wait_for()
    closed.state.lease("worker")
    closed.state.renew(job.id, "worker", progress=0.5, stage="listening")
    card.get_by_text("listening, 50 %").wait_for()
    assert card.locator(".name").inner_text() == f"{called}, lo-fi"
    assert log == []
