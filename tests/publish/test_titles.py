"""No two songs of a batch have one title."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dusktape.core.roles import MOODS
from dusktape.core.seed import Seed
from dusktape.publish.asked import Asked
from dusktape.publish.commission import commissions
from dusktape.publish.titles import title_for, told_apart
from dusktape.studio.wish import Wish


@pytest.fixture(scope="module")
def batch():
    """Ninety songs of one mood and weather, some of which draw the same title."""
    settings = ("mood=dark", "weather=clear", "composer=rules")
    return commissions(Wish("dusk", settings=settings), 5, Asked(), count=90)


def test_titles_of_a_batch_differ_and_the_first_of_each_keeps_its_own(batch) -> None:
    own = [song.title for song in batch]
    told = told_apart(batch)
    assert len(set(own)) < 90
    assert len(set(told)) == 90
    for k, title in enumerate(own):
        if title not in own[:k]:
            assert told[k] == title


def test_the_same_batch_gets_the_same_titles(batch) -> None:
    assert told_apart(batch) == told_apart(batch)


def test_titles_run_out_into_numbered_ones(batch) -> None:
    many = [batch[0]] * 300
    told = told_apart(many)
    assert len(set(told)) == 300
    assert told[-1].startswith(f"{batch[0].title}, Part ")


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("weather", ["clear", "rain", "snow", "fog"])
def test_a_mood_and_a_weather_have_enough_titles_that_two_songs_seldom_share_one(mood: str, weather: str) -> None:
    drawn = [title_for(Seed(k), mood=mood, weather=weather) for k in range(150)]
    assert len(set(drawn)) > 80


def test_what_differs_is_left_alone(batch) -> None:
    songs = [replace(song, title=f"{k}") for k, song in enumerate(batch[:3])]
    assert told_apart(songs) == ["0", "1", "2"]
