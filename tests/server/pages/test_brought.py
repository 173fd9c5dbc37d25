"""What was brought to the studio is still there after a reload, under the names of its owner's files."""

import numpy as np
import soundfile

from .test_dropping import brought, drag
from .workbench import opened


def drop(page, *files):
    for kind in ("dragEnter", "dragOver", "drop"):
        drag(page, kind, *files)


def whistle(path, hertz):
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * hertz * np.arange(22_050) / 44_100), 44_100)
    return path


def test_a_file_that_is_dropped_again_is_one_row_also_after_a_reload(visit, bench, tmp_path):
    page = visit("/studio", at=bench.at, width=1440, height=1000)
    page.locator("studio-make .drop").wait_for()
    first = whistle(tmp_path / "tin.wav", 220)
    (tmp_path / "other").mkdir()
    drop(page, first)
    brought(page, "tin.wav").wait_for()
    drop(page, first)
    drop(page, whistle(tmp_path / "other" / "tin.wav", 440))
    brought(page, "tin.wav (2)").wait_for()
    assert page.locator(".uploads .name").all_inner_texts() == ["tin.wav", "tin.wav (2)"]
    page.reload()
    brought(page, "tin.wav (2)").wait_for()
    assert page.locator(".uploads .name").all_inner_texts() == ["tin.wav", "tin.wav (2)"]


def test_versions_and_parts_are_named_by_the_file_that_plays_in_them(visit, bench):
    (bench.folder / "uploads").mkdir()
    mark = "881b34a98d" + "0" * 22
    (bench.folder / "uploads" / f"{mark}.sf2").write_bytes(b"font")
    told = f'{{"id": "{mark}", "kind": "soundfont", "name": "TimGM6mb.sf2", "bytes": 4, "suffix": ".sf2"}}'
    (bench.folder / "uploads" / f"{mark}.json").write_text(told)
    first = bench.put("Two Lamps")
    edit = {"settings": ["lead.instrument=up_881b34a98d"]}
    second = bench.put("Two Lamps", song=first.id, parent=first.id, edit=edit)
    bench.put("Two Lamps", song=first.id, parent=second.id, edit={"effects": ["f" * 32]})
    page = visit(f"/studio?track={second.id}", at=bench.at, width=1440, height=1000)
    opened(page, second)
    page.locator("studio-versions .open", has_text="Melody: TimGM6mb").wait_for()
    page.locator("studio-versions .open", has_text="a file that is deleted laid over").wait_for()
