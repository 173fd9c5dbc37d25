import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.dsp.loudness import lufs, true_peak_db
from dusktape.server.blind import Comparison, _firsts

RATE = 44_100


def tone(path: Path, level: float, seconds: float = 3.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    t = np.arange(round(seconds * RATE)) / RATE
    soundfile.write(path, np.stack([level * np.sin(2 * np.pi * 440 * t)] * 2, axis=1), RATE)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    for i in range(4):
        tone(tmp_path / "a" / f"{i}.wav", 0.5)
        tone(tmp_path / "b" / f"{i}.flac" if i > 1 else tmp_path / "b" / f"{i}.wav", 0.02)
    return tmp_path / "a", tmp_path / "b", tmp_path / "answers.json"


def quiet(stage: str, share: float) -> None:
    pass


def test_everything_plays_at_one_loudness_and_nothing_clips(folders, tmp_path):
    comparison = Comparison(*folders, seconds=2.0)
    (tmp_path / "x").mkdir()
    comparison.prepare(tmp_path / "x", quiet)
    heard = [soundfile.read(p, always_2d=True)[0].T for p in sorted((tmp_path / "x").iterdir())]
    assert len(heard) == 8
    levels = [lufs(h.astype(np.float32), RATE) for h in heard]
    assert max(levels) - min(levels) < 0.1
    assert max(true_peak_db(h.astype(np.float32)) for h in heard) < -0.9


def test_files_of_one_name_meet_and_all_others_once(folders):
    trials = Comparison(*folders).trials
    pairs = {(t.name_a, t.name_b) for t in trials}
    assert {("0.wav", "0.wav"), ("1.wav", "1.wav")} <= pairs
    assert sorted(t.name_b for t in trials) == ["0.wav", "1.wav", "2.flac", "3.flac"]


def test_both_sides_come_first_at_times_and_a_seed_repeats_the_order(folders):
    a, b, out = folders
    sides = {t.first for seed in range(8) for t in Comparison(a, b, out, seed=Seed(seed)).trials}
    assert sides == {"A", "B"}
    assert Comparison(a, b, out, seed=Seed(3)).trials == Comparison(a, b, out, seed=Seed(3)).trials


@pytest.mark.parametrize("count", [1, 2, 7, 16])
def test_each_folder_comes_first_in_half_of_the_pairs(count):
    orders = [_firsts(count, Seed(seed)) for seed in range(12)]
    for order in orders:
        assert sorted((order.count("A"), order.count("B"))) == [count // 2, count - count // 2]
    assert {order[0] for order in orders} == {"A", "B"}


def test_an_answer_is_on_disk_told_from_the_side_it_came_from(folders):
    comparison = Comparison(*folders)
    trial = next(t for t in comparison.trials)
    comparison.take(trial.number, "ann", "first", (5, 2))
    kept = json.loads(folders[2].read_text())["answers"][0]
    assert kept["preferred"] == trial.first
    assert (kept["rating_a"], kept["rating_b"]) == ((5, 2) if trial.first == "A" else (2, 5))


def test_who_comes_back_is_asked_only_what_is_left(folders):
    Comparison(*folders).take(2, "ann", "neither", (3, 3))
    again = Comparison(*folders)
    assert len(again.open_trials("ann")) == 3
    assert len(again.open_trials("ben")) == 4
    again.take(2, "ann", "second", (1, 3))  # a judgement may be changed
    assert len(again.answers) == 1


def test_what_cannot_be_compared_is_said_in_a_line(folders, tmp_path):
    a, b, out = folders
    (tmp_path / "empty").mkdir()
    for bad, told in (
        (lambda: Comparison(tmp_path / "none", b, out), "no folder"),
        (lambda: Comparison(tmp_path / "empty", b, out), "holds no sound"),
        (lambda: Comparison(a, b, out, seconds=0.1), "1 to 600 s"),
    ):
        with pytest.raises(InputError, match=told):
            bad()
    Comparison(a, b, out).take(0, "ann", "first", (5, 2))
    with pytest.raises(InputError, match="another comparison"):
        Comparison(b, a, out)
    out.write_text("{")
    with pytest.raises(InputError, match="no answers of ours"):
        Comparison(a, b, out)


def test_silence_and_scraps_are_named(tmp_path):
    tone(tmp_path / "a" / "x.wav", 0.0)
    tone(tmp_path / "b" / "x.wav", 0.1)
    tone(tmp_path / "c" / "x.wav", 0.1, seconds=0.5)
    for side, told in (("a", "silent"), ("c", "shorter than a second")):
        with pytest.raises(InputError, match=told):
            Comparison(tmp_path / side, tmp_path / "b", tmp_path / "o.json").prepare(tmp_path, quiet)
