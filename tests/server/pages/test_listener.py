import gzip
import re
import time
from pathlib import Path

import pytest

import dusktape.server
from dusktape.radio.state import Entry

WEB = Path(dusktape.server.__file__).parent / "web"
WORLD = "document.querySelector('dt-page').world"
RADIO = f"{WORLD}.radio"
PLAYS = (
    f"() => {WORLD}?.radio.player.status === 'playing' && {RADIO}.player.base !== null && Boolean({RADIO}.heard?.track)"
)


def playing(page):
    page.wait_for_function(PLAYS)
    return page


def title(page):
    return page.locator("#title").inner_text()


def test_the_page_plays_and_knows_which_frame_is_heard(visit, air):
    page = playing(visit())
    clock = f"() => {{ const r = {RADIO}; return [r.player.audio.currentTime, r.player.frame, r.player.base]; }}"
    then = page.evaluate(clock)
    page.wait_for_function(f"then => {RADIO}.player.audio.currentTime > then + 1.5", arg=then[0])
    now = page.evaluate(clock)
    assert now[1] - then[1] == pytest.approx((now[0] - then[0]) * 44_100, abs=2)
    assert now[2] % 1152 == 0  # the first packet that the server sent


def test_the_title_changes_when_the_next_track_is_heard(visit):
    page = playing(visit())
    late, shown = page.evaluate(f"""() => new Promise((done) => {{
        const radio = {RADIO};
        radio.addEventListener("heard", async () => {{
            const late = (radio.player.frame - radio.heard.start) / 44100;
            await new Promise((shown) => radio.addEventListener("tick", shown, {{ once: true }}));
            await document.querySelector("dt-now").updateComplete;
            done([late, document.getElementById("title").innerText]);
        }});
    }})""")
    assert 0 <= late < 4  # of the 8 s that a track lasts here
    assert shown == title(page)
    assert title(page) == page.evaluate(f"{RADIO}.heard.title")
    assert page.title().startswith(title(page))
    assert "Now playing" in page.locator("#announcer").inner_text()
    assert page.evaluate("navigator.mediaSession.metadata.title") == title(page)


def test_likes_volume_and_ambience_are_remembered(visit, air):
    page = playing(visit())
    like = page.get_by_role("button", name="More like this")
    track = page.evaluate(f"{RADIO}.heard.track.id")
    like.click()
    page.wait_for_function(f"() => {RADIO}.entries.find(e => e.track?.id === '{track}')?.track.liked === 1")
    last = time.monotonic() + 10.0
    while air.state.likes().get(track) != 1:  # the page shows it before the server has it
        assert time.monotonic() < last
        page.wait_for_timeout(50)
    for key in ("ArrowDown", "ArrowDown", "m"):
        page.keyboard.press(key)
    page.get_by_role("button", name="Room", exact=True).click()
    page.get_by_role("slider", name="Rain").fill("60")
    page.wait_for_function("() => document.querySelector('dt-page').world.ambience.context?.state === 'running'")
    loud = page.evaluate("""async () => {
        const { ambience } = document.querySelector("dt-page").world;
        const look = ambience.context.createAnalyser();
        ambience.sum.connect(look);
        const samples = new Float32Array(look.fftSize);
        for (let i = 0; i < 40; i++) {
            await new Promise((done) => setTimeout(done, 50));
            look.getFloatTimeDomainData(samples);
            const rms = Math.hypot(...samples) / Math.sqrt(samples.length);
            if (rms > 0.001) return rms;
        }
        return 0;
    }""")
    assert 0.001 < loud < 0.5
    assert "rains" in page.locator("#stage").get_attribute("aria-label")
    page.reload()
    playing(page)
    told = page.evaluate(f"() => [{RADIO}.player.volume, {RADIO}.player.muted, {WORLD}.ambience.levels.rain]")
    assert told == [pytest.approx(0.7), True, 0.6]
    page.wait_for_function(f"() => {RADIO}.entries.find(e => e.track?.id === '{track}')?.track.liked === 1")


