from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dusktape.cli import stationed
from dusktape.core.score import BAR, Key, Note, Score, Section
from dusktape.io.midi import to_midi
from dusktape.radio.state import Entry, Made, State, new_id

SONG = Score(
    80.0,
    Key(0, "minor"),
    (Section("A", 0, 4 * BAR),),
    (),
    {"lead": tuple(Note(k * 960, 900, 60 + k % 5, 90) for k in range(16))},
)


@pytest.fixture
def library(tmp_path):
    with State.open(tmp_path / "x") as state:
        state.station("main")
        yield state


def put(state, title, **changes):
    name = new_id()
    files = {}
    for file in ("master.flac", "track.json", "stems/keys.flac"):
        path = state.folder / f"new.{file.rpartition('.')[2]}"
        path.write_bytes(f"{name} {file}".encode())
        files[file] = state.put(path)
    made = Made(name, title, "rainy", "warm", 7, 76.0, "F# minor", 185.0, 1, "CC0-1.0", name, files, time.time())
    state.add_track(replace(made, **changes))
    return made


def test_what_was_made_is_listed_newest_first(dusktape, library):
    first, second = put(library, "Harbour"), put(library, "Night Bus", kept=True)
    library.like(first.id, 1, "somebody")
    lines = dusktape("library", "--state", "x").out.splitlines()
    assert [line.split()[0] for line in lines] == [second.id, first.id]
    assert lines[1].split()[1] == "+"
    assert "3:05" in lines[0]
    assert lines[0].endswith("Night Bus")
    found = dusktape("library", "--state", "x", "--search", "harbour", "--json").out
    assert json.loads(found)["id"] == first.id
    said = dusktape("library", "--state", "x", "--disliked")
    assert (said.code, said.out, said.err) == (0, "", "no track is disliked; dusktape library lists all\n")
    assert dusktape("library", "--state", "x", "--limit", "1").out.count("\n") == 1
    version = put(library, "Harbour", song=first.id, parent=first.id)
    lines = dusktape("library", "--state", "x", "--song", first.id).out.splitlines()
    assert [line.split()[0] for line in lines] == [version.id, first.id]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "no track is here yet; dusktape radio makes some"),
        (("--json",), "no track is here yet"),
        (("--song", "nope"), "no track is of the song 'nope'; dusktape library lists all"),
        (("--liked", "--search", "zzzz"), "no track is liked and has 'zzzz' in title, recipe, mood, key or seed"),
        (("uploads",), "no file was brought yet"),
    ],
)
def test_where_there_is_nothing_a_line_says_so(dusktape, library, words, told):
    said = dusktape("library", "--state", "x", *words)
    assert (said.code, said.out, said.err.count("\n")) == (0, "", 1)
    assert said.err.startswith(told)


def test_tracks_are_liked_kept_and_deleted(dusktape, library):
    made = put(library, "Harbour")
    on = ("library", "--state", "x")
    assert dusktape(*on, "like", made.id).code == 0
    assert library.likes(made.id) == {"127.0.0.1": 1}
    dusktape(*on, "dislike", made.id)
    assert library.likes(made.id) == {"127.0.0.1": -1}
    dusktape(*on, "neither", made.id)
    assert sum(library.likes(made.id).values()) == 0
    dusktape(*on, "keep", made.id)
    assert library.track(made.id).kept
    dusktape(*on, "keep", "--no", made.id)
    assert not library.track(made.id).kept
    dusktape(*on, "delete", made.id)
    assert library.track(made.id) is None


def test_tracks_are_copied_out(dusktape, library, tmp_path):
    made = put(library, "Harbour")
    said = dusktape("library", "--state", "x", "export", made.id)
    folder = tmp_path / f"rainy-7-{made.id}"
    assert said.out.strip() == folder.name
    assert (folder / "stems" / "keys.flac").read_bytes() == library.blob(made.files["stems/keys.flac"]).read_bytes()
    again = dusktape("library", "--state", "x", "export", made.id)
    assert again.code == 1
    assert "is there and not empty" in again.err
    assert dusktape("library", "--state", "x", "export", made.id, "--force").code == 0


def test_the_size_is_told(dusktape, library):
    put(library, "Harbour")
    told = json.loads(dusktape("library", "--state", "x", "size", "--json").out)
    assert told["tracks"] == 1
    assert told["bytes"] > 50
    assert "1 track, 0.00 GB" in dusktape("library", "--state", "x", "size").out


