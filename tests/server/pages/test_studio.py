"""The workbench in a real browser, with the real server and a real worker."""

from __future__ import annotations

import json
import zipfile

import pytest

from .workbench import PATIENCE_S, SCORE, STORE, opened


def seconds(page):
    minutes, rest = page.locator(".time").inner_text().partition(" ")[0].split(":")
    return 60 * int(minutes) + int(rest)


def test_make_keep_again_edit_export_send(visit, bench, worker, tmp_path):
    page = visit("/studio", at=bench.at, width=1440, height=1000, accept_downloads=True)
    page.set_default_timeout(1000 * PATIENCE_S)
    page.get_by_label("Length", exact=True).first.evaluate(
        "e => { e.value = 0.5; e.dispatchEvent(new Event('input', { bubbles: true })) }"
    )
    for control, choice in (("Recipe", "study"), ("Weather", "clear"), ("Tape", "none"), ("Vinyl", "off")):
        page.get_by_role("combobox", name=control, exact=True).select_option(choice)
    page.get_by_role("button", name="Make it", exact=True).click()
    page.locator("studio-queue.wide .card").wait_for()
    first = bench.newest(1)
    opened(page, first)
    assert first.seconds == pytest.approx(30.0, abs=4.0)

    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_role("button", name="Pause", exact=True).wait_for()
    page.wait_for_function("() => document.querySelector('.time').textContent >= '0:02'")
    page.get_by_role("button", name="Keep Drums").click()
    page.get_by_role("button", name="Make it again").click()
    second = bench.newest(2)
    opened(page, second)
    assert second.edit["keep"] == ["drums"]
    assert bench.score(second).parts["drums"] == bench.score(first).parts["drums"]
    page.get_by_role("button", name="Pause", exact=True).wait_for()  # the new version plays on
    page.get_by_role("button", name="Pause", exact=True).click()

    page.get_by_role("button", name="Melody again").click()
    page.get_by_role("spinbutton", name="First bar").fill("3")
    page.get_by_role("spinbutton", name="Last bar").fill("6")
    page.get_by_role("button", name="Make it again").click()
    third = bench.newest(3)
    opened(page, third)
    assert third.edit["again"] == ["lead"]
    assert third.edit["bars"] == [3, 6]

    page.get_by_role("button", name="Keys", exact=True).click()
    page.get_by_role("application", name="Notes of Keys").focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowUp", "+"):
        page.keyboard.press(key)
    page.get_by_role("button", name="Keep these notes").click()
    fourth = bench.newest(4)
    opened(page, fourth)
    before, after = (bench.score(made).parts["keys"] for made in (third, fourth))
    assert sum(n.velocity for n in after) == sum(n.velocity for n in before) + 5
    assert sum(n.pitch for n in after) == sum(n.pitch for n in before) + 2
    assert page.locator(".tree li").count() == 4

    page.locator("summary", has_text="Export").click()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Bundle").click()
    coming.value.save_as(tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as pack:
        facts = json.loads(pack.read(next(name for name in pack.namelist() if name.endswith("track.json"))))
    assert [list(edit) for edit in facts["control"]["again"]] == [["what", "bars", "seed"]] * 2 + [["notes"]]

    page.get_by_role("button", name="Send to station").click()
    page.get_by_text("The station plays it next.").wait_for()
    (order,) = bench.state.orders("main")
    assert (order.kind, order.args["track"]) == ("play", fourth.id)
    page.get_by_role("button", name="Undo").first.click()
    opened(page, third)


def test_faders_are_heard_at_once_and_two_versions_change_places_without_a_gap(visit, bench):
    first = bench.put("Two Lamps")
    second = bench.put("Two Lamps, Louder", song=first.id, parent=first.id, edit={"again": ["lead"], "seed": "5"})
    page = visit(f"/studio?track={second.id}", at=bench.at, width=1440, height=900)
    page.get_by_role("heading", name="Two Lamps, Louder").wait_for()
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_role("button", name="Pause", exact=True).wait_for()
    page.get_by_role("button", name="Mute Drums").click()
    page.get_by_role("button", name="Parts", pressed=True).wait_for()
    deck = page.evaluate_handle(STORE)
    assert deck.evaluate("s => [...s.deck.running.keys()].length") == 3
    assert deck.evaluate("s => s.level('drums')") == 0
    assert deck.evaluate("s => s.level('lead')") > 0
    page.get_by_role("button", name="Solo Melody").click()
    assert deck.evaluate("s => s.level('rain')") == 0
    page.get_by_role("button", name="Keep this mix").wait_for()

    page.get_by_role("button", name="Compare with First take, song seed 7").click()
    page.get_by_text("equally loud").first.wait_for()
    at = deck.evaluate("s => s.deck.time")
    page.keyboard.press("x")
    page.wait_for_timeout(300)
    assert deck.evaluate("s => s.side") == "b"
    assert deck.evaluate("s => [...s.deck.running.values()].map((one) => Math.round(one.out.gain.value * 100))") == [
        0,
        100,
    ]
    assert deck.evaluate("s => s.deck.playing")
    assert deck.evaluate("s => s.deck.time") > at
    assert seconds(page) < 16


def test_notes_are_added_moved_stretched_and_taken_away_by_hand(visit, bench):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1300)
    page.get_by_role("application", name="Notes of Melody").wait_for()
    roll = page.evaluate_handle("document.querySelector('studio-roll')")
    box = page.locator("canvas.notes").bounding_box()

    def rows():
        return roll.evaluate("r => r.notes.map((n) => [n.start, n.length, n.pitch])")

    def spot(tick, pitch):
        return roll.evaluate(
            "(r, [tick, pitch]) => { const v = r.querySelector('.view');"
            "return [60 + tick * r.scale - v.scrollLeft, (r.rows.indexOf(pitch) + 0.5) * r.rowHeight - v.scrollTop] }",
            [tick, pitch],
        )

    def point(tick, pitch):
        x, y = spot(tick, pitch)
        return box["x"] + x, box["y"] + y

    before = rows()
    page.mouse.click(*point(600, 66))
    assert len(rows()) == len(before) + 1
    added = next(row for row in rows() if row not in before)
    assert (added[0], added[2]) == (480, 66)
    page.mouse.move(*point(added[0] + 60, 66))
    page.mouse.down()
    page.mouse.move(*point(added[0] + 60 + 960, 68), steps=4)
    page.mouse.up()
    assert [1440, added[1], 68] in rows()
    x, y = point(1440 + added[1], 68)
    page.mouse.move(x - 2, y)
    page.mouse.down()
    page.mouse.move(x - 2 + 960 * roll.evaluate("r => r.scale"), y, steps=4)
    page.mouse.up()
    assert [1440, added[1] + 960, 68] in rows()
    page.keyboard.press("Delete")
    assert rows() == before
    page.keyboard.press("Control+z")
    assert len(rows()) == len(before) + 1
    page.keyboard.press("Control+Shift+z")
    assert rows() == before

    page.get_by_role("button", name="Drums", exact=True).click()
    page.get_by_role("application", name="Notes of Drums").wait_for()
    hits = rows()
    box = page.locator("canvas.notes").bounding_box()
    page.mouse.click(*point(1000, 51))
    assert [960, 240, 51] in rows()
    assert len(rows()) == len(hits) + 1


