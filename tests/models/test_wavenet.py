from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.dsp import mulaw
from dusktape.models.wavenet import conditions
from dusktape.models.wavenet.infer import Drawing, WaveNet
from dusktape.models.wavenet.shape import Options
from dusktape.nn.run import Run

from ..clips import dataset

torch = pytest.importorskip("torch")

from dusktape.models.wavenet import net  # noqa: E402

RATE = 2000
SMALL = Options(
    dilations=(32, 128, 192, 32), residual=12, gates=8, skip=10, components=3, frames=2400, held_out_windows=4
)
STYLES = [
    {"label": "pad", "bpm": 80.0, "style": [-20.0] * 6},
    {"label": "pad", "bpm": 0.0, "style": [-10.0] * 6},
    {"label": "keys", "bpm": 95.0, "style": [-30.0] * 6},
]
VOCABULARY = {
    "sample_rate": RATE,
    "missed": 0.02,
    "centre": [-20.0] * 6,
    "spread": [5.0] * 6,
    "styles": STYLES,
}
LINE = [1.6, -0.8] + [0.0] * 30


def a_net(options: Options = SMALL) -> Any:
    torch.manual_seed(2)
    made = net.Net(options, LINE, VOCABULARY["missed"]).eval()
    with torch.no_grad():
        made.out.weight.normal_(std=0.4)
        made.skip_bias.normal_(std=0.1)
    return made


def in_numpy(made: Any, options: Options = SMALL) -> WaveNet:
    weights = {name: value.detach().numpy() for name, value in made.state_dict().items()}
    return WaveNet.of(weights, VOCABULARY, options)


def steps(streams: int, frames: int) -> np.ndarray:
    noise = np.random.default_rng(5).standard_normal((streams, frames))
    return mulaw.encode(0.3 * np.sin(np.arange(frames) * 0.2) + 0.05 * noise)


def told(streams: int) -> np.ndarray:
    return np.random.default_rng(6).standard_normal((streams, conditions.SIZE)).astype(np.float32)


# -- sample by sample


@pytest.mark.parametrize("streams", [1, 3])
def test_numpy_sample_by_sample_foresees_what_torch_foresees(streams: int) -> None:
    made, bins, condition = a_net(), steps(streams, 1500), told(streams)
    with torch.no_grad():
        wanted, line = made(made.decoded(torch.from_numpy(bins)), torch.from_numpy(condition))
    found, found_line = in_numpy(made).foresee(bins, condition)
    assert wanted.std() > 0.1
    assert found == pytest.approx(wanted.numpy().transpose(0, 2, 1), abs=1e-5)
    assert found_line == pytest.approx(line.numpy(), abs=1e-5)


def test_it_hears_as_far_back_as_it_says_and_no_further() -> None:
    made, field = a_net(), SMALL.receptive_field
    made.linear.data.zero_()
    bins = torch.from_numpy(steps(1, field + 40))
    for place, heard in ((39, True), (38, False)):
        # A miss of linear prediction is a feature, too; without weights it is the sample itself.
        changed = bins.clone()
        changed[0, place] = 255 - changed[0, place]
        with torch.no_grad():
            one, other = (made(made.decoded(b), torch.zeros(1, conditions.SIZE))[0][0, :, -2] for b in (bins, changed))
        assert bool((one != other).any()) == heard


def test_the_default_net_hears_more_than_half_a_second_at_16_khz() -> None:
    assert Options().receptive_field > 8_000


def test_tempo_and_style_are_heard() -> None:
    model, bins = in_numpy(a_net()), steps(1, 200)
    slow, fast = (model.foresee(bins, model.told(bpm, [-20.0] * 6)[None])[0] for bpm in (70.0, 110.0))
    dull, bright = (model.foresee(bins, model.told(0.0, [level] * 6)[None])[0] for level in (-25.0, -15.0))
    assert np.abs(slow - fast).max() > 1e-3 and np.abs(dull - bright).max() > 1e-3


# -- the distribution


def test_nats_are_those_of_the_distribution_that_is_drawn_from() -> None:
    made, bins, condition = a_net(), steps(2, 1400), told(2)
    batch = {
        "bins": torch.from_numpy(bins),
        "told": torch.from_numpy(condition)[:, None].expand(-1, 1400, -1),
    }
    with torch.no_grad():
        nats = float(made.nats(batch))
    model, field = in_numpy(made), SMALL.receptive_field
    numbers, line = model.foresee(bins, condition)
    cost = 0.0
    for t in range(field, 1400):
        below = model.below(numbers[:, t - 1], line[:, t - 1])
        p = np.diff(below, axis=1)[np.arange(2), bins[:, t]]
        cost -= np.log((1.0 - 1e-4) * p + 1e-4 / 256).sum()
    assert cost == pytest.approx(nats, rel=1e-3)


