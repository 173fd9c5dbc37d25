import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fastapi.testclient import TestClient

from dusktape.server.blind import Comparison
from dusktape.server.listening import app

from .serving import serving


@pytest.fixture
def bench(tmp_path: Path) -> tuple[Comparison, Path]:
    rng = np.random.default_rng(0)
    for side in "ab":
        (tmp_path / side).mkdir()
        for i in range(2):
            soundfile.write(tmp_path / side / f"{i}.wav", rng.normal(0, 0.1, (3 * 44_100, 2)), 44_100)
    comparison = Comparison(tmp_path / "a", tmp_path / "b", tmp_path / "answers.json", seconds=3.0)
    (tmp_path / "excerpts").mkdir()
    comparison.prepare(tmp_path / "excerpts", lambda stage, share: None)
    return comparison, tmp_path / "excerpts"


def test_nothing_tells_which_side_a_sound_comes_from(bench):
    client = TestClient(app(*bench))
    found = client.get("/api/v1/trials?listener=ann").json()
    assert [t["sounds"] for t in found["open"]] == [[f"/api/v1/sounds/{i}/0", f"/api/v1/sounds/{i}/1"] for i in (0, 1)]
    sound = client.get(found["open"][0]["sounds"][0])
    assert sound.content[:4] == b"RIFF"
    told = " ".join(sound.headers.values()) + client.get("/").text
    assert "0.wav" not in told.replace("0-0.wav", "")
    assert client.get("/api/v1/results?listener=ann").status_code == 403


def test_wrong_answers_are_refused_and_right_ones_kept(bench):
    comparison, _ = bench
    client = TestClient(app(*bench))
    good = {"trial": 0, "listener": "ann", "preferred": "first", "ratings": [4, 2]}
    for wrong in (
        {"trial": 9},
        {"ratings": [0, 2]},
        {"ratings": [1]},
        {"preferred": "A"},
        {"listener": ""},
        {"trial": -1},
        {"listener": "x" * 61},
    ):
        assert client.post("/api/v1/answers", json={**good, **wrong}).status_code == 422
    assert client.post("/api/v1/answers", json={**good, "trial": -1}).json() == {
        "detail": "trial must be at least 0, got -1; give a larger one"
    }
    assert comparison.answers == []
    assert client.post("/api/v1/answers", json=good).status_code == 201
    assert json.loads(comparison.out.read_text())["summary"]["answers"] == 1


def test_no_path_leaves_the_folder_and_the_page_asks_nobody_else(bench):
    client = TestClient(app(*bench))
    for path in ("/static/../blind.py", "/static/%2e%2e%2fblind.py", "/api/v1/sounds/0/7", "/api/v1/sounds/99/0"):
        assert client.get(path).status_code in (404, 422)
    page = client.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_listener_goes_through_all_pairs_in_a_browser(bench):
    from playwright.sync_api import sync_playwright

    comparison, _ = bench
    with serving(app(*bench)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        page = browser.new_page(viewport={"width": 390, "height": 844})
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(address)
        page.fill("#listener", "ann")
        page.keyboard.press("Enter")
        for number in (1, 2):
            page.get_by_text(f"Pair {number} of 2").wait_for()
            assert page.locator("#pair button[type=submit]").is_disabled()
            for side in (0, 1):
                page.locator(".play").nth(side).click()
                for _ in range(200):  # the page's policy lets no condition of ours be evaluated while it waits
                    if (at := page.evaluate(f"document.querySelectorAll('audio')[{side}].currentTime")) > 0.5:
                        break
                    page.wait_for_timeout(50)
                assert at > 0.5
                page.check(f"input[name=rating{side}][value='{4 - side}']")
            assert page.evaluate("document.querySelectorAll('audio')[0].paused")
            page.check("input[name=preferred][value=second]")
            page.click("#pair button[type=submit]")
        page.get_by_text("Thank you").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        browser.close()
    assert problems == []
    assert [a.listener for a in comparison.answers] == ["ann", "ann"]
    assert all(a.preferred != a.first for a in comparison.answers)
