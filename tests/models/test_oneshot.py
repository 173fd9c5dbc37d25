from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import InputError, WeightsError
from dusktape.core.seed import Seed
from dusktape.models.oneshot import corpus
from dusktape.models.oneshot.analyse import aligned, analyse
from dusktape.models.oneshot.attack import _nearer, attacks_s, imposed
from dusktape.models.oneshot.classes import CLASSES, KEYS, class_of, class_of_label
from dusktape.models.oneshot.infer import PEAK, UNTOLD_KIND, Flow, OneShots
from dusktape.models.oneshot.options import Options
from dusktape.models.oneshot.render import Touch, click, length, noise, render
from dusktape.models.oneshot.typical import LEAST, typical
from dusktape.models.oneshot.vector import (
    ATTACK,
    BANDS,
    CENTRES,
    FRAMES,
    LEVEL,
    MODE_DECAY,
    MODE_DETUNE,
    MODE_LEVEL,
    NODES,
    NOISE,
    NOISE_FLOOR,
    PITCH,
    REST_ATTACK_S,
    REST_HZ,
    REST_S,
    SAMPLE_RATE,
    SIZE,
    SLOT_HZ,
    to_amplitude,
    to_level,
)
from dusktape.nn.weights import save

from ..clips import dataset

T = np.arange(SAMPLE_RATE) / SAMPLE_RATE
SMALL: dict[str, Any] = {
    "kits": 2,
    "variations": 4,
    "components": 6,
    "width": 12,
    "blocks": 2,
    "hidden": 10,
    "steps": 3,
}


def thud(hz: float = 60.0, sweep: float = 140.0, decay_s: float = 0.12) -> np.ndarray:
    phase = 2.0 * np.pi * (hz * T + sweep * 0.02 * (1.0 - np.exp(-T / 0.02)))
    return np.sin(phase) * np.exp(-T / decay_s)


