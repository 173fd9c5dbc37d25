from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.core.errors import InputError, WeightsError
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.models.amplitude.infer import Amplitude
from dusktape.models.amplitude.running import BLOCK, Kernel, Stack
from dusktape.models.amplitude.shape import CHANNELS, CONTEXT, WINDOW, convolutions, receptive_field
from dusktape.nn.run import Run

from ..clips import dataset

torch = pytest.importorskip("torch")

from dusktape.models.amplitude import net  # noqa: E402

TOLD = {"layers": 4, "sample_rate": 8000, "prime": [0.9] + [0.0] * 31, "prime_rms": 0.02}
OPTIONS = {**net.OPTIONS, "layers": 4, "held_out_windows": 2}


def a_net(layers: int = 4, seed: int = 1) -> Any:
    torch.manual_seed(seed)
    made = net.Net(layers).eval()
    with torch.no_grad():
        for layer in made.layers:
            layer.bias.normal_()
        made.layers[-1].weight.normal_()
    return made


def in_numpy(made: Any, **more: Any) -> Amplitude:
    weights = {name: value.detach().numpy() for name, value in made.state_dict().items()}
    told = {**TOLD, "layers": len(made.layers), **more}
    return Amplitude.of({**weights, "error": np.array([-5.0])}, told)


def sound(streams: int, frames: int) -> np.ndarray:
    return (0.2 * np.random.default_rng(3).standard_normal((streams, frames))).astype(np.float32)


# -- the shape


def test_the_published_net_has_these_layers() -> None:
    assert [i for i, _, _ in convolutions(6)] + [1] == [1, 16, 64, 128, 64, 16, 1]
    assert [k for _, _, k in convolutions(6)] == [128, 256, 256, 256, 256, 128]
    assert receptive_field(6) == 1 + 2 * 127 + 4 * 255
    assert sum(p.numel() for p in net.Net(6).parameters()) == 4_722_977


def test_four_and_eight_layers_have_as_many() -> None:
    assert {count: len(convolutions(count)) for count in CHANNELS} == {4: 4, 6: 6, 8: 8}
    assert all(receptive_field(count) <= CONTEXT for count in CHANNELS)


# -- sample by sample


@pytest.mark.parametrize("layers", CHANNELS)
def test_numpy_sample_by_sample_foresees_what_torch_foresees(layers: int) -> None:
    made, x = a_net(layers), sound(1, 5 * BLOCK + 13)
    with torch.no_grad():
        wanted = made(torch.from_numpy(x)).numpy()
    assert np.abs(wanted).max() > 0.1
    assert in_numpy(made).foresee(x) == pytest.approx(wanted, abs=1e-5)


def test_sounds_side_by_side_are_foreseen_as_each_alone() -> None:
    model, x = in_numpy(a_net()), sound(3, 3 * BLOCK)
    together = model.foresee(x)
    for row, alone in zip(together, x, strict=True):
        assert model.foresee(alone[None])[0] == pytest.approx(row, abs=1e-5)


def test_nothing_is_heard_before_it_comes() -> None:
    model, x = in_numpy(a_net()), sound(1, 200)
    changed = x.copy()
    changed[:, 150:] = 0.7
    assert (model.foresee(x)[:, :150] == model.foresee(changed)[:, :150]).all()
    assert (model.foresee(x)[:, 150:] != model.foresee(changed)[:, 150:]).all()


def test_all_that_a_kernel_reaches_is_heard_and_no_more() -> None:
    weight = np.zeros((1, 1, 256), np.float32)
    weight[0, 0, 255], weight[0, 0, 70] = 1.0, 0.5
    x = np.zeros((1, 600), np.float32)
    x[0, 10] = 1.0
    heard = Stack([Kernel.of(weight, np.zeros(1, np.float32))]).feed(x)[0]
    assert np.flatnonzero(np.abs(heard) > 1e-4).tolist() == [80, 265]
    assert heard[[80, 265]] == pytest.approx([0.5, 1.0], abs=1e-6)


def test_running_on_is_the_same_as_hearing_ones_own_samples() -> None:
    model, prime = in_numpy(a_net()), sound(1, 100)
    made = model.run_on(prime, 90)
    foreseen = model.foresee(np.concatenate([prime, made], axis=1))
    assert made[0] == pytest.approx(np.clip(foreseen[0, 99:-1], -1.0, 1.0), abs=1e-5)


# -- the gradient


@pytest.mark.parametrize("frames", [300, 1024, 1500])
def test_convolving_by_fft_is_convolving_and_so_is_its_gradient(frames: int) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, frames + 99, requires_grad=True)
    weight = torch.randn(4, 3, 100, requires_grad=True)
    ours = net.Overlapped.apply(x, weight)
    wanted = torch.nn.functional.conv1d(x, weight.flip(2))
    asked = torch.randn_like(wanted)
    assert ours.shape == wanted.shape
    assert torch.allclose(ours, wanted, atol=1e-3)
    for mine, other in zip(*(torch.autograd.grad(y, (x, weight), asked) for y in (ours, wanted)), strict=True):
        assert torch.allclose(mine, other, atol=2e-3)