def test_faders_and_mutes_are_taken_back_step_by_step_before_versions_are(visit, bench):
    first = bench.put("Two Lamps")
    second = bench.put("Two Lamps, Louder", song=first.id, parent=first.id, edit={"again": ["lead"], "seed": "5"})
    page = visit(f"/studio?track={second.id}", at=bench.at, width=1440, height=900)
    page.get_by_role("heading", name="Two Lamps, Louder").wait_for()
    store = page.evaluate_handle(STORE)

    def mix():
        return store.evaluate("s => [s.mix.lead.gain, s.mix.drums.mute]")

    page.get_by_role("button", name="Mute Drums").click()
    fader = page.get_by_label("Level of Melody")
    fader.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    assert mix() == [-2, True]
    page.keyboard.press("Control+z")
    assert mix() == [0, True]
    page.keyboard.press("Control+Shift+z")
    assert mix() == [-2, True]
    undo = page.locator(".doing").get_by_role("button", name="Undo")
    undo.click()
    undo.click()
    assert mix() == [0, False]
    undo.click()
    opened(page, first)
    page.locator(".doing").get_by_role("button", name="Redo").click()
    opened(page, second)


def test_a_mix_that_is_not_kept_goes_with_notes_and_notes_with_a_mix(visit, bench):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1300)
    page.get_by_role("application", name="Notes of Melody").focus()
    page.get_by_role("button", name="Mute Drums").click()
    page.get_by_role("button", name="Solo Melody").click()
    page.get_by_role("application", name="Notes of Melody").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="Drums again").click()
    page.get_by_role("button", name="Make it again").click()
    page.get_by_role("alert").get_by_text("notes of melody are not kept yet").wait_for()
    assert bench.state.jobs() == []
    page.get_by_role("button", name="Keep this mix").click()
    (job,) = bench.wait(lambda: bench.state.jobs())
    assert job.spec["mix"]["lead"]["solo"] is True
    assert job.spec["notes"]["lead"][0][2] == SCORE.parts["lead"][0].pitch + 1
    for one in ("Keep this mix", "Keep these notes"):  # both are on their way
        page.wait_for_function("e => e.disabled", arg=page.get_by_role("button", name=one).element_handle())
    page.get_by_role("application", name="Notes of Melody").focus()
    page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="Keep these notes").click()
    latest = bench.wait(lambda: [one for one in bench.state.jobs() if one.id != job.id])[0]
    assert latest.kind == "notes"
    assert latest.spec["mix"] == {
        "drums": {"gain_db": 0.0, "mute": True, "solo": False},
        "lead": {"gain_db": 0.0, "mute": False, "solo": False},
        "rain": {"gain_db": 0.0, "mute": False, "solo": False},
    }
    page.get_by_text("Your mix goes with it").wait_for()


