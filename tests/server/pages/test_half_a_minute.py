"""Half a minute of listening in a real browser: the sound never stops, and the title follows what sounds."""

from itertools import pairwise

import pytest

from .air import TRACKS, Air

WATCH = """(chords) => {
    const radio = document.querySelector("dt-page").world.radio;
    const { audio } = radio.player;
    const context = new AudioContext();
    const ear = context.createAnalyser();
    ear.fftSize = 8192;
    ear.smoothingTimeConstant = 0;
    context.createMediaStreamSource(audio.captureStream()).connect(ear);
    const found = new Float32Array(ear.frequencyBinCount);
    const strength = (hz) => 10 ** (found[Math.round((hz * ear.fftSize) / context.sampleRate)] / 20);
    globalThis.seen = [];
    setInterval(() => {
        ear.getFloatFrequencyData(found);
        const loud = chords.map((chord) => Math.min(...chord.map(strength)));
        const best = loud.indexOf(Math.max(...loud));
        const entry = radio.entries.find((e) => e.id === Number(document.getElementById("title").dataset.entry));
        seen.push({
            at: audio.currentTime, sounds: loud[best] > 1e-4 ? best : null,
            title: document.getElementById("title").innerText,
            late: entry && radio.player.frame !== null ? (radio.player.frame - entry.start) / 44100 : null,
        });
    }, 100);
}"""


@pytest.fixture
def undisturbed(tmp_path):
    """A station that nobody else skips in."""
    found = Air(tmp_path)
    with found.on(), found.served() as port:
        yield f"http://127.0.0.1:{port}"


def changes(seen, what):
    """When something was another thing than before, by the clock of the sound."""
    told = [one for one in seen if one[what] is not None]
    return [(after["at"], after[what]) for before, after in pairwise(told) if before[what] != after[what]]


def test_it_plays_for_half_a_minute_and_each_title_changes_with_the_sound(visit, undisturbed):
    page = visit(at=undisturbed)
    page.wait_for_function("() => document.querySelector('dt-page').world?.radio.player.status === 'playing'")
    page.evaluate(WATCH, [chord for *_, chord in TRACKS])
    page.wait_for_function("() => seen.length && seen.at(-1).at > seen[0].at + 30")
    seen = page.evaluate("seen")
    assert all(after["at"] >= before["at"] for before, after in pairwise(seen)), "it never begins again"
    heard, shown = changes(seen, "sounds"), changes(seen, "title")
    names = [title for title, *_ in TRACKS]
    inside = [(at, title) for at, title in shown if seen[0]["at"] + 1.5 < at < seen[-1]["at"] - 1.5]
    assert len(inside) >= 3  # a track lasts 8 s
    for at, title in inside:
        sounded = [then for then, chord in heard if chord == names.index(title)]
        assert any(abs(at - then) < 1.2 for then in sounded), title  # the sound changes in steps of half a second
    late = [after["late"] for before, after in pairwise(seen) if before["title"] != after["title"]]
    late = [one for one in late if one is not None]  # on a busy machine, sound may be waited for just then
    assert late
    assert all(0 <= one < 0.8 for one in late)
