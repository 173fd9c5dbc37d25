"""What was brought to the studio is still there after a reload, under the names of its owner's files."""

import numpy as np
import soundfile

from ...sounds import font
from .test_dropping import brought, drag
from .workbench import opened, working


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


def test_only_files_of_the_same_name_that_are_there_are_numbered(visit, bench, tmp_path):
    page = visit("/studio", at=bench.at, width=1440, height=1000)
    page.locator("studio-make .drop").wait_for()
    broken = tmp_path / "tin.wav"
    broken.write_bytes(whistle(tmp_path / "whole.wav", 220).read_bytes()[:44])
    (tmp_path / "other").mkdir()
    with working(bench.folder, tmp_path / "home"):
        drop(page, broken, font(tmp_path / "tin.sf2"))
        brought(page, "tin.sf2").get_by_role("button", name="Melody of this song").wait_for()
        brought(page, "tin.wav").locator(".danger").wait_for()
        assert page.locator(".uploads .name").all_inner_texts() == ["tin.wav", "tin.sf2"]
        drop(page, whistle(tmp_path / "other" / "tin.wav", 440))
        brought(page, "tin.wav").get_by_role("button", name="Lay over this song").wait_for()
    assert page.locator(".uploads .name").all_inner_texts() == ["tin.wav", "tin.sf2", "tin.wav"]


def test_what_was_brought_is_there_after_a_reload_and_can_be_deleted(visit, bench, tmp_path, monkeypatch):
    monkeypatch.setenv("DUSKTAPE_HOME", str(bench.folder))  # a server of its own looks there for instruments
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    opened(page, made)
    with working(bench.folder, tmp_path / "home"):
        drop(page, whistle(tmp_path / "mein Lied ü.wav", 330), font(tmp_path / "Klavier.sf2"))
        brought(page, "Klavier.sf2").get_by_role("button", name="Melody of this song").wait_for()
        brought(page, "mein Lied ü.wav").get_by_role("button", name="Lay over this song").wait_for()
    page.reload()
    opened(page, made)
    brought(page, "mein Lied ü.wav").get_by_text("0:00.5", exact=True).wait_for()
    brought(page, "mein Lied ü.wav").get_by_role("button", name="Lay over this song").click()
    page.locator("studio-queue.wide .card .name", has_text="mein Lied ü laid over").wait_for()
    melody = page.get_by_role("combobox", name="Melody", exact=True)
    melody.locator("option", has_text="Klavier").wait_for(state="attached")
    assert not [option for option in page.locator("option").all_inner_texts() if "up " in option]
    page.get_by_role("button", name="Delete Klavier.sf2").click()
    brought(page, "Klavier.sf2").wait_for(state="detached")
    page.reload()
    brought(page, "mein Lied ü.wav").wait_for()
    assert brought(page, "Klavier.sf2").count() == 0


def test_a_file_that_is_deleted_and_dropped_again_has_its_name_back(visit, bench, worker, tmp_path):
    page = visit("/studio", at=bench.at, width=1440, height=1000)
    page.locator("studio-make .drop").wait_for()
    for _ in range(2):
        drop(page, whistle(tmp_path / "tin.wav", 220))
        brought(page, "tin.wav").wait_for()
        assert page.locator(".uploads .name").all_inner_texts() == ["tin.wav"]
        page.get_by_role("button", name="Delete tin.wav").click()
        brought(page, "tin.wav").wait_for(state="detached")


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
    page.get_by_role("button", name="Delete TimGM6mb.sf2").click()
    brought(page, "TimGM6mb.sf2").wait_for(state="detached")
    page.locator("studio-versions .open", has_text="Melody: TimGM6mb").wait_for()
    page.reload()
    opened(page, second)
    page.locator("studio-versions .open", has_text="Melody: TimGM6mb").wait_for()
