from __future__ import annotations

from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
WEB = ROOT / "src" / "dusktape" / "server" / "web"


def test_the_wheel_holds_every_file_of_the_pages():
    packed = {Path(file.distribution_path).as_posix() for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    pages = {file.relative_to(ROOT / "src").as_posix() for file in WEB.rglob("*") if file.is_file()}
    assert len(pages) > 60
    assert pages <= packed
    assert any(name.endswith("radio/outputs/canvas/canvas.js") for name in packed), "what draws live video"
