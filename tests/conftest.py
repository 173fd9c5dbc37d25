from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from dusktape.core.recipe import Recipe
from dusktape.core.seed import Seed
from dusktape.studio.wish import Wish


def _left_out(config: pytest.Config) -> Iterator[str]:
    """Say which tests were skipped where none may be: on CI, for any reason but a missing GPU."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None:
        for report in reporter.stats.get("skipped", ()):
            reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            if "GPU" not in reason:
                yield f"{report.nodeid}: {reason}"


def _sendable(value: object) -> object:
    """Return part of a report as what a worker can send: a half character in a message would end the whole run."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode("utf-8")
        case dict():
            return {_sendable(key): _sendable(held) for key, held in value.items()}
        case list() | tuple():
            return type(value)(map(_sendable, value))
        case None | bool() | int() | float():
            return value
    return repr(value)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable(report: pytest.TestReport) -> Generator[None, object, object]:
    """Let every failing test say why, whatever its message holds."""
    return _sendable((yield))


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, object, object]:
    """Tell a failure plainly where it cannot be told with its source.

    Python 3.11 counts how deep it is across greenlets, which Playwright uses, and then parses nothing any more.
    """
    try:
        return (yield)
    except SystemError:
        item.config.option.tbstyle = "native"
        return pytest.TestReport.from_item_and_call(item, call)


_broken: list[str] = []


def pytest_internalerror(excrepr: object) -> None:
    """Keep the first thing that stopped the tests themselves."""
    _broken.append(str(excrepr))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say it again at the very end, which is what a CI that keeps little keeps."""
    if _broken and not hasattr(config, "workerinput"):
        print("", "What stopped the tests first:", *_broken[0].splitlines()[-12:], sep="\n")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Keep what whoever runs the tests has out of them."""
    os.environ["DUSKTAPE_HOME"] = os.path.join(os.path.dirname(__file__), "nobody")  # noqa: PTH118, PTH120
    os.environ.pop("DUSKTAPE_INSTRUMENTS", None)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a CI run that skipped tests: what never runs there guards nothing."""
    if session.exitstatus == pytest.ExitCode.OK and any(_left_out(session.config)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List the tests that CI must not skip."""
    lines = list(_left_out(config))
    if lines:
        terminalreporter.section("skipped on CI, where nothing but GPU tests may be", red=True)
        for line in lines:
            terminalreporter.line(line)


@pytest.fixture(autouse=True)
def _hears_ctrl_c() -> None:
    """Begin each test with Ctrl-C heard, whatever the test before left behind.

    A shell that starts the tests in the background tells them, and all that they start, not to hear it.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def resolved():
    """Makes recipes: the default one, composed by rules unless told otherwise, closed by a seed."""

    def make(seed: int = 1, *settings: str, recipe: str = "dusk", composer: str = "rules", **wishes: object) -> Recipe:
        return Wish(recipe, settings=(f"composer={composer}", *settings), **wishes).resolve(Seed(seed))

    return make


@pytest.fixture
def own_recipes(tmp_path, monkeypatch):
    """Puts recipes, name to text, into a home of their own."""

    def put(**told: str) -> Path:
        folder = tmp_path / "home" / "recipes"
        folder.mkdir(parents=True)
        for name, text in told.items():
            (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        monkeypatch.setenv("DUSKTAPE_HOME", str(folder.parent))
        return folder

    return put


MINI = """
description = "Keys and drums over vinyl, by rules: quickly made."
composer = "rules"
[form]
fullness = 1.0
[parts]
lead = false
pad = false
bass = false
room = false
rain = false
riser = false
guest = false
[parts.keys.chain]
room = false
tremolo = false
[parts.drums.chain]
crush = false
[master.chain]
wow = false
compressor = false
"""


@pytest.fixture(scope="session")
def mini(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of a recipe whose songs are made in a second."""
    path = tmp_path_factory.mktemp("recipes") / "mini.toml"
    path.write_text(MINI, encoding="utf-8")
    return str(path)