def test_a_new_version_does_not_take_away_what_was_changed_since_it_was_ordered(visit, bench):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1300)
    page.get_by_role("heading", name="Two Lamps").wait_for()
    store = page.evaluate_handle(STORE)
    ready = "(s, [id, track]) => s.learn({ ...s.jobs.get(id), state: 'done', track })"

    def ordered():
        page.get_by_role("button", name="Drums again", exact=True).click()
        page.get_by_role("button", name="Make it again").click()
        page.get_by_text("it is in the queue").first.wait_for()
        job = bench.wait(lambda: bench.state.jobs(states=["queued"]))[-1]
        page.wait_for_function(
            "async (id) => (await import('/static/js/studio/store.js')).store.ordered.has(id)", arg=job.id
        )
        return job

    page.get_by_role("button", name="Mute Drums").click()
    job = ordered()
    page.get_by_role("button", name="Mute Rain").click()
    second = bench.put("Two Lamps", song=made.id, parent=made.id, edit={"again": ["drums"], "seed": "5"})
    store.evaluate(ready, [job.id, second.id])
    page.get_by_text("A new version is ready").wait_for()
    assert made.id in page.url
    assert store.evaluate("s => s.mix.rain.mute")
    assert page.locator(".tree li").count() == 2
    page.get_by_role("button", name="Mute Rain").click()
    bench.state.cancel(job.id)
    third = bench.put("Two Lamps", song=made.id, parent=made.id, edit={"again": ["drums"], "seed": "6"})
    store.evaluate(ready, [ordered().id, third.id])
    opened(page, third)