def test_a_broken_stream_comes_back_by_itself_where_it_stopped(visit, air):
    with air.served() as port:
        page = playing(visit(at=f"http://127.0.0.1:{port}"))
    with air.served(port):  # the browser has 12 s in hand, and would go on with other ones
        before = page.evaluate(f"[{RADIO}.player.base, {RADIO}.player.frame]")
        page.wait_for_function(f"() => {RADIO}.player.base !== null && {RADIO}.player.base !== {before[0]}")
        at = page.evaluate(f"[{RADIO}.player.base, {RADIO}.player.last]")
        assert before[1] - 44_100 < at[0] <= at[1] + 44_100
        playing(page)
        page.evaluate(f"{RADIO}.player.jump({RADIO}.player.frame + 10 * 44100)")
        playing(page)
        page.wait_for_function(f"() => {RADIO}.player.audio.currentTime > 0.5")
    page.wait_for_function(f"() => {RADIO}.player.status === 'waiting'")
    stopped = page.evaluate(f"{RADIO}.player.last")
    with air.served(port):
        page.wait_for_function(PLAYS)
        gone_on = page.evaluate(f"{RADIO}.player.base")
        assert abs(gone_on - stopped) < 1.5 * 44_100
        page.evaluate(f"{RADIO}.player.pause()")


def test_the_shell_opens_offline_and_keeps_nothing_that_is_live(visit, air):
    keys = "(await (await caches.open((await caches.keys())[0])).keys())"
    with air.served() as port:
        page = playing(visit(at=f"http://127.0.0.1:{port}", service_workers="allow"))
        page.evaluate("navigator.serviceWorker.ready")
        page.wait_for_function(f"async () => {keys}.length > 50")
        kept = page.evaluate(f"async () => {keys}.map((r) => new URL(r.url).pathname)")
    assert "/static/js/studio/shelf.js" in kept
    assert not [path for path in kept if path.startswith(("/api", "/live", "/hls"))]
    page.reload()
    page.wait_for_function("() => document.querySelector('#stage canvas')?.width > 0")
    page.get_by_role("heading", name="The radio is not running").wait_for()
    page.goto(f"http://127.0.0.1:{port}/studio?track=any", wait_until="domcontentloaded")
    page.get_by_role("heading", name="The radio is not running").wait_for()
    page.get_by_role("button", name="Try again").wait_for()
    page.go_back(wait_until="domcontentloaded")
    page.get_by_role("heading", name="The radio is not running").wait_for()
    with air.served(port):
        page.get_by_role("button", name="Try again").click()
        page.locator("dt-transport .play").wait_for()


def test_what_needs_a_token_says_so_each_time(visit):
    page = playing(visit())
    said = '{"error": {"what": "this needs the token that the server was started with"}}'
    refuse = lambda route: route.fulfill(status=401, content_type="application/json", body=said)  # noqa: E731
    for path in ("skip", "like", "steer"):
        page.route(f"**/{path}", refuse)
    announcer = page.locator("#announcer")
    page.keyboard.press("n")
    announcer.get_by_text("Skipping needs the station's token").wait_for()
    page.keyboard.press("l")
    announcer.get_by_text("Liking needs the station's token").wait_for()
    page.wait_for_function(f"() => !{RADIO}.heard.track.liked")
    page.get_by_role("button", name="Steer", exact=True).click()
    page.get_by_role("button", name="dreamy").click()
    announcer.get_by_text("Steering needs the station's token").wait_for()
    assert page.get_by_role("button", name="dreamy").get_attribute("aria-pressed") == "false"
    first = announcer.inner_text()
    page.get_by_role("button", name="dark").click()
    page.wait_for_function("first => document.getElementById('announcer').textContent !== first", arg=first)


def test_what_is_not_true_any_more_is_taken_back(visit):
    page = playing(visit())
    page.keyboard.press("z")
    page.locator("#announcer").get_by_text("Only the room").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.getElementById('announcer').textContent.includes('Only')")


