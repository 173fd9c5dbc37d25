from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dusktape.data.crops import Crops, resplit, splits_of, varied
from dusktape.data.sounds import Clip, SoundDataset

from ..clips import music, opened

SHARES = {"train": 0.7, "valid": 0.2, "test": 0.1}


@pytest.fixture
def sounds(tmp_path: Path) -> SoundDataset:
    return opened(tmp_path / "d", 8000, 3000, splits=("train", "train", "valid", "test"), channels=2)


def files(count: int, clips_each: int = 2) -> list[Clip]:
    return [Clip(f"{f}-{k}", f"{f}.wav", "train", 9, "0") for f in range(count) for k in range(clips_each)]


def test_a_window_holds_the_samples_of_its_place_mixed_to_mono(sounds: SoundDataset) -> None:
    crops = Crops(sounds, 1000)
    example = crops.to_judge(sounds.clips[1:2], 9)[2]
    wanted = 0.5 * (music(3000, 8000, 1) + music(3000, 8000, 101))[2000:]
    assert crops.samples(example) == pytest.approx(wanted, abs=1e-6)


def test_windows_to_judge_by_do_not_overlap_and_are_spread_over_all_clips(sounds: SoundDataset) -> None:
    crops = Crops(sounds, 1000)
    chosen = crops.to_judge(sounds.clips, 4)
    assert [(int(e["clip"][0]), int(e["start"][0])) for e in chosen] == [(0, 0), (1, 0), (2, 0), (3, 0)]
    assert len(crops.to_judge(sounds.clips, 99)) == 12


def test_a_varied_window_stays_in_its_stretch_and_reaches_all_of_it(sounds: SoundDataset) -> None:
    crops = Crops(sounds, 1000)
    stretch = crops.to_learn(sounds.clips[:1], 2)
    assert [int(e["start"][0]) for e in stretch] == [0, 2000]
    starts = [int(varied(stretch[0], np.random.default_rng(k))["start"][0]) for k in range(300)]
    assert min(starts) < 20 and 980 < max(starts) <= 1000
    assert len(crops.samples(varied(stretch[0], np.random.default_rng(0)))) == 1000


def test_clips_that_are_too_short_are_left_out(sounds: SoundDataset) -> None:
    assert Crops(sounds, 3001).to_learn(sounds.clips, 1) == []
    assert Crops(sounds, 3001).to_judge(sounds.clips, 9) == []


def test_examples_of_one_file_count_as_one_song(sounds: SoundDataset) -> None:
    songs = [int(e["song"][0]) for e in Crops(sounds, 1000).to_judge(sounds.clips, 99)]
    assert len(set(songs)) == 4


def resplit_of(clips: list[Clip]) -> dict[str, str]:
    return {clip.file: split for split, some in resplit(clips, SHARES).items() for clip in some}


def test_ten_files_are_split_seven_two_one_and_no_file_is_cut_apart() -> None:
    found = resplit(files(10), SHARES)
    of = {split: {clip.file for clip in clips} for split, clips in found.items()}
    assert {split: len(names) for split, names in of.items()} == {"train": 7, "valid": 2, "test": 1}
    assert len(set.union(*of.values())) == 10


def test_near_copies_stay_together() -> None:
    clips = files(10)
    names = sorted({clip.file for clip in clips})
    found = resplit(clips, SHARES, dict.fromkeys(names[1:5], names[0]))
    of = {clip.file: split for split, some in found.items() for clip in some}
    assert len({of[name] for name in names[:5]}) == 1
    assert set(of.values()) == {"train", "valid", "test"}
    assert len({of[name] for name in names}) == 3 and len({resplit_of(clips)[name] for name in names[:5]}) > 1


@pytest.mark.parametrize(("count", "wanted"), [(1, (1, 0, 0)), (2, (1, 1, 0)), (3, (1, 1, 1)), (4, (2, 1, 1))])
def test_few_files_are_learned_from_first(count: int, wanted: tuple[int, ...]) -> None:
    assert tuple(len(clips) // 2 for clips in resplit(files(count), SHARES).values()) == wanted


def test_a_dataset_keeps_its_own_split_unless_a_side_of_it_is_empty(sounds: SoundDataset, tmp_path: Path) -> None:
    assert [c.name for c in splits_of(sounds, SHARES)["test"]] == ["clip-03"]
    other = opened(tmp_path / "e", 8000, 100, splits=("train",) * 9 + ("valid",))
    assert {split: len(clips) for split, clips in splits_of(other, SHARES).items()} == {
        "train": 7,
        "valid": 2,
        "test": 1,
    }