def test_what_is_not_there_is_said(refused, library, dusktape):
    assert "there is no library in" in refused("library", "--state", "nowhere")
    for command in ("like", "keep", "delete", "export"):
        said = dusktape("library", "--state", "x", command, "nothing")
        assert (said.code, said.err) == (1, "dusktape: there is no track 'nothing'; dusktape library lists them\n")


def test_a_station_is_tuned(dusktape, library, monkeypatch):
    made = put(library, "Harbour")
    library.plan(Entry("main", "track", 0, 44_100_000, track=made.id, title="Harbour"))
    library.plan(Entry("main", "track", 44_100_000, 88_200_000, title="After"))
    said = dusktape(
        "tune",
        "--state",
        "x",
        "--mood",
        "dark",
        "--energy",
        "-0.5",
        "--recipes",
        "rainy,dusk",
        "--skip",
        "--queue",
        made.id,
    )
    assert said.code == 0
    assert said.out.splitlines()[0].startswith("last  ")  # no radio runs
    assert "Harbour" in said.out.splitlines()[0]
    assert "mood dark" in said.out
    assert library.station("main").settings == {"mood": "dark", "energy": -0.5, "recipes": ["rainy", "dusk"]}
    assert [o.kind for o in library.orders("main")] == ["steer", "queue", "skip"]
    dusktape("tune", "--state", "x", "--mood", "any", "--play", made.id)
    assert "mood" not in library.station("main").settings
    past = dusktape("tune", "--state", "x", "--history", "9").out.splitlines()
    assert [line[:4] for line in past[:2]] == ["last", "then"]
    told = json.loads(dusktape("tune", "--state", "x", "--json").out)
    assert [e["title"] for e in told["entries"]] == ["Harbour", "After"]
    said = dusktape("tune", "--state", "x")
    start = stationed.starting(library.folder)
    assert (said.out[:4], said.err) == ("last", f"no radio runs on this folder; this starts one: {start}\n")
    monkeypatch.setattr("dusktape.cli.tune.running", lambda folder: "a radio")
    said = dusktape("tune", "--state", "x")
    assert (said.out[:4], said.err) == ("now ", "")


def test_a_skip_says_where_it_led_that_it_waits_or_that_nothing_plays(dusktape, library, monkeypatch):
    from dusktape.cli import tune

    library.plan(Entry("main", "interlude", 0, 1 << 50, title="Needle down", spec={"bed": "rain"}))
    looks = []

    def carried_out(seconds):
        looks.append(seconds)
        if len(looks) == 2:  # as the playout does: nothing was planned before the order came
            (order,) = library.orders("main")
            library.plan(Entry("main", "track", 1 << 40, 1 << 51, title="After", spec={"order": order.id}))

    monkeypatch.setattr(tune.time, "sleep", carried_out)
    said = dusktape("tune", "--state", "x", "--skip")
    assert (said.code, said.err) == (0, "skipped to 'After'\n")
    assert said.out.split() == ["now", "-", "After"]  # what was left is not told of, though its end is still heard
    assert len(looks) == 2
    monkeypatch.setattr(tune, "_PATIENCE_S", 0.0)
    assert dusktape("tune", "--state", "x", "--skip").err == "no radio runs on this folder; it skips when one does\n"
    monkeypatch.setattr(tune, "running", lambda folder: "a radio")
    said = dusktape("tune", "--state", "x", "--skip")
    assert (said.code, said.err) == (0, "nothing else is ready yet; it skips as soon as something is\n")
    assert [o.kind for o in library.orders("main")] == ["skip", "skip"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nobody",), "there is no station 'nobody'"),
        (("--mood", "drak"), "did you mean 'dark'?"),
        (("--mood", "angry"), "there is no mood 'angry'; there is dark, dreamy, hopeful, sleepy, warm, wistful"),
        (("--weather", "hail"), "there is no weather 'hail'; there is any, clear, fog, rain, snow"),
        (("--recipes", "raniy"), "did you mean 'rainy'?"),
        (("--recipes", ","), "--recipes names none"),
        (("--play", "nothing"), "there is no track 'nothing'"),
        (("--energy", "2"), "that is a number, -1 to 1, got '2'"),
    ],
)
def test_a_station_is_not_tuned_to_nowhere(dusktape, library, words, told):
    said = dusktape("tune", "--state", "x", *words)
    assert said.code == 1
    assert told in said.err
    assert library.orders("main") == []


