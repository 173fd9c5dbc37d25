from collections import Counter

from dusktape.data.split import fold


def test_a_song_always_lands_in_the_same_fold() -> None:
    assert [fold(f"pop909/{i:03d}") for i in (1, 2, 3, 4, 6, 8)] == [
        "train",
        "train",
        "train",
        "train",
        "train",
        "train",
    ]


def test_eight_in_ten_songs_are_learned_from() -> None:
    shares = Counter(fold(f"song/{i}") for i in range(4000))
    assert abs(shares["train"] / 4000 - 0.8) < 0.02
    assert abs(shares["valid"] - shares["test"]) < 80


def test_another_seed_is_another_split() -> None:
    songs = [f"song/{i}" for i in range(4000)]
    one, two = ([fold(song, seed) for song in songs] for seed in (1, 2))
    assert one == [fold(song, 1) for song in songs]
    assert abs(one.count("train") / 4000 - 0.8) < 0.02
    assert 0.6 < sum(a == b for a, b in zip(one, two, strict=True)) / 4000 < 0.72  # .8² + 2 × .1² by chance
    assert one != [fold(song) for song in songs]
