"""The timeline of the studio: sections, chords, and how long things are."""

import pytest

from .workbench import STORE, opened


@pytest.fixture
def page(visit, bench):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    opened(page, made)
    return page


def test_a_section_says_what_it_is_also_where_there_is_no_room_for_its_name(page):
    sections = page.get_by_role("list", name="Sections of this song").get_by_role("listitem")
    assert sections.all_inner_texts() == ["A", "B"]
    assert [one.get_attribute("title") for one in sections.all()] == ["A, bars 1 to 2", "B, bars 3 to 4"]
    store = page.evaluate_handle(STORE)

    def shown(lengths):
        """Lay sections so many pixels long; return what they show once nothing of it is cut."""
        store.evaluate(
            """(s, lengths) => {
                const tick = s.score.length / document.querySelector('.overview').clientWidth;
                let start = 0;
                s.score.sections = Object.entries(lengths).map(([name, pixels]) => {
                    start += pixels * tick;
                    return { name, start: start - pixels * tick, length: pixels * tick };
                });
                s.tell();
            }""",
            lengths,
        )
        page.locator("studio-bench .section").nth(len(lengths) - 1).wait_for()
        assert not any(one.evaluate("e => e.scrollWidth > e.clientWidth") for one in sections.all())
        return sections.all_inner_texts()

    assert shown({"intro": 44, "A": 90, "break": 44, "B'": 60, "outro": 44, "end": 32}) == [
        "intro", "A", "break", "B'", "outro", "end"
    ]  # fmt: skip
    assert shown({"intro": 30, "A": 17, "break": 26, "outro": 30, "end": 20}) == ["in", "A", "br", "out", ""]


def test_every_chord_has_a_tick_and_says_what_it_is_also_where_there_is_no_room_for_its_name(page):
    chords = page.get_by_role("list", name="Chords of this song").get_by_role("listitem")
    assert chords.first.get_attribute("title") == "Cm7, bar 1, beat 1"
    page.evaluate("""async () => {
        const { store } = await import("/static/js/studio/store.js");
        const [{ name }] = store.score.chords;
        const length = store.score.length / 64;
        const one = (_, k) => ({ name: k % 2 ? "A#min7" : name, start: k * length, length });
        store.score.chords = Array.from({ length: 64 }, one);
        store.tell();
    }""")
    page.wait_for_function("document.querySelectorAll('.lane.text span').length === 64")
    assert chords.count() == 64
    assert chords.nth(9).get_attribute("aria-label") == "B♭m7, bar 1, beat 3 and 1 of 4"  # as C minor spells it
    chords.first.scroll_into_view_if_needed()
    seen = page.evaluate("""() => [...document.querySelectorAll(".lane.text span")].map((chord) => {
        const box = chord.getBoundingClientRect();
        const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        const tick = getComputedStyle(chord, chord.classList.contains("unnamed") ? "::before" : undefined);
        return [hit === chord, hit?.title === chord.getAttribute("aria-label"), parseFloat(tick.borderLeftWidth) > 0.5];
    })""")
    assert seen == [[True, True, True]] * 64
    assert page.locator(".lane.text .unnamed").count() > 20


def test_chords_are_spelt_as_their_key_spells_them(page):
    spelt = page.evaluate("""async () => {
        const { chordName } = await import("/static/js/signs.js");
        const told = {
            "C# major": ["C#69", "Bbmin7", "Ebm9", "Ab9", "Fm7"], "Bb major": ["C#maj7", "F#7", "Bmaj7"],
            "F# minor": ["Dmaj7", "C#7b9", "Abm7b5", "Bbdim7"], "D major": ["Bbmaj7", "F#m7", "Abdim7"],
            "Eb minor": ["Bmaj7", "C#7"], "C major": ["Ebmaj7", "F#m7b5", "G7#9"], "": ["C#maj7", "Bbmin7"],
        };
        return Object.entries(told).map(([key, names]) => names.map((name) => chordName(name, key)).join(" "));
    }""")
    assert spelt == [
        "C♯69 A♯m7 D♯m9 G♯9 E♯m7", "D♭maj7 G♭7 Bmaj7",
        "Dmaj7 C♯7♭9 G♯m7♭5 A♯dim7", "B♭maj7 F♯m7 G♯dim7",
        "C♭maj7 D♭7", "E♭maj7 F♯m7♭5 G7♯9", "C♯maj7 B♭m7",
    ]  # fmt: skip
    page.evaluate("""async () => {
        const { store } = await import("/static/js/studio/store.js");
        store.score.key = "C# major";
        store.score.chords[0].name = "Bbmin7";
        store.tell();
    }""")
    first = page.get_by_role("list", name="Chords of this song").get_by_role("listitem").first
    page.wait_for_function("() => document.querySelector('.lane.text span').textContent === 'A♯m7'")
    assert first.get_attribute("aria-label") == "A♯m7, bar 1, beat 1"


