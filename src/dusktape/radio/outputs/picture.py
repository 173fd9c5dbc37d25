"""The scene as frames of video: the page's own drawing code, run by V8 onto a canvas of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dusktape.core.errors import PluginError

Frame = NDArray[np.uint8]
"""Shape (height, width, 4): red, green, blue, and an alpha that is always 255."""

KEPT_S: Final = 30.0
"""How long what hardly moves is kept before it is painted again."""

_IMPORT = re.compile(r"^import\s+(\{[^}]*\}|\*\s+as\s+\w+)\s+from\s+\"\./([\w-]+)\.js\";?$", re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(?:function|const|class)\s+(\w+)", re.MULTILINE)

_STAGE = """
const canvas = new Canvas(%d, %d);
const size = { width: canvas.width, height: canvas.height };
const backdrop = new Uint8ClampedArray(canvas.data.length);
function paint(kept, time, state, seed) {
  const now = JSON.parse(state);
  canvas.held.length = 0;
  if (!kept) {
    scene.still(canvas, size, time, now, seed);
    backdrop.set(canvas.data);
  } else canvas.data.set(backdrop);
  scene.moving(canvas, size, time, now, seed);
  return true;
}
"""


class Picture:
    """Paints the room of a station: what hardly moves every half minute, and what moves over it every frame.

    Parameters
    ----------
    width, height
        In pixels.
    seed
        Which room.

    Raises
    ------
    PluginError
        If there is no JavaScript engine.
    """

    def __init__(self, width: int, height: int, seed: int = 0) -> None:
        self._seed = seed
        self._engine = _engine()
        self._engine.eval(canvas())
        self._engine.eval(f"const scene = {bundled('index')};")
        self._engine.eval(_STAGE % (width, height))
        self._paint = self._engine.eval("paint")
        pixels = self._engine.eval("canvas.data.buffer")
        self._frame: Frame = np.frombuffer(memoryview(pixels), np.uint8).reshape(height, width, 4)
        self._kept_at: float | None = None

    def paint(self, time: float, state: Mapping[str, float]) -> Frame:
        """Return the picture at a time, in seconds. It is valid until the next one is painted."""
        kept = self._kept_at is not None and 0.0 <= time - self._kept_at < KEPT_S
        self._paint(kept, time, json.dumps(dict(state)), self._seed)
        if not kept:
            self._kept_at = time
        return self._frame


def canvas() -> str:
    """Return the script that defines `Canvas`."""
    folder = files("dusktape.radio.outputs") / "canvas"
    parts = ("fills", "area", "stroke", "canvas")
    return "\n".join((folder / f"{part}.js").read_text(encoding="utf-8") for part in parts)


def bundled(name: str, folder: Any = None) -> str:
    """Return an ES module and all it imports as one expression, whose value is an object of what it exports.

    Only what our scene uses: `import {a} from "./b.js"`, `import * as b from "./b.js"`, and `export` before a function,
    class or constant.
    """
    folder = folder or files("dusktape") / "server" / "web" / "scene"
    order: list[tuple[str, str]] = []

    def visit(module: str) -> None:
        if any(module == done for done, _ in order):
            return
        text = (folder / f"{module}.js").read_text(encoding="utf-8")
        for _, other in _IMPORT.findall(text):
            visit(other)
        order.append((module, text))

    visit(name)
    parts = [f"const {_variable(module)} = (() => {{\n{_function(text)}\n}})();" for module, text in order]
    return "(() => {\n" + "\n".join(parts) + f"\nreturn {_variable(name)};\n}})()"


def _function(text: str) -> str:
    names = _EXPORT.findall(text)
    body = _IMPORT.sub(lambda found: f"const {_bound(found[1])} = {_variable(found[2])};", text)
    return (
        re.sub(r"^export\s+(?=function|const|class)", "", body, flags=re.MULTILINE)
        + f"\nreturn {{ {', '.join(names)} }};"
    )


def _bound(what: str) -> str:
    """Return the left side of the assignment that an import becomes."""
    if what.startswith("*"):
        return what.split()[-1]
    return re.sub(r"\s+as\s+", ": ", what)


def _variable(module: str) -> str:
    return "module_" + module.replace("-", "_")


def _engine() -> Any:
    try:
        from py_mini_racer import MiniRacer
    except ImportError as error:
        raise PluginError(
            "live video needs a JavaScript engine; install it with: pip install 'dusktape[stream]'"
        ) from error
    return MiniRacer()