def test_jobs_are_added_listed_and_called_off(dusktape, library):
    on = ("jobs", "--state", "x")
    ids = dusktape(*on, "add", "slow rainy night", "--seed", "5", "-n", "2", "--bpm", "70").out.split()
    found = [library.job(name) for name in ids]
    assert [j.spec["seed"] for j in found] == [5, 6]
    assert found[0].group == found[1].group != ""
    assert found[0].client == "127.0.0.1"
    listed = dusktape(*on).out.splitlines()
    assert [line.split()[0] for line in listed] == ids[::-1]
    assert "queued" in listed[0]
    assert dusktape(*on, "cancel", ids[0]).code == 0
    assert library.job(ids[0]).state == "cancelled"
    said = dusktape(*on, "cancel", ids[0])
    assert (said.code, said.err) == (0, f"job {ids[0]} has ended already: cancelled\n")
    assert json.loads(dusktape(*on, "--json").out)["id"] == ids[1]
    assert len(dusktape(*on, "--all").out.splitlines()) == 2


def test_who_orders_where_no_radio_runs_is_told_so(dusktape, library, monkeypatch):
    from dusktape.cli import jobs

    on, start = ("jobs", "--state", "x", "add", "dusk"), stationed.starting(library.folder)
    told = "no radio runs on this folder; the queue waits for one: "
    assert dusktape(*on).err == f"{told}{start}\n"
    assert dusktape(*on, "--quiet").err == ""
    looks = []

    def sleep(seconds):
        looks.append(seconds)
        for job in library.jobs():
            library.cancel(job.id)

    monkeypatch.setattr(jobs.time, "sleep", sleep)
    said = dusktape(*on, "--wait")
    assert said.err.startswith(
        f"no radio runs on this folder; this waits for one, and so does the queue after Ctrl-C: {start}\n"
    )
    assert len(looks) == 1
    monkeypatch.setattr(jobs, "running", lambda folder: "a radio")
    assert dusktape(*on).err == ""
    monkeypatch.setenv("DUSKTAPE_HOME", str(library.folder))
    assert stationed.starting(library.folder / "radio") == "dusktape radio"
    assert start.startswith("dusktape radio --state ")


def test_what_waits_is_limited_as_over_the_api(dusktape, library):
    on = ("jobs", "--state", "x", "add", "--minutes", "60")
    assert dusktape(*on, "-n", "15").code == 0
    said = dusktape(*on)
    assert said.code == 1
    assert said.err == ("dusktape: 900 minutes of music of yours may wait; cancel some, or wait until some is made\n")
    assert dusktape("jobs", "--state", "x", "add", "--minutes", "0.5", "-n", "2").code == 1
    assert len(library.jobs()) == 15


def test_what_the_api_takes_the_command_line_takes(dusktape, library, tmp_path):
    made, other = put(library, "Harbour"), put(library, "Night Bus")
    to_midi(SONG, tmp_path / "tune.mid")
    on = ("jobs", "--state", "x", "add")
    words = ("--loop", "8", "--composer", "rules", "--loudness", "-16", "--title", "Mine", "--licence", "CC0-1.0")
    job = library.job(dusktape(*on, "rainy", *words, "--stems").out.strip())
    assert job.spec == {
        "recipe": "rainy",
        "asked": {"loop": 8},
        "composer": ["rules"],
        "loudness_lufs": -16.0,
        "title": "Mine",
        "licence": "CC0-1.0",
        "stems": True,
    }
    job = library.job(dusktape(*on, "--like", made.id, other.id, "--mix", "0.25").out.strip())
    assert job.spec["asked"] == {"like": [made.id, other.id], "mix": 0.25}
    job = library.job(dusktape(*on, "--under", "tune.mid").out.strip())
    mark = job.spec["asked"]["under"]
    assert (library.folder / "uploads" / f"{mark}.mid").read_bytes() == (tmp_path / "tune.mid").read_bytes()


def test_a_file_is_ordered_to_be_made_lo_fi(dusktape, library, tmp_path):
    soundfile.write(tmp_path / "Old Song.wav", 0.1 * np.ones(44_100), 44_100)
    on = ("jobs", "--state", "x", "lofi")
    name = dusktape(*on, "Old Song.wav", "--speed", "0.5", "--no-drums", "--recipe", "rainy").out.strip()
    job = library.job(name)
    assert (job.kind, job.client) == ("lofi", "127.0.0.1")
    assert job.spec.pop("upload")
    assert job.spec == {"name": "Old Song.wav", "speed": 0.5, "drums": False, "recipe": "rainy", "minutes": 0.03}
    ids = dusktape(*on, "Old Song.wav", "-n", "2", "--seed", "4").out.split()
    assert [library.job(one).spec["seed"] for one in ids] == [4, 5]