def test_facts_name_each_thing_once_and_leave_out_what_is_not_known(visit):
    page = playing(visit())
    told = page.evaluate("""async () => {
        const { facts } = await import("/static/js/radio/view/now.js");
        const entry = { start: 0, track: null, spec: { recipe: "sleepy", mood: "sleepy" } };
        return [facts(entry), facts(entry, { bpm: 64.6, key: "Bb major" }), facts({ recipe: "rainy", mood: "warm" })];
    }""")
    assert told == [["sleepy"], ["65 bpm", "B♭ major", "sleepy"], ["rainy, warm"]]


def test_everything_fits_a_phone(visit):
    page = playing(visit(width=390, height=844, has_touch=True, is_mobile=True))
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    boxes = [b.bounding_box() for b in page.locator("button:visible, a:visible").all()]
    assert len(boxes) > 9
    for box in boxes:
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] + box["height"] <= 844
        assert box["width"] >= 36 and box["height"] >= 28
    for panel in ("Room", "Steer", "Timers", "Heard"):
        page.get_by_role("button", name=panel, exact=True).tap()
        box = page.locator(".panel").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] > 60
        page.get_by_role("button", name="Close").tap()


def test_the_keyboard_is_enough(visit, air):
    page = visit("/")
    page.locator("dt-transport .play").wait_for()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('play')"):
            break
    page.keyboard.press("Space")
    playing(page)
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keys").wait_for()
    assert page.evaluate("document.activeElement.id") == "panel-title"
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.activeElement.classList.contains('play')")
    page.keyboard.press("z")
    page.wait_for_function("() => document.body.hasAttribute('data-zen')")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.body.hasAttribute('data-zen')")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    page.wait_for_function(f"() => {RADIO}.player.status === 'idle'")
    page.keyboard.press("m")
    assert page.evaluate(f"{RADIO}.player.muted")


def test_keys_do_nothing_while_somebody_types(visit):
    page = visit("/")
    page.locator("dt-transport .play").wait_for()
    page.evaluate("() => { const field = document.body.appendChild(document.createElement('input')); field.focus(); }")
    page.keyboard.type("m nlz?")
    assert page.evaluate(f"[{RADIO}.player.muted, {RADIO}.player.wanted, document.querySelector('.panel')]") == [
        False,
        False,
        None,
    ]


def test_steering_reaches_the_station(visit, air):
    page = visit("/")
    page.get_by_role("button", name="Steer", exact=True).click()
    page.get_by_role("button", name="dreamy").click()
    knob = page.get_by_role("slider", name="Energy")
    knob.focus()
    for _ in range(4):
        page.keyboard.press("ArrowUp")
    page.wait_for_function(f"() => Math.abs({RADIO}.station.settings.energy - 0.4) < 1e-9")
    page.wait_for_function("() => document.querySelector('.m2').getAttribute('aria-pressed') === 'true'")
    assert knob.get_attribute("aria-valuetext") == "lively"
    with page.expect_response("**/steer"):
        page.get_by_role("button", name="Let it wander").click()
    assert air.state.station("main").settings.get("mood") is None


def test_what_was_heard_has_a_link_and_can_be_taken_away(visit):
    page = playing(visit())
    page.get_by_role("button", name="Heard", exact=True).click()
    page.locator(".past li").first.get_by_role("button", name=re.compile("Downloads and more of")).click()
    opened = page.locator(".past li:has(.files)")  # a new track may push it down meanwhile
    name = opened.locator(".name").inner_text()
    with page.expect_download() as download:
        opened.get_by_role("link", name="MIDI").click()
    assert download.value.suggested_filename.endswith(".mid")
    link = opened.locator("a.name").get_attribute("href")
    opened.locator("a.name").click()
    single = page.locator("dt-single h2")
    single.wait_for()
    assert single.inner_text() == name
    assert page.url.endswith(link)
    assert page.evaluate(f"{RADIO}.player.status") == "playing"  # the music went on
    page.reload()
    single.wait_for()
    page.keyboard.press("Escape")
    page.wait_for_function("() => location.pathname === '/'")


