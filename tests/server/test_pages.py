import gzip
import os
from pathlib import Path

import pytest

from dusktape.server.pages import Pages


@pytest.fixture
def web(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    for name, text in {
        "index.html": "<!doctype html>home" + " " * 600,
        "studio.html": "workbench",
        "404.html": "lost",
        "sw.js": "self",
        "manifest.webmanifest": "{}",
        "js/a.js": "let a = 1;" * 200,
        "fonts/a.woff2": "font",
        "icons/a.png": "\x89PNG",
        "secret.key": "no",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (tmp_path / "outside.js").write_text("out")
    return folder


def test_pages_lie_where_they_are_looked_for(station, web):
    track = station.track().id
    with station.served(web=web):
        for path, text, kind in (
            ("/", b"home", "text/html; charset=utf-8"),
            ("/?play", b"home", "text/html; charset=utf-8"),
            (f"/t/{track}", b"home", "text/html; charset=utf-8"),
            ("/studio", b"workbench", "text/html; charset=utf-8"),
            ("/sw.js", b"self", "text/javascript; charset=utf-8"),
            ("/manifest.webmanifest", b"{}", "application/manifest+json"),
            ("/static/js/a.js", b"let a", "text/javascript; charset=utf-8"),
            ("/static/fonts/a.woff2", b"font", "font/woff2"),
        ):
            answer = station.ask(path)
            assert answer.status == 200, path
            assert text in answer.body
            assert answer.headers["content-type"] == kind
            assert answer.headers["cache-control"] == "no-cache"


def test_nothing_else_is_served(station, web):
    with station.served(web=web):
        for path in (
            "/static/../outside.js",
            "/static/%2e%2e/outside.js",
            "/static/..%2foutside.js",
            "/static//etc/passwd",
            "/static/secret.key",
            "/static/",
            "/static/js",
            "/static/js/a.js/",
            "/static/js/a.js%00",
            "/static/js\\a.js",
            "/t/",
            "/t/a/b",
            "/t/%2e%2e",
            "/index.html",
            "/x",
        ):
            assert station.ask(path).status == 404, path
        lost = station.ask("/x", headers={"Accept": "text/html"})
        assert (lost.status, lost.body) == (404, b"lost")
        assert station.ask("/", "POST").status == 405


def test_the_address_of_a_track_that_is_not_there_leads_nowhere(station, web):
    there, gone = station.track(), station.track()
    station.state.remove_track(gone.id)
    with station.served(web=web):
        looks = {"Accept": "text/html"}
        assert station.ask(f"/t/{there.id}", headers=looks).body.startswith(b"<!doctype html>home")
        for name in (gone.id, "never"):
            lost = station.ask(f"/t/{name}", headers=looks)
            assert (lost.status, lost.body) == (404, b"lost")


def test_text_is_squeezed_for_who_can_read_it(station, web):
    with station.served(web=web):
        squeezed = station.ask("/static/js/a.js", headers={"Accept-Encoding": "gzip, br"})
        plain = station.ask("/static/js/a.js")
        assert squeezed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(squeezed.body) == plain.body
        assert len(squeezed.body) < len(plain.body) / 5
        assert "content-encoding" not in plain.headers
        assert "content-encoding" not in station.ask("/static/icons/a.png", headers={"Accept-Encoding": "gzip"}).headers


def test_what_a_browser_has_is_not_sent_again(station, web):
    with station.served(web=web):
        tag = station.ask("/").headers["etag"]
        again = station.ask("/", headers={"If-None-Match": f'"x", W/{tag}'})
        assert (again.status, again.body) == (304, b"")
        assert station.ask("/", headers={"If-None-Match": '"x"'}).status == 200
        assert station.ask("/", "HEAD", change=False).body == b""


def test_a_changed_file_is_read_again(web):
    pages = Pages(web)
    before = pages.find("js/a.js")
    assert pages.find("js/a.js") is before
    (web / "js" / "a.js").write_text("let b = 2;")
    os.utime(web / "js" / "a.js", (1, 1))
    assert pages.find("js/a.js").body == b"let b = 2;"
    (web / "js" / "a.js").unlink()
    assert pages.find("js/a.js") is None


def test_a_folder_without_pages_is_no_error(tmp_path):
    pages = Pages(tmp_path / "none")
    assert pages.find("index.html") is None


def test_the_package_has_a_page():
    found = Pages()
    assert found.find("index.html") is not None
    assert found.find("sw.js") is None or b"text/javascript" in found.find("sw.js").kind