def hiss(decay_s: float = 0.05, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(T.size) * np.exp(-T / decay_s)


def back(sound: np.ndarray, seed: int = 1) -> np.ndarray:
    return render(analyse(aligned(sound)), np.random.default_rng(seed))


def attack_s(sound: np.ndarray) -> float:
    window = np.hanning(90)[1:-1]
    level = np.convolve(np.concatenate([np.zeros(44), sound**2]), window / window.sum(), "same") ** 0.5
    return float(np.argmax(level > 0.7 * level.max()) - np.argmax(level > 0.1 * level.max())) / SAMPLE_RATE


def fall_s(sound: np.ndarray, db: float = 20.0) -> float:
    energy = np.cumsum(sound[::-1] ** 2)[::-1]
    return float(np.argmax(energy < energy[0] * 10 ** (-db / 10))) / SAMPLE_RATE


def centroid(sound: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float((power * np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE)).sum() / power.sum())


def test_a_stroke_begins_at_its_onset_has_peak_1_and_ends() -> None:
    late = np.concatenate([1e-4 * hiss(1.0)[:5000], 0.3 * thud()[:20_000], np.zeros(9000)])
    stroke = aligned(late)
    assert np.abs(stroke).max() == pytest.approx(1.0, abs=0.01)
    assert np.argmax(np.abs(stroke) > 0.05) < 60
    assert stroke.size in (16_384, 32_768)
    assert aligned(np.ones(1) * np.sin(T[:, None] * 900.0).ravel().repeat(4)).size == FRAMES


def test_levels_come_back_as_amplitudes() -> None:
    amplitude = np.array([0.0, 1e-4, 0.01, 1.0])
    assert np.allclose(to_amplitude(to_level(amplitude, 1e-3), 1e-3), amplitude, rtol=1e-9, atol=1e-12)
    assert to_amplitude(np.array([-3.0]), 1e-3) == 0.0


def test_a_falling_sine_is_followed_from_its_start_to_its_end() -> None:
    vector = analyse(aligned(thud(hz=60.0, sweep=140.0)))
    hz = REST_HZ * 2.0 ** vector[PITCH]
    middle = 0.5 * (NODES[1:] + NODES[:-1])
    wanted = 60.0 + 140.0 * np.exp(-middle / 0.02)
    sure = (middle > 0.004) & (middle < 0.3)
    assert np.abs(np.log2(hz / wanted))[sure].max() < 0.12
    assert np.interp(0.12, NODES, to_amplitude(vector[LEVEL], 1e-3)) == pytest.approx(np.exp(-1.0), rel=0.15)
    assert np.abs(click(vector, 200)).max() < 0.15


def test_a_kick_keeps_its_attack_its_colour_and_its_ring() -> None:
    for amount in (0.0, 0.6):
        sound = thud() + amount * hiss(0.0008)
        assert abs(attack_s(back(sound)) - attack_s(aligned(sound))) < 0.002
        assert fall_s(back(sound)) == pytest.approx(fall_s(aligned(sound)), rel=0.1)
        assert centroid(back(sound)) == pytest.approx(centroid(aligned(sound)), rel=0.25)


def test_a_tone_that_rings_is_a_mode_and_noise_is_none() -> None:
    slot = 10
    ring = np.sin(2 * np.pi * 1.03 * SLOT_HZ[slot] * T) * np.exp(-T / 0.08)
    vector = analyse(aligned(ring))
    assert np.argmax(vector[MODE_LEVEL]) == slot
    assert vector[MODE_DETUNE][slot] == pytest.approx(4.0 * np.log2(1.03), abs=0.02)
    assert REST_S * 2.0 ** vector[MODE_DECAY][slot] == pytest.approx(0.08, rel=0.1)
    loudest = max(float(to_amplitude(analyse(aligned(hiss(seed=s)))[MODE_LEVEL], 2e-3).max()) for s in range(3))
    assert loudest < 0.05


def test_noise_comes_back_with_its_spectrum_and_its_fall() -> None:
    sound = hiss(0.05)
    again = np.concatenate([back(sound), np.zeros(FRAMES)])
    assert fall_s(again) == pytest.approx(fall_s(sound), rel=0.15)

    def octaves(x: np.ndarray) -> np.ndarray:
        power = np.abs(np.fft.rfft(x, 1 << 16)) ** 2
        edges = (np.array([350, 700, 1400, 2800, 5600, 11_200, 20_000]) * (1 << 16) / SAMPLE_RATE).astype(int)
        return 10 * np.log10(np.add.reduceat(power, edges)[:-1] / power[: edges[-1]].sum())

    assert np.abs(octaves(again) - octaves(sound)).max() < 2.0


def test_noise_of_one_level_is_steady_and_flat() -> None:
    vector = np.zeros(SIZE)
    vector[NOISE] = to_level(np.full(vector[NOISE].size, 0.1), NOISE_FLOOR)
    sound = noise(vector, 40_000, np.random.default_rng(0))
    assert np.sqrt(np.mean(sound[:20_000] ** 2)) == pytest.approx(np.sqrt(np.mean(sound[20_000:] ** 2)), rel=0.05)
    assert np.sqrt(np.mean(sound**2)) == pytest.approx(0.1, rel=0.06)


def test_a_sound_lasts_as_long_as_it_is_heard() -> None:
    short, long = analyse(aligned(hiss(0.01))), analyse(aligned(hiss(0.1)))
    assert 0.03 * SAMPLE_RATE < length(short) < 0.2 * SAMPLE_RATE < length(long) < 1.2 * SAMPLE_RATE
    sound = render(long, np.random.default_rng(0), frames=FRAMES)
    assert sound.shape == (FRAMES,)
    assert not sound[length(long) :].any()
    assert np.abs(sound).max() == pytest.approx(1.0)
    assert np.isfinite(render(np.zeros(SIZE), np.random.default_rng(0))).all()


def test_softer_strokes_are_duller_and_factors_move_what_they_name() -> None:
    drum = analyse(aligned(0.6 * thud(180.0, 30.0, 0.05) + hiss(0.05)))

    def struck(**how: float) -> np.ndarray:
        touch = Touch(**how)
        return render(touch.on(drum), np.random.default_rng(5), pitch=touch.pitch)

    assert centroid(struck(velocity=0.15)) < 0.8 * centroid(struck(velocity=0.5)) < 0.9 * centroid(struck())
    assert fall_s(struck(decay=0.6)) < 0.85 * fall_s(struck())
    assert centroid(struck(tone=0.7)) < 0.9 * centroid(struck())
    kick = analyse(aligned(thud(60.0, 0.0, 0.2)))
    tuned = render(kick, np.random.default_rng(0), pitch=1.5)
    assert np.argmax(np.abs(np.fft.rfft(tuned, 1 << 17))) * SAMPLE_RATE / (1 << 17) == pytest.approx(90.0, abs=2.0)
    assert np.allclose(Touch().on(drum), np.where(drum < 0.0, Touch().on(drum), drum), atol=1e-6)


@pytest.mark.parametrize("wanted_s", [(0.001, 0.003), (0.004, 0.008), (0.012, 0.016)])
def test_an_attack_is_what_the_vector_says(wanted_s: tuple[float, float]) -> None:
    vector = analyse(aligned(0.5 * thud(120.0, 0.0, 0.1) + 0.5 * hiss(0.01)))
    vector[ATTACK] = np.log2(np.array(wanted_s) / REST_ATTACK_S)
    assert np.abs(attacks_s(render(vector, np.random.default_rng(3))) - wanted_s).max() < 0.003


def test_a_stroke_with_the_attack_that_is_wanted_is_left_alone() -> None:
    stroke = aligned(thud())
    assert np.allclose(imposed(stroke, attacks_s(stroke)), stroke)


def test_an_imposed_attack_changes_nothing_later() -> None:
    stroke = aligned(thud() * (1.0 - np.exp(-T / 0.01)))
    sharper = imposed(stroke, np.array([0.001, 0.002]))
    assert attack_s(sharper) < 0.5 * attack_s(stroke)
    assert np.array_equal(sharper[400:], stroke[400:])


def test_a_second_gain_mends_what_the_first_left() -> None:
    wavering = 1.0 + 0.6 * np.sin(2.0 * np.pi * T / 0.03)
    stroke = aligned(thud() * (1.0 - np.exp(-T / 0.004)) * wavering)
    wanted_s = np.array([0.002, 0.02])
    missed = [np.abs(np.log2(attacks_s(s) / wanted_s)).sum() for s in (stroke, _nearer(stroke, wanted_s))]
    assert np.abs(np.log2(attacks_s(imposed(stroke, wanted_s)) / wanted_s)).sum() < 0.9 * min(missed)


def sources(folder: Path) -> Path:
    there = folder / corpus.FOLDER / "a"
    there.mkdir(parents=True)
    rows = ["file\tclass\tdur_s\tsr\tch\tlicence\tauthor\tsource"]
    for name, kind, who, sound in (
        ("bd_one", "bd", "2013 Somebody Else", thud()),
        ("sn_one", "sn", "2012 Another", hiss(0.06) + thud(190.0, 20.0, 0.05)),
        ("hh_one", "hh", "Another", hiss(0.01)),
        ("bd_held", "bd", "2010 menegass", thud(50.0)),
        ("cp_one", "cp", "Another", hiss(0.04)),
        ("vinyl", "vinyl", "Another", hiss(0.5)),
    ):
        soundfile.write(there / f"{name}.flac", 0.5 * sound / np.abs(sound).max(), SAMPLE_RATE)
        rows.append(f"a/{name}.flac\t{kind}\t1\t44100\t1\tCC0\t{who}\thttps://example.org")
    (folder / corpus.FOLDER / corpus.LIST).write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def labelled(folder: Path) -> Path:
    """Write a dataset of sounds that are labelled as drums, at another rate and in stereo; return its folder."""
    return dataset(
        folder, 22_050, 8000, splits=("train", "train", "train", "valid", "test"), channels=2, more={"label": "Kicks"}
    )


def test_a_dataset_of_sounds_teaches_what_its_labels_say(tmp_path: Path) -> None:
    found = corpus.recordings(labelled(tmp_path / "data"))
    assert [(one.kind, one.side) for one in found] == [
        ("kick", s) for s in ("train", "train", "train", "valid", "test")
    ]
    assert all(np.abs(one.stroke).max() == pytest.approx(1.0, abs=0.01) for one in found)
    sides = corpus.examples(tmp_path / "data", kits=0, variations=5)
    assert {side: len(some) for side, some in sides.items()} == {"train": 5, "valid": 1, "test": 1}


def test_recordings_are_split_by_author_and_what_is_no_drum_is_left_out(tmp_path: Path) -> None:
    found = corpus.recordings(sources(tmp_path))
    assert {(r.name, r.kind, r.side) for r in found} == {
        ("a/bd_one.flac", "kick", "train"),
        ("a/sn_one.flac", "snare", "train"),
        ("a/hh_one.flac", "closed hat", "train"),
        ("a/bd_held.flac", "kick", "test"),
        ("a/cp_one.flac", "clap", "train"),
    }
    assert {r.author for r in found} == {"Somebody Else", "Another", "menegass"}


def test_examples_hold_varied_recordings_of_common_classes_and_kits_of_all(tmp_path: Path) -> None:
    sides = corpus.examples(sources(tmp_path), kits=2, variations=8)
    heard = [e for e in sides["train"] if e["recorded"][0]]
    assert {CLASSES[int(e["label"][0])] for e in heard} == {"kick", "snare", "closed hat"}
    assert len(heard) == 3 * 8
    drawn = [e for side in sides.values() for e in side if not e["recorded"][0]]
    assert sorted(int(e["label"][0]) for e in drawn) == sorted(2 * list(range(len(CLASSES))))
    assert all(e["vector"].shape == (1, SIZE) and np.isfinite(e["vector"]).all() for e in heard + drawn)
    assert [CLASSES[int(e["label"][0])] for e in sides["test"] if e["recorded"][0]] == ["kick"]


def test_an_author_of_many_sounds_teaches_less_with_each(tmp_path: Path) -> None:
    stroke = aligned(thud())
    many = [corpus.Recorded(f"m{i}", "perc", "one of many", "train", stroke) for i in range(16)]
    taken = corpus._taken([*many, corpus.Recorded("single", "perc", "another", "train", stroke)], 117)
    count = Counter(one.name for one in taken)
    assert len(taken) == 117
    assert len(count) == 17
    assert 19 <= count["single"] <= 23
    assert min(count.values()) >= 5


def scattered(places: list[float], width: float = 0.01) -> np.ndarray:
    """Return vectors (N, SIZE) that differ in one number, near these places."""
    out = np.zeros((len(places), SIZE), np.float32)
    out[:, LEVEL.start] = places + width * np.random.default_rng(0).standard_normal(len(places))
    return out


def test_a_recording_is_typical_where_others_of_its_class_lie() -> None:
    vectors = scattered([*60 * [0.0], *60 * [1.0], 0.0, 1.0, *60 * [1.0]])
    kinds = np.array([*60 * [0], *60 * [1], 0, 0, *60 * [0]])
    recorded = np.arange(182) >= 120
    hers = np.array([*range(120), 200, 200, *60 * [200]])
    among, astray = typical(vectors, kinds, recorded, hers)[:2]
    assert among == pytest.approx(1.0 + LEAST)
    assert astray == pytest.approx(LEAST)
    anothers = np.array([*range(120), 200, 200, *60 * [300]])
    assert typical(vectors, kinds, recorded, anothers)[1] > 0.2


def test_all_are_as_typical_where_there_is_nobody_else() -> None:
    one = np.zeros(5, np.int64)
    assert len(set(typical(scattered([*range(5)]), np.arange(5) % 2, one == 0, one).tolist())) == 1


def test_typical_strokes_teach_more_often_and_every_recording_once() -> None:
    places = [*60 * [0.0], *60 * [1.0], *20 * [0.0], *20 * [1.0]]
    songs = [*range(-1, -121, -1), *(1 + i // 5 for i in range(40))]
    strokes = [
        {
            "song": np.array([song]),
            "label": np.array([int(60 <= i < 120)]),
            "recorded": np.array([int(i >= 120)]),
            "vector": vector[None],
        }
        for i, (song, vector) in enumerate(zip(songs, scattered(places), strict=True))
    ]
    taken = corpus.weighed(strokes, dict.fromkeys(range(1, 9), "somebody"))
    assert len(taken) == len(strokes)
    assert taken[40:] == strokes[:120]
    count = Counter(int(e["song"][0]) for e in taken[:40])
    assert sorted(count) == list(range(1, 9))
    assert sum(count[song] for song in range(1, 5)) > 30
    assert [next(e for e in taken if e["song"][0] == song) for song in range(1, 9)] == strokes[120::5]


def test_a_folder_without_the_sources_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"oneshots_cc0.*card"):
        corpus.recordings(tmp_path)


def test_a_recording_that_is_damped_rises_as_before() -> None:
    stroke = aligned(thud() * np.minimum(T / 0.02, 1.0))
    changed = [attacks_s(corpus.varied(stroke, Seed(i))) for i in range(8)]
    assert np.abs(np.log2(np.array(changed) / attacks_s(stroke))).max() < 0.7


def test_a_class_that_a_character_strikes_twice_is_left_out() -> None:
    assert [kind for kind, _ in corpus.kit_strokes(8)] == [k for k in CLASSES if k not in ("rim", "shaker")]


def test_kits_are_drawn_by_number() -> None:
    (one, again), other = ([s for _, s in corpus.kit_strokes(n)] for n in (3, 3)), corpus.kit_strokes(13)
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert [kind for kind, _ in other] == list(CLASSES) == list(KEYS)
    assert not any(a.size == b.size and np.allclose(a, b, atol=1e-3) for a, (_, b) in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("label", "kind"),
    [("Kicks", "kick"), ("open hat", "open hat"), ("OpenHats", "open hat"), ("hh", "closed hat"), ("sax", "")],
)
def test_labels_of_a_dataset_are_understood(label: str, kind: str) -> None:
    assert class_of_label(label) == kind


@pytest.mark.parametrize(
    ("kind", "name", "wanted"),
    [("elec", "elec_hi_snare", "snare"), ("drum", "drum_tom_lo_soft", "tom"), ("drum", "drum_splash_hard", "")],
)
def test_files_of_the_source_are_put_into_classes(kind: str, name: str, wanted: str) -> None:
    assert class_of(kind, name) == wanted


def toy(size: int = 6, width: int = 12, hidden: int = 10, blocks: int = 2) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    shapes = {
        "mean": (SIZE,),
        "directions": (size, SIZE),
        "kind.weight": (UNTOLD_KIND + 1, width),
        "source.weight": (3, width),
        "time.weight": (width, 17),
        "time.bias": (width,),
        "asked.weight": (2 * width, width),
        "asked.bias": (2 * width,),
        "into.weight": (width, size),
        "into.bias": (width,),
        "out.weight": (size, width),
        "out.bias": (size,),
    }
    for i in range(blocks):
        shapes |= {f"blocks.{i}.scale": (width,), f"blocks.{i}.shift": (width,)}
        shapes |= {f"blocks.{i}.inner.weight": (hidden, width), f"blocks.{i}.inner.bias": (hidden,)}
        shapes |= {f"blocks.{i}.out.weight": (width, hidden), f"blocks.{i}.out.bias": (width,)}
    weights = {name: 0.3 * rng.standard_normal(shape) for name, shape in shapes.items()}
    drum = analyse(aligned(thud() + 0.3 * hiss()))
    return {**weights, "mean": drum, "directions": 0.1 * weights["directions"]}


def maker(folder: Path) -> OneShots:
    about = {"model": "oneshot", "options": json.dumps({**Options().table(), **SMALL})}
    save(folder / "weights.safetensors", toy(), about)
    return OneShots.load(folder / "weights.safetensors")


def test_sounds_follow_their_own_seed_alone(tmp_path: Path) -> None:
    model = maker(tmp_path)
    few, many = (model.write_sounds(n, seed=Seed(3), label="snare") for n in (2, 4))
    assert all(np.abs(a - b).max() < 1e-6 for a, b in zip(few, many, strict=False))
    assert not np.allclose(many[2], many[3], atol=1e-2)
    other = model.write_sounds(1, seed=Seed(4), label="snare")[0]
    assert not np.allclose(few[0], other, atol=1e-2)
    assert (model.sample_rate, model.channels, model.frames, model.labels) == (44_100, 1, FRAMES, CLASSES)


def test_sounds_have_the_length_asked_for(tmp_path: Path) -> None:
    model = maker(tmp_path)
    for frames in (0, 3000, 40_000):
        sound = model.write_sounds(1, seed=Seed(1), frames=frames)[0]
        assert sound.shape[1] == frames if frames else 0.02 * SAMPLE_RATE < sound.shape[1] <= FRAMES
        assert np.abs(sound).max() == pytest.approx(PEAK, abs=1e-6)
        assert sound.dtype == np.float32
        assert np.isfinite(sound).all()
        assert np.abs(sound[:, -20:]).max() < 1e-3
    assert model.write_sounds(0, seed=Seed(1)) == []


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"label": "kik"}, r"no 'kik'; did you mean 'kick'"),
        ({"frames": FRAMES + 1}, "up to 65536 frames"),
        ({"steps": -1}, "1 to 200 steps"),
    ],
)
def test_what_cannot_be_made_is_refused(tmp_path: Path, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        maker(tmp_path).write_sounds(1, seed=Seed(1), **asked)


def test_what_each_sound_is_can_be_asked(tmp_path: Path) -> None:
    model = maker(tmp_path)
    kinds = model.labels_of(5, seed=Seed(3))
    assert len(set(kinds)) > 1
    mixture, toms = model.write_sounds(5, seed=Seed(3)), model.labels_of(2, seed=Seed(3), label="tom")
    alone = [model.write_sounds(i + 1, seed=Seed(3), label=kind)[i] for i, kind in enumerate(kinds)]
    assert all(np.abs(a - b).max() < 1e-6 for a, b in zip(mixture, alone, strict=True))
    assert toms == ["tom", "tom"]


def test_a_guided_flow_goes_farther_from_what_no_class_does(tmp_path: Path) -> None:
    flow = maker(tmp_path).flow
    x = np.random.default_rng(0).standard_normal((3, 6))
    plain, none = (flow.velocity(x, 0.5, [kind] * 3, [1, 1, 0]) for kind in (2, UNTOLD_KIND))
    assert np.allclose(flow.guided(x, 0.5, [2, 2, 2], [1, 1, 0]), plain)
    guides = {CLASSES[2]: 1.5}
    further = Flow(flow.weights, flow.blocks, guides).guided(x, 0.5, [2, 2, 2], [1, 1, 0])
    assert np.allclose(further - none, 1.5 * (plain - none))
    mixture = Flow(flow.weights, flow.blocks, guides).guided(x, 0.5, [3, 2, 2], [1, 1, 0])
    assert np.allclose(mixture[1:], further[1:])
    assert np.allclose(mixture[0], flow.velocity(x, 0.5, [3, 2, 2], [1, 1, 0])[0])


def test_what_is_too_near_to_what_taught_is_drawn_again(tmp_path: Path) -> None:
    free = maker(tmp_path).flow
    seeds = [Seed(i) for i in range(6)]
    alone = OneShots(free, 3)
    points = np.concatenate([alone._carried([0], [0], [at.at("point")], 0) for at in seeds])
    known = {**free.weights, "spread": np.ones(6), "taught": points[2:3], "apart": np.array([0.1])}
    careful = OneShots(Flow(known, free.blocks), 3)
    assert careful.flow.copies(points).tolist() == [i == 2 for i in range(6)]
    before, after = (model.drums(["kick"] * 6, seeds, recorded=False) for model in (alone, careful))
    moved = np.abs(after - before).max(axis=1) > 1e-6
    assert moved.tolist() == [i == 2 for i in range(6)]
    everything = {**known, "apart": np.array([1e9])}
    assert np.isfinite(OneShots(Flow(everything, free.blocks), 3).drums(["kick"], seeds[:1])).all()


def test_attacks_lie_as_those_that_taught_do(tmp_path: Path) -> None:
    free = maker(tmp_path).flow
    drawn, taught = (np.tile([start, start + 4.0], (len(CLASSES), 2, 2, 1)) for start in (-2.0, 0.0))
    taught[0, 1] = [0.5, 0.6]
    flow = Flow({**free.weights, "rises.drawn": drawn, "rises.taught": taught}, free.blocks)
    vectors = np.zeros((3, SIZE))
    vectors[:, ATTACK] = [[-1.0, 0.5], [1.0, 0.0], [9.0, 9.0]]
    risen = flow.risen(vectors, [0, 0, 0], [0, 0, 1])[:, ATTACK]
    assert np.allclose(risen, [[1.0, 2.5], [3.0, 3.0], [0.6, 0.6]])


def test_the_source_can_be_chosen_where_recordings_taught(tmp_path: Path) -> None:
    model, seeds = maker(tmp_path), [Seed(1)]
    kick, rim = ([model.drums([kind], seeds, recorded=r) for r in (True, False)] for kind in ("kick", "rim"))
    assert not np.allclose(*kick)
    assert np.array_equal(*rim)


def test_more_steps_come_nearer_to_the_same_drum(tmp_path: Path) -> None:
    model, at = maker(tmp_path), [Seed(7)]
    few, some, many = (model.drums(["tom"], at, steps=n, recorded=False) for n in (2, 8, 64))
    assert np.abs(some - many).max() < 0.3 * np.abs(few - many).max()


def test_foreign_options_and_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no option 'colour'"):
        Options.of({"colour": 3})
    with pytest.raises(InputError, match="width"):
        Options(width=4)
    maker(tmp_path)
    with pytest.raises(WeightsError, match="damaged or swapped"):
        OneShots.load(tmp_path / "weights.safetensors", "0" * 64)


def test_numpy_computes_what_torch_trained() -> None:
    torch = pytest.importorskip("torch")
    from dusktape.models.oneshot.net import Net

    weights = toy()
    net = Net(Options(**SMALL), weights["mean"], weights["directions"])
    net.load_state_dict({name: torch.tensor(w, dtype=torch.float32) for name, w in weights.items()})
    x = np.random.default_rng(0).standard_normal((4, 6))
    kinds, sources_ = [0, 3, 8, 3], [1, 0, 2, 1]
    told = net(torch.tensor(x, dtype=torch.float32), torch.full((4,), 0.3), torch.tensor(kinds), torch.tensor(sources_))
    ours = Flow({name: np.asarray(w, np.float64) for name, w in weights.items()}, 2).velocity(x, 0.3, kinds, sources_)
    assert np.allclose(told.detach().numpy(), ours, atol=1e-4)


def test_components_are_of_unit_variance_and_describe_what_they_came_from() -> None:
    pytest.importorskip("torch")
    from dusktape.models.oneshot.net import Net, components

    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((300, 3)) @ rng.standard_normal((3, SIZE)) + 1.0
    mean, directions = components(vectors, 10)
    assert directions.shape == (3, SIZE)
    import torch

    net = Net(Options(**SMALL), mean, directions)
    points = net.points(torch.tensor(vectors, dtype=torch.float32)).numpy()
    assert np.allclose(points.std(axis=0), 1.0, atol=0.02)
    assert np.allclose(mean + points @ directions, vectors, atol=1e-3)


def test_recordings_are_mixed_with_others_of_their_class_and_kits_are_left_alone() -> None:
    torch = pytest.importorskip("torch")
    from dusktape.models.oneshot.net import mixed

    torch.manual_seed(0)
    values = torch.arange(8.0)[:, None].expand(8, SIZE)
    kinds, recorded, sounds = torch.tensor([0, 0, 0, 0, 3, 5, 5, 6]), torch.arange(8) < 5, torch.arange(8)
    out = torch.stack([mixed(values, kinds, recorded, sounds, 1.0) for _ in range(40)])
    assert torch.equal(out[:, 4:], values[4:].expand(40, 4, SIZE))
    assert out[:, :4].min() >= 0.0
    assert out[:, :4].max() <= 3.0
    level, rest = out[:, :4, 0], out[:, :4, NOISE.start]
    assert (level != values[:4, 0]).any()
    swapped = level != rest
    assert swapped.any()
    assert torch.equal(level[swapped], values[:4, 0].expand(40, 4)[swapped])
    rises = out[:, :4, ATTACK.start]
    assert torch.equal(rises, rises.round())
    assert torch.equal(mixed(values, kinds, recorded, sounds, 0.0), values)


def test_a_recording_that_is_mixed_with_a_kit_is_blended_and_rises_as_it_did() -> None:
    torch = pytest.importorskip("torch")
    from dusktape.models.oneshot.net import mixed

    torch.manual_seed(0)
    values = torch.arange(2.0)[:, None].expand(2, SIZE)
    recorded = torch.tensor([True, False])
    out = torch.stack([mixed(values, torch.zeros(2), recorded, torch.arange(2), 1.0) for _ in range(40)])
    assert torch.equal(out[:, 1], values[1].expand(40, SIZE))
    assert (out[:, 0, ATTACK] == 0.0).all()
    assert torch.equal(out[:, 0, 0], out[:, 0, NOISE.start])
    assert 0.1 < out[:, 0, 0].min() < 0.3
    assert 0.5 < out[:, 0, 0].max() < 0.75


def test_recordings_are_mixed_with_another_sound_that_is_like_them() -> None:
    torch = pytest.importorskip("torch")
    from dusktape.models.oneshot.net import _kinship

    values = torch.tensor([0.0, 0.1, 1.0, 5.0])[:, None].expand(4, SIZE)
    recorded = torch.ones(4, dtype=torch.bool)
    likely = _kinship(values, torch.zeros(4), recorded, torch.tensor([0, 0, 1, 2]))
    assert likely[0, 1] == 0.0
    assert likely[0, 2] > 10.0 * likely[0, 3] > 0.0
    assert likely[0, 0] < 1e-6


@pytest.mark.parametrize("make", [sources, labelled])
def test_a_training_by_the_command_makes_sounds(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("accelerate")
    from dusktape.nn.run import Run
    from dusktape.train.run import train

    config = {
        "model": SMALL,
        "train": {"epochs": 2, "batch_size": 16, "demos": False, "tensorboard": False, "energy": False},
    }
    train("oneshot", make(tmp_path / "data"), tmp_path / "run", config=config, device="cpu")
    run = Run.read(tmp_path / "run")
    model = run.open()
    assert run.facts["songs"]["train"] >= 3
    rises = model.flow.weights["rises.taught"]
    assert rises.shape == model.flow.weights["rises.drawn"].shape == (len(CLASSES), 2, 2, 17)
    assert model.flow.weights["taught"].shape == (3, model.flow.weights["directions"].shape[0])
    sounds = model.write_sounds(2, seed=Seed(1), label="kick", frames=FRAMES)
    assert all(s.shape == (1, FRAMES) and np.abs(s).max() == pytest.approx(PEAK, abs=1e-5) for s in sounds)
    assert BANDS * len(CENTRES) == model.flow.weights["mean"][NOISE].size