def test_an_untrained_net_costs_about_what_linear_prediction_does() -> None:
    torch.manual_seed(0)
    made = net.Net(SMALL, LINE, 0.02).eval()
    noise, x = np.random.default_rng(7).laplace(size=3000) * 0.02, np.zeros(3002)
    for t in range(3000):
        x[t + 2] = np.clip(1.6 * x[t + 1] - 0.8 * x[t] + noise[t], -1.0, 1.0)
    bins = mulaw.encode(x[None])
    batch = {"bins": torch.from_numpy(bins), "told": torch.zeros(1, 3002, conditions.SIZE)}
    with torch.no_grad():
        ours = float(made.nats(batch)) / (3002 - SMALL.receptive_field) / math.log(2.0)
    widths = np.diff(mulaw.edges())[bins]
    assert ours == pytest.approx(np.log2(2.0 * np.e * 0.02) - np.log2(widths).mean(), abs=0.4)


def test_draws_come_as_often_as_their_probability_says() -> None:
    below = np.linspace(0.0, 1.0, 257)[None] ** 2
    uniform = (np.arange(5000) + 0.5) / 5000
    drawn = Drawing().draw(np.repeat(below, 5000, axis=0).astype(np.float32), uniform.astype(np.float32))
    counts = np.bincount(drawn, minlength=256) / 5000
    assert counts == pytest.approx(np.diff(below[0]), abs=5e-4)


def test_a_low_temperature_and_a_small_top_p_draw_the_likeliest() -> None:
    below = (1.0 / (1.0 + np.exp(-(np.arange(257) - 100.5) / 6.0)))[None].astype(np.float32)
    uniforms = np.linspace(0.001, 0.999, 200, dtype=np.float32)
    rows = np.repeat(below, 200, axis=0)
    plain, cold, narrow = (
        Drawing(temperature, top_p).draw(rows, uniforms) for temperature, top_p in ((1.0, 1.0), (0.3, 1.0), (1.0, 0.5))
    )
    assert abs(np.median(plain) - 100) <= 1
    assert cold.std() < 0.6 * plain.std()
    likeliest = np.sort(np.diff(below[0]))[::-1]
    assert len(set(narrow.tolist())) <= np.searchsorted(np.cumsum(likeliest), 0.5) + 2


def test_temperature_one_is_the_same_with_and_without_the_short_way() -> None:
    below = np.sort(np.random.default_rng(8).random((50, 257)), axis=1).astype(np.float32)
    below[:, 0], below[:, -1] = 0.0, 1.0
    uniform = np.random.default_rng(9).random(50).astype(np.float32)
    assert np.abs(Drawing().draw(below, uniform) - Drawing(1.0, 0.999999).draw(below, uniform)).max() <= 1


@pytest.mark.parametrize("how", [{"temperature": 0.0}, {"temperature": 2.5}, {"top_p": 0.0}, {"top_p": 1.5}])
def test_draws_that_cannot_be_are_refused(how: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(how))):
        Drawing(**how)


# -- tempo and style


def test_the_tempo_of_clicks_is_found() -> None:
    for bpm in (72.0, 90.0, 105.0):
        x = np.zeros(8 * RATE)
        for start in np.arange(0.0, 7.9, 60.0 / bpm):
            x[round(start * RATE) :][:100] += 0.5 * np.exp(-np.arange(100) / 20.0)
        x += 1e-3 * np.random.default_rng(1).standard_normal(len(x))
        assert conditions.tempo(x, RATE) == pytest.approx(bpm, rel=0.02)


def test_silence_and_very_short_sounds_have_no_tempo() -> None:
    assert conditions.tempo(np.zeros(8 * RATE), RATE) == 0.0
    assert conditions.tempo(np.ones(10), RATE) == 0.0


def test_the_style_tells_level_and_balance() -> None:
    t = np.arange(16_000) / 16_000
    low, high = 0.1 * np.sin(2 * np.pi * 100 * t), 0.2 * np.sin(2 * np.pi * 4000 * t)
    assert conditions.style(low, 16_000)[:2] == pytest.approx([-23.0, 0.0], abs=0.1)
    assert conditions.style(high, 16_000)[[0, 1, 5]] == pytest.approx([-17.0, -60.0, 0.0], abs=0.1)
    assert np.isfinite(conditions.style(np.zeros(100), 16_000)).all()


