"""`<dusktape-player>` in a page of somebody else: another origin, a policy of its own or none."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dusktape.server.guard import Door

PLAYER = "document.querySelector('dusktape-player')"


@pytest.fixture
def elsewhere():
    """Serves a page on another port; `page` is what it says, `policy` its Content-Security-Policy."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if self.server.policy:
                self.send_header("Content-Security-Policy", self.server.policy)
            self.end_headers()
            self.wfile.write(self.server.page.encode())

        def log_message(self, *said):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.policy = ""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def html(radio, station=""):
    script = f"<!doctype html><script src='{radio}/static/js/embed.js' defer></script>"
    return f"{script}<dusktape-player {station}></dusktape-player>"


def plays(page):
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"() => {PLAYER}.title !== ''")
    page.wait_for_function(f"() => {PLAYER}.audio.currentTime > 1")
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function(f"() => {PLAYER}.audio.paused")


@pytest.mark.parametrize("strict", [False, True], ids=["no policy", "a strict policy"])
def test_a_page_of_another_site_plays_a_radio_that_is_open(visit, air, elsewhere, strict):
    with air.served(door=Door(host="0.0.0.0", token="t")) as port:
        radio = f"http://127.0.0.1:{port}"
        elsewhere.page = html(radio)
        if strict:
            elsewhere.policy = f"default-src 'none'; script-src {radio}; media-src {radio}; connect-src {radio}"
        page = visit("/", at=f"http://localhost:{elsewhere.server_port}", also=radio)  # another site, not only a port
        plays(page)
        assert page.locator("dusktape-player").locator("a").get_attribute("href").startswith(f"{radio}/t/")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_radio_for_this_machine_alone_answers_no_other_page(visit, site, elsewhere, host):
    elsewhere.page = html(site)
    page = visit("/", at=f"http://{host}:{elsewhere.server_port}", also=site)
    with page.expect_event("requestfailed") as failed:
        page.reload()
    assert failed.value.url == f"{site}/static/js/embed.js"
    assert "NotSameSite" in failed.value.failure
    assert page.evaluate("customElements.get('dusktape-player') === undefined")


def test_a_station_that_is_not_there_is_said_and_one_that_is_plays(visit, air, elsewhere):
    with air.served(door=Door(host="0.0.0.0", token="t")) as port:
        radio = f"http://127.0.0.1:{port}"
        elsewhere.page = html(radio, "station='late-night'")
        page = visit("/", at=f"http://localhost:{elsewhere.server_port}", also=radio)
        page.get_by_text("There is no station “late-night” here; there is main.").wait_for()
        assert page.get_by_role("button", name="Play").is_disabled()
        assert page.locator("dusktape-player a").get_attribute("href") == f"{radio}/"
        page.evaluate(f"{PLAYER}.play()")
        assert page.evaluate(f"{PLAYER}.audio.src") == ""
        page.evaluate(f"{PLAYER}.setAttribute('station', 'main')")
        page.get_by_text("lo-fi, made while you listen").wait_for()
        plays(page)