def test_the_tab_is_called_as_what_its_address_leads_to(visit, bench):
    bench.sound(40)
    bench.entry("On Air", 0, 400 * 44_100)
    made, other = bench.put("Two Lamps"), bench.put("Last Tram")
    page = visit("/", at=bench.at)

    def called(title):
        page.wait_for_function("title => document.title === `${title} · Dusktape`", arg=title)

    called("On Air")
    page.goto(f"{bench.at}/t/{made.id}")
    called("Two Lamps")
    page.evaluate(f"{RADIO}.dispatchEvent(new Event('change'))")  # as with the next title that is heard
    page.evaluate("document.querySelector('dt-page').updateComplete")
    assert page.title() == "Two Lamps · Dusktape"
    page.evaluate(
        "path => { history.pushState(null, '', path); dispatchEvent(new Event('popstate')); }", f"/t/{other.id}"
    )
    called("Last Tram")
    page.get_by_role("button", name="Close").click()
    called("On Air")
    page.go_back()
    called("Last Tram")


def test_a_station_that_is_not_there_leads_to_those_that_are(visit, bench):
    page = visit("/?station=nix", at=bench.at)
    page.get_by_role("alert").get_by_text('This server has no station "nix". These are there:').wait_for()
    assert page.get_by_role("button", name="Try again").count() == 0
    page.get_by_role("link", name="main", exact=True).click()
    page.locator("dt-transport .play").wait_for()
    assert page.url.endswith("/?station=main")


def test_chords_are_spelt_in_the_key_that_is_shown(visit):
    page = playing(visit())
    page.wait_for_function(f"() => {RADIO}.timeline")
    shown = page.evaluate(f"""async () => {{
        const radio = {RADIO};
        Object.assign(radio.timeline, {{ key: "C# major", chords: [[0, "Bbmin7"]] }});
        radio.dispatchEvent(new Event("tick"));
        await document.querySelector("dt-now").updateComplete;
        return document.querySelector("dt-now .chord").textContent;
    }}""")
    assert shown.endswith("A♯m7")


def test_the_stems_of_a_track_are_called_stems(visit, bench):
    made = bench.put("Two Lamps")
    page = visit(f"/t/{made.id}", at=bench.at)
    stems = page.get_by_role("group", name="Stems").get_by_role("link")
    stems.nth(2).wait_for()
    assert sorted(stems.all_inner_texts()) == ["drums", "lead", "rain"]
    assert page.locator(".stems").inner_text().startswith("Stems")


def test_an_interlude_cannot_be_liked_and_says_so(visit, bench):
    bench.sound(40)
    bench.state.plan(Entry("main", "interlude", 0, 400 * 44_100, title="Between Two Rains"))
    page = visit("/", at=bench.at)
    page.get_by_role("heading", name="Between Two Rains").wait_for()
    page.keyboard.press("l")
    page.locator("#announcer", has_text="An interlude cannot be liked").wait_for()


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious(visit, tools, width):
    page = visit("/?hour=12", width=width)
    page.locator("dt-transport .play").wait_for()
    page.evaluate((tools / "axe-core" / "axe.min.js").read_text())
    for panel in (None, "Room", "Steer", "Timers", "Heard", "Keys"):
        if panel == "Keys":
            page.keyboard.press("?")
        elif panel:
            page.get_by_role("button", name=panel, exact=True).click()
        if panel:
            page.wait_for_function(
                "() => document.querySelector('.panel').getAnimations().every((a) => a.playState === 'finished')"
            )
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
        serious = [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in ("serious", "critical")]
        assert serious == [], panel
        if panel:
            page.keyboard.press("Escape")


def test_the_page_weighs_at_most_150_kb_before_sound(visit):
    page = visit("/robots.txt")
    seen = {}
    page.on("response", lambda r: seen.setdefault(r.url, r) if "/api/" not in r.url else None)
    page.goto(page.url.removesuffix("robots.txt"))
    page.locator("dt-transport .play").wait_for()
    page.wait_for_load_state("load")
    weights = {url.rpartition("/")[2]: len(gzip.compress(r.body(), 6)) for url, r in seen.items()}
    assert len(weights) > 25 and "hls.js" not in weights
    assert sum(weights.values()) <= 150_000, weights