def test_an_unknown_tempo_is_told_as_such() -> None:
    model = in_numpy(a_net())
    assert model.told(0.0, [-20.0] * 6).tolist() == [0.0] * 8
    assert model.told(105.0, [-15.0] * 6).tolist() == [1.0] * 8


# -- a training


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from dusktape.train.run import train

    folder = tmp_path_factory.mktemp("wavenet")
    config = {
        "train": {"epochs": 12, "batch_size": 4, "warmup_steps": 2}
        | {"demos": False, "tensorboard": False, "energy": False},
        "model": {**asdict(SMALL), "dilations": list(SMALL.dilations), "stretch_windows": 1},
    }
    data = dataset(folder / "tones.dataset", RATE, 2 * SMALL.frames, more={"label": "keys"})
    train("wavenet", data, folder / "run", config=config, device="cpu")
    return folder / "run"


def test_a_training_learns_and_tells_the_rules_beside_it(run: Path) -> None:
    facts = json.loads((run / "weights.json").read_text())
    bits = {name.partition(":")[0]: value for name, value in facts["details"].items()}
    assert bits["linear prediction, order 32, Laplace"] < bits["always zero, Laplace"] < 8.0
    assert bits["each bin by itself"] < 8.0
    learned = [json.loads(line)["train_loss"] for line in (run / "log.jsonl").read_text().splitlines()]
    assert learned[-1] < learned[1] - 0.1 and facts["test_bits_per_event"] < 8.0
    assert facts["events"]["test"] == 2 * (SMALL.frames - SMALL.receptive_field)


def test_a_run_writes_sounds(run: Path) -> None:
    writer = Run.read(run).open()
    one, two = writer.write_sounds(2, seed=Seed(4), label="keys", frames=200)
    assert one.shape == two.shape == (1, 200) and one.dtype == np.float32
    assert (one != two).any() and np.abs(one).max() <= 1.0
    assert (writer.write_sounds(3, seed=Seed(4), frames=200)[1] == two).all()
    assert set(np.unique(one)) <= set(mulaw.decode(np.arange(256)).astype(np.float32))
    assert (writer.sample_rate, writer.channels, writer.frames, writer.labels) == (RATE, 1, 2400, ("keys",))


def test_a_sound_is_told_the_style_of_its_label() -> None:
    model = in_numpy(a_net())
    assert model.labels == ("keys", "pad")
    with pytest.raises(InputError, match=r"no kind 'keyz'.*keys"):
        model.write_sounds(1, seed=Seed(0), label="keyz")


@pytest.mark.parametrize("asked", [{"count": -1}, {"frames": -5}, {"frames": 10**9}])
def test_what_cannot_be_written_is_refused(asked: dict[str, int]) -> None:
    with pytest.raises(InputError, match="cannot make"):
        in_numpy(a_net()).write_sounds(**{"count": 1, "frames": 10, **asked}, seed=Seed(0))


# -- bad input


@pytest.mark.parametrize(
    "change",
    [
        {"dilations": (33,)},
        {"dilations": ()},
        {"gates": 0},
        {"components": 0},
        {"frames": 300},
        {"held_out_windows": 0},
    ],
)
def test_options_that_cannot_be_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"model.{next(iter(change))}"):
        Options(**{**asdict(SMALL), **change})


def test_a_rate_at_which_it_hears_less_than_half_a_second_is_refused(tmp_path: Path) -> None:
    data = dataset(tmp_path / "d", 16_000, SMALL.frames)
    with pytest.raises(InputError, match=r"less than half a second; choose larger model\.dilations") as caught:
        net.load_splits(data, asdict(SMALL))
    assert "at 16000," not in str(caught.value)
    hears_enough = {**asdict(SMALL), "dilations": (1024,) * 4, "frames": 26_000}
    with pytest.raises(InputError, match=r"make it again at 16000, or choose larger model\.dilations"):
        net.load_splits(dataset(tmp_path / "fast", 44_100, SMALL.frames), hears_enough)


def test_clips_that_are_too_short_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no clip of .* to learn from has 2400 samples .* s\); make it again"):
        net.load_splits(dataset(tmp_path / "d", RATE, 2399), asdict(SMALL))


def test_weights_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match="has the shape"):
        in_numpy(a_net(), Options(**{**asdict(SMALL), "gates": 9}))
