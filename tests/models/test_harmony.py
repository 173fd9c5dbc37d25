from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.core.roles import MOODS, LoopChord
from dusktape.core.seed import Seed
from dusktape.data.changes import Changes
from dusktape.models.harmony import MODEL
from dusktape.models.harmony.infer import HarmonyWriter
from dusktape.models.harmony.taste import score, turnaround, turns
from dusktape.models.harmony.tokens import (
    COLUMNS,
    LENGTHS,
    NAMES,
    QUALITY_NAMES,
    QUALITY_NUMBERS,
    Condition,
    Event,
    condition,
    events,
    inputs,
    place,
)
from dusktape.nn import layers
from dusktape.nn.layers import Linear, LSTMState
from dusktape.nn.weights import load, sha256
from dusktape.theory.chord import QUALITIES

TURN = [(0, 4, 0, "maj7"), (4, 4, 9, "m7"), (8, 4, 2, "m7"), (12, 2, 7, "9sus4"), (14, 2, 7, "7")]


@pytest.fixture(scope="module")
def writer() -> HarmonyWriter:
    opened = MODEL.open()
    assert isinstance(opened, HarmonyWriter)
    return opened


def write(writer: HarmonyWriter, seed: int = 1, **how: object) -> tuple[LoopChord, ...]:
    asked = {"mode": "major", "mood": "wistful", "bars": 4, "temperature": 1.0, "max_chords": 6, **how}
    return writer.write_loop(seed=Seed(seed), **asked)  # type: ignore[arg-type]


def a_song() -> Changes:
    """Three kinds of phrase, repeated and varied, with a gap and a chord of five bars."""
    chords, now = [], 0
    for turn in range(9):
        for _, length, root, quality in TURN:
            chords.append((now, length, (root + 3 + 2 * (turn == 4)) % 12, quality if turn % 3 else "13"))
            now += length
        if turn == 5:
            chords.append((now + 4, 20, 3, "maj9"))
            now += 24
    return Changes("a/song", "jazz", 3, "major", tuple(chords), sections=(0, 32, 90))


def rows_of(song: Changes, mood: str = "warm") -> tuple[np.ndarray, np.ndarray]:
    chords, asked = events(song), condition(song, mood)
    rows = [inputs(chords[:i], e.start, place(e.start, song.sections), asked)[0] for i, e in enumerate(chords)]
    return np.array(rows), np.array([(e.length, e.degree, e.quality) for e in chords])


def run(writer: HarmonyWriter, rows: np.ndarray, chords: np.ndarray) -> list[np.ndarray]:
    """All logits over a sequence: `rows` (B, T, columns), `chords` (B, T, 3)."""
    state: LSTMState = writer.start(len(rows))
    out = []
    for t in range(rows.shape[1]):
        shared, state = writer.step(rows[:, t], state)
        length, degree = chords[:, t, 0], chords[:, t, 1]
        heads = (
            writer.length_logits(shared),
            writer.degree_logits(shared, length),
            writer.quality_logits(shared, length, degree),
        )
        out.append(np.concatenate(heads, axis=1))
    return out


def test_torch_and_numpy_agree_on_every_logit_of_a_song(writer: HarmonyWriter) -> None:
    torch = pytest.importorskip("torch", reason="torch is the reference; install 'dusktape[train]'")
    from dusktape.models.harmony.net import Net

    net = Net()
    net.load_state_dict({k: torch.tensor(v).float() for k, v in load(MODEL.weights).items()})
    net.eval()
    rows, chords = rows_of(a_song())
    with torch.no_grad():
        heads = net.logits(torch.from_numpy(rows)[None], torch.from_numpy(chords)[None])
    expected = torch.cat(heads, -1)[0].numpy()
    found = np.concatenate(run(writer, rows[None], chords[None]))
    assert np.abs(found - expected).max() < 1e-4


def test_a_batch_of_one_and_of_many_are_equal_to_the_bit(writer: HarmonyWriter) -> None:
    rows, chords = rows_of(a_song())
    other, others = rows_of(a_song(), "dark")
    one = run(writer, rows[None], chords[None])
    many = run(writer, np.stack([other, rows, other]), np.stack([others, chords, others]))
    assert all(np.array_equal(a[0], b[1]) for a, b in zip(one, many, strict=True))


