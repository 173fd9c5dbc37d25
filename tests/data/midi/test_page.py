import re
import sys
from html.parser import HTMLParser

import pytest

from dusktape.core.errors import InputError, PluginError
from dusktape.data import dataset
from dusktape.data.dataset import Dataset
from dusktape.data.midi.analysis import analyse
from dusktape.data.midi.normalise import Normalise
from dusktape.data.midi.page import page, write_page
from dusktape.data.midi.sheet import sheet, write_sheet
from dusktape.data.midi.survey import survey

from . import tunes

NAME = "a/<b> & c"


def _file(song, found, **more):
    licence = {"licence": "CC0-1.0", "kept": True, "split": song.split, "sha256": "0" * 64}
    return {"file": f"{song.name}.mid", "name": song.name, **licence, "found": found, **more}


def _dataset(folder, songs=14):
    """Fourteen songs, one of them odd, a copy, and two files that could not be used."""
    kept, files = [], []
    for k in range(songs):
        tracks = tunes.band(k, 64 if k == 3 else 8, key=k % 5, named=True)
        result = analyse(tunes.raw(tracks, bpm=70.0 + k), normalise=Normalise())
        kept.append(_named(result.song, k))
        files.append(_file(kept[-1], result.found))
    why = {"kept": False, "licence": "unknown", "sha256": "1" * 64, "found": {}}
    files += [
        {"file": "copy.mid", "name": "copy", "why": "duplicate", "reason": "the same", "twin": f"{NAME}0.mid", **why},
        {"file": "x<script>.mid", "name": "x", "why": "broken", "reason": "it is <cut> short", **why},
        {"file": "y.mid", "name": "y", "why": "short", "reason": "it has 3 notes", **why},
    ]
    manifest = {
        "dusktape": "0.1.0",
        "folders": ["my <midi>"],
        "options": {"seed": 0, "normalise": {"tempo": True, "grid": True, "velocity": False}, "drop_duplicates": True},
        "files": files,
    }
    folder.mkdir()
    dataset.write(folder, kept, manifest)
    return folder


def _named(song, k):
    split = ("valid", "test", "train")[min(k, 2)]
    return dataset.Song(f"{NAME}{k}", split, song.bpm, song.beats_per_bar, song.key, song.chords, song.notes, song.part)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return _dataset(tmp_path_factory.mktemp("data") / "made.dataset")


@pytest.fixture(scope="module")
def text(folder):
    return page(survey(Dataset.read(folder)))


class _Tags(HTMLParser):
    VOID = ("meta", "br", "path", "use", "rect")

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.seen = [], [], [], []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.seen.append(tag)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [v for k, v in attributes if k in ("href", "xlink:href", "src")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_the_page_is_whole_and_asks_for_nothing(text):
    tags = _Tags()
    tags.feed(text)
    assert tags.open == []
    assert len(tags.ids) == len(set(tags.ids))
    assert all(link.startswith("#") and link[1:] in tags.ids for link in tags.links)
    assert "script" not in tags.seen
    assert not re.findall(r"url\((?!#)", text)
    assert tags.seen.count("svg") == 9


def test_pictures_take_the_colours_of_the_page(text):
    assert "#0101" not in text
    assert "prefers-color-scheme:dark" in text
    assert "var(--c1)" in text.split("</style>", 1)[1]


def test_the_page_names_what_stands_out_and_what_was_left_out(text):
    plain = re.sub(r"<[^>]+>", " ", text.split("</style>", 1)[1])
    assert "a/&lt;b&gt; &amp; c3" in plain  # the odd one
    assert "copy.mid" in plain
    assert "x&lt;script&gt;.mid" in plain
    assert "it is &lt;cut&gt; short" in plain
    assert "14 songs out of 17 files" in plain
    assert "my &lt;midi&gt;" in plain


def test_the_same_dataset_makes_the_same_page(folder, text):
    assert page(survey(Dataset.read(folder))) == text
    assert write_page(folder).read_text(encoding="utf-8") == text


def test_counts_are_those_of_the_songs(folder):
    found = survey(Dataset.read(folder))
    songs = list(Dataset.read(folder).songs())
    assert found.songs == len(songs) == 14
    assert found.pitch.sum() == found.duration.sum() == found.velocity.sum() == sum(len(s.notes) for s in songs)
    assert found.keys.sum() == 14
    assert dict(found.splits) == {"valid": 1, "test": 1, "train": 12}
    assert found.with_part["melody"] == 14
    assert list(found.outliers) == [f"{NAME}3"]
    assert "beats long" in found.outliers[f"{NAME}3"][0]
    assert found.licences == {"CC0-1.0": 14}


def test_the_sheet_says_what_the_manifest_knows(folder):
    text = write_sheet(folder).read_text(encoding="utf-8")
    assert text == sheet(survey(Dataset.read(folder)))
    assert "| CC0-1.0 | 14 |" in text
    assert "left out: velocity" in text
    assert "| train | 12 |" in text
    assert "it has 3 notes" in text
    assert "Not known" in text
    assert "nobody has said" not in text


def test_a_manifest_that_knows_nothing_is_no_trouble(tmp_path):
    made = _dataset(tmp_path / "bare", songs=2)
    songs = list(Dataset.read(made).songs())
    dataset.write(made, songs, {})
    write_page(made)
    text = write_sheet(made).read_text(encoding="utf-8")
    assert "not recorded" in text


def test_no_songs_at_all_make_a_page(tmp_path):
    (tmp_path / "none").mkdir()
    dataset.write(tmp_path / "none", [], {"files": []})
    assert "0 songs" in write_page(tmp_path / "none").read_text(encoding="utf-8")
    assert write_sheet(tmp_path / "none").exists()


def test_without_matplotlib_the_way_out_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(PluginError, match=r"dusktape\[train\]"):
        write_page(folder)


def test_a_folder_without_a_dataset_is_refused(tmp_path):
    with pytest.raises(InputError, match="no dataset"):
        write_page(tmp_path)
