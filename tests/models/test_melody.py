import json
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.core.errors import WeightsError
from dusktape.core.score import Chord, Key, Note
from dusktape.core.seed import Seed
from dusktape.models.melody import MODEL
from dusktape.models.melody.grammar import velocity
from dusktape.models.melody.infer import Network, Writer
from dusktape.models.melody.memory import FORGOTTEN, MEMORY_COLUMNS, MEMORY_GROUPS, PAST_SIZES, Memory, past
from dusktape.models.melody.tokens import (
    FIRST_PITCH,
    HOLD,
    NO_CHORD,
    PLAN_SIZES,
    REST,
    VOCABULARY,
    chord_number,
    decode,
    density_bin,
    encode,
    grid,
    offset_of,
    pitch_token,
    plan,
    reference,
)
from dusktape.nn.line import Line
from dusktape.nn.weights import load, sha256
from dusktape.theory.scale import clashes

BAR = 3840
LOOP = ((9, "m9"), (2, "m9"), (7, "13"), (0, "maj9"))
FRERE_JACQUES = [
    *(((60, 4), (62, 4), (64, 4), (60, 4)) * 2),
    *(((64, 4), (65, 4), (67, 8)) * 2),
    *(((67, 2), (69, 2), (67, 2), (65, 2), (64, 4), (60, 4)) * 2),
    *(((60, 4), (55, 4), (60, 8)) * 2),
]


def _chords(bars: int) -> list[Chord]:
    return [Chord(b * BAR, BAR, *LOOP[b % 4]) for b in range(bars)]


def _write(writer: Writer, seed: int = 1, bars: int = 8, density: float = 0.4, **more: Any) -> tuple[Note, ...]:
    how: dict[str, Any] = {"given": (), "given_bars": 0, "temperature": 1.0, **more}
    return writer.write_melody(
        key=Key(0, "major"), chords=_chords(bars), bars=bars, density=density, seed=Seed(seed).at("lead"), **how
    )


@pytest.fixture(scope="module")
def writer() -> Writer:
    found: Writer = MODEL.open()
    return found


@pytest.fixture(scope="module")
def tune() -> tuple[Any, Any]:
    """A real tune, three times over its chord: tokens (T,) and inputs (T, columns)."""
    line, step = [], 0
    for _ in range(3):
        for pitch, length in FRERE_JACQUES:
            line.append((step, step + length, pitch))
            step += length
    tokens = encode(line, np.full(step + 16, 60))
    known = plan([(0, step, chord_number(0, "maj"))], step + 16, mode="major", source="lead", density=1)
    return tokens, np.concatenate([known, past(tokens, known[:, 0].astype(np.int64))], axis=1)


def _scribble(rng: np.random.Generator, size: int) -> Any:
    """Tokens with motifs that return and silences that last."""
    tokens = rng.choice([HOLD, HOLD, HOLD, HOLD, REST, 18, 20, 22, 23], size)
    for _ in range(3):
        a, b, n = [*rng.integers(0, max(1, size - 40), 2).tolist(), int(rng.integers(1, 40))]
        tokens[b : b + n] = tokens[a : a + n][: len(tokens[b : b + n])]
    if size > 200:
        tokens[100:160] = HOLD
    return tokens


def test_a_line_survives_the_way_to_tokens_and_back() -> None:
    line = [(0, 3, 60), (3, 4, 67), (8, 16, 71), (20, 32, 48)]
    assert decode(encode(line, np.full(32, 60)).tolist(), 60) == line


def test_the_top_voice_is_kept_and_articulation_is_no_rest() -> None:
    line = grid(np.array([0.0, 0.0, 1.0, 2.0]), np.array([0.8, 0.8, 0.5, 1.0]), np.array([60, 64, 65, 67]))
    assert line == [(0, 4, 64), (4, 6, 65), (8, 12, 67)]


def test_pitches_out_of_reach_are_folded_by_octaves() -> None:
    assert offset_of(pitch_token(20)) == 8
    assert offset_of(pitch_token(-25)) == -13
    assert pitch_token(18) == VOCABULARY - 1
    assert pitch_token(-18) == FIRST_PITCH


def test_the_reference_is_the_tonic_nearest_to_the_middle() -> None:
    assert [reference(tonic, 72.0) for tonic in (0, 5, 7, 11)] == [72, 77, 67, 71]


def test_the_plan_knows_the_chord_and_when_the_next_one_comes() -> None:
    a, b = chord_number(0, "maj7"), chord_number(9, "m7")
    known = plan([(0, 16, a), (16, 32, b)], 40, mode="minor", source="bridge", density=2)
    assert known[15].tolist()[:4] == [a, b, 1, 15]
    assert known[16].tolist()[:4] == [b, NO_CHORD, PLAN_SIZES[2] - 1, 0]
    assert known[39].tolist()[:3] == [NO_CHORD, NO_CHORD, PLAN_SIZES[2] - 1]
    assert known[0].tolist()[4:] == [3, 2, 0]
    assert (known < PLAN_SIZES).all()


