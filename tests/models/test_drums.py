from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.core.roles import DRUM_STYLES
from dusktape.core.score import Note
from dusktape.core.seed import Seed
from dusktape.data.groove import CLOSED, DRUMS, KICK, SNARE
from dusktape.models.drums import MODEL
from dusktape.models.drums.grammar import Feel, Rules
from dusktape.models.drums.infer import GENERAL_MIDI, Drummer, Network
from dusktape.models.drums.tokens import (
    MAX_ADVANCE,
    REST,
    STEPS,
    TIMING_EDGES,
    TIMINGS,
    VELOCITIES,
    VELOCITY_EDGES,
    WHAT,
    Conditions,
    Hit,
    encode_hits,
    timing_bin,
    velocity_bin,
)
from dusktape.nn.exact import on_grid
from dusktape.nn.layers import Linear
from dusktape.nn.sampling import sample
from dusktape.nn.weights import load

TOMS = {50, 47, 45}


@pytest.fixture(scope="module")
def drummer() -> Drummer:
    opened = MODEL.open()
    assert isinstance(opened, Drummer)
    return opened


def write(drummer: Drummer, seed: int = 1, bars: int = 8, style: str = "hiphop", **how: object) -> tuple[Note, ...]:
    given = {"bpm": 80.0, "fills": [False] * bars, "temperature": 1.0, **how}
    return drummer.write_drums(style=style, bars=bars, seed=Seed(seed), **given)  # type: ignore[arg-type]


def places(notes: tuple[Note, ...], *keys: int) -> list[int]:
    return [round(n.start / 240) for n in notes if n.pitch in keys]


def a_performance(drummer: Drummer) -> tuple[list[Hit], Conditions]:
    fills = (False,) * 7 + (True,)
    conditions = Conditions.of("funk", 92.0, 2, fills)
    return drummer.write_hits(conditions, Rules("funk", fills, Feel(density=0.7)), Seed(5), 1.1), conditions