def test_names_of_chords_appear_in_the_notes_where_they_are_zoomed_in(page):
    drawn = page.evaluate("""async () => {
        const { paint } = await import("/static/js/studio/paint.js");
        const canvas = document.createElement("canvas");
        canvas.style.width = "900px";
        canvas.style.height = "200px";
        document.body.append(canvas);
        const told = [];
        const own = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = (text) => told.push(text);
        const chords = ["Cmin7", "F#7", "Bbmaj7", "Ebmaj7"].map((name, k) => ({ name, start: k * 100, length: 100 }));
        const look = {
            notes: [], selected: new Set(), rows: [60], rowHeight: 12, left: 0, top: 0, beat: 50, beats: 4, grid: 0,
            end: 400, drums: false, chords, colour: "--part-keys", cursor: null, box: null, keys: 40,
        };
        const seen = [2, 0.1].map((scale) => { told.length = 0; paint(canvas, { ...look, scale }); return [...told]; });
        CanvasRenderingContext2D.prototype.fillText = own;
        canvas.remove();
        return seen;
    }""")
    assert [name for name in drawn[0] if name[0] in "CFBE" and name != "C4"] == ["Cm7", "F♯7", "B♭maj7", "E♭maj7"]
    assert [name for name in drawn[1] if name[0] in "CFBE" and name != "C4"] == []
    assert "…" in drawn[1]


def test_no_sound_lasts_nothing(page):
    shown = page.evaluate("""async () => {
        const { clock } = await import("/static/js/studio/format.js");
        return [[0], [0.02], [0.5], [9.94], [9.97], [61], [0, 0.5], [0.26, 0.5], [3, 90]].map((told) => clock(...told));
    }""")
    assert shown == ["0:00", "0:00.1", "0:00.5", "0:09.9", "0:09.9", "1:01", "0:00.0", "0:00.3", "0:03"]


def test_a_track_is_as_long_in_the_studio_as_on_the_radio(visit, bench):
    made = bench.track("Half a Second More", seconds=180.6, frames=round(180.6 * 44_100))
    here = bench.put("Two Lamps")
    page = visit(f"/studio?track={here.id}", at=bench.at, width=1440, height=1000)
    page.locator(".library small", has_text="3:00").wait_for()
    page.goto(f"{bench.at}/t/{made.id}")
    page.locator("dt-single").get_by_text("3:00", exact=True).wait_for()


def test_crowded_chords_are_left_out_together_and_say_where_they_are_named(page):
    shown = page.evaluate("""async () => {
        const { labelled } = await import("/static/js/studio/chords.js");
        const lengths = [200, 200, 10, 10, 10, 10, 200, 10];
        let start = 0;
        const chords = lengths.map((length, k) => {
            start += length;
            return { name: `${"ACDEFGAB"[k]}${k === 7 ? "min7" : ""}`, start: start - length, length };
        });
        return ["zoom", "zoom into the notes"].map((mark) => labelled(chords, 0.9, mark).map((one) => one.shown));
    }""")
    assert shown == [["A", "C", mark, "", "", "", "A", ""] for mark in ("zoom", "…")]


def test_chords_are_named_again_where_the_window_is_made_narrow(page):
    crowd = """async () => {
        const { store } = await import("/static/js/studio/store.js");
        const length = store.score.length / 16;
        const one = (_, k) => ({ name: ["A#min7", "Cmin7"][k % 2], start: k * length, length });
        store.score.chords = Array.from({ length: 16 }, one);
        store.tell();
    }"""
    page.evaluate(crowd)
    page.wait_for_function("document.querySelectorAll('.lane.text span').length === 16")
    named = page.locator(".lane.text span:not(.unnamed)")
    assert named.count() == 16
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("() => document.querySelectorAll('.lane.text span:not(.unnamed)').length === 1")
    assert named.inner_text() == "… named in the notes"


