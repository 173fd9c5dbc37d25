"""The listening page: nothing from outside, everything by keyboard, nothing of a name becomes markup."""

from __future__ import annotations

import re
import shutil
from urllib.parse import unquote

import pytest

from dusktape.core.seed import Seed
from dusktape.publish.pack.build import make

CHROMIUM = shutil.which("chromium")


@pytest.fixture
def page(run, order, tmp_path):
    """A pack's page, in a folder with an awkward name."""
    asked = order(run(), count=4, out=tmp_path / "Kicks & Co #1 100% <b>")
    make(asked)
    return asked.out / "index.html"


def test_every_sound_and_file_it_names_is_there(page):
    text = page.read_text(encoding="utf-8")
    named = {unquote(name) for name in re.findall(r'(?:src|href)="([^"]+)"', text)}
    assert {name for name in named if name.endswith(".wav")} == {
        path.relative_to(page.parent).as_posix() for path in page.parent.rglob("*.wav")
    }
    assert all((page.parent / name).is_file() for name in named)


def test_it_asks_for_nothing_from_outside(page):
    text = page.read_text(encoding="utf-8")
    assert "//" not in re.sub(r"^\s*//.*$", "", text.replace("</", "<"), flags=re.MULTILINE)
    assert "url(" not in text
    assert "@import" not in text


def test_names_are_text(page):
    text = page.read_text(encoding="utf-8")
    assert "<h1>Kicks &amp; Co #1 100% &lt;b&gt;</h1>" in text
    assert "<b>" not in text


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_it_is_played_by_keyboard_and_fits_a_phone(page):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        view = browser.new_page(viewport={"width": 390, "height": 844})
        said: list[str] = []
        view.on("console", lambda message: said.append(message.text))
        view.on("pageerror", lambda error: said.append(str(error)))
        view.goto(page.as_uri())
        assert view.evaluate("document.documentElement.scrollWidth <= innerWidth")
        buttons = view.locator(".sound button")
        assert buttons.count() == 4
        buttons.nth(0).focus()
        view.keyboard.press("ArrowRight")
        assert buttons.nth(1).evaluate("button => button === document.activeElement")
        view.keyboard.press("Space")
        view.wait_for_function("document.querySelectorAll('.sound audio')[1].currentTime > 0")
        assert view.locator("audio").nth(1).evaluate("audio => !audio.error && audio.duration > 0.05")
        view.keyboard.press("Escape")
        assert view.locator(".sound.on").count() == 0
        assert buttons.nth(1).get_attribute("aria-pressed") == "false"
        assert said == []
        browser.close()


def test_the_colours_are_those_of_the_cover(run, order, tmp_path):
    pages = []
    for number in (1, 2):
        asked = order(run(name=f"run{number}"), count=1, seed=Seed(number), out=tmp_path / f"p{number}")
        make(asked)
        pages.append(re.findall(r":root\{(--[^}]+)\}", (asked.out / "index.html").read_text(encoding="utf-8"))[0])
    assert pages[0] != pages[1]
