"""Files of one's own, dropped on the workbench in a real browser."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
import soundfile

from dusktape.core.score import BAR, Key, Note, Score, Section
from dusktape.io.midi import to_midi

from ...sounds import font
from .workbench import PATIENCE_S, opened, working

DROP = """async ([name, data]) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], name));
    const at = document.querySelector("studio-make .drop");
    for (const type of ["dragenter", "dragover", "drop"])
        at.dispatchEvent(new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""


def dropped(page, name, data):
    page.locator("studio-make .drop").wait_for()
    page.evaluate(DROP, [name, base64.b64encode(data).decode()])
    return page.locator(".uploads li").filter(has_text=name)


def pulses(kind):
    """Three seconds of a tone that swells twice a second."""
    t = np.arange(3 * 44_100) / 44_100
    out = io.BytesIO()
    soundfile.write(out, 0.4 * np.sin(2 * np.pi * 220 * t) * np.exp(-6 * (t % 0.5)), 44_100, format=kind)
    return out.getvalue()


def tune(tmp_path):
    notes = tuple(Note(k * 960, 900, 60 + (0, 3, 7, 5)[k % 4], 90) for k in range(16))
    to_midi(Score(80.0, Key(0, "minor"), (Section("A", 0, 4 * BAR),), (), {"lead": notes}), tmp_path / "tune.mid")
    return (tmp_path / "tune.mid").read_bytes()


@pytest.mark.parametrize("kind", ["WAV", "MP3"])
def test_a_recording_that_is_dropped_is_made_lo_fi_and_lies_on_the_bench(visit, bench, worker, kind):
    page = visit("/studio", at=bench.at, width=1440, height=1000)
    page.set_default_timeout(1000 * PATIENCE_S)
    page.get_by_role("combobox", name="Recipe", exact=True).select_option("study")
    file = dropped(page, f"Old Song.{kind.lower()}", pulses(kind))
    file.get_by_role("button", name="Lo-fi, no drums").click()
    made = bench.newest(1)
    assert (made.title, made.recipe) == ("Old Song (lo-fi)", "study")
    assert made.provenance["source"]["file"] == f"Old Song.{kind.lower()}"
    assert 3.0 < made.seconds < 7.0
    opened(page, made)
    page.get_by_role("heading", name="Old Song (lo-fi)").wait_for()
    file.get_by_role("button", name="Delete Old Song").click()
    file.wait_for(state="detached")
    assert list((bench.folder / "uploads").iterdir()) == []


def test_a_midi_file_that_is_dropped_is_made_lo_fi_with_drums_of_ours(visit, bench, worker, tmp_path):
    page = visit("/studio", at=bench.at, width=1440, height=1000)
    page.set_default_timeout(1000 * PATIENCE_S)
    file = dropped(page, "tune.mid", tune(tmp_path))
    file.get_by_text("4 bars, C minor").wait_for()
    file.get_by_role("button", name="Make it lo-fi").click()
    page.locator("studio-queue.wide").get_by_text("tune.mid, lo-fi").first.wait_for()
    made = bench.newest(1)
    opened(page, made)
    assert made.title == "tune (lo-fi)"
    assert bench.score(made).parts["drums"]
    page.get_by_role("button", name="Drums", exact=True).wait_for()


def test_what_is_wrong_with_a_file_is_said_on_the_page(visit, bench, worker):
    page = visit("/studio", at=bench.at, width=1440, height=1000)
    dropped(page, "letter.wav", b"Dear all, " * 20)
    page.get_by_role("alert").get_by_text("that is no file we know").wait_for()
    file = dropped(page, "torn.wav", b"RIFF\x24\0\0\0WAVEfmt " + bytes(64))
    file.locator(".danger").wait_for()
    assert file.get_by_role("button", name="Make it lo-fi").count() == 0


def test_a_soundfont_that_is_dropped_is_an_instrument_until_it_is_deleted(visit, bench, tmp_path):
    made = bench.put("Two Lamps")
    page = visit(f"/studio?track={made.id}", at=bench.at, width=1440, height=1000)
    page.get_by_role("heading", name="Two Lamps").wait_for()
    with working(bench.folder, tmp_path / "home"):  # it looks into the file; what is ordered afterwards waits
        file = dropped(page, "Piano.sf2", font(tmp_path / "f.sf2").read_bytes())
        file.get_by_text("2 sounds").wait_for()
    (link,) = (bench.folder / "instruments").iterdir()
    file.get_by_role("button", name="Keys of this song").click()
    page.get_by_text("Piano.sf2 plays the keys.").wait_for()
    (job,) = [job for job in bench.state.jobs() if job.kind == "edit"]
    assert (job.spec["track"], job.spec["settings"]) == (made.id, [f"keys.instrument={link.stem}"])
    file.get_by_role("button", name="Delete Piano.sf2").click()
    file.wait_for(state="detached")
    assert not link.exists()
