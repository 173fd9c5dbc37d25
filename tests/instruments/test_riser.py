import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE, Cues, EventCue, SectionCue
from dusktape.core.seed import Seed
from dusktape.instruments.riser import Riser

SONG = SAMPLE_RATE * 6
SECTIONS = (SectionCue("A", 0, SONG),)


def heard(*events, sections=SECTIONS, **params):
    cues = Cues(frames=SONG, sections=sections, events=events)
    return Riser(**params).open(SAMPLE_RATE, (), cues=cues, seed=Seed(2)).render(SONG)


def level(x):
    return float(np.sqrt(np.mean(x.astype(float) ** 2)))


def centroid(x):
    spectrum = np.abs(np.fft.rfft(x.mean(axis=0)))
    return float((spectrum * np.fft.rfftfreq(x.shape[1], 1 / SAMPLE_RATE)).sum() / spectrum.sum())


@pytest.mark.parametrize("kind", ["riser", "swell"])
def test_it_grows_into_the_end_of_its_event_and_is_silent_elsewhere(kind):
    x = heard(EventCue(kind, 50_000, 100_000))
    assert not x[:, :50_000].any()
    assert not x[:, 150_000:].any()
    levels = [level(x[:, 50_000 + k * 25_000 : 75_000 + k * 25_000]) for k in range(4)]
    assert levels == sorted(levels)
    assert levels[3] > 4.0 * levels[0]


def test_a_riser_climbs_in_pitch():
    x = heard(EventCue("riser", 0, 120_000))
    assert centroid(x[:, 100_000:120_000]) > 2.0 * centroid(x[:, 20_000:40_000])


def test_a_bright_one_ends_brighter():
    event = EventCue("riser", 0, 100_000)
    assert centroid(heard(event, brightness=1.0)) > 1.5 * centroid(heard(event, brightness=0.0))


@pytest.mark.parametrize("kind", ["riser", "swell"])
def test_at_its_loudest_it_is_as_loud_as_it_says(kind):
    end = heard(EventCue(kind, 0, 150_000), level_db=-20.0, metal=0.0)[:, 145_000:149_000]
    assert -23.0 < 20.0 * np.log10(level(end)) < -17.0


def test_other_events_leave_it_silent():
    assert not heard(EventCue("tape_stop", 0, 100_000)).any()
    assert not heard().any()


def test_without_a_song_it_rises_once_so_that_its_level_can_be_found():
    assert heard(sections=())[:, -20_000:].any()


def test_width_nought_is_mono():
    x = heard(EventCue("riser", 0, 50_000), width=0.0)
    assert np.abs(x[0] - x[1]).max() < 1e-5
