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
