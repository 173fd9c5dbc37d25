from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest

from dusktape.core.errors import InputError, PluginError
from dusktape.data.audio import build as module
from dusktape.data.audio import pictures
from dusktape.data.audio.build import build
from dusktape.data.audio.options import Options
from dusktape.data.audio.page import page, write_page
from dusktape.data.sounds import SoundDataset

from . import sounds

pytest.importorskip("matplotlib", reason="pictures need matplotlib; install 'dusktape[audio]'")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Hits of two kinds, one that clips, one called like markup, a copy, silence and a letter: (dataset, found)."""
    here = tmp_path_factory.mktemp("page")
    for seed in range(4):
        sounds.put(here / "my <drums>" / f"{'kick' if seed % 2 else 'snare'}_{seed}.wav", sounds.hit(seed))
    sounds.put(here / "my <drums>" / "loud.wav", np.clip(6.0 * sounds.hit(8), -0.9, 0.9))
    sounds.put(here / "my <drums>" / "a&b.wav", sounds.hit(9))
    sounds.put(here / "my <drums>" / "same.wav", sounds.hit(9))
    sounds.put(here / "my <drums>" / "silent.wav", np.zeros(4000, np.float32))
    (here / "my <drums>" / "text.wav").write_text("dear diary")
    kept = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "describe", lambda folder, found: kept.update(found))
        folder = build([here / "my <drums>"], here / "x.dataset", Options(16_000, cut="oneshots"), workers=1).folder
    return folder, {sha256: finding.arrays for sha256, finding in kept.items()}


@pytest.fixture(scope="module")
def text(made):
    folder, found = made
    return page(SoundDataset.read(folder), found)


class _Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "wbr", "br", "path", "use", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("path", "use", "rect"):
            assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def test_the_page_is_whole_and_asks_for_nothing_from_outside(text):
    found = _Tags(text)
    assert found.open == []
    assert not any(tag in ("script", "link", "iframe") for tag, _ in found.tags)
    places = [a[k] for _, a in found.tags for k in ("src", "href", "xlink:href") if a.get(k)]
    assert all(re.match(r"(#|data:image/png;base64,|clips/)", place) for place in places)


def test_players_play_clips_that_are_there(text, made):
    clips = [a["src"] for tag, a in _Tags(text).tags if tag == "audio"]
    assert len(clips) == 6
    assert all((made[0] / clip).is_file() for clip in clips)


def test_names_of_files_are_text_and_never_markup(text):
    assert "<drums>" not in text
    assert "my &lt;drums&gt;" in text
    assert "a&amp;b" in text


def test_what_was_kept_marked_and_left_out_is_told_with_reasons(text):
    told = " ".join("".join(_Tags(text).words).split())
    assert "6 of 9 files, cut into one-shots, from attack to silence: 16,000 Hz, one channel." in told
    assert re.search(r"\d+ of its peaks are cut off flat", told)
    assert "3 files are not in the dataset: 1 duplicate, 1 silent, 1 broken." in told
    assert "it has the same bytes as a&b.wav" in told
    assert "it is no sound file, or a damaged one" in told
    assert "all its samples are 0: it is silent" in told


def test_every_picture_is_there_and_every_file_with_sound_has_one(text):
    labels = [a.get("aria-label") for _, a in _Tags(text).tags if a.get("role") == "img"]
    assert {"fates", "labels", "lengths", "loudness", "brightness", "bands"} <= set(labels)
    assert {"kick_1.wav", "snare_0.wav", "loud.wav", "same.wav"} <= set(labels)


def test_the_same_dataset_makes_the_same_page(made, text):
    folder, found = made
    assert page(SoundDataset.read(folder), found) == text


def test_without_drawings_the_page_is_made_all_the_same(made):
    assert "What became of the files" in page(SoundDataset.read(made[0]), {})


def test_a_folder_without_a_dataset_is_refused(tmp_path):
    with pytest.raises(InputError, match="is no dataset of sounds"):
        write_page(tmp_path, {})


def test_without_matplotlib_the_way_out_is_named(made, monkeypatch):
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(PluginError, match="the page of a dataset needs matplotlib; install it with: pip install"):
        page(SoundDataset.read(made[0]), {})


def test_the_page_says_what_its_colours_mean(text):
    assert "Green: nothing odd; orange: marked; violet: left out." in text
    assert (
        "Orange: the spectrum ends as if cut with a knife; blue: it reaches as far as the file's rate."
        in text.replace("&#x27;", "'")
    )


def _shown(bar) -> bool:
    return not hasattr(bar, "get_height") or bar.get_height() > 0


@pytest.mark.parametrize("lengths", [[8_000] * 9, [4_000, 8_000, 8_500, 9_000]])
def test_no_word_in_a_picture_lies_over_a_bar(lengths):
    from matplotlib.figure import Figure

    data = SimpleNamespace(sample_rate=16_000, clips=[SimpleNamespace(frames=n, label="") for n in lengths])
    found = {"sound_from_s": 0.0, "sound_to_s": 0.5, "brightness_hz": 7_900.0, "lufs": -14.0, "peak_db": -13.0}
    files = [{"found": found} for _ in range(9)]
    for name in ("lengths", "loudness", "brightness"):
        figure = Figure(figsize=(5.6, 2.2), layout="constrained")
        axes = figure.subplots()
        pictures._PICTURES[name](axes, data, files)
        figure.draw_without_rendering()
        words = [*axes.texts, *([axes.get_legend()] if axes.get_legend() else [])]
        assert words
        for word in words:
            box = word.get_window_extent()
            assert not any(box.overlaps(bar.get_window_extent()) for bar in axes.patches if _shown(bar)), name