def test_a_file_is_called_as_in_its_order_whatever_the_same_content_was_called_before(dusktape, library, tmp_path):
    soundfile.write(tmp_path / "tone.wav", 0.1 * np.ones(44_100), 44_100)
    (tmp_path / "other.wav").write_bytes((tmp_path / "tone.wav").read_bytes())
    found = [
        library.job(dusktape("jobs", "--state", "x", "lofi", file).out.strip()) for file in ("tone.wav", "other.wav")
    ]
    assert [job.spec["name"] for job in found] == ["tone.wav", "other.wav"]
    assert found[0].spec["upload"] == found[1].spec["upload"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("lofi", "nothing.wav"), "there is no file 'nothing.wav'; check the name"),
        (("lofi", "letter.wav"), "that is no file we know"),
        (("lofi", "torn.wav"), "'torn.wav' is no WAV"),
        (("lofi", "tune.mid", "--speed", "9"), "'--speed': that is a number"),
        (("lofi", "tune.mid", "--source-bpm", "90"), "--source-bpm and --downbeat are for recordings"),
        (("lofi", "tune.mid", "--kit", "/etc"), "no paths"),
        (("add", "--under", "song.wav"), "'song.wav' is audio; midi is wanted there"),
        (
            ("add", "--under", "tune.mid", "--loop", "8"),
            "not from --loop and --under; leave one out",
        ),
        (("add", "--like", "a", "b"), "--like: there is no track 'a' and no 'b'; name two that the library lists"),
        (("add", "rainy", "--station", "nope"), "there is no station 'nope'; there is main"),
        (("lofi", "tune.mid", "--station", "mian"), "there is no station 'mian'; did you mean 'main'?"),
        (("add", "--mix", "0.5"), "--mix lies between two songs; name them with --like"),
        (("add", "--set", "models.x=y"), "name composers with --composer"),
        (("add", "--loop", "1"), "'--loop': that is a whole number, 2 to 64"),
        (
            ("add", "--title", "a\x01b"),
            "dusktape: the title 'a\\x01b' holds characters that cannot be shown; leave them out",
        ),
        (("lofi", "tune.mid", "--title", "a\nb"), "dusktape: the title 'a\\nb' holds characters that cannot be shown"),
        (("add", "--loudness", "3"), "'--loudness': that is a number"),
    ],
)
def test_orders_that_cannot_be_are_refused_and_leave_no_file_behind(dusktape, library, tmp_path, words, told):
    (tmp_path / "letter.wav").write_bytes(b"Dear all, " * 20)
    (tmp_path / "torn.wav").write_bytes(b"RIFF\x24\0\0\0WAVEfmt " + bytes(64))
    soundfile.write(tmp_path / "song.wav", 0.1 * np.ones(44_100), 44_100)
    to_midi(SONG, tmp_path / "tune.mid")
    said = dusktape("jobs", "--state", "x", *words)
    assert said.code == 1
    assert told in said.err
    assert said.err.count("\n") == 1
    assert library.jobs() == []
    folder = library.folder / "uploads"
    assert not folder.exists() or list(folder.iterdir()) == []


PLAYING = {"recipe": {"parts": {"lead": {"on": True}, "drums": {"on": True}, "rain": {"on": True, "texture": True}}}}


def test_a_track_is_edited_as_in_the_studio(dusktape, library, tmp_path):
    made = put(library, "Harbour", provenance=PLAYING)
    on = ("jobs", "--state", "x", "edit", made.id)

    def ordered(*words):
        return [library.job(name) for name in dusktape(*on, *words).out.split()]

    jobs = ordered("--again", "melody", "--bars", "9-12", "--seed", "5", "-n", "2")
    assert [(job.kind, job.spec) for job in jobs] == [
        ("edit", {"track": made.id, "again": ["melody"], "bars": [9, 12], "seed": seed}) for seed in ("5", "6")
    ]
    (job,) = ordered("--gain", "melody=-3", "--mute", "rain", "--solo", "drums")
    assert job.kind == "mix"
    assert job.spec["mix"] == {
        "lead": {"gain_db": -3.0, "mute": False, "solo": False},
        "rain": {"gain_db": 0.0, "mute": True, "solo": False},
        "drums": {"gain_db": 0.0, "mute": False, "solo": True},
    }
    to_midi(SONG, tmp_path / "tune.mid")
    (job,) = ordered("--notes", "tune.mid", "--title", "By hand")
    assert (job.kind, job.spec["title"]) == ("notes", "By hand")
    assert job.spec["notes"]["lead"][0] == [0, 900, 60, 90]
    (job,) = ordered("--set", "lead.pan=0.2")
    assert job.spec == {"track": made.id, "settings": ["lead.pan=0.2"]}


