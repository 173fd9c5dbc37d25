"""How long from `dusktape radio` to sound in a browser, with an empty library."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from typing import Any

from bench.effort import Effort
from bench.end_to_end import dusktape
from bench.page import Table

LIMIT_S = 2.0
_PATIENCE_S = 30.0
_WATCH = """
window.__sound = 0;
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  const look = setInterval(() => {
    if (this.currentTime > 0) { window.__sound ||= Date.now(); clearInterval(look); }
  }, 5);
  return play.call(this);
};
"""


def first_sound(effort: Effort) -> list[Table]:
    """Start radios one after another, each with a library of its own, and open their pages in Chromium."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return [Table("The first sound was not measured: it needs playwright.", ["", ""], [])]
    with sync_playwright() as driver:
        options = ["--autoplay-policy=no-user-gesture-required", "--no-sandbox"]
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=options)
        runs = [_once(browser) for _ in range(effort.repeats + 1)][1:]
        browser.close()
    page, sound = (statistics.median(values) for values in zip(*runs, strict=True))
    return [
        Table(
            "`dusktape radio` with an empty library, opened at once in a Chromium that runs already.",
            ["", "median", "limit"],
            [
                ["command to page", f"{page:.2f} s", ""],
                ["command to first sound", f"{sound:.2f} s", f"{LIMIT_S:g} s"],
                ["slowest", f"{max(s for _, s in runs):.2f} s", ""],
            ],
        )
    ]


def _once(browser: Any) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="dusktape-", ignore_cleanup_errors=True) as folder:
        context = browser.new_context()
        page = context.new_page()
        page.add_init_script(_WATCH)
        start = time.time()
        command = [dusktape(), "radio", "--no-open", "--quiet", "--port", "0", "--state", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as house:
            try:
                assert house.stdout is not None
                page.goto(house.stdout.readline().strip(), wait_until="commit")
                shown = time.time() - start
                while not (heard := page.evaluate("window.__sound")):
                    if time.time() > start + _PATIENCE_S:
                        raise RuntimeError(f"no sound within {_PATIENCE_S:g} s")
                    time.sleep(0.02)
            finally:
                context.close()
                house.terminate()
                house.wait(30.0)
    return shown, heard / 1000.0 - start