def test_the_name_of_a_file_that_is_laid_over_covers_no_button(page):
    page.evaluate("""async () => {
        const { store } = await import("/static/js/studio/store.js");
        const { called } = await import("/static/js/studio/format.js");
        called.set("up_0123456789", "Regen am Bahnhof, spät in der Nacht");
        store.mix.up_0123456789 = store.mix.rain;
        store.score.parts.find((p) => p.name === "rain").name = "up_0123456789";
        store.tell();
    }""")
    name = page.locator(".row.texture .part", has_text="Regen am Bahnhof")
    name.wait_for()
    mute = page.get_by_role("button", name="Mute Regen am Bahnhof")
    box = name.bounding_box()
    assert box["x"] + box["width"] <= mute.bounding_box()["x"]
    assert name.get_attribute("title") == "Regen am Bahnhof, spät in der Nacht"
    assert name.evaluate("e => [getComputedStyle(e).textOverflow, e.scrollWidth > e.clientWidth]") == ["ellipsis", True]


def test_bars_are_typed_while_jobs_go_on(page, bench):
    page.get_by_role("button", name="Melody again").click()
    first, last = (page.get_by_role("spinbutton", name=f"{one} bar") for one in ("First", "Last"))
    assert first.bounding_box()["width"] >= 60
    news = """async () => {
        const { store } = await import("/static/js/studio/store.js");
        store.tell();
        await new Promise(requestAnimationFrame);
    }"""
    first.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("2")
    page.evaluate(news)
    assert first.input_value() == "2"
    last.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("3")
    page.evaluate(news)
    assert (first.input_value(), last.input_value()) == ("2", "3")
    page.get_by_role("button", name="Make it again").click()
    (job,) = bench.wait(lambda: bench.state.jobs())
    assert job.spec["bars"] == [2, 3]


def bars(page):
    return [page.get_by_role("spinbutton", name=f"{one} bar") for one in ("First", "Last")]


@pytest.mark.parametrize("how", ["keys", "fill"])
def test_bars_may_be_typed_one_after_the_other_without_being_swapped(page, bench, how):
    page.get_by_role("button", name="Melody again").click()
    page.evaluate_handle(STORE).evaluate("s => { s.bars = [1, 2]; s.tell(); }")
    first, last = bars(page)
    if how == "fill":
        first.fill("3")
        last.fill("4")
    else:
        first.focus()
        page.keyboard.press("Control+a")
        page.keyboard.type("3")
        page.keyboard.press("Tab")
        assert [first.input_value(), last.input_value()] == ["3", "2"], "what is typed stays while the other is old"
        page.keyboard.type("4")
        page.keyboard.press("Tab")
    assert [first.input_value(), last.input_value()] == ["3", "4"]
    page.get_by_role("button", name="Make it again").click()
    (job,) = bench.wait(lambda: bench.state.jobs())
    assert job.spec["bars"] == [3, 4]


@pytest.mark.parametrize(
    ("typed", "said"),
    [(("4", "2"), "Bar 4 comes after bar 2."), (("2", "9"), "This song has the bars 1 to 4.")],
)
def test_bars_that_are_none_are_said_and_kept_and_nothing_is_made(page, bench, typed, said):
    page.get_by_role("button", name="Melody again").click()
    first, last = bars(page)
    first.fill(typed[0])
    last.fill(typed[1])
    page.get_by_role("button", name="Make it again").click()
    page.get_by_role("alert").get_by_text(said).wait_for()
    assert (first.input_value(), last.input_value()) == typed
    assert first.get_attribute("aria-invalid") == "true"
    assert bench.state.jobs() == []
    page.get_by_role("button", name="All bars").click()
    page.get_by_text(said).wait_for(state="detached")
    assert (first.input_value(), last.input_value()) == ("1", "4")


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_moves_between_the_two_fields_of_bars(visit, bench, width):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=width, height=900)
    opened(page, made)
    page.get_by_role("button", name="Melody again").click()
    first, last = bars(page)
    first.fill("2")
    stood = last.bounding_box()
    last.dblclick()
    assert last.bounding_box() == stood
    page.keyboard.type("3")
    page.get_by_role("button", name="Cancel").focus()
    assert last.bounding_box() == stood
    assert (first.input_value(), last.input_value()) == ("2", "3")