def test_files_to_take_away_are_ordered(dusktape, library):
    made = put(library, "Harbour")
    on = ("jobs", "--state", "x", "export", made.id)
    jobs = [library.job(dusktape(*on, *words).out.strip()) for words in ((), ("loop", "--bars", "4"), ("mp3",))]
    assert [job.kind for job in jobs] == ["export"] * 3
    assert [job.spec for job in jobs] == [
        {"track": made.id, "what": "bundle"},
        {"track": made.id, "what": "loop", "bars": 4},
        {"track": made.id, "what": "mp3"},
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("edit",), "say what to change: --again or --keep, --notes, --set, --effect, or --gain, --mute, --solo"),
        (("edit", "--again", "lead", "--keep", "drums"), "one version is one of --again, --keep, --set"),
        (("edit", "--bars", "1-2"), "say what with them: --again melody, or --keep drums"),
        (("edit", "--set", "lead.pan=0.2", "--bars", "1-2"), "say what with them: --again melody, or --keep drums"),
        (("edit", "--mute", "drums", "--solo", "drums"), "nothing would sound: drums muted"),
        (("edit", "--gain", "lead=loud"), "that is no gain"),
        (("edit", "--gain", "tuba=1"), "no tuba plays in this song; it has lead, drums, rain"),
        (("edit", "--notes", "nothing.json"), "cannot read nothing.json"),
        (("export", "loop", "--bars", "3"), "an even number from 2 to 64, got 3"),
        (("export", "loop", "--bars", "0"), "an even number from 2 to 64, got 0"),
        (("export", "loop", "--bars", "9999"), "an even number from 2 to 64, got 9999"),
        (("export", "mp3", "--bars", "8"), "--bars is the length of a loop, and mp3 has none; leave it out"),
        (("export", "cake"), "there is no export 'cake'; there is bundle, flac, loop, mp3, ogg, wav"),
        (
            ("edit", "--notes", "x.txt"),
            '--notes: x.txt is no JSON; write {"lead": [[start, length, pitch, velocity], ...]}, or give a .mid file',
        ),
    ],
)
def test_edits_that_cannot_be_are_refused(dusktape, library, words, told):
    made = put(library, "Harbour", provenance=PLAYING)
    Path("x.txt").write_text("Dear all", encoding="utf-8")
    said = dusktape("jobs", "--state", "x", words[0], made.id, *words[1:])
    assert said.code == 1
    assert told in said.err
    assert said.err.count("\n") == 1
    assert library.jobs() == []


def test_who_waits_is_told_what_was_made(dusktape, library, monkeypatch):
    from dusktape.cli import jobs

    made = put(library, "Harbour")
    ends = iter(["done", "failed"])

    def sleep(seconds):
        job = library.lease("w")
        if next(ends) == "done":
            library.finish(job.id, "w", made=replace(made, id="abc", song="abc"))
        else:
            library.fail(job.id, "w", "no luck", retry=False)

    monkeypatch.setattr(jobs.time, "sleep", sleep)
    said = dusktape("jobs", "--state", "x", "add", "dusk", "-n", "2", "--wait")
    assert said.code == 1
    assert said.out.split() == ["abc"]
    assert "no luck" in said.err


def test_stems_of_a_file_that_was_made_lo_fi_are_refused(dusktape, library):
    made = put(library, "Harbour")
    whole = {name: blob for name, blob in made.files.items() if not name.startswith("stems/")}
    told = {"source": {"name": "mine.wav"}}
    library.add_track(replace(made, id="other", song="other", files=whole, provenance=told))
    said = dusktape("jobs", "--state", "x", "stems", "other")
    assert said.code == 1
    assert "was made of a file of somebody's" in said.err
    assert library.jobs() == []


