"""What the melody network says of anybody's lines, and the lines it makes."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dusktape.core.score import Chord, Key
from dusktape.core.seed import Seed
from dusktape.models.melody import MODEL
from dusktape.models.melody.codelength import SONG_BITS
from dusktape.models.melody.infer import Writer
from dusktape.models.melody.song import cut, tell
from dusktape.models.melody.tokens import decode
from dusktape.models.melody.touch import NO_VELOCITY, SIZES, features, read
from dusktape.nn.line import Line
from dusktape.nn.sampling import Sampling
from dusktape.nn.weights import load

BAR = 3840
CHORDS = tuple(Chord(b * BAR, BAR, (9, 2, 7, 0)[b % 4], ("m7", "m7", "7", "maj7")[b % 4]) for b in range(24))


def _tune(bars: int = 8, *, first: int = 0, up: int = 0, seed: int = 0) -> Line:
    """Two bars of chance, played over and over."""
    rng = np.random.default_rng(seed)
    step, duration = np.array([2, 2, 4, 2, 6] * 2), np.array([2, 3, 2, 4, 2] * 2)
    pitch, velocity = 72 + rng.choice([-5, 0, 2, 4, 7], 10), rng.integers(3, 7, 10)
    step, duration, pitch, velocity = (np.tile(a, bars // 2) for a in (step, duration, pitch, velocity))
    step[0] = first
    return Line("toy", Key(0, "major"), CHORDS, pitch + up, step, duration, velocity)


@pytest.fixture(scope="module")
def writer() -> Writer:
    found: Writer = MODEL.open()
    return found


def _generate(writer: Writer, seed: int = 1, **how: Any) -> Line:
    how = {"key": Key(0, "major"), "sampling": Sampling(), "chords": CHORDS, **how}
    return writer.generate(seed=Seed(seed), **how)


def test_a_line_can_be_read_back_from_its_tokens() -> None:
    for line in (_tune(), _tune(first=70), _tune(first=3, up=-20)):
        told = tell(line, "melody")
        notes = decode(told.tokens.tolist(), int(told.reference[0]))
        assert [a + told.first for a, _, _ in notes] == line.start.tolist()
        assert [b - a for a, b, _ in notes] == line.duration.tolist()
        assert [pitch for *_, pitch in notes] == line.pitch.tolist()


def test_a_long_silence_before_the_first_note_is_cut_to_a_bar() -> None:
    assert [cut(_tune(first=first)) for first in (0, 15, 16, 32, 70)] == [0, 0, 0, 16, 48]


def test_every_token_is_paid_for_once(writer: Writer) -> None:
    line = _tune()
    told = tell(line, "melody")
    logits = writer.network(told.x[None].astype(np.int64))[0]
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    paid = -np.log2(p[np.arange(len(p)), told.tokens])
    last = int(line.start[-1] + line.duration[-1])
    (bits,) = writer.bits([line])
    assert bits[:, 0].sum() == pytest.approx(paid[: last + 1].sum() + SONG_BITS, abs=0.05)


def test_what_repeats_is_cheap_and_so_are_its_velocities(writer: Writer) -> None:
    (bits,) = writer.bits([_tune(16)])
    assert bits.shape == (80, 2)
    assert (bits[:, 1] >= bits[:, 0]).all()
    assert bits[40:, 0].mean() < 0.5 * bits[:10, 0].mean()
    velocity = bits[:, 1] - bits[:, 0]
    assert velocity[40:].mean() < 0.5 * velocity[:10].mean()


def test_the_price_of_a_line_does_not_hang_on_its_company_nor_on_its_key(writer: Writer) -> None:
    lines = [_tune(seed=s, bars=4 + 2 * s) for s in range(4)]
    together = writer.bits([*lines, lines[0].transposed(5), lines[0].transposed(-4)])
    for line, bits in zip(lines, together, strict=False):
        assert np.allclose(writer.bits([line])[0], bits, atol=1e-9)
    assert np.allclose(together[0], together[4])
    assert np.allclose(together[0], together[5])


def test_earlier_notes_do_not_know_later_ones(writer: Writer) -> None:
    line, other = _tune(8), _tune(8, seed=3)
    mixed = replace(line, pitch=np.append(line.pitch[:20], other.pitch[20:]))
    middle = [np.median(x.pitch) for x in (line, mixed)]
    assert middle[0] == middle[1]
    assert np.allclose(writer.bits([line])[0][:20, 0], writer.bits([mixed])[0][:20, 0])


def test_a_pitch_beyond_reach_costs_its_octave(writer: Writer) -> None:
    line, pitch = _tune(), _tune().pitch.copy()
    pitch[7] += 36
    (far,) = writer.bits([replace(line, pitch=pitch)])
    assert far[7, 0] > 13
    assert np.isfinite(far).all()


def test_an_empty_line_and_one_without_chords_have_a_price(writer: Writer) -> None:
    none = np.zeros(0, np.int64)
    bits = writer.bits([Line("", Key(0, "minor"), (), none, none, none, none), replace(_tune(), chords=())])
    assert [len(b) for b in bits] == [0, 40]
    assert np.isfinite(bits[1]).all()


def test_without_a_touch_a_velocity_costs_three_bits(writer: Writer) -> None:
    (bits,) = replace(writer, touch=None).bits([_tune()])
    assert np.allclose(bits[:, 1] - bits[:, 0], 3.0)


def test_velocities_are_told_in_order() -> None:
    line, rng = _tune(16), np.random.default_rng(5)
    known = features(line)
    assert (known < np.array(SIZES)).all()
    for at in (0, 1, 9, 40, 79):
        later = line.velocity.copy()
        later[at:] = rng.integers(0, 8, len(later) - at)
        alone = features(replace(line, velocity=later), np.array([at]), read(line))
        assert (alone[0] == known[at]).all()
    assert (known[0, 7:11] == NO_VELOCITY).all()


def test_touch_in_numpy_and_in_torch_agree(writer: Writer) -> None:
    torch = pytest.importorskip("torch", reason="needs torch; pip install 'dusktape[train]'")
    from dusktape.models.melody import net

    weights = {k[6:]: torch.tensor(w, dtype=torch.float32) for k, w in load(MODEL.weights).items() if "touch." in k}
    trained = net.Touch()
    trained.load_state_dict(weights)
    x = features(_tune(16))
    with torch.no_grad():
        theirs = trained.eval()(torch.from_numpy(x)).numpy()
    assert writer.touch is not None
    assert np.abs(writer.touch(x) - theirs).max() < 1e-4


def test_so_many_notes_as_were_asked_for(writer: Writer) -> None:
    line = _generate(writer, notes=24)
    assert len(line) == 24
    assert (line.duration >= 1).all()
    assert (line.step[1:] >= line.duration[:-1]).all()
    assert line.key == Key(0, "major")
    assert line.chords == CHORDS


def test_dynamics_are_alive(writer: Writer) -> None:
    spreads = [np.unique(_generate(writer, seed, notes=48).velocity).size for seed in range(6)]
    assert max(spreads) >= 3


def test_no_note_starts_or_sounds_past_the_last_step(writer: Writer) -> None:
    line = _generate(writer, steps=64)
    assert len(line) > 0
    assert int(line.start[-1] + line.duration[-1]) <= 64


def test_the_seed_is_the_line(writer: Writer) -> None:
    lines = [_generate(writer, seed, notes=12) for seed in (1, 1, 2)]
    assert (lines[0].classes == lines[1].classes).all()
    assert lines[0].classes.tolist() != lines[2].classes.tolist()


def test_a_line_goes_on_from_what_was_given(writer: Writer) -> None:
    given = _tune(4, first=40)
    line = _generate(writer, given=given, notes=40)
    assert len(line) == 40
    assert (line.classes[:20] == given.classes).all()
    assert (line.step[1:] >= line.duration[:-1]).all()
    enough = _generate(writer, given=given, notes=10)
    assert (enough.classes == given.classes).all()


def test_only_what_is_allowed_starts_and_the_line_does_not_fall_silent(writer: Writer) -> None:
    def rule(place: int) -> Any:
        return np.isin(np.arange(128) % 12, [0, 7] if place % 16 == 0 else [2, 4])

    line = _generate(writer, notes=30, allowed=rule)
    assert len(line) == 30
    assert all(rule(at)[pitch] for at, pitch in zip(line.start.tolist(), line.pitch.tolist(), strict=True))
    assert not len(_generate(writer, steps=64, allowed=lambda place: np.zeros(128, bool)))


def test_the_published_rule_and_a_penalty_can_be_asked_for(writer: Writer) -> None:
    lines = [
        _generate(writer, notes=24, sampling=s)
        for s in (Sampling(rule="argmax"), Sampling(repetition_penalty=4.0), Sampling(top_k=1))
    ]
    assert len({str(line.classes.tolist()) for line in lines}) == 3
    assert len(set(lines[1].pitch.tolist())) >= len(set(lines[2].pitch.tolist()))
