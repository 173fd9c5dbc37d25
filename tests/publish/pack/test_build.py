"""Packs, whole: from a model, from songs, from finished tracks."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import InputError, OutputError
from dusktape.core.seed import Seed
from dusktape.io import wav_chunks
from dusktape.nn.run import FACTS, WEIGHTS
from dusktape.nn.weights import save
from dusktape.publish.pack import nearest
from dusktape.publish.pack.build import make

from .conftest import RATE, Broken, Hums, Same, Thuds, thud


def sounds(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.wav"))


def test_a_model_fills_a_pack(run, order):
    asked = order(run(), count=6)
    facts = make(asked)
    out = asked.out
    assert sounds(out) == [
        *(f"Drums/Closed Hats/DT_ClosedHat_{k:02d}.wav" for k in (1, 2, 3)),
        *(f"Drums/Kicks/DT_Kick_{k:02d}.wav" for k in (1, 2, 3)),
    ]
    assert sorted(path.name for path in out.iterdir() if path.is_file()) == [
        "LICENSE.txt",
        "cover.png",
        "index.html",
        "manifest.json",
    ]
    assert facts == json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert (facts["title"], facts["licence"], facts["seed"]) == ("Dusty Kicks Vol 1", "CC0-1.0", 3)
    assert facts["compared"] == {
        "checked": False,
        "why": "what the model learned from is not at hand; name it with --data",
    }
    for file in facts["files"]:
        assert hashlib.sha256((out / file["file"]).read_bytes()).hexdigest() == file["sha256"]
        read, rate = soundfile.read(out / file["file"], always_2d=True)
        assert (rate, *read.T.shape) == (RATE, file["channels"], file["frames"])
        assert np.abs(read[[0, -1]]).max() == 0.0
        assert file["peak_dbtp"] <= -0.99


def test_an_address_in_the_manifest_gives_the_sound_again(run, order):
    asked = order(run(), labels=("kick",))
    file = make(asked)["files"][2]
    address = file["address"]
    again = Thuds().write_sounds(8, seed=Seed(address["seed"], tuple(address["at"])), label=address["label"])
    heard = soundfile.read(asked.out / file["file"], dtype="float32")[0]
    drawn = again[address["sound"]][0]
    full = np.abs(np.correlate(drawn, heard, "valid" if drawn.size > heard.size else "full"))
    assert full.max() > 0.99 * np.linalg.norm(heard) * np.linalg.norm(drawn)


def test_the_same_order_makes_the_same_pack(run, order, tmp_path):
    folder = run()
    first, again = (
        make(order(folder, out=tmp_path / name / "A")) for name in ("x", "y") if not (tmp_path / name).mkdir()
    )
    assert first["files"] == again["files"]
    for name in ("index.html", "manifest.json", "cover.png", "LICENSE.txt"):
        assert (tmp_path / "x" / "A" / name).read_bytes() == (tmp_path / "y" / "A" / name).read_bytes()
    other = make(order(folder, out=tmp_path / "B", seed=Seed(4)))
    assert not {f["sha256"] for f in first["files"]} & {f["sha256"] for f in other["files"]}


def test_a_model_that_repeats_itself_ends_with_what_there_is(run, order):
    said = []
    asked = order(run(Same), labels=("kick",))
    facts = make(asked, say=said.append)
    assert len(facts["files"]) == 1
    assert said[2:] == ["kick: 1 of 4 after 28 tries; left out: 27 duplicate"]
    assert facts["refused"] == {"duplicate": 27}


def test_a_model_that_makes_nothing_makes_no_pack(run, order):
    asked = order(run(Broken))
    with pytest.raises(InputError, match="gave no sound that is fit for a pack"):
        make(asked)
    assert not asked.out.exists()


def test_what_was_learned_stays_out_where_the_data_are_at_hand(run, order, dataset):
    learned = {f"learned-{k}": (thud(Seed(5)) if k == 0 else thud(Seed(90, (k,))), "train") for k in range(8)}
    kept = {f"kept-{k}": (thud(Seed(91, (k,))), "valid") for k in range(8)}
    data = dataset(learned | kept)
    asked = order(run(Thuds, sha256=data.sha256), data=data.folder)
    facts = make(asked)
    assert facts["compared"]["checked"]
    assert (facts["compared"]["clips"], facts["compared"]["held_out"]) == (8, 8)
    assert all(f["nearest"]["distance_db"] >= f["nearest"]["allowed_db"] > 0.0 for f in facts["files"])
    with pytest.raises(InputError, match="gave no sound that is fit"):
        make(order(run(Same, "other"), data=data.folder, out=asked.out.with_name("B")))


def test_the_dataset_is_looked_for_where_it_was_and_known_by_its_hash(run, order, dataset, tmp_path):
    learned = {f"learned-{k}": (thud(Seed(5)) if k == 0 else thud(Seed(90, (k,))), "train") for k in range(8)}
    data = dataset(learned | {f"kept-{k}": (thud(Seed(91, (k,))), "valid") for k in range(8)})
    folder = Path(run(Thuds, name="runs", sha256=data.sha256))
    facts = json.loads((folder / FACTS).read_text())
    (folder / FACTS).write_text(json.dumps(facts | {"data_at": [f"../{data.folder.name}", "/gone"]}))
    said: list[str] = []
    asked = order(str(folder))
    told = make(asked, say=said.append)
    assert told["compared"]["clips"] == 8
    assert said[1] == "compared with 8 training sounds"
    assert "compared with 8 sounds" in (asked.out / "LICENSE.txt").read_text(encoding="utf-8")
    assert str(tmp_path) not in (asked.out / "manifest.json").read_text(encoding="utf-8")
    (folder / FACTS).write_text(json.dumps(facts | {"data": {**facts["data"], "sha256": "0" * 64}}))
    assert not make(order(str(folder), out=tmp_path / "B"))["compared"]["checked"]


def test_a_pack_that_was_not_compared_says_so_everywhere(run, order):
    said: list[str] = []
    asked = order(run())
    make(asked, say=said.append)
    assert said[1].endswith("what the model learned from is not at hand; name it with --data")
    for name in ("LICENSE.txt", "index.html", "manifest.json"):
        assert "They were not compared with the sounds" in (asked.out / name).read_text(encoding="utf-8")


def test_an_index_beside_the_weights_stands_for_the_data(run, order):
    folder = run()
    learned = [(f"learned-{k}", "kick", "train", thud(Seed(90, (k,)))) for k in range(8)]
    kept = [(f"kept-{k}", "kick", "valid", thud(Seed(91, (k,)))) for k in range(8)]
    nearest.of_sounds([*learned, *kept], RATE).save(Path(folder) / nearest.FILE)
    facts = make(order(folder, count=2))
    assert facts["compared"]["checked"]
    assert all(f["nearest"]["clip"].startswith("learned-") for f in facts["files"])


def test_a_users_own_recordings_keep_their_terms(order, bare, tmp_path, monkeypatch):
    monkeypatch.setattr("dusktape.studio.yours.names", lambda: ("mine",))
    monkeypatch.setattr("dusktape.studio.yours.files_of", lambda recipe: [{"file": "mine.wav"}])
    with pytest.raises(InputError, match=r"nobody said under which licence mine\.wav is"):
        make(order(bare, kinds=("textures",), count=1))
    facts = make(order(bare, kinds=("textures",), count=1, licence="LicenseRef-mine"))
    assert "No recording" not in facts["statement"]


def test_long_sounds_become_textures_and_loops_of_whole_bars(run, order):
    asked = order(run(Hums), count=2)
    facts = make(asked)
    assert {f["kind"] for f in facts["files"]} == {"textures"}
    assert all(f["seam"]["jolt"] < 1.5 for f in facts["files"])
    loops = make(replace(asked, kinds=("loops",), bpm=80.0, bars=2, out=asked.out.with_name("B")))
    assert all(f["frames"] == 6 * RATE for f in loops["files"])
    assert all("_80bpm_" in f["file"] for f in loops["files"])


def test_each_loop_is_told_when_it_is_drawn_and_none_is_drawn_in_vain(run, order, monkeypatch):
    counts, told = [], []
    draw = Hums.write_sounds
    monkeypatch.setattr(Hums, "write_sounds", lambda self, n, **how: counts.append(n) or draw(self, n, **how))
    make(order(run(Hums), kinds=("loops",), bpm=80.0, bars=2, count=3), told=lambda text, share: told.append(text))
    assert told == ["loops: 1 of 3", "loops: 2 of 3", "loops: 3 of 3"]
    assert set(counts) == {1}


def test_who_asks_a_run_without_labels_for_kicks_is_told_what_to_do(run, order):
    asked = order(run(Hums), kinds=("oneshots",), labels=("kick",))
    with pytest.raises(InputError, match=r"was not taught which of its sounds is a kick.*; leave out --label"):
        make(asked)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"kinds": ("stabs",)}, "does not know chords; stabs come from recipes"),
        ({"kinds": ("loops",)}, "is told no tempo; say to which one its loops are cut: --bpm 80"),
        ({"key": "Am"}, "does not know keys; leave out --key"),
        ({"labels": ("kik",)}, "there is no label 'kik' among its oneshots; did you mean 'kick'?"),
        ({"labels": ("kick",), "kinds": ("loops",), "bpm": 80.0}, "no label 'kick' among its loops; leave out --label"),
        ({"labels": ("kick",), "data": "nowhere"}, "nowhere"),
    ],
)
def test_what_a_model_cannot_do_is_refused_before_anything_is_there(run, order, told, said):
    if "data" in told:
        told = told | {"data": order("x").out.with_name("nowhere")}
    asked = order(run(), **told)
    with pytest.raises(InputError) as error:
        make(asked)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert not asked.out.exists()


@pytest.mark.parametrize("asked", [{"kinds": ("stabs",)}, {"kinds": ("loops",)}, {"labels": ("kik",)}])
def test_what_a_model_cannot_do_is_refused_before_it_is_compared_with_its_data(run, order, dataset, asked):
    data = dataset({f"learned-{k}": (thud(Seed(90, (k,))), "train") for k in range(3)})
    told: list[str] = []
    with pytest.raises(InputError):
        make(order(run(sha256=data.sha256), data=data.folder, **asked), told=lambda text, share: told.append(text))
    assert told == []


def test_what_a_model_says_of_a_length_reaches_the_user(run, order):
    asked = order(run(Hums), kinds=("loops",), bpm=40.0, bars=64)
    with pytest.raises(InputError, match="frames are too many"):
        make(asked)
    assert not asked.out.exists()


def test_data_that_want_to_be_named_are_named(run, order):
    asked = order(run(licences={"CC-BY-4.0": 3, "CC0-1.0": 1}))
    assert make(asked)["licence"] == "CC-BY-4.0"
    assert "thuds: CC-BY-4.0" in (asked.out / "LICENSE.txt").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="wants its authors named"):
        make(replace(asked, licence="CC0-1.0", out=asked.out.with_name("B")))


def begun_with(folder: str, **told: object) -> str:
    place = Path(folder) / FACTS
    before = {"name": "jmann.ckpt", "sha256": "4" * 64, **told}
    place.write_text(json.dumps(json.loads(place.read_text()) | {"from": before}))
    return folder


def test_weights_of_somebody_else_that_a_run_began_with_are_not_given_away_and_are_named(run, order):
    asked = order(begun_with(run()))
    with pytest.raises(InputError, match=r"nobody said under which licence jmann\.ckpt is; .*--licence"):
        make(asked)
    assert not asked.out.exists()
    facts = make(replace(asked, licence="CC-BY-4.0"))
    assert facts["licence"] == "CC-BY-4.0"
    assert facts["source"]["from"] == {"name": "jmann.ckpt", "sha256": "4" * 64}
    assert "fine-tuned from jmann.ckpt" in facts["statement"]
    text = (asked.out / "LICENSE.txt").read_text(encoding="utf-8")
    assert "jmann.ckpt: unknown" in text and "4" * 64 in text


def test_what_a_run_of_ones_own_may_not_do_is_not_lost_by_going_on_from_it(run, order):
    with pytest.raises(InputError, match=r"jmann\.ckpt \(CC-BY-NC-4\.0\) may not be passed on as CC0"):
        make(order(begun_with(run(), licences={"CC-BY-NC-4.0": 3})))
    before = {"name": "older", "sha256": "5" * 64, "licences": {"CC-BY-NC-4.0": 1}}
    with pytest.raises(InputError, match="older"):
        make(order(begun_with(run(name="b"), licences={"CC0-1.0": 3}, **{"from": before})))
    assert make(order(begun_with(run(name="c"), licences={"CC0-1.0": 3})))["licence"] == "CC0-1.0"


def test_a_pack_is_compared_with_what_the_run_learned_from_not_with_the_datasets_split(run, order, dataset):
    data = dataset({f"s{k}": (thud(Seed(90, (k,))), "train" if k < 6 else "valid") for k in range(8)})
    folder = Path(run(sha256=data.sha256))
    files = {"train": ["s6.wav", "s7.wav"], "valid": ["s0.wav"], "test": []}
    sha256 = save(folder / WEIGHTS, {"x": np.zeros(1, np.float32)}, {"vocabulary": json.dumps({"files": files})})
    facts = json.loads((folder / FACTS).read_text()) | {"sha256": sha256}
    (folder / FACTS).write_text(json.dumps(facts))
    told = make(order(str(folder), data=data.folder, count=2))
    assert (told["compared"]["clips"], told["compared"]["held_out"]) == (2, 6)
    assert {f["nearest"]["clip"] for f in told["files"]} <= {"s6", "s7"}
    (folder / FACTS).write_text(json.dumps(facts | {"train": {"hold_out": False}}))
    told = make(order(str(folder), data=data.folder, count=2, force=True))
    assert (told["compared"]["clips"], told["compared"]["held_out"]) == (3, 5)


def test_a_run_that_held_nothing_out_learned_from_the_validation_sounds_too(run, order, dataset):
    data = dataset({f"s{k}": (thud(Seed(90, (k,))), "train" if k < 6 else "valid") for k in range(8)})
    folder = Path(run(sha256=data.sha256))
    facts = json.loads((folder / FACTS).read_text()) | {"train": {"hold_out": False}}
    (folder / FACTS).write_text(json.dumps(facts))
    assert make(order(str(folder), data=data.folder, count=2))["compared"]["clips"] == 8


def test_where_nothing_was_held_out_copies_stay_out_all_the_same_and_the_limit_is_said(run, order, dataset):
    learned = {f"learned-{k}": (thud(Seed(5)) if k == 0 else thud(Seed(90, (k,))), "train") for k in range(4)}
    data = dataset(learned)
    said: list[str] = []
    with pytest.raises(InputError, match=r"too near to what it learned from: train it on more sounds"):
        make(order(run(Same, sha256=data.sha256), data=data.folder), say=said.append)
    assert said[1] == "compared with 4 training sounds; none was held out, so nothing nearer than 2.5 dB gets in"


def test_a_limit_is_no_higher_than_what_copies_have():
    hums = Hums().write_sounds(8, seed=Seed(1))
    thuds = [thud(Seed(90, (k,))) for k in range(4)]
    sounds = [(f"t{k}", "", "train", thuds[k]) for k in range(4)] + [(f"h{k}", "", "valid", hums[k]) for k in range(8)]
    assert nearest.of_sounds(sounds, RATE).allowed_db == {"": nearest.MOST_DB}


def test_a_pack_is_not_overwritten_unasked_and_leaves_nothing_of_the_old_one(run, order):
    asked = order(run(), count=6)
    make(asked)
    (asked.out / "Drums" / "Kicks" / "mine.txt").write_text("stays")
    with pytest.raises(OutputError, match="--force"):
        make(asked)
    make(replace(asked, labels=("kick",), count=2, force=True))
    assert sounds(asked.out) == ["Drums/Kicks/DT_Kick_01.wav", "Drums/Kicks/DT_Kick_02.wav"]
    assert (asked.out / "Drums" / "Kicks" / "mine.txt").exists()
    assert not (asked.out / "Drums" / "Closed Hats").exists()


def test_a_manifest_of_somebody_else_removes_nothing(run, order):
    asked = order(run(), force=True)
    asked.out.mkdir()
    outside = asked.out.parent / "outside.wav"
    outside.write_bytes(b"mine")
    told = {"files": [{"file": "../outside.wav", "sha256": "0" * 64}, {"file": str(outside), "sha256": "0" * 64}]}
    (asked.out / "manifest.json").write_text(json.dumps(told))
    make(asked)
    assert outside.read_bytes() == b"mine"


def test_the_archive_holds_the_folder_and_is_the_same_every_time(run, order, tmp_path):
    asked = order(run(), zipped=True)
    make(asked)
    first = asked.archive.read_bytes()
    with zipfile.ZipFile(asked.archive) as file:
        names = file.namelist()
        assert file.testzip() is None
    expected = {p.relative_to(tmp_path).as_posix() for p in asked.out.rglob("*") if p.is_file()}
    assert set(names) == expected
    make(replace(asked, force=True))
    assert asked.archive.read_bytes() == first


def test_an_archive_that_is_there_is_not_overwritten(run, order):
    asked = order(run(), zipped=True)
    asked.archive.write_bytes(b"mine")
    with pytest.raises(OutputError, match="there already"):
        make(asked)
    assert asked.archive.read_bytes() == b"mine"
    assert not asked.out.exists()


def test_a_pack_that_fails_half_way_leaves_nothing(run, order, monkeypatch):
    asked, drawn = order(run(), zipped=True), Thuds.write_sounds

    def breaks(self, count, *, seed, label="", frames=0, steps=0):
        if label != "kick":
            raise KeyboardInterrupt
        return drawn(self, count, seed=seed, label=label)

    monkeypatch.setattr(Thuds, "write_sounds", breaks)
    before = sorted(asked.out.parent.iterdir())
    with pytest.raises(KeyboardInterrupt):
        make(asked)
    assert sorted(asked.out.parent.iterdir()) == before


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_formats_and_depths(run, order, suffix, bits):
    asked = order(run(), count=1, format=suffix, bits=bits, rate=22_050)
    (file,) = make(asked)["files"]
    info = soundfile.info(asked.out / file["file"])
    assert (info.format, info.subtype, info.samplerate) == (suffix.upper(), f"PCM_{bits}", 22_050)


@pytest.fixture(scope="module")
def from_songs(bare, tmp_path_factory):
    """A pack of two of each kind, from songs of a recipe."""
    from dusktape.publish.pack.order import Order

    out = tmp_path_factory.mktemp("packs") / "Bare Bones"
    asked = Order(bare, out, Seed(5), count=3, bpm=96.0, key="D minor", bars=2)
    return asked, make(asked)


def of(kind, facts):
    return [file for file in facts["files"] if file["kind"] == kind]


def test_songs_give_all_kinds(from_songs):
    _, facts = from_songs
    assert {kind: len(of(kind, facts)) for kind in ("oneshots", "loops", "stabs", "textures")} == dict.fromkeys(
        ("oneshots", "loops", "stabs", "textures"), 3
    )
    assert facts["source"]["kind"] == "recipe"
    assert facts["compared"]["checked"] is False
    assert facts["licence"] == "CC0-1.0"


def test_loops_of_songs_have_the_frames_of_their_bars_and_close(from_songs):
    asked, facts = from_songs
    for file in of("loops", facts):
        assert (file["bpm"], file["bars"], file["beats"]) == (96.0, 2, 8)
        assert file["frames"] == round(2 * 4 * 60 / 96 * 44_100)
        assert file["seam"]["jolt"] < 1.0
        playing = wav_chunks.read(asked.out / file["file"])
        assert (playing.loop_frames, playing.beats, playing.bpm) == (file["frames"], 8, 96.0)
    names = [file["file"] for file in of("loops", facts)]
    assert "Loops/Keys/DT_Keys_96bpm_Dm_01.wav" in names
    assert "Loops/Drums/DT_Drums_96bpm_01.wav" in names
    assert "Loops/Full Mix/DT_Mix_96bpm_Dm_01.wav" in names


def test_loops_of_a_kind_are_equally_loud(from_songs):
    _, facts = from_songs
    for file in of("loops", facts):
        aim = -14.0 if file["group"] == "mix" else -18.0
        assert file["lufs"] == pytest.approx(aim, abs=0.1) or file["peak_dbtp"] == pytest.approx(-1.0, abs=0.02)


def test_stabs_are_called_by_their_chord_and_tell_its_root(from_songs):
    asked, facts = from_songs
    for file in of("stabs", facts):
        assert file["file"].startswith("Stabs/DT_Rhodes_")
        assert file["root"] == file["address"]["pitches"][0]
        assert wav_chunks.read(asked.out / file["file"]).root == file["root"]
        assert file["edge_db"] is None  # nothing at all at either end
    assert len({file["chord"] for file in of("stabs", facts)}) > 1


def test_a_stab_sounds_at_its_root(from_songs):
    asked, facts = from_songs
    file = of("stabs", facts)[0]
    sound, rate = soundfile.read(asked.out / file["file"], always_2d=True)
    spectrum = np.abs(np.fft.rfft(sound.mean(axis=1) * np.hanning(len(sound)), 1 << 18))
    hz = np.fft.rfftfreq(1 << 18, 1.0 / rate)

    def strength(pitch):
        at = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
        return spectrum[np.abs(hz / at - 1.0) < 0.012].max()

    assert strength(file["root"]) > 4.0 * max(strength(file["root"] - 1), strength(file["root"] - 2))


def test_textures_go_round(from_songs):
    asked, facts = from_songs
    for file in of("textures", facts):
        assert file["seconds"] == 16.0
        assert file["seam"]["jolt"] < 1.5
        assert wav_chunks.read(asked.out / file["file"]).loop_frames == file["frames"]


def test_one_shots_of_kits_are_short_and_begin_at_once(from_songs):
    asked, facts = from_songs
    for file in of("oneshots", facts):
        sound = np.abs(soundfile.read(asked.out / file["file"], always_2d=True)[0]).max(axis=1)
        assert file["seconds"] < 2.0
        assert np.argmax(sound > 0.1 * sound.max()) < 0.01 * 44_100


def test_songs_have_no_data_to_compare_with(order, bare, tmp_path):
    with pytest.raises(InputError, match="nothing here was learned from sounds"):
        make(order(bare, data=tmp_path))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("rainyy", "did you mean 'rainy'?"),
        ("rdiffx", "'rdiffx' is no folder, so no run or bundle either, and no model; there is no recipe 'rdiffx'"),
        ("  ", "the source is empty"),
        ("no/such/folder", "is no folder and no recipe"),
        ("nothing.wav", "nothing.wav"),
    ],
)
def test_what_is_no_source_is_refused(order, source, said):
    from dusktape.core.errors import DusktapeError

    with pytest.raises(DusktapeError) as error:
        make(order(source))
    assert said in str(error.value)


def test_an_empty_folder_is_no_source(order, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="with stems"):
        make(order(str(tmp_path / "empty")))


@pytest.fixture(scope="module")
def bundle(bare, tmp_path_factory):
    """A finished track with its stems."""
    from dusktape.publish.asked import Asked
    from dusktape.publish.commission import commissions
    from dusktape.publish.deliver import Order as Delivery
    from dusktape.publish.deliver import deliver
    from dusktape.studio.loop import produced
    from dusktape.studio.wish import Wish

    folder = tmp_path_factory.mktemp("tracks") / "night"
    (job,) = commissions(Wish(bare, minutes=0.7, bpm=90.0), 4, Asked())
    production = produced(job.recipe, job.seed, control=job.control)
    deliver(production, Delivery(bundle=folder), title=job.title, licence="CC-BY-4.0")
    return folder


def test_finished_tracks_give_loops_of_their_stems(bundle, order):
    asked = order(str(bundle), kinds=("loops",), bars=2, count=3)
    facts = make(asked)
    assert facts["licence"] == "CC-BY-4.0"  # as the track's
    told = json.loads((bundle / "track.json").read_text(encoding="utf-8"))["report"]
    for file in facts["files"]:
        assert file["frames"] == round(2 * 4 * 60 / told["bpm"] * 44_100)
        assert file["address"]["part"] in ("mix", "drums", "keys")
        assert file["seam"]["jolt"] < 1.5


def test_a_loop_of_a_stem_is_that_stem(bundle, order):
    asked = order(str(bundle), kinds=("loops",), bars=2, count=2)
    file = make(asked)["files"][1]
    loop = soundfile.read(asked.out / file["file"], always_2d=True)[0]
    stem = soundfile.read(bundle / "stems" / f"{file['address']['part']}.flac", always_2d=True)[0]
    start = round((file["address"]["bar"] - 1) * 4 * 60 / 90 * 44_100)
    here = stem[start : start + 44_100]
    gain = np.vdot(here, loop[:44_100]) / np.vdot(here, here)
    np.testing.assert_allclose(loop[:44_100], gain * here, atol=1e-4)


def test_a_folder_of_tracks_is_a_source_too(bundle, order, tmp_path):
    shutil.copytree(bundle, tmp_path / "all" / "one")
    facts = make(order(str(tmp_path / "all"), kinds=("loops",), bars=2, count=1))
    assert facts["files"][0]["address"]["track"] == "one"


def test_finished_tracks_give_their_kit_as_well(bundle, order):
    asked = order(str(bundle), kinds=("oneshots",), labels=("kick",), count=1)
    (file,) = make(asked)["files"]
    assert file["address"]["seed"] == 4


@pytest.mark.parametrize("damage", ["{", '{"title": 1}', "[]"])
def test_a_damaged_track_is_told(order, tmp_path, damage):
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "track.json").write_text(damage)
    with pytest.raises(InputError, match="does not describe a track"):
        make(order(str(tmp_path / "t")))


def test_labels_choose_drums_and_parts(order, bare):
    asked = order(bare, labels=("kick", "drums"), count=1, bars=2)
    facts = make(asked)
    assert [file["file"].rpartition("/")[0] for file in facts["files"]] == ["Drums/Kicks", "Loops/Drums"]


def test_a_folder_that_is_called_like_a_recipe_does_not_hide_it(order, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rainy").mkdir()
    (file,) = make(order("rainy", labels=("snare",), count=1))["files"]
    assert file["address"]["recipe"] == "rainy"


def test_loops_that_take_many_windows_are_announced(run, order):
    class Diffusing(Hums):
        denoiser = None

    said: list[str] = []
    make(order(run(Diffusing), kinds=("loops",), count=1, bpm=120.0, bars=4), say=said.append)
    assert "each loop lasts 8.0 s and is drawn in 2 windows of 6.0 s: this can take minutes without a GPU" in said


def test_a_model_of_one_kind_of_sounds_names_them_by_it(run, order):
    class Nameless(Thuds):
        labels = ()

    facts = make(order(run(Nameless, label="snare"), count=2))
    assert {file["group"] for file in facts["files"]} == {"snare"}