def test_five_densities() -> None:
    assert [density_bin(n) for n in (1.0, 3.0, 4.0, 5.0, 9.0)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("seed", range(8))
def test_memory_step_by_step_is_memory_of_the_whole_song(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 420))
    tokens, chords = _scribble(rng, size), rng.integers(0, NO_CHORD + 1, size)
    whole, memory = past(tokens, chords), Memory(size)
    assert (whole < PAST_SIZES).all()
    assert (whole >= 0).all()
    for step, token in enumerate(tokens.tolist()):
        assert memory.row(int(chords[step])) == whole[step].tolist()
        memory.push(token)


def test_memory_that_was_hidden_for_a_while_is_as_good_as_ever() -> None:
    rng = np.random.default_rng(3)
    tokens, chords = _scribble(rng, 300), rng.integers(0, NO_CHORD + 1, 300)
    whole, memory = past(tokens, chords), Memory(300)
    for step, token in enumerate(tokens.tolist()):
        assert memory.present(int(chords[step])) == whole[step, : MEMORY_COLUMNS[0]].tolist()
        if step % 70 > 50:
            assert memory.recalled() == whole[step, list(MEMORY_COLUMNS)].tolist()
        memory.push(token)


@pytest.mark.parametrize("seed", range(5))
def test_memory_does_not_see_the_future(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tokens, chords = _scribble(rng, 300), rng.integers(0, NO_CHORD + 1, 300)
    other, cut = tokens.copy(), int(rng.integers(1, 300))
    other[cut:] = rng.integers(0, VOCABULARY, 300 - cut)
    assert (past(tokens, chords)[: cut + 1] == past(other, chords)[: cut + 1]).all()


def test_memory_finds_the_place_that_was_like_this(tune: tuple[Any, Any]) -> None:
    tokens, x = tune
    bar_match = len(PLAN_SIZES) + MEMORY_GROUPS[5][0]
    second = slice(132, 256)
    assert (x[second, bar_match] == tokens[second]).mean() > 0.95


def test_a_fresh_song_remembers_nothing() -> None:
    row = np.array(Memory(16).row(NO_CHORD))
    hidden = row[list(MEMORY_COLUMNS)]
    assert hidden.tolist() == FORGOTTEN.tolist()
    assert sorted(c for group in MEMORY_GROUPS for c in group) == list(MEMORY_COLUMNS)


def test_numpy_and_torch_agree(tune: tuple[Any, Any]) -> None:
    torch = pytest.importorskip("torch", reason="needs torch; pip install 'dusktape[train]'")
    from dusktape.models.melody import net

    weights = load(MODEL.weights, MODEL.sha256)
    trained = net.build(0)
    trained.load_state_dict({name: torch.tensor(w, dtype=torch.float32) for name, w in weights.items()})
    x = tune[1]
    with torch.no_grad():
        theirs = trained.eval()(torch.from_numpy(x)[None]).numpy()
    assert np.abs(Network(weights)(x[None].astype(np.int64)) - theirs).max() < 1e-4


def test_a_batch_of_one_and_of_many_give_the_same_bits(tune: tuple[Any, Any]) -> None:
    network = Network(load(MODEL.weights))
    x = tune[1].astype(np.int64)
    rows = np.stack([x[:96], x[32:128], x[64:160]])
    many = network(rows)
    for row, together in zip(rows, many, strict=True):
        assert np.array_equal(network(row[None])[0], together)


def test_the_order_of_summation_does_not_change_a_bit(tune: tuple[Any, Any]) -> None:
    weights = load(MODEL.weights)
    hidden, width = weights["body.weight_hh_l0"].shape[1], weights["embed.weight"].shape[1]
    rng = np.random.default_rng(0)
    mix, wide = rng.permutation(hidden), rng.permutation(width)
    gates = np.concatenate([mix + k * hidden for k in range(3)])
    shuffled = {
        **weights,
        "embed.weight": weights["embed.weight"][:, wide],
        "body.weight_ih_l0": weights["body.weight_ih_l0"][gates][:, wide],
        "body.weight_hh_l0": weights["body.weight_hh_l0"][gates][:, mix],
        "body.bias_ih_l0": weights["body.bias_ih_l0"][gates],
        "body.bias_hh_l0": weights["body.bias_hh_l0"][gates],
        "out.weight": weights["out.weight"][:, mix],
    }
    x = tune[1][None, :128].astype(np.int64)
    assert np.array_equal(Network(weights)(x), Network(shuffled)(x))
    assert _write(Writer(Network(weights)), bars=4) == _write(Writer(Network(shuffled)), bars=4)


@pytest.mark.parametrize("seed", range(4))
def test_melodies_keep_the_rules(writer: Writer, seed: int) -> None:
    notes = _write(writer, seed)
    assert notes
    assert list(notes) == sorted(notes)
    chords = _chords(8)
    for n in notes:
        assert n.start % 240 == 0
        assert n.length % 240 == 0
        assert n.length > 0
        assert n.start + n.length <= 8 * BAR
        assert writer.low <= n.pitch <= writer.high
        assert 55 <= n.velocity <= 95
        if n.start % 960 == 0:
            chord = chords[n.start // BAR]
            assert not clashes(n.pitch, chord.root, chord.quality)
    for a, b in pairwise(notes):
        assert a.start + a.length <= b.start
        assert abs(a.pitch - b.pitch) <= 12


def test_the_seed_is_the_melody(writer: Writer) -> None:
    assert _write(writer, 3) == _write(writer, 3)
    assert len({_write(writer, seed, bars=4) for seed in range(6)}) >= 5


def test_more_density_more_notes(writer: Writer) -> None:
    sparse, busy = (sum(len(_write(writer, s, density=d)) for s in range(4)) for d in (0.1, 0.9))
    assert busy > 1.5 * sparse


def test_a_melody_goes_on_after_what_was_given(writer: Writer) -> None:
    given = _write(writer, 5, bars=4)
    more = _write(writer, 6, bars=8, given=given, given_bars=4)
    assert more
    assert all(4 * BAR <= n.start < 8 * BAR for n in more)
    assert more != _write(writer, 6, bars=8, given=(), given_bars=4)


def test_a_note_that_rings_over_the_seam_is_not_cut(writer: Writer) -> None:
    given = (Note(0, 960, 72, 80), Note(3 * BAR, BAR + 1920, 76, 80))
    more = _write(writer, 2, given=given, given_bars=4)
    assert more
    assert min(n.start for n in more) >= 4 * BAR + 1920


def test_later_bars_do_not_change_earlier_ones(writer: Writer) -> None:
    long = [n for n in _write(writer, 2, bars=8) if n.start + n.length < 4 * BAR]
    short = [n for n in _write(writer, 2, bars=4) if n.start + n.length < 4 * BAR]
    assert [n.pitch for n in short][:3] == [n.pitch for n in long][:3]


def _returning_bars(notes: Sequence[Note], bars: int) -> float:
    """Share of bars with two notes or more whose rhythm was there before."""
    rhythms = [tuple(n.start % BAR for n in notes if n.start // BAR == b) for b in range(bars)]
    told = [b for b in range(bars) if len(rhythms[b]) > 1]
    return sum(rhythms[b] in rhythms[:b] for b in told) / max(1, len(told))


def test_motifs_return_when_asked_to(writer: Writer) -> None:
    often, never = replace(writer, returning=1.0, memory_bias=4.0), replace(writer, returning=0.0)
    shares = [np.mean([_returning_bars(_write(w, s, bars=16), 16) for s in range(4)]) for w in (often, never)]
    assert shares[0] > shares[1] + 0.2


def test_velocities_follow_the_metre() -> None:
    at = {step: np.mean([velocity(step, step + 2, 70, 72, Seed(s)) for s in range(40)]) for step in (16, 20, 22, 23)}
    assert at[16] > at[20] > at[22] > at[23]


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "weights.safetensors"
    broken.write_bytes(MODEL.weights.read_bytes()[:-1] + b"\x55")
    with pytest.raises(WeightsError, match="damaged or swapped"):
        Writer.load(broken, MODEL.sha256)


def test_the_card_prints_the_figures_of_the_weights() -> None:
    assert sha256(MODEL.weights) == MODEL.sha256
    card = (MODEL.folder / "card.md").read_text(encoding="utf-8")
    facts = json.loads((MODEL.folder / "weights.json").read_text(encoding="utf-8"))
    table = dict(re.findall(r"^\| ([a-z0-9_. -]+?) \| ([0-9a-f.]+) \|", card, re.MULTILINE))
    expected = {
        "test bits per note": f"{facts['test_bits_per_event']:.3f}",
        "valid bits per note": f"{facts['valid_bits_per_event']:.3f}",
        "train bits per note": f"{facts['train_bits_per_event']:.3f}",
        "unigram": f"{facts['baselines']['unigram']:.3f}",
        "best back-off n-gram": f"{facts['baselines']['best']:.3f}",
        "test bits per velocity": f"{facts['details']['velocity']:.3f}",
        "its order": f"{facts['baselines']['best_order']:.0f}",
        "parameters": str(facts["parameters"]),
        "epochs": str(facts["epochs"]),
        "test notes": str(facts["events"]["test"]),
        "sha256": facts["sha256"],
    }
    assert {name: table.get(name) for name in expected} == expected
    assert facts["test_bits_per_event"] < facts["baselines"]["best"]
    for source in MODEL.sources:
        assert source.licence in card
        assert source.attribution.split(",")[0] in card


@pytest.mark.parametrize("count", [1, 2, 8, 9, 12])
def test_short_lines_have_a_price(writer: Writer, count: int) -> None:
    at = np.arange(count)
    line = Line("short", Key(0, "major"), (), 60 + at % 4, np.full(count, 4), np.full(count, 2), at % 8)
    (cost,) = writer.bits([line])
    assert cost.shape[0] == count
    assert np.isfinite(cost).all()


def test_one_pitch_is_not_struck_on_and_on(writer: Writer) -> None:
    def longest(notes: Sequence[Note]) -> int:
        best = run = 1
        for a, b in pairwise(notes):
            run = run + 1 if a.pitch == b.pitch else 1
            best = max(best, run)
        return best

    runs = [longest(_write(writer, seed, bars=16)) for seed in range(12)]
    assert max(runs) <= 8