def test_bins_cover_every_velocity_and_offset() -> None:
    assert [velocity_bin(v) for v in (1, 14, 15, 127)] == [0, 0, 1, VELOCITIES - 1]
    assert [timing_bin(t) for t in (-0.5, 0.0, 0.5)] == [0, TIMINGS // 2, TIMINGS - 1]
    assert len(VELOCITY_EDGES) == VELOCITIES + 1
    assert sorted(TIMING_EDGES) == list(TIMING_EDGES)
    assert timing_bin(1 / 3) == 13 and timing_bin(-1 / 3) == 1


def test_what_is_to_come_does_not_show_in_the_inputs() -> None:
    conditions = Conditions.of("hiphop", 85.0, 1, (False,) * 4)
    hits = [Hit(4 * k, KICK if k % 2 else SNARE, 3, 7) for k in range(16)]
    changed = [*hits[:9], *(replace(h, drum=CLOSED, velocity=6, timing=2) for h in hits[9:])]
    one, other = encode_hits(hits, conditions), encode_hits(changed, conditions)
    assert np.array_equal(one["fields"][:10], other["fields"][:10])
    assert np.array_equal(one["memory"][:10], other["memory"][:10])
    assert not np.array_equal(one["fields"][10:], other["fields"][10:])


def test_the_memory_holds_the_bars_before() -> None:
    conditions = Conditions.of("hiphop", 85.0, 1, (False,) * 8)
    encoded = encode_hits([Hit(3, KICK, 5, 9), Hit(18, SNARE, 3, 7), Hit(19, KICK, 4, 7)], conditions)
    memory = encoded["memory"].reshape(-1, 3, 9, len(DRUMS))
    assert memory[2, 0, 1, KICK] == 1 and memory[2].sum() == 1
    assert encoded["recalled_velocity"][2].tolist() == [6, 0, 0]
    assert encoded["recalled_timing"][2].tolist() == [10, 0, 0]


def test_long_silences_become_rests() -> None:
    encoded = encode_hits([Hit(0, KICK, 5, 7), Hit(40, KICK, 5, 7)], Conditions.of("rock", 85.0, 1, (False,) * 4))
    assert encoded["target"][:, 0].tolist() == [0, REST, REST, 8 * len(DRUMS)]


def test_torch_and_numpy_agree(drummer: Drummer) -> None:
    torch = pytest.importorskip("torch")
    from dusktape.models.drums.net import Net

    hits, conditions = a_performance(drummer)
    encoded = encode_hits(hits, conditions)
    weights = load(MODEL.weights, MODEL.sha256)
    net = Net(hidden=drummer.network.body.hidden)
    net.load_state_dict({k: torch.from_numpy(w.astype(np.float32)) for k, w in weights.items()})
    net.eval()
    with torch.no_grad():
        what, velocity, timing = (
            x[0].numpy() for x in net.logits({k: torch.from_numpy(v)[None] for k, v in encoded.items()})
        )
    state = drummer.network.body.start()
    for t in range(len(hits)):
        token, advance, drum, place, loud, _ = encoded["target"][t].tolist()
        logits, state = drummer.network.step(encoded["fields"][t], encoded["memory"][t], state)
        chosen = (advance, drum, place)
        assert token == advance * len(DRUMS) + drum
        assert np.abs(logits - what[t]).max() < 1e-4
        ours = drummer.network.velocity(state, chosen, encoded["recalled_velocity"][t])
        assert np.abs(ours - velocity[t]).max() < 1e-4
        ours = drummer.network.timing(state, chosen, loud, encoded["recalled_timing"][t])
        assert np.abs(ours - timing[t]).max() < 1e-4


def test_the_order_of_summation_does_not_change_a_bit(drummer: Drummer) -> None:
    weights = load(MODEL.weights)
    hidden = drummer.network.body.hidden
    order = np.random.default_rng(3).permutation(hidden)
    gates = np.concatenate([order + hidden * k for k in range(3)])
    shuffled = dict(weights)
    for name in ("weight_ih_l0", "bias_ih_l0", "bias_hh_l0"):
        shuffled[f"body.{name}"] = weights[f"body.{name}"][gates]
    shuffled["body.weight_hh_l0"] = weights["body.weight_hh_l0"][gates][:, order]
    for name in ("what", "velocity_in", "timing_in"):
        w = weights[f"{name}.weight"]
        shuffled[f"{name}.weight"] = np.concatenate([w[:, :hidden][:, order], w[:, hidden:]], axis=1)
    other = Drummer(Network.of(shuffled))
    assert write(drummer, 9) == write(other, 9)
    hits, conditions = a_performance(drummer)
    encoded = encode_hits(hits, conditions)
    one, two = drummer.network.body.start(), other.network.body.start()
    for t in range(len(hits)):
        a, one = drummer.network.step(encoded["fields"][t], encoded["memory"][t], one)
        b, two = other.network.step(encoded["fields"][t], encoded["memory"][t], two)
        assert np.array_equal(a, b)
    rng = np.random.default_rng
    assert [sample(a, rng(k)) for k in range(20)] == [sample(b, rng(k)) for k in range(20)]


def test_a_batch_of_many_equals_many_of_one(drummer: Drummer) -> None:
    body, layer = drummer.network.body, Linear.of(load(MODEL.weights), "what")
    x = on_grid(np.random.default_rng(1).uniform(-2, 2, (5, body.input_weight.shape[0])))
    h = on_grid(np.random.default_rng(2).uniform(-1, 1, (5, body.hidden)))
    together = body.step(x, h)
    what = layer(np.concatenate([together, h[:, :64]], axis=1))
    for k in range(5):
        alone = body.step(x[k : k + 1], h[k : k + 1])
        assert np.array_equal(alone[0], together[k])
        assert np.array_equal(layer(np.concatenate([alone, h[k : k + 1, :64]], axis=1))[0], what[k])


def test_one_seed_one_part(drummer: Drummer) -> None:
    assert write(drummer, 4) == write(drummer, 4)
    assert write(drummer, 4) != write(drummer, 5)


@pytest.mark.parametrize("style", ["hiphop", "soul", "funk", "rock"])
def test_the_backbeat_is_kept(drummer: Drummer, style: str) -> None:
    fills = [False] * 3 + [True]
    notes = write(drummer, 2, 4, style, fills=fills, feel=Feel(rim=0.0))
    loud = {round(n.start / 240) for n in notes if n.pitch == 38 and n.velocity > 80}
    assert {4, 12, 20, 28, 36, 44, 52} <= loud
    assert all(
        n.velocity <= 44 for n in notes if n.pitch == 38 and round(n.start / 240) % 8 != 4 and n.start < 48 * 240
    )


def test_a_rim_can_take_the_backbeat(drummer: Drummer) -> None:
    notes = write(drummer, 2, 4, feel=Feel(rim=1.0))
    assert {s % 16 for s in places(notes, 37)} == {4, 12}
    assert all(n.velocity <= 44 for n in notes if n.pitch == 38)


@pytest.mark.parametrize("style", DRUM_STYLES)
def test_toms_play_in_fills_only_and_crashes_begin_a_section(drummer: Drummer, style: str) -> None:
    for seed in range(3):
        notes = write(drummer, seed, 4, style, fills=[False, True, False, False])
        assert all(24 <= s < 32 for s in places(notes, *TOMS))
        assert set(places(notes, 49)) <= {0}


def test_at_most_three_drums_hit_together_and_hats_exclude_each_other(drummer: Drummer) -> None:
    for style in DRUM_STYLES:
        notes = write(drummer, 3, 8, style, temperature=1.5)
        together = Counter(round(n.start / 240) for n in notes)
        assert max(together.values()) <= 3
        cymbals = Counter(places(notes, 42, 46, 51))
        assert max(cymbals.values()) == 1


def test_a_cell_comes_back_and_comes_back_changed(drummer: Drummer) -> None:
    def likeness(hold: float) -> float:
        found = []
        for seed in range(4):
            notes = write(drummer, seed, 8, feel=Feel(hold=hold, cell_bars=2))
            bars = [
                {(round(n.start / 240) % 16, n.pitch) for n in notes if round(n.start / 240) // 16 == b}
                for b in range(8)
            ]
            found += [len(bars[b] & bars[b - 2]) / len(bars[b] | bars[b - 2]) for b in range(2, 8)]
        return float(np.mean(found))

    loose, close = likeness(0.0), likeness(4.0)
    assert loose < close
    assert 0.9 < close <= 1.0
    assert loose < 0.95


def test_it_plays_as_much_as_lofi_does(drummer: Drummer) -> None:
    onsets, kicks, seconds, odd_hats, hats = 0, 0, 0.0, 0, 0
    for seed in range(6):
        notes = write(drummer, seed, 8)
        seconds += 24.0
        onsets += len({round(n.start / 240) for n in notes})
        kicks += len(places(notes, 36))
        hats += len(places(notes, 42))
        odd_hats += sum(s % 2 for s in places(notes, 42))
    assert 2.6 < onsets / seconds < 3.9
    assert 0.7 < kicks / seconds < 1.6
    assert odd_hats / hats < 0.15


def test_density_makes_it_busier(drummer: Drummer) -> None:
    few, many = (sum(len(write(drummer, s, 4, feel=Feel(density=d))) for s in range(4)) for d in (0.0, 1.0))
    assert many > 1.3 * few


def test_timing_is_human_but_near_the_grid(drummer: Drummer) -> None:
    notes = write(drummer, 6, 16, feel=Feel(looseness=1.0))
    late = np.array([n.start - 240 * round(n.start / 240) for n in notes])
    assert 8 < late.std() < 40
    assert abs(late).max() <= 0.24 * 240
    straight = write(drummer, 6, 16, feel=Feel(looseness=0.0))
    assert all(n.start % 240 == 0 for n in straight)
    assert sorted({n.pitch for n in notes}) == sorted({n.pitch for n in straight})


def test_notes_lie_inside_their_bars_and_are_sorted(drummer: Drummer) -> None:
    notes = write(drummer, 7, 4)
    assert list(notes) == sorted(notes)
    assert all(0 <= n.start < 4 * 3840 and 1 <= n.velocity <= 127 for n in notes)
    assert {n.pitch for n in notes} <= set(GENERAL_MIDI.values())


def test_no_bars_no_hits(drummer: Drummer) -> None:
    assert write(drummer, 1, 0) == ()


def test_what_cannot_be_played_is_refused(drummer: Drummer) -> None:
    with pytest.raises(InputError, match="polka"):
        write(drummer, style="polka")
    with pytest.raises(InputError, match="2 fills for 8 bars"):
        write(drummer, fills=[True, False])


def test_the_flat_tokens_are_the_predicted_events(drummer: Drummer) -> None:
    pytest.importorskip("torch")
    from dusktape.models.drums.net import FLAT_VOCABULARY, count_hits, flat_tokens

    encoded = encode_hits(*a_performance(drummer))
    flat = flat_tokens(encoded)
    assert len(flat) == 3 * count_hits(encoded)
    assert max(flat) < FLAT_VOCABULARY == WHAT + VELOCITIES + TIMINGS
    assert (MAX_ADVANCE + 1) * len(DRUMS) + 1 == WHAT and STEPS == 16


def test_sessions_are_held_out_whole() -> None:
    pytest.importorskip("torch")
    from dusktape.models.drums.net import TEST_SESSIONS, VALID_SESSIONS

    assert not TEST_SESSIONS & VALID_SESSIONS


def test_the_card_says_what_was_measured() -> None:
    card = (MODEL.folder / "card.md").read_text(encoding="utf-8")
    facts = MODEL.facts
    assert hashlib.sha256(MODEL.weights.read_bytes()).hexdigest() == facts["sha256"]
    printed = {
        k: float(v.replace(",", "")) for k, v in re.findall(r"^\| `([\w.]+)` \|[^|]*\| ([\d.,]+) \|$", card, re.M)
    }
    assert len(printed) >= 12
    for key, value in printed.items():
        fact = facts
        for part in key.split("."):
            fact = fact[part]
        assert value == pytest.approx(float(fact), abs=0.0051), key  # type: ignore[arg-type]
    assert all(source.attribution in card for source in MODEL.sources)
