from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

WEB = Path(str(files("dusktape.server") / "web"))
IMPORT = re.compile(r'^(?:import|export)\b[^;]*?from\s+"([^"]+)"|^import\s+"([^"]+)"', re.MULTILINE)


def loaded_by(module: Path, found: set[Path]) -> set[Path]:
    for match in IMPORT.finditer(module.read_text(encoding="utf-8")):
        name = match.group(1) or match.group(2)
        other = WEB / name.removeprefix("/static/") if name.startswith("/") else (module.parent / name).resolve()
        if other not in found:
            found.add(other)
            loaded_by(other, found)
    return found


def test_all_modules_of_the_page_are_asked_for_at_once():
    page = (WEB / "index.html").read_text(encoding="utf-8")
    told = {WEB / name for name in re.findall(r'rel="modulepreload" href="/static/([^"]+)"', page)}
    needed = loaded_by(WEB / "js" / "radio" / "main.js", set())
    assert {p.resolve() for p in told} == {p.resolve() for p in needed}
