"""What is asked for, turned into what is produced; and made again from what a track says of itself."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace

import mido
import pytest

from dusktape.compose.again import Again
from dusktape.compose.byhand import ByHand
from dusktape.compose.control import Control
from dusktape.compose.loop import Loop
from dusktape.core.errors import DusktapeError, InputError
from dusktape.core.level import Level
from dusktape.core.plugins import find
from dusktape.core.score import BAR, Note
from dusktape.core.seed import Seed
from dusktape.io.midi import to_midi
from dusktape.publish.asked import Asked, parse_bars, parse_levels, parse_parts, read_notes
from dusktape.publish.commission import commissions
from dusktape.publish.provenance import dump, provenance, read, statement
from dusktape.studio.production import Production
from dusktape.studio.wish import Wish

RULES = ("composer=rules", "form.fullness=1.0", "guest.on=false")
WISH = Wish("dusk", minutes=1.0, settings=RULES)


def produced(job) -> Production:
    return Production(job.recipe, job.seed, control=job.control)


@pytest.fixture
def written(tmp_path):
    """Writes the `track.json` of a commission, without rendering it."""

    def write(job, name="track.json"):
        facts = provenance(produced(job), title=job.title, licence=job.licence, seconds=1.0)
        path = tmp_path / name
        path.write_text(dump(facts), encoding="utf-8")
        return path

    return write


@pytest.fixture
def midi(tmp_path):
    """A tune in G of eight bars."""
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=750_000)])
    for k in range(64):
        pitch = 67 + (0, 4, 7, 4, 2, 5, 9, 7)[(3 * k) % 8]
        track += [mido.Message("note_on", note=pitch, velocity=90), mido.Message("note_off", note=pitch, time=240)]
    file.tracks.append(track)
    file.save(tmp_path / "tune.mid")
    return tmp_path / "tune.mid"


def one(*asked, wish=WISH, seed=7, **how):
    (job,) = commissions(wish, seed, *(asked or (Asked(),)), **how)
    return job


def plain(seed=7):
    return one(seed=seed)


def again(path, seed=None, **asked):
    return one(Asked(origin=path, **asked), wish=Wish(), seed=seed, recipe_named=False)


# -- from a track there is


def test_a_plain_track_has_no_control(written):
    job = plain()
    path = written(job)
    assert "control" not in json.loads(path.read_text(encoding="utf-8"))
    assert not read(path).control
    assert produced(again(path)).score == produced(job).score
    assert again(path).name == "dusk-7"


def test_keeping_some_is_doing_the_rest_again(written):
    path = written(plain())
    kept = again(path, 12, keep=("drums", "harmony"))
    assert kept.control.edits[0].what == ("keys", "lead", "pad", "bass")
    assert produced(kept).score == produced(again(path, 12, again=("keys", "lead", "pad", "bass"))).score
    assert produced(kept).score.parts["drums"] == produced(plain()).score.parts["drums"]
    assert (kept.seed, kept.recipe) == (Seed(7), plain().recipe)


@pytest.mark.parametrize("part", ["lead", "guest"])
def test_a_lead_and_the_guest_who_answers_it_are_kept_together(written, part):
    path = written(one(wish=replace(WISH, settings=(*RULES[:2], "guest.on=true"))))
    assert again(path, 12, keep=(part,)).control.edits[0].what == ("harmony", "keys", "pad", "bass", "drums")


@pytest.mark.parametrize("part", ["keys", "pad", "bass"])
def test_keeping_what_follows_from_the_chords_keeps_the_chords(written, part):
    assert "harmony" not in again(written(plain()), 12, keep=(part,)).control.edits[0].what


def test_everyday_words_name_parts(written):
    path = written(plain())
    assert again(path, 1, again=("melody", "chords")).control == again(path, 1, again=("lead", "harmony")).control


def test_takes_are_named_and_counted(written):
    path = written(plain())
    jobs = commissions(Wish(), 12, Asked(origin=path, again=("melody",)), recipe_named=False, count=3)
    assert [j.name for j in jobs] == ["dusk-7-12", "dusk-7-13", "dusk-7-14"]
    assert [j.title for j in jobs] == [f"{plain().title} (take {n})" for n in (12, 13, 14)]
    second = again(written(jobs[0], "a.json"), 5, again=("drums",))
    assert (second.name, second.title) == ("dusk-7-12-5", f"{plain().title} (take 5)")


def test_a_chain_of_takes_is_made_again_from_the_last_one(written):
    first = written(again(written(plain()), 12, keep=("drums", "harmony")), "first.json")
    second = again(first, 3, again=("lead",), bars=(9, 10))
    path = written(second, "second.json")
    for name in ("first.json", "track.json"):
        path.with_name(name).unlink()
    assert produced(again(path)).score == produced(second).score
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["control"]["again"] == [
        {"what": ["keys", "lead", "pad", "bass"], "bars": None, "seed": 12},
        {"what": ["lead"], "bars": [9, 10], "seed": 3},
    ]
    assert told["score"]["sha256"] == hashlib.sha256(produced(second).score.to_json().encode()).hexdigest()


def test_one_thing_set_otherwise_leaves_every_other_choice(written):
    path = written(one(wish=Wish(minutes=0.5)))
    before = again(path)
    job = one(Asked(origin=path), wish=Wish(settings=("keys.instrument=felt_piano",)), seed=None, recipe_named=False)
    assert job.recipe.parts["keys"].instrument == "felt_piano"
    others = {name: part for name, part in before.recipe.parts.items() if name != "keys"}
    assert {name: part for name, part in job.recipe.parts.items() if name != "keys"} == others
    assert produced(job).score == produced(before).score
    assert again(written(job, "b.json")).recipe == job.recipe


def test_a_loop_of_a_track_is_of_its_material(written):
    path = written(again(written(plain()), 12, again=("lead",)), "b.json")
    job = again(path, loop=4)
    assert job.control == Control(Loop(4), (Again(("lead",), 12),))
    assert (job.name, job.title, job.said) == ("dusk-7-loop4-12", f"{plain().title} (take 12)", ())
    edited = again(written(again(path, 3, again=("drums",), bars=(3, 4)), "c.json"), loop=4)
    assert (edited.control, len(edited.said)) == (job.control, 1)
    with pytest.raises(InputError, match="--loop with --from is of the track as it is"):
        again(path, 3, loop=4, again=("drums",))


# -- notes by hand, and the mix


def higher(notes):
    return tuple(replace(n, pitch=n.pitch + 2) for n in notes)


def test_notes_by_hand_are_played_and_made_again_from_the_track_json(written):
    path = written(plain())
    before = produced(plain()).score
    notes = {"lead": higher(before.parts["lead"]), "drums": before.parts["drums"]}
    job = again(path, notes=notes)
    assert job.control.edits == (ByHand({"lead": notes["lead"]}),), "drums are as they were"
    assert job.name == f"dusk-7-{job.control.edits[0].mark}"
    after = produced(job).score
    assert after == replace(before, parts={**before.parts, "lead": notes["lead"]})
    assert produced(again(written(job, "b.json"))).score == after
    assert "Somebody wrote notes of lead by hand." in statement(produced(job))


def test_a_take_after_notes_by_hand_keeps_them(written):
    before = produced(plain()).score
    edited = written(again(written(plain()), notes={"lead": higher(before.parts["lead"])}), "b.json")
    after = produced(again(edited, 12, again=("drums",))).score
    assert after.parts["lead"] == higher(before.parts["lead"])
    assert after.parts["drums"] != before.parts["drums"]
    bars = produced(again(edited, 12, again=("lead",), bars=(9, 10))).score.parts["lead"]
    far = [n for n in higher(before.parts["lead"]) if not 7.5 * BAR <= n.start < 10.5 * BAR]
    assert [n for n in bars if not 7.5 * BAR <= n.start < 10.5 * BAR] == far


@pytest.mark.parametrize(
    ("notes", "said"),
    [
        ({}, "--notes are those that the track has already"),
        ({"vinyl": ()}, "there is no player 'vinyl'"),
        ({"guest": ()}, "--notes are those that the track has already"),
        ({"guest": (Note(0, 9, 60, 9),)}, "no guest plays in this song; it has keys, lead, pad, bass, drums"),
        ({"lead": (Note(10**6, 9, 60, 9),)}, "lead: a note starts at tick 1000000, and the song ends at "),
    ],
)
def test_notes_that_cannot_be_in_the_song_are_refused(written, notes, said):
    with pytest.raises(InputError) as caught:
        again(written(plain()), notes=notes)
    assert said in str(caught.value)


def test_a_midi_file_that_nobody_edited_has_the_notes_of_its_track(written, tmp_path):
    score = produced(plain()).score
    to_midi(score, tmp_path / "score.mid")
    with pytest.raises(InputError, match="those that the track has already"):
        again(written(plain()), notes=read_notes(tmp_path / "score.mid"))


def test_notes_are_read_from_a_score(tmp_path):
    score = produced(plain()).score
    (tmp_path / "score.json").write_text(score.to_json(), encoding="utf-8")
    assert read_notes(tmp_path / "score.json") == dict(score.parts)
    (tmp_path / "lead.json").write_text('{"lead": [[0, 240, 60, 90]]}', encoding="utf-8")
    assert read_notes(tmp_path / "lead.json") == {"lead": (Note(0, 240, 60, 90),)}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"lead": 3}', '{"lead": [[1, 2]]}', '{"lead": [[1.5, 2, 3, 4]]}'])
def test_what_are_no_notes_is_refused(tmp_path, text):
    (tmp_path / "notes.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_notes(tmp_path / "notes.json")
    assert "\n" not in str(caught.value)


def test_the_mix_is_told_by_the_track_json_and_changes_no_note(written):
    path = written(plain())
    job = again(path, levels={"lead": Level(-3.0), "keys": Level()}, solo=("lead", "drums"))
    off = {name for name, level in job.control.levels.items() if level.mute}
    assert (job.control.levels["lead"], job.name) == (Level(-3.0), "dusk-7-mix")
    assert off == {n for n, part in job.recipe.parts.items() if part.on} - {"lead", "drums"}
    assert produced(job).score == produced(plain()).score
    assert set(produced(job).parts) == {"lead", "drums"}
    kept = again(written(job, "b.json"))
    assert kept.control == job.control
    assert again(written(job, "c.json"), levels={}).control.levels == {}
    with pytest.raises(InputError, match="no violin plays in this song"):
        again(path, levels={"violin": Level(1.0)})
    with pytest.raises(InputError, match="every part of this song is muted"):
        produced(again(path, levels={n: Level(mute=True) for n in job.recipe.parts if job.recipe.parts[n].on}))


def test_gains_are_read():
    assert parse_levels(["melody=-3", "pad=2.5"], ["vinyl", "pad"]) == {
        "lead": Level(-3.0),
        "pad": Level(2.5, mute=True),
        "vinyl": Level(mute=True),
    }
    assert parse_levels([], []) is None
    for wrong in ("lead", "lead=loud", "lead=40", "lead=nan"):
        with pytest.raises(InputError):
            parse_levels([wrong], [])


# -- from somebody's MIDI


@pytest.mark.parametrize("how", ["under", "onward"])
def test_what_was_given_is_stored_so_that_the_file_is_not_needed(written, midi, how):
    job = one(Asked(**{how: midi}), wish=Wish(settings=RULES))
    score = produced(job).score
    path = written(job)
    midi.unlink()
    assert produced(again(path)).score == score
    assert [n for n in score.parts["lead"] if n.start < 7.9 * BAR][:8] == list(job.control.start.given["lead"][:8])
    assert score.bpm == 80.0
    assert len(job.said) >= 1


def test_under_a_melody_no_network_is_said_to_have_written_it(written, midi):
    job = one(Asked(under=midi), wish=Wish())
    facts = json.loads(written(job).read_text(encoding="utf-8"))
    assert facts["copying"] is None
    assert "under a melody that was given to it" in facts["statement"]
    assert facts["control"]["start"]["kind"] == "under"
    going_on = Production(job.recipe, job.seed, control=one(Asked(onward=midi), wish=Wish()).control)
    assert "going on from a beginning that was given to it" in statement(going_on)


def test_what_is_said_about_key_and_tempo_holds(midi):
    job = one(Asked(under=midi), wish=Wish(bpm=70.0, key="E minor", settings=RULES))
    score = produced(job).score
    assert (score.bpm, score.key.name) == (70.0, "E minor")
    assert job.recipe.tempo.bpm == 70.0


def test_the_melody_of_a_track_under_one_is_not_written_over(written, midi):
    path = written(one(Asked(under=midi), wish=Wish(settings=RULES)))
    with pytest.raises(InputError, match="the melody of this track was given; say in which --bars to write another"):
        again(path, 3, again=("melody",))
    with pytest.raises(InputError, match="the melody of this track was given"):
        again(path, 3, keep=("drums",))
    assert again(path, 3, again=("melody",), bars=(3, 4)).control.edits


def test_a_beginning_longer_than_the_track_is_refused(midi):
    with pytest.raises(
        InputError, match=r"tune.mid lasts \d+ s, and at least 12 bars follow; choose --minutes [\d.]+ or"
    ):
        one(Asked(onward=midi), wish=Wish(minutes=0.5, settings=RULES))
    with pytest.raises(InputError, match="is as long as its melody; leave out --minutes"):
        one(Asked(under=midi), wish=Wish(minutes=2.0, settings=RULES))


# -- between two


def test_between_two_tracks(written):
    a, b = written(plain(1), "a.json"), written(plain(2), "b.json")
    job = one(Asked(like=(a, b), mix=0.4), wish=Wish(), seed=9, recipe_named=False)
    low, high = sorted((plain(1).recipe.tempo.bpm, plain(2).recipe.tempo.bpm))
    assert low <= job.recipe.tempo.bpm <= high
    path = written(job, "c.json")
    a.unlink()
    b.unlink()
    assert produced(again(path)).score == produced(job).score
    assert job.said == (f"between “{plain(1).title}” and “{plain(2).title}”, 0.4",)


def test_in_the_middle_is_the_default(written):
    songs = written(plain(1), "a.json"), written(plain(2), "b.json")
    ends = [one(Asked(like=songs, mix=m), wish=Wish(), seed=9, recipe_named=False) for m in (None, 0.5)]
    assert ends[0].control == ends[1].control


# -- trainings


@pytest.fixture
def training(tmp_path):
    model, place = find("models", "melody"), tmp_path / "run"
    place.mkdir()
    shutil.copy(model.weights, place / "weights.safetensors")
    facts = {"model": "melody", "sha256": model.sha256, "data": {"name": "my songs", "licences": {"CC0-1.0": 30}}}
    (place / "weights.json").write_text(json.dumps(facts), encoding="utf-8")
    return place


def test_a_track_names_the_training_and_what_it_learned_from(written, training):
    job = one(wish=Wish(minutes=0.5, composers=(str(training),)))
    path = written(job)
    told = json.loads(path.read_text(encoding="utf-8"))
    (run,) = (m for m in told["models"] if "run" in m)
    assert {m["name"] for m in told["models"]} == {"harmony", "melody", "drums", "comping"}
    assert (run["name"], run["role"], run["run"]) == ("melody", "melody", str(training))
    assert run["sha256"] == find("models", "melody").sha256
    assert run["data"] == {"name": "my songs", "licences": {"CC0-1.0": 30}}
    assert run["trained_on"] == [{"name": "my songs", "licence": "CC0-1.0", "attribution": ""}]
    assert produced(again(path)).score == produced(job).score


def test_a_track_is_not_made_again_with_another_training(written, training):
    path = written(one(wish=Wish(minutes=0.5, composers=(str(training),))))
    facts = json.loads((training / "weights.json").read_text(encoding="utf-8"))
    (training / "weights.json").write_text(json.dumps({**facts, "sha256": "0" * 64}), encoding="utf-8")
    with pytest.raises(
        InputError, match=r"was made with other weights \(\w{12}\) than those that are in .*run now \(0{12}\)"
    ):
        again(path)
    shutil.rmtree(training)
    with pytest.raises(
        InputError, match=r"was made with a training that is not there now: .*run is no finished training"
    ):
        again(path)


# -- what contradicts itself


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"keep": ("drums",)}, "--keep is about a track there is; name its track.json with --from"),
        ({"again": ("melody",)}, "--again is about a track there is"),
        ({"bars": (1, 2)}, "--bars says where; say what with it: --again melody, or --keep drums"),
        ({"mix": 0.5}, "--mix lies between two songs; name them: --like A.json B.json"),
        ({"origin": "a", "keep": ("drums",), "again": ("lead",)}, "--keep says what stays, --again what is done again"),
        ({"notes": {}}, "--notes is about a track there is"),
        ({"origin": "a", "notes": {}, "again": ("lead",)}, "do one after the other"),
        ({"origin": "a", "under": "b"}, "a track begins from one thing, not from --from and --under; leave one out"),
        ({"onward": "a", "under": "b"}, "not from --continue and --under"),
        ({"like": ("a", "b"), "under": "c"}, "not from --under and --like"),
        ({"like": ("a", "b"), "mix": 1.5}, "--mix goes from 0, the first song, to 1, the second, got 1.5"),
        ({"like": ("a", "b"), "mix": float("nan")}, "--mix goes from 0"),
    ],
)
def test_options_that_contradict_each_other_are_refused(asked, said):
    with pytest.raises(InputError) as caught:
        one(Asked(**asked), wish=Wish(), recipe_named=False)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"again": ("voice",)}, "--again: there is no part 'voice'; there is "),
        ({"again": ("drum s",)}, "did you mean 'drums'?"),
        ({"again": ("vinyl",)}, "--again: there is no part 'vinyl'"),
        ({"keep": ("lead",)}, "--keep: no lead plays in this song; it has harmony, keys, pad, bass, drums"),
        ({"keep": ("harmony", "keys", "pad", "bass", "drums")}, "--keep keeps every part"),
    ],
)
def test_parts_that_do_not_play_are_refused(written, asked, said):
    path = written(one(wish=replace(WISH, settings=(*RULES, "lead.on=false"))))
    with pytest.raises(InputError) as caught:
        again(path, 1, **asked)
    assert said in str(caught.value)


@pytest.mark.parametrize("wish", [Wish(bpm=80.0), Wish(minutes=2.0), Wish(mood="dark")])
def test_nothing_that_changes_the_recipe_goes_with_a_track_there_is(written, wish):
    path = written(plain())
    for asked in (Asked(origin=path), Asked(origin=path, again=("lead",)), Asked(like=(path, path))):
        with pytest.raises(InputError, match="leave out"):
            one(asked, wish=wish, seed=None, recipe_named=False)
    with pytest.raises(InputError, match="leave out"):
        one(Asked(origin=path, again=("lead",)), wish=Wish(composers=("rules",)), recipe_named=False)
    for asked in (Asked(origin=path, again=("lead",)), Asked(like=(path, path))):
        with pytest.raises(InputError, match="leave out"):
            one(asked, wish=Wish(settings=("keys.pan=0",)), seed=None, recipe_named=False)


@pytest.mark.parametrize(
    ("given", "read"),
    [("9-12", (9, 12)), ("9", (9, 9)), (9, (9, 9)), ((9, 12), (9, 12)), ([3, 3], (3, 3)), (None, None)],
)
def test_bars_are_read(given, read):
    assert parse_bars(given) == read


@pytest.mark.parametrize("given", ["", "a", "9-", "12-9", "0-3", "1-2-3", "-3", (1, 2, 3), (), 0, 2.5, {}, "1.5"])
def test_what_are_no_bars_is_refused(given):
    with pytest.raises(InputError, match="are no bars; write first and last, counted from 1, as in 9-12"):
        parse_bars(given)


def test_parts_are_read():
    assert parse_parts(" Drums, harmony,drums", "--keep") == ("drums", "harmony")
    assert parse_parts(["lead"], "--keep") == ("lead",)
    assert parse_parts(None, "--keep") == ()
    for wrong in ("", "drums,,keys", [], [3], 3):
        with pytest.raises(DusktapeError, match="wants parts"):
            parse_parts(wrong, "--keep")


@pytest.mark.parametrize(
    "control",
    [
        3,
        {"again": [{}]},
        {"again": [{"notes": 3}]},
        {"again": [{"notes": {"lead": [[0, 0, 60, 90]]}}]},
        {"levels": {"lead": {"gain_db": 90}}},
        {"levels": {"lead": {"volume": 1}}},
        {"start": {"kind": "odd"}},
    ],
)
def test_a_track_json_with_a_damaged_control_is_refused(written, control):
    path = written(plain())
    facts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**facts, "control": control}), encoding="utf-8")
    with pytest.raises(InputError, match="is no dusktape provenance: its control cannot be read"):
        read(path)