def test_another_order_of_summation_changes_no_bit_and_no_loop(
    writer: HarmonyWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, chords = rows_of(a_song())
    logits, loop = run(writer, rows[None], chords[None]), write(writer, 5)

    def backwards(self: Linear, x: np.ndarray) -> np.ndarray:
        total = np.zeros((len(x), len(self.weight)))
        for i in reversed(range(x.shape[1])):
            total += x[:, i : i + 1] * self.weight[:, i]
        return total + self.bias

    def step(self: layers.LSTM, x: np.ndarray, state: LSTMState) -> tuple[np.ndarray, LSTMState]:
        halves = np.array_split(np.arange(x.shape[1]), 3)
        order = np.concatenate(halves[::-1])
        weights = tuple(w[order] for w in self.input_weights)
        turned = layers.LSTM(weights, self.hidden_weights, self.biases)
        return forwards(turned, x[:, order], state)

    forwards = layers.LSTM.step
    monkeypatch.setattr(Linear, "__call__", backwards)
    monkeypatch.setattr(layers.LSTM, "step", step)
    assert all(np.array_equal(a, b) for a, b in zip(run(writer, rows[None], chords[None]), logits, strict=True))
    assert write(writer, 5) == loop


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize(("bars", "max_chords"), [(2, 2), (2, 4), (4, 2), (4, 4), (8, 4), (8, 12)])
def test_loops_keep_the_grammar(writer: HarmonyWriter, mode: str, bars: int, max_chords: int) -> None:
    for seed in range(8):
        loop = write(writer, seed, mode=mode, bars=bars, max_chords=max_chords)
        starts = np.cumsum([0, *(c.length_beats for c in loop)])
        assert starts[-1] == 4 * bars
        assert all(s % 2 == 0 for s in starts)
        assert 2 <= len(loop) <= max_chords
        assert loop[0].degree != loop[-1].degree
        assert len({c.degree for c in loop}) <= (6 if bars == 8 else 4)
        assert all(c.quality in QUALITIES and 0 <= c.degree < 12 for c in loop)


def test_the_same_seed_writes_the_same_loop(writer: HarmonyWriter) -> None:
    assert write(writer, 3) == write(writer, 3)


def test_a_hundred_seeds_write_more_than_sixty_loops(writer: HarmonyWriter) -> None:
    for mode in ("major", "minor"):
        assert len({write(writer, seed, mode=mode) for seed in range(100)}) > 60


def test_most_loops_turn_around(writer: HarmonyWriter) -> None:
    leads = Counter(
        (a[0].degree - a[-1].degree) % 12 in (5, 7, 11, 2, 10, 1) for a in (write(writer, s) for s in range(60))
    )
    assert leads[True] >= 48


def test_modes_sound_their_third(writer: HarmonyWriter) -> None:
    for mode, third in (("major", 4), ("minor", 3)):
        tonics = [c for s in range(40) for c in write(writer, s, mode=mode) if c.degree == 0]
        assert sum(third in QUALITIES[c.quality] for c in tonics) > 0.85 * len(tonics)


def test_moods_and_styles_are_heard(writer: HarmonyWriter) -> None:
    by_mood = {m: Counter(c.degree for s in range(40) for c in write(writer, s, mood=m)) for m in ("dark", "hopeful")}
    foreign = {m: sum(n for d, n in counts.items() if d in (1, 3, 8, 10)) for m, counts in by_mood.items()}
    assert foreign["dark"] > 1.3 * foreign["hopeful"]
    rich = {
        style: sum(len(QUALITIES[c.quality]) > 3 for s in range(40) for c in write(writer, s, mood="any", style=style))
        for style in ("jazz", "rock")
    }
    assert rich["jazz"] > 2 * rich["rock"]


def test_every_mood_can_be_asked_for(writer: HarmonyWriter) -> None:
    assert len({write(writer, 2, mood=mood, style="loops") for mood in MOODS}) >= 3


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"mode": "dorian"}, "'dorian' is no mode"),
        ({"mood": "angry"}, "'angry' is no mood"),
        ({"style": "polka"}, "'polka' is no style"),
        ({"bars": 5}, "cannot write 5 bars"),
        ({"bars": 8, "max_chords": 3}, "with 3 chords"),
        ({"temperature": 0.0}, "temperature 0.0"),
    ],
)
def test_what_cannot_be_written_is_said(writer: HarmonyWriter, how: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        write(writer, **how)


def test_chords_come_back_from_their_events() -> None:
    song = a_song()
    back = [(e.start, LENGTHS[e.length], e.degree, QUALITY_NAMES[e.quality]) for e in events(song)]
    assert [b for b in back if b[1] != 16 and b[2:] != (0, "maj9")] == [
        (b, n, (r - 3) % 12, q) for b, n, r, q in song.chords if q != "maj9"
    ]
    assert sum(b[1] for b in back) == sum(c[1] for c in song.chords)


def test_inputs_stay_within_their_tables() -> None:
    rows, _ = rows_of(a_song())
    assert rows.shape[1] == len(NAMES)
    assert (rows >= 0).all()
    assert (rows < np.array(list(COLUMNS.values()))).all()


def test_the_memory_points_at_what_stood_here_four_and_eight_bars_ago() -> None:
    past = [Event(4 * i, LENGTHS.index(4), i % 12, QUALITY_NUMBERS["maj"]) for i in range(9)]
    row = dict(zip(NAMES, inputs(past, 36, 4, Condition(0))[0], strict=True))
    assert (row["four_degree"], row["four_left"], row["four_next_degree"]) == (5, 4, 6)
    assert (row["eight_degree"], row["eight_next_degree"]) == (1, 2)


def test_the_longest_match_tells_what_followed() -> None:
    turn = [Event(2 * i, LENGTHS.index(2), d, 0) for i, d in enumerate([0, 5, 7, 0, 9, 7, 0, 5])]
    row, follower = inputs(turn, 16, 16, Condition(0))
    named = dict(zip(NAMES, row, strict=True))
    assert (follower, named["match"], named["match_degree"]) == (2, 2, 7)


def test_a_dominant_turns_around_better_than_a_tonic_neighbour() -> None:
    two, quality = LENGTHS.index(4), QUALITY_NUMBERS
    home = Event(0, two, 0, quality["maj7"])
    assert turnaround([home, Event(4, two, 7, quality["7"])]) > turnaround([home, Event(4, two, 4, quality["m7"])])


def test_a_tonic_of_the_other_mode_is_marked_down() -> None:
    four, quality = LENGTHS.index(4), QUALITY_NUMBERS
    loop = [
        Event(4 * i, four, d, quality[q]) for i, (d, q) in enumerate([(0, "min"), (5, "maj"), (9, "min"), (7, "7")])
    ]
    assert score(loop, 8.0, 1.0, "minor", 4) > score(loop, 8.0, 1.0, "major", 4)


def test_a_loop_may_be_turned_to_start_on_any_of_its_bars() -> None:
    chords = [Event(b, LENGTHS.index(n), r, QUALITY_NUMBERS[q]) for b, n, r, q in TURN]
    loops, wanted = turns(chords, "major")
    assert [loop[0].degree for loop in loops] == [0, 9, 2, 7]
    assert loops[0] == tuple(chords)
    assert all(w > 0 for w in wanted)


def test_the_card_shows_the_figures_of_the_weights() -> None:
    facts = MODEL.facts
    assert facts["sha256"] == sha256(MODEL.weights)
    card = (MODEL.folder / "card.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9_.]+)` \|[^|]*\| ([\d.,]+) \|$", card, re.MULTILINE)
    assert len(rows) >= 8
    for name, shown in rows:
        value = facts
        for key in name.split("."):
            value = value[key]
        digits = len(shown.partition(".")[2])
        assert f"{value:,.{digits}f}" == shown, name


def test_the_network_beats_every_counting_baseline() -> None:
    assert MODEL.facts["test_bits_per_event"] < 0.6 * MODEL.facts["baselines"]["best"]


def test_every_source_has_a_licence_and_an_attribution() -> None:
    card = (MODEL.folder / "card.md").read_text(encoding="utf-8")
    for source in MODEL.sources:
        assert source.licence and source.attribution in card.replace("\n  ", " ")


def test_training_learns_to_write_from_nothing() -> None:
    pytest.importorskip("torch", reason="training needs torch; install 'dusktape[train]'")
    from dusktape.models.harmony.net import augment, example

    song = example(a_song(), 0, "warm")
    cut = [augment(song, np.random.Generator(np.random.PCG64(s))) for s in range(60)]
    fresh = [c for c in cut if len(c["song"]) < len(song["song"])]
    assert len(fresh) > 5
    names = list(NAMES)
    for c in fresh:
        first = dict(zip(names, c["x"][0], strict=True))
        assert (first["last_degree"], first["four_degree"], first["eight_degree"], first["match"]) == (12, 12, 12, 0)
    hidden = Counter(int(c["x"][0, names.index("mood")]) == 0 for c in cut)
    assert 5 < hidden[True] < 30
