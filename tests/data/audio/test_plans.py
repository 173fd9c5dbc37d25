from __future__ import annotations

from pathlib import Path

import pytest

from dusktape.core.errors import InputError
from dusktape.data.audio.judge import judge
from dusktape.data.audio.options import Entry, Options
from dusktape.data.audio.plans import long_enough, plan, stems, usual_cut
from dusktape.data.find import Found, gathered

FACTS = {
    "rate": 44_100, "channels": 1, "bits": 16, "seconds": 5.0, "peak_db": -3.0, "true_peak_db": -2.9, "rms_db": -20.0,
    "lufs": -20.0, "dc": 0.0, "clipped_peaks": 0, "sides": "one", "louder_side": "left", "sound_from_s": 0.0,
    "sound_to_s": 5.0, "cutoff_hz": 0.0, "vocals": 0.0,
}  # fmt: skip


def entry(**facts) -> Entry:
    return Entry(Found(Path("a.wav"), "a.wav", "a"), "0" * 64, facts=FACTS | facts)


def planned(one: Entry, how="fixed", **options):
    return plan(one, how, Options(44_100, **options), [])


def test_the_gain_makes_files_equally_loud_as_far_as_their_peaks_allow():
    assert planned(entry(lufs=-30.0, true_peak_db=-20.0))["gain_db"] == 12.0
    assert planned(entry(lufs=-30.0, true_peak_db=-8.0))["gain_db"] == 7.0
    one = entry(lufs=-10.0)
    assert planned(one)["gain_db"] == -8.0
    assert one.changes == ["turned down by 8.0 dB"]


def test_levels_stay_if_asked_but_peaks_never_go_beyond_full_scale():
    assert planned(entry(), normalise=False)["gain_db"] == 0.0
    one = entry(true_peak_db=1.4)
    assert planned(one, normalise=False)["gain_db"] == -1.5
    assert one.changes == ["turned down by 1.5 dB: its peaks go beyond full scale"]


def test_one_side_is_taken_where_both_cancel_or_one_is_silent_and_it_is_said():
    one = entry(channels=2, sides="opposed")
    assert planned(one)["side"] == "left"
    assert "its left side alone was taken: both together cancel each other" in one.changes
    other = entry(channels=2, sides="one silent", louder_side="right")
    assert planned(other, channels=2)["side"] == "right"
    assert planned(entry(channels=2, sides="two"))["side"] == "both"


def test_an_offset_is_taken_away_only_with_normalising():
    for normalise, dc in ((True, 0.1), (False, 0.0)):
        one = entry(dc=0.1)
        one.flags = judge(one.facts, rate=44_100, channels=1)
        assert planned(one, normalise=normalise)["dc"] == dc


def test_short_files_are_one_shots_when_nobody_says_how_to_cut():
    short, long = entry(sound_to_s=1.0), entry(sound_to_s=100.0)
    assert usual_cut([short, short, long]) == "oneshots"
    assert usual_cut([short, long, long]) == "fixed"


def test_a_file_that_does_not_fill_half_a_clip_is_dropped_with_the_way_out():
    one = entry(sound_to_s=1.0)
    assert not long_enough(one, "fixed", Options(44_100))
    assert (one.why, one.reason) == (
        "short",
        "it sounds for 1.00 s, not half of a clip of 4 s; say a shorter --seconds",
    )
    assert long_enough(entry(sound_to_s=1.0), "oneshots", Options(44_100))


def test_many_files_that_are_too_short_share_a_line_though_each_sounds_for_another_time():
    few = [entry(sound_to_s=0.3 + 0.01 * k) for k in range(3)]
    many = [*few, entry(sound_to_s=1.9)]
    for one in many:
        long_enough(one, "fixed", Options(44_100))
    told = gathered((f"{k}.wav", one.reason) for k, one in enumerate(many))
    assert told == [("4 files, as 0.wav", many[0].reason)]
    told = gathered((f"{k}.wav", one.reason) for k, one in enumerate(few))
    assert told == [(f"{k}.wav", one.reason) for k, one in enumerate(few)]


def test_names_of_clips_are_safe_everywhere_and_each_once():
    names = ["a/b c", "a-b-c", "Café: no. 1?", "鼓", "x" * 300, "...", "A/B C"]
    found = stems(names)
    assert len({name.lower() for name in found}) == len(names)
    assert found[0] == "a-b-c"
    assert found[2] == "Cafe-no.-1"
    assert all(name.isascii() and len(name) < 100 and not set(name) & set('/\\:*?"<>| ') for name in found)


@pytest.mark.parametrize(
    ("facts", "flag", "said"),
    [
        ({"clipped_peaks": 12}, "clipping", "12 of its peaks are cut off flat"),
        ({"cutoff_hz": 11_000.0}, "band-limited", "its sound ends at 11.0 kHz: upsampled, or from a lossy copy"),
        ({"rate": 22_050}, "band-limited", "it has 22,050 frames a second: nothing above 11.0 kHz"),
        ({"lufs": -50.0}, "loudness", "it is very soft: -50 LUFS"),
        ({"lufs": -3.0}, "loudness", "it is very loud: -3 LUFS"),
        ({"dc": -0.05}, "dc", "its samples lie around -0.050, not around 0"),
        ({"sides": "same"}, "mono", "it is mono passed as stereo: both sides are the same"),
        ({"sides": "one silent"}, "mono", "one of its two sides is silent"),
        ({"sides": "opposed"}, "opposed", "its two sides are opposed: together they cancel each other"),
        ({"bits": 8}, "bits", "it has 8 bits a sample: its noise lies 50 dB below full scale"),
        ({"vocals": 0.8}, "vocals", "a voice may be in it (a plain estimate: 0.80 of 1)"),
    ],
)
def test_what_is_odd_is_said(facts, flag, said):
    assert judge(FACTS, rate=44_100, channels=2) == {}
    assert judge(FACTS | facts, rate=44_100, channels=2) == {flag: said}


def test_a_low_rate_is_no_fault_where_it_is_enough():
    assert judge(FACTS | {"rate": 22_050, "cutoff_hz": 9_000.0}, rate=16_000, channels=1) == {}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sample_rate": 100}, "a rate is 4,000 to 192,000, got 100"),
        ({"channels": 3}, "clips have 1 or 2 channels, got 3"),
        ({"cut": "bar"}, "there is no cut 'bar'; did you mean 'bars'?"),
        ({"seconds": 0.0}, "clips last 0.05 to 120 seconds, got 0"),
        ({"seconds": float("nan")}, "clips last 0.05 to 120 seconds, got nan"),
        ({"count": 0}, "a clip has 1 to 64 beats or bars, got 0"),
        ({"label_from": "ear"}, "labels come from name, folder, none, not from 'ear'"),
        ({"drop": ("vocal",)}, "nothing is dropped for 'vocal'; did you mean 'vocals'?"),
        ({"seed": -1}, "a seed is 0 or more, got -1"),
    ],
)
def test_options_that_cannot_be_are_refused(options, said):
    with pytest.raises(InputError) as error:
        Options(**{"sample_rate": 44_100, **options})
    assert str(error.value).startswith(said)
