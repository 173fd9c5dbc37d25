"""The playout: it never stops, and nobody can hear that it was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dusktape.core.errors import OutputError
from dusktape.radio import segments
from dusktape.radio.backstage import interlude
from dusktape.radio.clock import LEAD
from dusktape.radio.playout import BED_LEAD, Playout, main
from dusktape.radio.ring import DISCONTINUITY, RingReader
from dusktape.radio.state import State

from .finished import RATE, add

SOURCE = Path(__file__).parents[2] / "src"


class Station:
    """A playout on a clock of its own, which can be killed: nothing is closed, nothing is said goodbye to."""

    def __init__(self, folder: Path) -> None:
        self.state = State.open(folder)
        self.state.settle("main", seed=7)
        self.time = 1000.0
        self.said: list[str] = []
        self.pcm: dict[int, np.ndarray] = {}
        self.playout: Playout | None = None
        self.begin()

    def begin(self) -> None:
        self.end()
        self.playout = Playout(self.state, "main", now=lambda: self.time, say=self.hear, hls=False)
        self.playout.start()

    def end(self) -> None:
        """Let go of processes that write: they end with their parent, which is this one."""
        if self.playout is not None:
            self.playout.programme.close()

    def hear(self, event: str, **facts: object) -> None:
        self.said.append(event)

    @property
    def head(self) -> int:
        return self.playout.head

    def run(self, seconds: float) -> None:
        """Let time pass."""
        last = self.time + seconds
        while True:
            while self.playout.turn():
                pass
            self.collect()
            if self.time >= last:
                return
            self.time += min(1.0, last - self.time)

    def collect(self) -> None:
        ring = RingReader(self.playout.folder / "pcm.ring")
        for number in range(ring.oldest(), ring.newest() + 1):
            slot = ring.read(number)
            if slot is not None and slot.frame not in self.pcm:
                self.pcm[slot.frame] = np.frombuffer(slot.data, np.int16).reshape(-1, 2)
        ring.close()

    def sound(self) -> np.ndarray:
        frames, place = [], 0
        for first in sorted(self.pcm):
            assert first == place, "a hole, or an overlap"
            frames.append(self.pcm[first])
            place += len(self.pcm[first])
        return np.concatenate(frames)

    def playing(self) -> list[str]:
        return [e.title for e in self.state.entries("main", limit=100) if e.start < e.end]


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Callable[[str], Station]]:
    stations: list[Station] = []

    def begun(name: str = "a") -> Station:
        stations.append(Station(tmp_path / name))
        return stations[-1]

    yield begun
    for one in stations:
        one.end()


def filled(station: Station, *names: str, **facts: object) -> Station:
    recipes = ("dusk", "rainy", "study", "neon", "cafe")
    for k, name in enumerate(names):
        add(station.state, name, hz=220.0 + 55.0 * k, recipe=recipes[k % 5], bpm=76.0 + k, **facts)
    return station


def test_without_anything_there_is_a_needle_and_rain_at_once(station):
    one = station()
    one.run(0.0)
    assert one.head == BED_LEAD
    assert one.playing() == ["Needle down"]
    levels = 20.0 * np.log10(np.sqrt(np.mean((one.sound() / 32768.0).reshape(-1, RATE // 2, 2) ** 2, axis=(1, 2))))
    assert levels.min() > -50.0
    assert levels.max() < -15.0


def test_it_keeps_twelve_seconds_ahead_and_never_leaves_a_hole(station):
    one = filled(station(), "a", "b", "c", "d", "e")
    one.run(0.0)
    assert one.head == LEAD
    one.run(20.0)
    assert one.head == LEAD + 20 * RATE
    assert len(one.sound()) == one.head


def test_tracks_follow_each_other_and_are_not_repeated(station):
    one = filled(station(), *"abcde")
    one.run(22.0)
    assert sorted(one.playing()) == [f"Song {name}" for name in "abcde"]


def test_the_sum_at_a_join_keeps_its_level_and_has_no_click(station):
    one = filled(station(), *"abcde")
    one.run(15.0)
    sound = one.sound()[:, 0] / 32768.0
    second = one.state.entries("main")[1]
    assert second.start % (2 * RATE) == 0, "on a bar line of the first"
    assert 4 * RATE <= second.join <= 9 * RATE
    seam = sound[second.start - RATE : second.start + second.join + RATE]
    level = 20.0 * np.log10(np.sqrt(np.diff(np.cumsum(seam**2)[:: RATE // 2]) / (RATE // 2)))
    assert np.ptp(level) < 1.5
    assert np.max(np.abs(np.diff(sound, n=2))) < 0.02


def test_loud_tracks_do_not_clip_where_they_overlap(station):
    one = station()
    filled(one, "a", "b", level=0.85)
    one.run(15.0)
    peak = np.max(np.abs(one.sound()))
    assert 0.8 * 32768 < peak <= 10.0 ** (-1.0 / 20.0) * 32768 + 1


def test_when_nothing_is_left_the_weather_goes_on(station):
    one = filled(station(), "a")
    one.run(20.0)
    assert one.playing() == ["Song a", "Needle down"]
    assert len(one.sound()) == one.head


def test_killed_anywhere_it_goes_on_with_the_same_samples(station):
    whole, killed = filled(station("whole"), *"abcdef"), filled(station("killed"), *"abcdef")
    whole.run(30.0)
    for seconds in (0.0, 1.3, 3.1, 0.0, 9.7, 2.2, 6.1, 7.6):
        killed.run(seconds)
        killed.begin()
    killed.run(0.0)
    assert killed.playing() == whole.playing()
    frames = min(whole.head, killed.head)
    assert frames == LEAD + 30 * RATE
    assert np.array_equal(whole.sound()[:frames], killed.sound()[:frames])


def test_killed_in_the_middle_of_a_step_it_goes_on_with_the_same_samples(station):
    whole, killed = filled(station("whole"), *"abcde"), filled(station("killed"), *"abcde")
    whole.run(10.0)
    killed.run(4.0)
    killed.time += 1.0
    feed = killed.playout._samples.ring.append
    killed.playout._samples.ring.append = _dies_at(feed, 3)
    with pytest.raises(KeyboardInterrupt):
        killed.playout.turn()
    killed.begin()
    killed.run(5.0)
    assert killed.head % (RATE // 4) == 0
    frames = min(whole.head, killed.head)
    assert np.array_equal(whole.sound()[:frames], killed.sound()[:frames])


def _dies_at(call, number):
    count = 0

    def called(*args):
        nonlocal count
        count += 1
        if count == number:
            raise KeyboardInterrupt
        return call(*args)

    return called


def test_an_interlude_is_composed_again_and_goes_on_with_the_same_samples(station):
    quick = [f"{part}.on=false" for part in ("lead", "pad", "drums", "bass", "guest", "room", "riser", "air")]
    told = {"recipe": "dusk", "seed": 3, "minutes": 0.5, "settings": ["composer=rules", *quick]}
    sounds = []
    for name, kills in (("whole", 0), ("killed", 1)):
        one = station(name)
        one.playout.backstage._ready = interlude(one.state, "main", told)
        one.run(4.0)
        for _ in range(kills):
            one.begin()
            one.run(1.0)
        one.run(4.0 - kills)
        assert one.playing()[0] != "Needle down"
        sounds.append(one.sound())
    assert np.array_equal(*(sound[: min(map(len, sounds))] for sound in sounds))
    assert np.sqrt(np.mean((sounds[0][-5 * RATE :] / 32768.0) ** 2)) > 0.01


def test_what_the_rings_hold_when_it_is_killed_lasts_until_it_is_back(station):
    one = filled(station(), *"abcde")
    one.run(5.0)
    head = one.head
    one.time += 3.0
    one.begin()
    assert one.head == head
    one.run(0.0)
    assert one.head == LEAD + 8 * RATE


def test_after_a_long_pause_it_goes_on_where_it_stopped(station):
    one = filled(station(), *"abcde")
    one.run(5.0)
    head = one.head
    one.time += 3600.0
    one.begin()
    one.run(0.0)
    assert one.head == head + LEAD
    assert len(one.sound()) == one.head
    clock = one.state.station("main").settings["clock"]
    assert clock == {"frame": head, "time": one.time}


def test_a_computer_clock_set_back_does_not_stop_it(station):
    one = filled(station(), *"abcde")
    one.run(5.0)
    one.time -= 7200.0
    one.begin()
    one.run(2.0)
    assert one.head == LEAD + 5 * RATE + 2 * RATE + LEAD


def test_a_skip_joins_at_the_head_and_makes_a_new_lead(station):
    one = filled(station(), *"abcde")
    one.run(2.0)
    head = one.head
    order = one.state.order("main", "skip")
    one.run(0.0)
    (newest,) = [entry for entry in one.state.entries("main") if entry.start == head]
    assert (newest.spec["by"], newest.spec["order"]) == ("skip", order)
    assert one.head == head + LEAD
    ring = RingReader(one.playout.folder / "pcm.ring")
    number = ring.find(head)
    assert number is not None
    slot = ring.read(number)
    assert slot is not None and (slot.frame, slot.mark) == (head, DISCONTINUITY)
    mp3 = RingReader(one.playout.folder / "mp3.ring")
    number = mp3.find(head)
    assert number is not None
    slot = mp3.read(number)
    assert slot is not None and slot.mark == DISCONTINUITY and slot.frame <= head < slot.frame + 1152
    step = np.abs(np.diff(one.sound()[head - 100 : head + RATE // 2, 0].astype(float), n=2))
    assert step.max() < 0.02 * 32768


def test_a_skip_with_nothing_there_lets_the_weather_go_on(station):
    one = station()
    one.run(1.0)
    one.state.order("main", "skip")
    one.run(1.0)
    assert one.playing() == ["Needle down"]


def test_a_skip_with_nothing_there_is_carried_out_when_something_is(station):
    one = station()
    one.run(1.0)
    order = one.state.order("main", "skip")
    one.run(0.3)
    assert one.playing() == ["Needle down"]
    add(one.state, "song", seconds=30.0)
    head = one.head
    one.run(0.2)
    (newest,) = [entry for entry in one.state.entries("main") if entry.title == "Song song"]
    assert (newest.start, newest.spec["by"], newest.spec["order"]) == (head, "skip", order)
    assert one.head == head + LEAD


def test_a_skip_that_waits_lapses_with_what_it_was_about(station):
    one = station()
    one.run(1.0)
    one.state.order("main", "skip")
    one.run(0.3)
    director = one.playout.director
    assert director.owed(one.head) is not None
    filled(one, *"abc")
    director.prepare(one.head + 2 * RATE)  # the weather is left before anybody asks for the skip again
    assert director.owed(one.head + 2 * RATE) is None


def test_skips_do_not_change_what_was_made_before_them(station):
    whole, skipped = filled(station("whole"), *"abcde"), filled(station("skipped"), *"abcde")
    whole.run(3.0)
    skipped.run(2.0)
    head = skipped.head
    skipped.state.order("main", "skip")
    skipped.run(1.0)
    skipped.begin()
    skipped.run(1.0)
    assert np.array_equal(whole.sound()[:head], skipped.sound()[:head])


def test_a_track_that_is_sent_comes_next_and_the_queue_outlives_a_kill(station):
    one = filled(station(), *"abcde")
    add(one.state, "sent", station=None, hz=500.0)
    one.run(0.0)
    one.state.order("main", "play", {"track": "sent"})
    one.playout.turn()
    one.begin()
    one.run(16.0)
    assert one.playing()[1] == "Song sent" or one.playing()[2] == "Song sent"
    assert "queue" not in one.state.station("main").settings


def test_a_track_whose_file_is_gone_gives_way(station):
    one = filled(station(), *"abcde")
    one.run(1.0)
    playing = one.state.entries("main")[0]
    one.begin()
    one.playout.programme.close()
    one.state.blob(playing.spec["sound"]).unlink()
    one.run(6.0)
    assert "entry cannot be played" in one.said
    assert len(one.sound()) == one.head
    assert np.sqrt(np.mean((one.sound()[-RATE:] / 32768.0) ** 2)) > 0.01


def test_a_track_whose_file_is_damaged_gives_way(station):
    one = filled(station(), *"abcde")
    for made in one.state.tracks():
        blob = one.state.blob(made.files["master.flac"])
        data = bytearray(blob.read_bytes())
        data[len(data) // 3 : len(data) // 3 + 5000] = bytes(5000)
        blob.write_bytes(data)
    one.run(30.0)
    assert len(one.sound()) == one.head


def turned_at_a_section_line(one, head):
    """Return whether the second track begins at a section line of the first, soon after that frame."""
    turn = one.state.entries("main")[1]
    return turn.start % (4 * RATE) == 0 and head < turn.start <= head + 5 * RATE


def test_steering_turns_at_a_section_line_into_what_fits(station):
    one = station()
    add(one.state, "calm", seconds=40.0, mood="sleepy", bpm=64.0)
    one.run(1.0)
    add(one.state, "awake", seconds=14.0, mood="hopeful", bpm=94.0, recipe="sunrise")
    add(one.state, "asleep", seconds=14.0, mood="sleepy", bpm=63.0, recipe="sleepy")
    head = one.head
    one.state.order("main", "steer", {"energy": 0.9, "mood": 0.9})
    one.run(8.0)
    assert one.playing()[:2] == ["Song calm", "Song awake"]
    assert turned_at_a_section_line(one, head)
    assert one.state.station("main").settings["energy"] == 0.9


def test_a_mood_by_name_turns_at_a_section_line(station):
    one = station()
    add(one.state, "calm", seconds=40.0, mood="sleepy", bpm=76.0)
    one.run(1.0)
    add(one.state, "asleep", seconds=14.0, mood="sleepy", bpm=76.0, recipe="sleepy")
    add(one.state, "bright", seconds=14.0, mood="hopeful", bpm=76.0, recipe="sunrise")
    head = one.head
    one.state.settle("main", mood="hopeful")
    one.state.order("main", "steer", {"mood": "hopeful"})
    one.run(8.0)
    assert one.playing()[:2] == ["Song calm", "Song bright"]
    assert turned_at_a_section_line(one, head)


def test_steering_does_not_disturb_what_fits_already(station):
    one = station()
    add(one.state, "awake", seconds=30.0, mood="hopeful", bpm=94.0)
    one.run(1.0)
    add(one.state, "other", seconds=14.0, mood="hopeful", bpm=90.0, recipe="sunrise")
    one.state.order("main", "steer", {"energy": 0.9, "mood": 0.9})
    one.run(3.0)
    assert one.playing() == ["Song awake", "Song other"]
    assert one.state.entries("main")[1].start > 20 * RATE, "at its end"


def test_a_lost_ring_goes_on_after_what_was_planned(station):
    one = filled(station(), *"abcde")
    one.run(2.0)
    head = one.head
    for file in one.playout.folder.glob("*.ring"):
        file.unlink()
    one.pcm.clear()
    one.begin()
    assert one.head >= head
    one.run(3.0)
    assert min(one.pcm) >= head


def test_a_lost_ring_of_samples_goes_on_after_the_others(station):
    one = filled(station(), *"abcde")
    one.run(2.0)
    (one.playout.folder / "pcm.ring").unlink()
    one.pcm.clear()
    mp3 = RingReader(one.playout.folder / "mp3.ring")
    slot = mp3.read(mp3.newest())
    one.begin()
    assert slot is not None and slot.end <= one.head < slot.end + RATE
    one.run(1.0)
    numbers = range(mp3.oldest(), mp3.newest() + 1)
    slots = [slot for number in numbers if (slot := mp3.read(number))]
    assert all(a.end == b.frame for a, b in pairwise(slots))


def test_after_a_long_pause_in_an_interlude_sound_does_not_wait_for_it(station):
    one = station()
    quick = [f"{part}.on=false" for part in ("lead", "pad", "drums", "bass", "guest", "room", "riser", "air")]
    told = {"recipe": "dusk", "seed": 3, "minutes": 0.5, "settings": ["composer=rules", *quick]}
    one.playout.backstage._ready = interlude(one.state, "main", told)
    one.run(2.0)
    head = one.head
    one.time += 3600.0
    one.begin()
    one.run(0.0)
    assert one.playing()[-1] == "Needle down"
    assert one.state.entries("main")[-1].start == head
    assert len(one.sound()) == one.head


@pytest.mark.skipif(not segments.available(), reason="PyAV is not there")
def test_segments_go_on_over_a_kill(tmp_path: Path):
    state = State.open(tmp_path)
    for k, name in enumerate("abc"):
        add(state, name, hz=220.0 + 55.0 * k, recipe=("dusk", "rainy", "study")[k])
    now = [1000.0]
    for seconds in (0.0, 6.0, 9.0):
        now[0] = 1000.0 + seconds
        playout = Playout(state, "main", now=lambda: now[0], say=lambda *a, **k: None)
        playout.start()
        while playout.turn():
            pass
    ring = RingReader(tmp_path / "run" / "main" / "hls.ring")
    slots = [ring.read(number) for number in range(1, ring.newest() + 1)]
    assert [slot.frame // segments.FRAMES for slot in slots if slot] == list(range(len(slots)))
    assert not any(slot.mark for slot in slots if slot)
    assert len(slots) == (LEAD + 9 * RATE - 1024) // segments.FRAMES


def test_a_second_playout_of_the_same_station_is_refused(tmp_path: Path, capsys):
    from dusktape.radio.lifeline import Held

    (tmp_path / "run" / "main").mkdir(parents=True)
    with Held(tmp_path / "run" / "main" / "playout.lock", "{who}"):
        assert main(["--state", str(tmp_path), "--station", "main", "--alone"]) == 1
    assert "plays this station already" in capsys.readouterr().err


def test_a_station_of_an_odd_name_is_refused(tmp_path: Path, capsys):
    assert main(["--state", str(tmp_path), "--station", "../up", "--alone"]) == 1
    assert "no name of a station" in capsys.readouterr().err
    assert not (tmp_path.parent / "up").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills with SIGKILL")
def test_a_process_killed_for_real_is_followed_by_one_that_goes_on(tmp_path: Path):
    state = State.open(tmp_path)
    for k, name in enumerate("abcd"):
        add(state, name, hz=220.0 + 55.0 * k, recipe=("dusk", "rainy", "study", "neon")[k])
    state.settle("main", seed=7)
    path = tmp_path / "run" / "main" / "pcm.ring"
    newest = 0
    for _ in range(2):
        child = subprocess.Popen(
            [sys.executable, "-m", "dusktape.radio.playout", "--state", str(tmp_path), "--station", "main"],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )
        _wait_for(lambda before=newest: path.exists() and RingReader(path).newest() > before)
        child.kill()
        child.wait()
        assert child.stdin is not None
        child.stdin.close()
        newest = RingReader(path).newest()
    ring = RingReader(path)
    slots = [ring.read(number) for number in range(1, newest + 1)]
    assert all(slots)
    assert all(a.end == b.frame for a, b in pairwise(slots) if a and b)


def _wait_for(true: Callable[[], bool], seconds: float = 60.0) -> None:
    last = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < last
        time.sleep(0.02)


def test_a_full_disk_does_not_stop_the_music(station, monkeypatch):
    one = filled(station(), *"abcde")

    def full(self):
        raise OutputError("the disk is full")

    monkeypatch.setattr(State, "writing", full)
    one.run(12.0)
    assert "could not write the programme down" in one.said
    assert one.head == LEAD + 12 * RATE
    assert np.sqrt(np.mean((one.sound()[-RATE:] / 32768.0) ** 2)) > 0.01