def test_the_picture_rests_when_motion_is_not_wanted(visit):
    page = visit("/")
    page.locator("dt-transport .play").wait_for()
    page.wait_for_timeout(300)
    frames = "document.querySelector('dt-page').world.stage.frames"
    before = page.evaluate(frames)
    page.wait_for_timeout(700)
    assert page.evaluate(frames) == before
    moving = visit("/", reduced_motion="no-preference")
    moving.locator("dt-transport .play").wait_for()
    before = moving.evaluate(frames)
    moving.wait_for_timeout(1500)
    assert 1 < moving.evaluate(frames) - before <= 46


def test_timers_fade_and_duck(visit):
    page = visit("/robots.txt")
    told = page.evaluate("""async () => {
        const { SleepTimer, Pomodoro, clockTime } = await import("/static/js/radio/timers.js");
        let now = 0;
        const sleep = new SleepTimer(() => now);
        const work = new Pomodoro(() => now);
        let ends = 0, turns = 0;
        sleep.addEventListener("end", () => ends++);
        work.addEventListener("turn", () => turns++);
        sleep.set(40);
        work.start(25, 5);
        const at = (minutes) => {
            now = minutes * 60_000;
            sleep.tick();
            work.tick();
            return [sleep.factor, work.phase, work.factor];
        };
        return [at(20), at(26), at(32), at(38), at(41), ends, turns, clockTime(3661)];
    }""")
    assert told[0] == [1, "work", 1]
    assert told[1][1:] == ["rest", 0.35]
    assert told[2] == [1, "work", 1]
    assert told[3][0] == pytest.approx(0.5**1.5)
    assert told[5:] == [1, 2, "1:01:01"]


def test_timers_go_on_where_the_page_is_opened_again(visit):
    page = playing(visit())
    page.evaluate(f"() => {{ const w = {WORLD}; w.sleep.set(30); w.pomodoro.start(50, 10); }}")
    page.wait_for_timeout(1200)
    page.reload(wait_until="domcontentloaded")
    playing(page)
    left = page.evaluate(f"() => {{ const w = {WORLD}; return [w.sleep.left, w.pomodoro.left]; }}")
    assert 1700 < left[0] < 1799
    assert 2900 < left[1] < 2999
    page.get_by_role("button", name="Timers", exact=True).click()
    assert page.get_by_role("button", name="30 min").get_attribute("aria-pressed") == "true"
    told = page.evaluate("""async () => {
        const { SleepTimer, Pomodoro } = await import("/static/js/radio/timers.js");
        const now = 100 * 60_000;
        const sleep = new SleepTimer(() => now);
        sleep.resume({ ends: 99 * 60_000, minutes: 30 });
        const work = new Pomodoro(() => now);
        work.resume({ work: 25, rest: 5, phase: "work", began: 12 * 60_000, rounds: 0 });
        return [sleep.ends, work.phase, work.rounds, work.left];
    }""")
    assert told == [0, "rest", 3, 120]


def test_a_player_can_stand_in_another_page(visit, site):
    page = visit("/robots.txt")
    html = "<!doctype html><script src='/static/js/embed.js' defer></script><dusktape-player></dusktape-player>"
    page.route("**/elsewhere", lambda route: route.fulfill(content_type="text/html", body=html))
    page.goto(f"{site}/elsewhere")
    player = page.locator("dusktape-player")
    player.get_by_role("button", name="Play").click()
    page.wait_for_function("() => document.querySelector('dusktape-player').title !== ''")
    assert player.locator("a").get_attribute("href").startswith(f"{site}/t/")
    player.get_by_role("button", name="Pause").click()
    assert page.evaluate("document.querySelector('dusktape-player').audio.paused")


def test_an_address_that_leads_nowhere_leads_back(visit):
    page = visit("/nowhere/at/all")
    page.get_by_role("link", name="Back to the room").click()
    page.locator("dt-transport .play").wait_for()


def test_the_offline_shell_names_every_file_of_the_page():
    text = (WEB / "sw.js").read_text()
    for folder in ("js/radio", "js/radio/view", "js/studio", "scene"):
        for file in (WEB / folder).glob("*.js"):
            assert f'"{file.stem}"' in text, file.name
    for path in re.findall(r'"/static/([\w./-]+\.\w+)"', text):
        assert (WEB / path).is_file(), path
