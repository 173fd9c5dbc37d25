"""Files dragged from the desktop into the studio's window, as the browser's own drag and drop does it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from dusktape.core.score import BAR, Key, Note, Score, Section
from dusktape.io.midi import to_midi

from .workbench import working

FONT = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")


def drag(page, kind, *files):
    """Have the browser be dragged over, or dropped upon, in its middle."""
    data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
    page.context.new_cdp_session(page).send("Input.dispatchDragEvent", {"type": kind, "x": 700, "y": 400, "data": data})


def recording(folder):
    wave = 0.3 * np.sin(2 * np.pi * 220 * np.arange(66_150) / 44_100)
    soundfile.write(folder / "rain on tin.wav", wave, 44_100)
    return folder / "rain on tin.wav"


def tune(folder):
    notes = tuple(Note(k * 960, 900, 60 + (0, 3, 7, 5)[k % 4], 90) for k in range(16))
    to_midi(Score(80.0, Key(0, "minor"), (Section("A", 0, 4 * BAR),), (), {"lead": notes}), folder / "tune.mid")
    return folder / "tune.mid"


def brought(page, name):
    return page.locator(".uploads li", has_text=name)


def edits(bench):
    return [job for job in bench.state.jobs() if job.kind == "edit"]


def test_a_recording_and_a_tune_are_dropped_together_and_used(visit, bench, tmp_path):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    page.get_by_role("heading", name="Two Lamps").wait_for()
    files = recording(tmp_path), tune(tmp_path)
    drag(page, "dragEnter", *files)
    page.get_by_text("Let it go here").wait_for()
    drag(page, "dragOver", *files)
    with working(bench.folder, tmp_path / "home"):  # it looks into files; what is ordered afterwards waits
        drag(page, "drop", *files)
        page.get_by_text("Let it go here").wait_for(state="detached")
        brought(page, "tune.mid").get_by_text("4 bars, C minor").wait_for()
        brought(page, "rain on tin.wav").get_by_text("0:01").wait_for()
    brought(page, "tune.mid").get_by_role("button", name="Go on from it").click()
    page.locator(".make .chip", has_text="Going on from tune.mid").wait_for()
    page.get_by_role("button", name="Leave out tune.mid").click()
    brought(page, "rain on tin.wav").get_by_role("button", name="Lay over this song").click()
    page.get_by_text("rain on tin.wav is laid over the song.").wait_for()
    page.locator("studio-queue.wide .card .name", has_text="rain on tin laid over").wait_for()
    (edit,) = edits(bench)
    assert edit.spec["track"] == made.id
    assert len(edit.spec["effects"]) == 1


@pytest.mark.skipif(not FONT.exists(), reason=f"there is no SoundFont at {FONT} (Debian: timgm6mb-soundfont)")
def test_a_soundfont_is_dropped_and_plays_a_part(visit, bench, tmp_path):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    page.get_by_role("heading", name="Two Lamps").wait_for()
    melody = brought(page, FONT.name).get_by_role("button", name="Melody of this song")
    with working(bench.folder, tmp_path / "home"):
        for kind in ("dragEnter", "dragOver", "drop"):
            drag(page, kind, FONT)
        melody.wait_for()
    melody.click()
    page.get_by_text(f"{FONT.name} plays the melody.").wait_for()
    page.locator("studio-queue.wide .card .name", has_text="Melody: TimGM6mb").wait_for()
    (edit,) = edits(bench)
    (setting,) = edit.spec["settings"]
    assert setting.startswith("lead.instrument=")


def test_each_file_that_is_refused_is_named_and_stays_named(visit, bench, tmp_path):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    page.get_by_role("heading", name="Two Lamps").wait_for()
    letter, empty = tmp_path / "letter.wav", tmp_path / "empty.mid"
    letter.write_text("Dear all, " * 20)
    empty.touch()
    files = letter, tune(tmp_path), empty, recording(tmp_path)
    with working(bench.folder, tmp_path / "home"):
        for kind in ("dragEnter", "dragOver", "drop"):
            drag(page, kind, *files)
        brought(page, "rain on tin.wav").get_by_text("0:01").wait_for()
    told = page.get_by_role("alert").inner_text()
    assert "letter.wav: That is no file we know" in told
    assert "empty.mid: The file is empty" in told
    assert brought(page, "letter.wav").locator(".danger").inner_text().startswith("That is no file we know")
    page.get_by_role("button", name="Delete letter.wav").click()
    brought(page, "letter.wav").wait_for(state="detached")
