from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.core.errors import InputError, WeightsError
from dusktape.core.roles import LoopChord
from dusktape.core.score import BAR, SIXTEENTH, Chord, Key, Note, Score, Section
from dusktape.core.seed import Seed
from dusktape.data.dataset import Dataset, Notes, Song, write
from dusktape.models.latent import MODEL, space
from dusktape.models.latent.heard import heard
from dusktape.models.latent.infer import Latent
from dusktape.models.latent.measure import reconstruction, window_of
from dusktape.models.latent.network import greedy, kinds, likeliest
from dusktape.models.latent.options import OUT_SIZES, Options
from dusktape.models.latent.song import written
from dusktape.models.latent.tokens import (
    AGES,
    CHORD_FEATURES,
    CONTROLS,
    DEGREES,
    FIRST_PITCH,
    HALF_STEPS,
    HALVES,
    HOLD,
    NO_DEGREE,
    PASTS,
    QUALITY_NAMES,
    REACH,
    REST,
    TOKENS,
    chord_number,
    chord_table,
    chord_tokens,
    nearest,
    notes_of,
    past,
    windows,
)
from dusktape.nn.line import Line
from dusktape.nn.phrases import FILE, Phrases
from dusktape.nn.weights import save
from dusktape.nn.weights import sha256 as sha256_of
from dusktape.theory.scale import SCALES

C, A_MINOR = Key(0, "major"), Key(9, "minor")
SMALL: dict[str, Any] = dict(
    zip(
        ("latents", "small", "chord", "encoder", "pooled", "chord_point", "chord_hidden", "point", "conductor"),
        (12, 4, 6, 10, 5, 7, 9, 8, 11),
        strict=True,
    )
) | {"context": 6, "note": 5, "hidden": 10}
VOCABULARY = {
    "centre": [0.0, 4.0, 0.3, 2.0, 0.0, 0.2, 1.0, 0.5, 0.6],
    "scale": [0.3, 2.0, 0.2, 1, 4, 0.2, 0.4, 0.5, 0.1],
}
LOOP = ((0, "maj7"), (9, "m7"), (5, "maj9"), (7, "7"))