def test_two_songs_bring_their_recipe_and_what_changes_it_is_named_as_it_is_typed(dusktape, library):
    ids = put(library, "Harbour").id, put(library, "Night Bus").id
    said = dusktape("jobs", "--state", "x", "add", "rainy", "--like", *ids, "--set", "bpm=80", "--loudness", "-16")
    told = "--like takes recipe and settings from its two songs; leave out the recipe, --loudness, --set"
    assert (said.code, said.err) == (1, f"dusktape: {told}\n")


def test_stems_are_ordered(dusktape, library):
    made = put(library, "Harbour")
    (name,) = dusktape("jobs", "--state", "x", "stems", made.id).out.split()
    assert library.job(name).spec == {"track": made.id}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "raniy"), "there is no recipe 'raniy'; did you mean 'rainy'?"),
        (("add", "--key", "H major"), "H major"),
        (("add", "--mood", "drak"), 'got "drak"; give one of these'),
        (("add", "--set", "keys.pan=9"), "pan"),
        (("add", "x" * 501), "RECIPE is longer than 500 letters"),
        (("cancel", "nothing"), "there is no job 'nothing'"),
        (("stems", "nothing"), "there is no track 'nothing'"),
    ],
)
def test_jobs_that_cannot_be_are_refused(dusktape, library, words, told):
    said = dusktape("jobs", "--state", "x", *words)
    assert said.code == 1
    assert told in said.err
    assert said.err.count("\n") == 1
    assert library.jobs() == []


def test_the_folder_is_named_before_or_after_what_is_done(dusktape, library):
    made = put(library, "Harbour")
    assert dusktape("library", "like", "--state", "x", made.id).code == 0
    assert library.likes(made.id) == {"127.0.0.1": 1}
    assert dusktape("library", "--state", "nowhere", "dislike", made.id, "--state", "x").code == 0
    assert library.likes(made.id) == {"127.0.0.1": -1}
    assert "1 track" in dusktape("library", "size", "--state", "x").out
    job = dusktape("jobs", "add", "dusk", "--state", "x").out.strip()
    assert library.job(job).state == "queued"
    assert dusktape("jobs", "cancel", job, "--state", "x").code == 0
    assert library.job(job).state == "cancelled"


def test_files_that_were_brought_are_listed_counted_and_deleted(dusktape, library, tmp_path):
    to_midi(SONG, tmp_path / "tune.mid")
    assert dusktape("library", "--state", "x", "uploads").out == ""
    for _ in range(2):  # the same content is the same upload
        assert dusktape("jobs", "--state", "x", "lofi", "tune.mid").code == 0
    line = dusktape("library", "--state", "x", "uploads").out
    assert line.count("\n") == 1
    assert line.split()[1:3] == ["midi", "ready"]
    assert line.endswith("tune.mid\n")
    mark = line.split()[0]
    assert json.loads(dusktape("library", "--state", "x", "uploads", "--json").out)["id"] == mark
    told = json.loads(dusktape("library", "--state", "x", "size", "--json").out)
    assert (told["uploads"], told["upload_bytes"]) == (1, (tmp_path / "tune.mid").stat().st_size)
    assert dusktape("jobs", "--state", "x", "lofi", "tune.mid", "--speed", "9").code == 1
    assert dusktape("library", "--state", "x", "uploads").out == line
    assert dusktape("library", "--state", "x", "uploads", "--delete", "nothing").code == 1
    assert dusktape("library", "--state", "x", "uploads", "--delete", mark).code == 0
    assert dusktape("library", "--state", "x", "uploads").out == ""


def test_a_job_says_what_it_is_about(dusktape, library):
    made = put(library, "Harbour")
    library.submit("lofi", {"upload": "0" * 32, "name": "mein Lied ü.wav", "recipe": "rainy"})
    library.submit("edit", {"track": made.id, "again": ["melody"], "bars": [1, 2]})
    library.submit("export", {"track": made.id, "what": "loop"})
    lines = dusktape("jobs", "--state", "x").out.splitlines()
    assert lines[2].endswith("mein Lied ü.wav, rainy")
    assert lines[1].endswith(f"Harbour, again melody, {made.id}")
    assert lines[0].endswith(f"Harbour, loop, {made.id}")


def test_what_was_said_of_the_old_dial_is_not_said_of_the_new_one(dusktape, library):
    library.settle("main", beyond=True)
    assert "nearest plays" in dusktape("tune", "--state", "x").out
    assert "nearest plays" not in dusktape("tune", "--state", "x", "--energy", "0.5").out
    assert "beyond" not in library.station("main").settings