# -- what is foreseen


def test_the_target_is_the_very_next_sample() -> None:
    made = net.Net(4).eval()
    with torch.no_grad():
        for layer in made.layers:
            layer.weight.zero_()
            layer.weight[0, 0, 0] = 1.0 / layer.scale[0]
    x = torch.linspace(0.1, 0.6, WINDOW)[None]  # copying it errs by one step of the line
    step = 0.5 / (WINDOW - 1)
    with torch.no_grad():
        assert float(made.loss({"samples": x})) == pytest.approx(step**2 / 0.01, rel=1e-2)


def test_an_untrained_net_is_always_zero() -> None:
    x = torch.from_numpy(sound(2, WINDOW))
    power = x[:, CONTEXT:].square().mean(1).sum() / 0.01
    with torch.no_grad():
        assert float(net.Net(4).eval().loss({"samples": x})) == pytest.approx(float(power), rel=1e-5)


# -- a training


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from dusktape.train.run import train

    folder = tmp_path_factory.mktemp("amplitude")
    config = {
        "train": {"epochs": 3, "batch_size": 4, "learning_rate": 0.01, "warmup_steps": 2}
        | {"demos": False, "tensorboard": False, "energy": False},
        "model": {"layers": 4, "held_out_windows": 2},
    }
    data = dataset(folder / "tones.dataset", 8000, WINDOW)
    train("amplitude", data, folder / "run", config=config, device="cpu")
    return folder / "run"


def test_a_training_learns_and_tells_the_rules_beside_it(run: Path) -> None:
    facts = json.loads((run / "weights.json").read_text())
    found = facts["details"]
    assert found["amplitude: error, dB"] < -1.0
    assert found["always zero: error, dB"] == pytest.approx(0.0)
    assert found["linear prediction, order 32: error, dB"] < found["copy the last sample: error, dB"] < -5.0
    assert found["mean squared error of amplitude"] < found["mean squared error of always zero"] < 0.05
    assert 0.0 < found["linear prediction, order 32: bits a sample"] < found["always zero: bits a sample"] < 8.0
    assert facts["songs"] == {"train": 7, "valid": 2, "test": 1}


def test_a_run_writes_sounds(run: Path) -> None:
    writer = Run.read(run).open()
    one, two = writer.write_sounds(2, seed=Seed(4), frames=300)
    assert one.shape == two.shape == (1, 300) and one.dtype == np.float32
    assert np.isfinite(one).all() and np.abs(one).max() <= 1.0 and one.any()
    assert (one != two).any()
    assert (writer.write_sounds(3, seed=Seed(4), frames=300)[1] == two).all()
    assert (writer.sample_rate, writer.channels, writer.frames, writer.labels) == (8000, 1, WINDOW, ())


def test_stored_weights_are_what_was_trained(run: Path) -> None:
    writer = Run.read(run).open()
    assert [kernel.channels for kernel in writer.kernels] == [(i, o) for i, o, _ in convolutions(4)]
    assert 1e-4 < writer.error_rms < 0.3 and writer.prime.shape == (32,)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"label": "kick"}, "knows no kinds of sound"),
        ({"frames": -1}, "cannot make"),
        ({"frames": 10**9}, "cannot make"),
    ],
)
def test_what_cannot_be_written_is_refused(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        in_numpy(a_net()).write_sounds(1, seed=Seed(0), **asked)


# -- bad input


def test_another_rate_is_refused_with_the_way_out(tmp_path: Path) -> None:
    data = dataset(tmp_path / "d", 44_100, WINDOW)
    with pytest.raises(InputError, match=r"44100 Hz and amplitude learns at 8000; .*--rate 8000"):
        net.load_splits(data, OPTIONS)


def test_clips_that_are_too_short_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no clip of .* has 8192 samples"):
        net.load_splits(dataset(tmp_path / "d", 8000, WINDOW - 1), OPTIONS)


@pytest.mark.parametrize("options", [{"layers": 5}, {"stretch_windows": 0}, {"held_out_windows": 0}])
def test_options_that_cannot_be_are_refused(tmp_path: Path, options: dict[str, int]) -> None:
    with pytest.raises(InputError, match=f"model.{next(iter(options))}"):
        net.load_splits(tmp_path, {**OPTIONS, **options})


def test_without_a_run_there_are_no_weights() -> None:
    with pytest.raises(WeightsError, match="dusktape train amplitude"):
        find("models", "amplitude").open()


def test_weights_of_another_depth_are_refused() -> None:
    weights = {name: value.detach().numpy() for name, value in a_net(4).state_dict().items()}
    with pytest.raises(ValueError, match="layer 2 has the shape"):
        Amplitude.of({**weights, "error": np.zeros(1)}, {**TOLD, "layers": 6})