def test_a_texture_shows_its_own_loudness_once_its_stem_is_there(visit, bench):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=900)
    page.get_by_role("heading", name="Two Lamps").wait_for()
    store = page.evaluate_handle(STORE)
    levels = page.wait_for_function("([s, id]) => s.levels.get(id)?.db", arg=[store, f"{made.id}/rain"])
    assert {round(level) for level in levels.json_value()} == {-17}
    assert page.get_by_text("seen once its part is rendered").count() == 0
    store.evaluate("s => { for (const p of s.score.parts) p.stem = false; s.tell(); }")
    page.get_by_text("seen once its part is rendered").wait_for()


def test_a_part_that_plays_nothing_in_this_song_says_so(visit, bench):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=900)
    page.get_by_role("heading", name="Two Lamps").wait_for()
    silent = page.get_by_text("silent in this song")
    assert silent.count() == 0
    page.evaluate_handle(STORE).evaluate("""s => {
        s.score.parts.find((p) => p.name === 'rain').stem = false;
        s.score.parts.find((p) => p.name === 'lead').notes = [];
        s.tell();
    }""")
    silent.nth(1).wait_for()
    assert page.get_by_text("seen once its part is rendered").count() == 0


def test_chords_are_named_where_there_is_room(visit, bench):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=900)
    page.get_by_role("heading", name="Two Lamps").wait_for()
    shown = page.evaluate("""() => customElements.whenDefined("studio-bench").then(async () => {
        const { labelled } = await import("/static/js/studio/chords.js");
        const names = ["Cmin7", "Cmin7", "F#7", "Bbmaj7", "Ebmaj7"];
        const chords = names.map((name, k) => ({ name, start: k * 100, length: 100 }));
        return [1, 0.3, 0.1].map((scale) => labelled(chords, scale, "… zoom").map((one) => one.shown));
    })""")
    assert shown[0] == ["Cm7", "", "F♯7", "B♭maj7", "E♭maj7"]
    assert shown[1] == ["Cm7", "", "F♯7", "B♭", "E♭"]
    assert shown[2] == ["… zoom", "", "", "", ""]
    page.locator("summary", has_text="Export").click()
    assert page.get_by_role("button", name="Loop of").all_inner_texts() == ["Loop of 4 bars\ncloses on itself, WAV"]


@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_serious(visit, tools, bench, width):
    made = bench.put("Two Lamps")
    bench.put("Two Lamps, Later", song=made.id, parent=made.id, edit={"notes": {"lead": 3}})
    page = visit(f"/studio?track={made.id}", at=bench.at, width=width, height=900)
    page.locator("studio-bench .bench").wait_for(state="attached")
    page.evaluate((tools / "axe-core" / "axe.min.js").read_text())
    for tab in ("Make", "Song", "Notes", "Versions"):
        if width < 900:
            page.get_by_role("navigation").get_by_role("button", name=tab).click()
        elif tab == "Song":
            page.get_by_role("button", name="Melody again").click()
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
        serious = [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in ("serious", "critical")]
        assert serious == [], tab
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_bench_is_worked_with_keys_alone(visit, bench):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=900)
    page.get_by_role("heading", name="Two Lamps").wait_for()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Pause", exact=True).wait_for()
    page.keyboard.press("Space")
    seen = set()
    for _ in range(90):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent.trim().slice(0, 30)")
        )
    assert {
        "Mute Melody",
        "Level of Drums",
        "Keep Drums",
        "Melody again",
        "Notes of Melody",
        "Send to station",
        "Play",
    } <= seen
    page.get_by_role("button", name="Melody again").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Make it again").focus()
    page.keyboard.press("Enter")
    page.get_by_text("melody again: it is in the queue").wait_for()
    (job,) = bench.state.jobs()
    assert job.spec["again"] == ["lead"]
    page.get_by_role("button", name="Cancel Melody again").click()
    bench.wait(lambda: bench.state.job(job.id).state == "cancelled")