def a_song(seed: int = 0, bars: int = 16, key: Key = C, density: float = 0.4, bpm: float = 80.0) -> Score:
    """A random tune in a key over four chords."""
    rng = np.random.default_rng(seed)
    starts = np.flatnonzero(rng.random(bars * 16) < density)
    ends = np.append(starts[1:], bars * 16)
    pitches = rng.choice(SCALES[key.mode], len(starts)) + 60 + key.tonic
    lead = tuple(
        Note(s * SIXTEENTH, (e - s) * SIXTEENTH, p, 80)
        for s, e, p in zip(starts.tolist(), ends.tolist(), pitches.tolist(), strict=True)
    )
    turn = np.random.default_rng(seed // 2).permutation(4)
    chords = tuple(
        Chord(b * BAR, BAR, (key.tonic + LOOP[turn[b % 4]][0]) % 12, LOOP[turn[b % 4]][1]) for b in range(bars)
    )
    return Score(bpm, key, (), chords, {"lead": lead})


def transposed(score: Score, by: int) -> Score:
    return replace(
        score,
        key=Key((score.key.tonic + by) % 12, score.key.mode),
        chords=tuple(replace(c, root=(c.root + by) % 12) for c in score.chords),
        parts={name: tuple(replace(n, pitch=n.pitch + by) for n in notes) for name, notes in score.parts.items()},
    )


def some_weights(seed: int = 1) -> dict[str, np.ndarray]:
    """Random weights as they are stored, with axes fitted to random points."""
    o, rng = Options(**SMALL), np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {}
    for name, width, out in (
        ("chord", CHORD_FEATURES, o.chord),
        ("half_bar", HALF_STEPS * o.small + o.chord, o.encoder),
        ("pooled", 2 * o.encoder, o.pooled),
        ("posterior", HALVES * o.pooled + len(CONTROLS) + o.small, 2 * o.latents),
        ("chord_point", o.latents + o.small, o.chord_point),
        ("degree", o.chord_hidden, DEGREES),
        ("quality", o.chord_hidden + o.small, len(QUALITY_NAMES)),
        ("point", o.latents + o.small, o.point),
        ("context", o.conductor, o.context),
        ("out", o.hidden, sum(OUT_SIZES)),
        ("controls", o.latents, len(CONTROLS)),
    ):
        shapes |= {f"{name}.weight": (out, width), f"{name}.bias": (out,)}
    for name, rows, width in (
        ("mode", 2, o.small),
        ("place", HALVES, o.small),
        ("heard", TOKENS, o.small),
        ("degree_heard", DEGREES, o.small),
        ("state", PASTS, o.note),
        ("age", AGES, o.note),
        ("step", HALF_STEPS, o.note),
    ):
        shapes[f"{name}.weight"] = (rows, width)
    for name, width, h in (
        ("encoder", o.encoder, o.encoder),
        ("chord_lstm", o.chord_point + 2 * o.chord + o.small, o.chord_hidden),
        ("conductor", o.point + 2 * o.chord + o.small, o.conductor),
        ("note_lstm", o.note + o.context, o.hidden),
    ):
        for end in ("", "_reverse") if name == "encoder" else ("",):
            shapes |= {f"{name}.weight_ih_l0{end}": (4 * h, width), f"{name}.weight_hh_l0{end}": (4 * h, h)}
            shapes |= {f"{name}.bias_ih_l0{end}": (4 * h,), f"{name}.bias_hh_l0{end}": (4 * h,)}
    weights = {name: 0.4 * rng.standard_normal(shape) for name, shape in shapes.items()}
    means = rng.standard_normal((200, o.latents)) * 0.7
    heard_of_them = means[:, : len(CONTROLS)] + 0.1 * rng.standard_normal((200, len(CONTROLS)))
    weights |= space.fit(means, np.full((200, o.latents), 0.4), heard_of_them)
    return {name: np.rint(4096 * w) / 4096 for name, w in weights.items()}


@pytest.fixture(scope="module")
def latent() -> Latent:
    return Latent.of(some_weights(), VOCABULARY)


def decoded(latent: Latent, z: np.ndarray, seed: int = 1, **how: Any) -> tuple[Any, Any]:
    asked = {"key": C, "loop_bars": 4, "bars": 8, "temperature": 1.0, **how}
    return latent.decode(z, seed=Seed(seed), **asked)


# -- what is read


def test_eight_bars_are_a_token_a_sixteenth_and_a_chord_a_half_bar() -> None:
    score = replace(a_song(), parts={"lead": (Note(0, BAR // 4, 67, 80), Note(BAR // 2, BAR, 60, 80))})
    (window,) = heard(score)
    flat = window.tokens.ravel()
    assert flat[:6].tolist() == [FIRST_PITCH + REACH + 7, HOLD, HOLD, HOLD, REST, HOLD], "from the tonic below"
    assert flat[8] == FIRST_PITCH + REACH
    assert flat[24] == REST
    assert (flat[25:] == HOLD).all()
    assert window.degree.reshape(8, 2)[0].tolist() == [window.degree[0]] * 2
    assert window.notes == 2


def test_the_longest_chord_of_a_half_bar_counts() -> None:
    chords = (Chord(0, 3 * BAR // 8, 0, "maj"), Chord(3 * BAR // 8, 5 * BAR // 8, 7, "7"))
    degree, quality = chord_tokens(chords, 0, 3)
    assert degree.tolist() == [0, 7, NO_DEGREE]
    assert QUALITY_NAMES[quality[1]] == "7"


def test_the_past_tells_what_sounds_and_since_when() -> None:
    high = FIRST_PITCH + 5
    state, age = past(np.array([HOLD, high, HOLD, REST, HOLD, high, REST]))
    assert state.tolist() == [0, 0, 6, 6, 6 + 37, 6 + 37, 6]
    assert age.tolist() == [0, 0, 1, 2, 3, 4, 1]


def test_notes_come_back_from_their_tokens() -> None:
    score = a_song(3, bars=8)
    (window,) = heard(score)
    home = nearest(0, float(np.median([n.pitch for n in score.parts["lead"]])))
    back = [(a * SIXTEENTH, (b - a) * SIXTEENTH, p) for a, b, p in notes_of(window.tokens.ravel().tolist(), home)]
    assert back == [(n.start, n.length, n.pitch) for n in score.parts["lead"]]


def test_a_note_that_began_before_the_window_leaves_no_rest_in_it() -> None:
    notes = (Note(0, 9 * BAR - BAR // 2, 60, 80), Note(12 * BAR, BAR, 62, 80))
    line_windows = list(windows(_line(replace(a_song(), parts={"lead": notes})), 80.0))
    assert (line_windows[1].tokens.ravel()[:64] == HOLD).all()


def _line(score: Score) -> Line:
    from dusktape.models.latent.heard import line_of

    return line_of(score)


def test_controls_are_what_they_say() -> None:
    def told(score: Score) -> dict[str, float]:
        return dict(zip(CONTROLS, heard(score)[0].controls.tolist(), strict=True))

    plain = a_song(5, bars=8, density=0.3)
    busy, fast = a_song(5, bars=8, density=0.9), replace(plain, bpm=160.0)
    poor = replace(plain, chords=tuple(replace(c, quality="maj") for c in plain.chords))
    assert told(busy)["density"] > 2 * told(plain)["density"]
    assert told(fast)["tempo"] == pytest.approx(told(plain)["tempo"] + 1.0)
    assert told(poor)["richness"] == 0.0 < told(plain)["richness"]
    assert told(plain)["changes"] == 1.0
    half = replace(plain, parts={"lead": tuple(n for n in plain.parts["lead"] if n.start < 4 * BAR)})
    assert told(half)["silence"] > 0.3 > told(busy)["silence"]


def test_songs_with_sections_are_their_a() -> None:
    score = a_song(1, bars=24)
    sections = (Section("intro", 0, 4 * BAR), Section("A", 4 * BAR, 8 * BAR), Section("B", 12 * BAR, 12 * BAR))
    (window,) = heard(replace(score, sections=sections))
    shifted = replace(
        score,
        chords=tuple(replace(c, start=c.start - 4 * BAR) for c in score.chords[4:]),
        parts={"lead": tuple(replace(n, start=n.start - 4 * BAR) for n in score.parts["lead"] if n.start >= 4 * BAR)},
    )
    assert (window.degree == heard(shifted)[0].degree).all()
    assert (window.tokens == heard(shifted)[0].tokens).mean() > 0.95


@pytest.mark.parametrize(
    ("score", "says"),
    [
        (Score(80.0, C, (), (), {"drums": (Note(0, 240, 36, 90),)}), "no lead and no chords"),
        (Score(80.0, C, (), (), {"lead": (Note(0, 240, 60, 90),)}, beats_per_bar=3), "has to be in four"),
    ],
)
def test_what_is_no_song_is_refused(latent: Latent, score: Score, says: str) -> None:
    with pytest.raises(InputError, match=says):
        latent.encode(score)


# -- the space


def test_people_are_standard_normal_and_all_comes_back() -> None:
    rng = np.random.default_rng(0)
    mixing = rng.standard_normal((6, 6))
    means = rng.standard_normal((4000, 6)) @ mixing * [1, 1, 1, 1, 0.01, 0.01] + 3.0
    variances = np.full((4000, 6), 0.3)
    stored = space.fit(means, variances, rng.standard_normal((4000, len(CONTROLS))))
    drawn = means + np.sqrt(variances) * rng.standard_normal(means.shape)
    points = (drawn - stored["space.centre"]) @ stored["space.into"].T
    assert np.allclose(np.cov(points.T), np.eye(6), atol=0.08)
    assert np.allclose(stored["space.out"] @ stored["space.into"], np.eye(6), atol=1e-9)
    assert (np.diff(stored["space.signal"]) <= 1e-9).all()
    assert (stored["space.signal"] > 0.2).sum() == 4, "two axes tell nothing"


def test_sliders_point_to_what_they_are_named_after() -> None:
    rng = np.random.default_rng(1)
    means = rng.standard_normal((3000, 15))
    controls = means[:, : len(CONTROLS)] * 5.0 + rng.standard_normal((3000, len(CONTROLS)))
    stored = space.fit(means, np.full(means.shape, 0.1), controls)
    found = space.sliders(stored["space.sliders"], stored["space.told"])
    assert [s.name for s in found] == [*CONTROLS, "axis1", "axis2", "axis3"]
    for slider in found[: len(CONTROLS)]:
        assert slider.strongest[0] == slider.name
        assert slider.strongest[1] > 0.9
    for slider in found[len(CONTROLS) :]:
        assert abs(slider.strongest[1]) < space.NAMED_ABOVE
        assert max(abs(slider.direction @ named.direction) for named in found[: len(CONTROLS)]) < 1e-6
    assert found[2].at(3.0 * found[2].direction) == pytest.approx(3.0)


def test_the_way_between_two_begins_at_one_and_ends_at_the_other() -> None:
    rng = np.random.default_rng(2)
    a, b = space.rounded(rng.standard_normal(40)), space.rounded(2.0 * rng.standard_normal(40))
    assert (space.blend(a, b, 0.0) == a).all()
    assert (space.blend(a, b, 1.0) == b).all()
    points = [space.blend(a, b, m / 10) for m in range(11)]
    away = [float(np.linalg.norm(p - a)) for p in points]
    assert (np.diff(away) > 0).all()
    assert min(np.linalg.norm(p) for p in points) > 0.95 * np.linalg.norm(a), "no short cut through the middle"
    assert (space.blend(a, a, 0.3) == a).all()
    assert np.abs(space.blend(a, -a, 0.5)).max() < 1e-3


def test_the_nearest_come_first() -> None:
    points = [np.full(4, float(k)) for k in (5, 1, 3, 1)]
    assert [i for i, _ in space.neighbours(np.zeros(4), points, 3)] == [1, 3, 2]
    assert space.neighbours(np.zeros(4), points, 1)[0][1] == pytest.approx(2.0)
    assert space.neighbours(np.zeros(4), [], 3) == []


# -- encoding and decoding


def test_a_song_lies_where_it_lies_in_every_key_and_octave(latent: Latent) -> None:
    score = a_song(4)
    z = latent.encode(score)
    assert z.shape == (latent.latents,)
    for by in (-12, -5, 3, 12):
        assert (latent.encode(transposed(score, by)) == z).all()
    songs = [latent.encode(a_song(k)) for k in range(8)]
    (first, distance), *_ = latent.neighbours(latent.encode(transposed(a_song(5), 4)), songs)
    assert first == 5
    assert distance == 0.0


def test_a_song_lies_where_its_most_typical_bars_do(latent: Latent) -> None:
    points = latent.points(a_song(4, bars=24))
    assert len(points) == 3
    away = np.linalg.norm(points - points.mean(axis=0), axis=1)
    assert (latent.encode(a_song(4, bars=24)) == space.rounded(points[away.argmin()])).all()


def test_a_point_is_always_the_same_song(latent: Latent) -> None:
    z = latent.encode(a_song(6))
    assert decoded(latent, z) == decoded(latent, z)
    assert decoded(latent, z, seed=2)[1] != decoded(latent, z)[1]
    assert decoded(latent, z)[1] != decoded(latent, -z)[1]


def test_loops_fill_their_bars_and_melodies_stay_in_theirs(latent: Latent) -> None:
    z = latent.encode(a_song(6))
    for loop_bars, bars in ((2, 8), (4, 4), (8, 16)):
        loop, melody = decoded(latent, z, loop_bars=loop_bars, bars=bars)
        assert sum(c.length_beats for c in loop) == 4 * loop_bars
        assert all(isinstance(c, LoopChord) and 0 <= c.degree < 12 for c in loop)
        assert max(n.start + n.length for n in melody) <= bars * BAR
        assert all(a.start + a.length <= b.start for a, b in pairwise(melody))
        assert all(n.start % SIXTEENTH == 0 for n in melody)


def test_a_melody_follows_the_chords_it_is_asked_to_play_over(latent: Latent) -> None:
    z = latent.encode(a_song(6))
    foreign = tuple(Chord(b * BAR, BAR, 1, "maj7") for b in range(8))
    _, over = decoded(latent, z, chords=foreign)
    _, plain = decoded(latent, z)
    assert over != plain
    tones = {(1 + step) % 12 for step in (0, 4, 7, 11)}
    on_beat = [n for n in over if n.start % (BAR // 4) == 0]
    assert on_beat
    for note in on_beat:
        assert note.pitch % 12 in tones or (note.pitch - 1) % 12 not in tones, "nothing rubs on the beat"
    assert all(n.pitch % 12 in tones | set(SCALES["major"]) for n in over)


def test_another_key_is_the_same_song_elsewhere(latent: Latent) -> None:
    z = latent.encode(a_song(6))
    loop, melody = decoded(latent, z, temperature=0.01)
    loop2, melody2 = decoded(latent, z, key=Key(5, "major"), temperature=0.01)
    assert loop == loop2
    assert [(n.start, (n.pitch - 5) % 12) for n in melody2] == [(n.start, n.pitch % 12) for n in melody]
    minor = decoded(latent, z, key=A_MINOR)[1]
    offered = {(9 + s) % 12 for s in SCALES["minor"]} | _tones(latent, z)
    assert all(n.pitch % 12 in offered for n in minor)


def _tones(latent: Latent, z: np.ndarray) -> set[int]:
    from dusktape.theory.chord import pitch_classes

    loop, _ = decoded(latent, z, key=A_MINOR)
    return {p for c in loop for p in pitch_classes((9 + c.degree) % 12, c.quality)}


def test_a_melody_may_begin_later_and_eight_bars_come_round(latent: Latent) -> None:
    z, chords = latent.encode(a_song(6)), tuple(Chord(b * BAR, BAR, LOOP[b % 4][0], LOOP[b % 4][1]) for b in range(16))
    _, late = decoded(latent, z, chords=chords[:8], first_bar=6)
    assert late
    assert all(6 * BAR <= n.start < 8 * BAR for n in late)
    _, again = decoded(latent, z, chords=chords, bars=16, first_bar=8, temperature=1e-4)
    _, first = decoded(latent, z, chords=chords[:8], temperature=1e-4)
    assert [(n.start - 8 * BAR, n.pitch) for n in again] == [(n.start, n.pitch) for n in first]
    assert decoded(latent, z, first_bar=8)[1] == ()


def test_low_temperatures_take_what_is_likeliest(latent: Latent) -> None:
    z = latent.encode(a_song(6))
    assert decoded(latent, z, temperature=1e-3) == decoded(latent, z, temperature=1e-3, seed=9)


def test_moving_along_a_slider_moves_what_is_heard(latent: Latent) -> None:
    z = latent.encode(a_song(6))
    density = next(s for s in latent.sliders if s.name == "density")
    moved = latent.move(z, {"density": 1.5})
    assert density.at(moved) == pytest.approx(density.at(z) + 1.5, abs=0.01)
    with pytest.raises(InputError, match="did you mean 'density'"):
        latent.move(z, {"densty": 1.0})


def test_what_will_be_heard_is_possible(latent: Latent) -> None:
    for amount in (-5.0, 5.0):
        told = latent.controls(latent.move(latent.encode(a_song(6)), dict.fromkeys(CONTROLS, amount)))
        assert set(told) == set(CONTROLS)
        assert all(0.0 <= told[name] <= 1.0 for name in ("silence", "offbeat", "loudness"))
        assert told["density"] >= 0.0
        assert 10.0 < told["tempo"] < 800.0


def test_a_point_of_another_space_is_refused(latent: Latent) -> None:
    with pytest.raises(InputError, match="12 numbers"):
        decoded(latent, np.zeros(96))
    with pytest.raises(InputError, match="12 numbers"):
        decoded(latent, np.full(12, np.nan))


def test_a_point_is_written_as_a_score_that_says_its_chords(latent: Latent) -> None:
    score = written(latent, latent.encode(a_song(6)), key=C, bpm=80.0, seed=Seed(1), temperature=0.8)
    assert score.length == 8 * BAR
    assert set(score.parts) == {"lead", "keys"}
    assert sum(c.length for c in score.chords) == 8 * BAR


def test_choosing_an_onset_weighs_all_pitches_together() -> None:
    logits = np.zeros((1, TOKENS))
    logits[0, HOLD], logits[0, FIRST_PITCH + 4] = 1.0, 0.1
    assert greedy(logits, 0)[0] == HOLD
    assert likeliest(logits, 0)[0] == FIRST_PITCH + 4
    assert kinds(logits)[0, 2] == pytest.approx(np.log(np.exp(logits[0, FIRST_PITCH:]).sum()))


def test_reconstruction_is_told_apart_from_chance(latent: Latent) -> None:
    found = reconstruction(latent.network, [w for k in range(4) for w in heard(a_song(k))])
    assert {"chords", "rhythm", "pitch", "sounding"} <= set(found)
    assert all(0.0 <= value <= 1.0 for value in found.values())
    assert {f"chance_{name}" for name in ("chords", "pitch")} <= set(found)


# -- weights and training


def test_weights_open_from_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    about = {"model": "latent", "options": json.dumps(SMALL), "vocabulary": json.dumps(VOCABULARY)}
    sha256 = save(path, some_weights(), about)
    opened, ours = MODEL.open(path, sha256), Latent.of(some_weights(), VOCABULARY)
    z = ours.encode(a_song(6))
    assert (opened.encode(a_song(6)) == z).all()
    assert decoded(opened, z) == decoded(ours, z)


def test_other_weights_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save(path, {"x": np.zeros(1)}, {"model": "latent", "vocabulary": json.dumps(VOCABULARY)})
    with pytest.raises(WeightsError, match="are not those of latent"):
        MODEL.open(path)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"latents": 0}, "latents is a whole number from 1"),
        ({"beta": "much"}, "beta is a number"),
        ({"word_dropout": 1.0}, "less than 1"),
        ({"beta": -1.0}, "0 or more"),
        ({"layers": 2}, "no option 'layers'"),
    ],
)
def test_options_that_make_no_sense_are_refused(values: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Options.of(values)


def a_dataset(folder: Path, songs: int = 8) -> Path:
    folder.mkdir()
    made = []
    for i in range(songs):
        score = a_song(i, bars=16, key=Key(i % 12, "major" if i % 2 else "minor"))
        rows = np.array([(n.start, n.length, n.pitch, n.velocity) for n in score.parts["lead"]], np.int64).T
        split = ("train", "train", "valid", "test")[i % 4]
        part = np.zeros(rows.shape[1], np.int64)
        made.append(Song(f"toy/{i}", split, 80.0, 4, score.key, score.chords, Notes(*rows), part))
    write(folder, made, {})
    return folder


def trainer() -> Any:
    return pytest.importorskip("dusktape.models.latent.net", reason="needs torch", exc_type=ImportError)


def batch_of(examples: list[dict[str, np.ndarray]]) -> dict[str, Any]:
    import torch

    return {name: torch.from_numpy(np.stack([e[name] for e in examples])) for name in examples[0]}


def on_grid(net: Any) -> Any:
    import torch

    rounded = {k: torch.round(v * 4096) / 4096 if v.is_floating_point() else v for k, v in net.state_dict().items()}
    net.load_state_dict(rounded)
    return net.eval()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Any]:
    net = trainer()
    splits = net.load_splits(a_dataset(tmp_path_factory.mktemp("data") / "songs"), SMALL)
    model = net.build(3, splits, {**net.OPTIONS, **SMALL})
    return net, splits, on_grid(model)


def test_numpy_computes_what_torch_trains(trained: Any) -> None:
    import torch

    net, splits, model = trained
    weights = {k: np.asarray(v, np.float64) for k, v in net.export(model, splits).items()}
    ours = Latent.of(weights, splits.vocabulary).network
    batch = batch_of(splits.train)
    windows_ = [window_of(e) for e in splits.train]
    with torch.no_grad():
        mean, _ = model.posterior_of(batch)
        degree, quality = model.chord_logits(mean, batch)
        tokens = model.melody_logits(mean, batch).flatten(1, 2)
    z = ours.encode(windows_)
    assert np.abs(z - mean.numpy()).max() < 1e-4
    degrees, qualities = (np.stack([getattr(w, name) for w in windows_]) for name in ("degree", "quality"))
    asked: dict[str, list[np.ndarray]] = {"degree": [], "quality": [], "token": []}

    def told(name: str, answers: np.ndarray) -> Any:
        def pick(logits: np.ndarray, place: int) -> np.ndarray:
            asked[name].append(logits)
            return answers[:, place]

        return pick

    modes = np.array([w.mode for w in windows_])
    ours.chords(z, modes, told("degree", degrees), told("quality", qualities))
    flat = np.stack([w.tokens.ravel() for w in windows_])
    context = ours.context(z, modes, chord_number(degrees, qualities))
    ours.melody(context, degrees, told("token", flat))
    for name, theirs in (("degree", degree), ("quality", quality), ("token", tokens)):
        assert np.abs(np.stack(asked[name], axis=1) - theirs.numpy()).max() < 1e-3, name


def test_a_batch_costs_what_its_windows_cost(trained: Any) -> None:
    import torch

    _, splits, model = trained
    batch = batch_of(splits.train)
    noise = torch.zeros(len(splits.train), SMALL["latents"])
    with torch.no_grad():
        together = [float(x.sum()) for x in model.costs(batch, noise)]
        alone = [[float(x.sum()) for x in model.costs(batch_of([e]), noise[:1])] for e in splits.train]
        assert np.allclose(together, np.sum(alone, axis=0), rtol=1e-4)
        assert float(model.nats(batch)) == float(model.nats(batch))
    assert all(np.isfinite(together))


def test_training_learns_and_keeps_its_warm_up(trained: Any) -> None:
    import torch

    net, splits, _ = trained
    model = net.build(0, splits, {**net.OPTIONS, **SMALL})
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    batch, costs = batch_of(splits.train), []
    for _ in range(12):
        loss = model.loss(batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        costs.append(float(loss.detach()))
    assert costs[-1] < 0.9 * costs[0]
    assert int(model.learned) == 12
    assert "learned" not in net.export(model, splits)


def test_half_of_the_windows_learn_in_colour(trained: Any) -> None:
    net, splits, _ = trained
    plain = {**splits.train[0], "quality": np.zeros(HALVES, np.int64)}
    changed = [net.augment(plain, np.random.default_rng(k)) for k in range(40)]
    rich = [e for e in changed if (e["quality"] != 0).any()]
    assert 8 <= len(rich) <= 32
    at = CONTROLS.index("richness")
    assert all(e["controls"][0, at] > 0 for e in rich)
    assert (plain["quality"] == 0).all()
    assert all((e["degree"] == plain["degree"]).all() for e in changed)


def test_the_counting_baselines_get_the_same_chords_and_tokens(trained: Any) -> None:
    net, splits, _ = trained
    flat = net.flat_tokens(splits.train[0])
    assert len(flat) == HALVES * (1 + HALF_STEPS)
    assert max(flat) < net.FLAT_VOCABULARY
    assert [t for t in flat if t < TOKENS] == splits.train[0]["tokens"].ravel().tolist()


def test_details_say_what_comes_back(trained: Any) -> None:
    net, splits, model = trained
    found = net.details(model, splits, lambda e: {**batch_of([e])})
    assert {"chords_bits", "melody_bits", "point_bits", "active_latents", "chords", "chance_chords"} <= set(found)
    assert all(np.isfinite(v) for v in found.values())


def test_chords_are_read_by_what_sounds() -> None:
    table = chord_table()
    c9 = table[chord_number(np.array(0), np.array(QUALITY_NAMES.index("maj9")))]
    assert np.flatnonzero(c9[:12]).tolist() == [0, 2, 4, 7, 11]
    assert c9[12] == c9[24] == 1.0
    assert table[NO_DEGREE * len(QUALITY_NAMES)].sum() == 0.0


# -- what ships


def test_the_card_prints_the_figures_of_the_weights() -> None:
    assert sha256_of(MODEL.weights) == MODEL.sha256
    card = (MODEL.folder / "card.md").read_text(encoding="utf-8")
    facts = json.loads((MODEL.folder / "weights.json").read_text(encoding="utf-8"))
    table = dict(re.findall(r"^\| ([a-z0-9_. -]+?) \| ([0-9a-f.]+) \|", card, re.MULTILINE))
    details = facts["details"]
    expected = {
        "test bits per note": f"{facts['test_bits_per_event']:.3f}",
        "of which chords": f"{details['chords_bits']:.3f}",
        "of which melody": f"{details['melody_bits']:.3f}",
        "of which the point": f"{details['point_bits']:.3f}",
        "valid bits per note": f"{facts['valid_bits_per_event']:.3f}",
        "train bits per note": f"{facts['train_bits_per_event']:.3f}",
        "unigram": f"{facts['baselines']['unigram']:.3f}",
        "best back-off n-gram": f"{facts['baselines']['best']:.3f}",
        "its order": f"{facts['baselines']['best_order']:.0f}",
        "chords that come back": f"{details['chords']:.3f}",
        "by chance": f"{details['chance_chords']:.3f}",
        "active axes": f"{details['active_latents']:.0f}",
        "test songs": str(facts["songs"]["test"]),
        "test notes": str(facts["events"]["test"]),
        "parameters": str(facts["parameters"]),
        "epochs": str(facts["epochs"]),
        "sha256": facts["sha256"],
    }
    for name, key in (("rhythm", "rhythm"), ("pitches", "pitch"), ("sounding", "sounding")):
        expected[f"{name} that come{'' if name == 'pitches' else 's'} back"] = f"{details[key]:.3f}"
        expected[f"{name} by chance"] = f"{details['chance_' + key]:.3f}"
    assert {name: table.get(name) for name in expected} == expected
    assert all(source.licence in card and source.attribution in card for source in MODEL.sources)


@pytest.fixture(scope="module")
def shipped() -> Latent:
    opened: Latent = MODEL.open()
    return opened


def test_points_that_are_drawn_sound_like_music(shipped: Latent) -> None:
    from dusktape.theory.scale import is_chord_tone

    fitting, notes = 0, 0
    for k in range(8):
        z = np.random.default_rng(k).standard_normal(shipped.latents)
        score = written(shipped, z, key=C, bpm=80.0, seed=Seed(k), temperature=0.8)
        assert 1 <= len({(c.root, c.quality) for c in score.chords}) <= 12
        for note in score.parts["lead"]:
            chord = next(c for c in score.chords if c.start <= note.start < c.start + c.length)
            fitting, notes = fitting + is_chord_tone(note.pitch, chord.root, chord.quality), notes + 1
    assert 8 * 8 <= notes <= 8 * 80
    assert fitting >= 0.7 * notes


def test_the_further_from_a_song_the_less_is_left_of_it(shipped: Latent) -> None:
    mixes = (0.0, 0.25, 0.5, 0.75, 1.0)
    away = np.zeros(len(mixes))
    for k in range(4):
        a, b = (shipped.encode(a_song(s, density=d)) for s, d in ((k, 0.2), (k + 5, 0.6)))
        onsets = []
        for mix in mixes:
            _, melody = decoded(shipped, shipped.blend(a, b, mix), temperature=0.7)
            onsets.append({n.start for n in melody})
        away += [1.0 - 2.0 * len(o & onsets[0]) / max(1, len(o) + len(onsets[0])) for o in onsets]
    assert away[0] == 0.0
    assert (np.diff(away) > -0.15).all()
    assert away[-1] > away[1] + 0.3


def test_sliders_move_what_they_are_named_after(shipped: Latent) -> None:
    songs = [a_song(k) for k in range(3)]
    for name in ("density", "silence", "leaps", "offbeat", "changes", "richness", "loudness"):
        change = 0.0
        for k, song in enumerate(songs):
            low, high = (_written_again(shipped, song, {name: amount}, k) for amount in (-1.5, 1.5))
            change += (high - low)[CONTROLS.index(name)]
        assert change > 0, name


def _written_again(latent: Latent, song: Score, amounts: dict[str, float], seed: int) -> np.ndarray:
    z = latent.move(latent.encode(song), amounts)
    score = written(latent, z, key=song.key, bpm=song.bpm, seed=Seed(seed), temperature=0.7)
    return np.asarray(heard(score)[0].controls)


def test_a_training_leaves_an_index_of_the_melodies_it_learned_from(tmp_path: Path) -> None:
    from dusktape.train.run import train

    trainer()
    data = a_dataset(tmp_path / "songs")
    quiet = {"demos": False, "tensorboard": False, "energy": False}
    config = {"train": {**quiet, "epochs": 1, "batch_size": 8}, "model": SMALL}
    train("latent", data, tmp_path / "run", config=config, device="cpu")
    index = Phrases.load(tmp_path / "run" / FILE)
    learned = {song.name for song in Dataset.read(data).songs("train")}
    assert set(index.names) == learned
    assert len(index.people.reach["rhythm"]) == sum(len(Dataset.read(data).lines(s)) for s in ("valid", "test")) > 0
    assert index.longest(Dataset.read(data).lines("train")[0], "rhythm").length > 16


def test_melodies_without_a_window_were_not_learned_from(tmp_path: Path) -> None:
    net = trainer()
    few = Notes(*np.array([[0, 960, 1920], [960] * 3, [60, 62, 64], [70] * 3]))
    song = Dataset.read(a_dataset(tmp_path / "all"))
    (tmp_path / "short").mkdir()
    short = replace(next(iter(song.songs("train"))), name="short", notes=few, part=np.zeros(3, np.int64))
    write(tmp_path / "short", [*song.songs(), short], {})
    assert "short" not in {line.name for line in net.lines(tmp_path / "short")}
    assert len(net.lines(tmp_path / "short")) == len(list(song.songs("train")))
    assert len(net.held_out_lines(tmp_path / "short")) == 4
