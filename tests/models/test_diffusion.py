from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.data.sounds import SoundDataset
from dusktape.models.diffusion import MODEL, clips
from dusktape.models.diffusion.options import SIZES, Options
from dusktape.nn import floats

from ..diffusion_kit import RATE, SMALL, write_dataset

torch = pytest.importorskip("torch", reason="diffusion needs torch; install 'dusktape[audio]'")
pytest.importorskip("diffusers", reason="diffusion needs diffusers; install 'dusktape[audio]'")

from dusktape.models.diffusion import net as trainer  # noqa: E402
from dusktape.models.diffusion import unet  # noqa: E402
from dusktape.models.diffusion.infer import Denoiser  # noqa: E402
from dusktape.models.diffusion.net import Net, build, load_splits  # noqa: E402
from dusktape.models.diffusion.objective import Sobol, noisy, times  # noqa: E402
from dusktape.train import checkpoint  # noqa: E402
from dusktape.train.average import decay  # noqa: E402
from dusktape.train.batches import collate  # noqa: E402
from dusktape.train.costs import bits  # noqa: E402
from dusktape.train.loop import Job, fit  # noqa: E402
from dusktape.train.settings import Settings  # noqa: E402


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "tones")


def options(**more: Any) -> dict[str, Any]:
    return {**trainer.OPTIONS, **SMALL, **more}


def small(seed: int = 0, **more: Any) -> Net:
    torch.manual_seed(seed)
    return Net(Options.of(options(**more)), 1, seed)


def batch_of(splits: Any, examples: Any) -> Any:
    return collate([splits.fetch(e) for e in examples], "cpu")


def test_the_sizes_have_as_many_parameters_as_they_say() -> None:
    counts = {}
    for size in SIZES:
        with torch.device("meta"):
            counts[size] = sum(p.numel() for p in unet.build(Options(size=size, length=False), 2).parameters())
    assert {size: round(count / 1e6) for size, count in counts.items()} == {
        "tiny": 2,
        "small": 13,
        "medium": 79,
        "full": 221,
    }


def test_every_stretch_of_the_sequence_of_times_fills_the_range_and_can_be_gone_back_to() -> None:
    sobol = Sobol(3)
    whole = sobol.at(0, 64)
    for first in (16, 48, 0):
        stretch = sobol.at(first, 16)
        assert torch.equal(stretch, whole[first : first + 16])
        assert (torch.histc(stretch, 16, 0.0, 1.0) == 1).all()
    assert not torch.equal(Sobol(4).at(0, 64), whole)


def test_two_processes_share_the_times_of_one() -> None:
    one, two = Sobol(3), Sobol(3)
    assert torch.equal(one.at(8, 4, 2), Sobol(3).at(8, 8)[::2])
    assert torch.equal(two.at(9, 4, 2), Sobol(3).at(8, 8)[1::2])


def test_the_crash_schedule_is_that_of_the_publication() -> None:
    u = torch.linspace(0.0, 1.0, 11)
    t = times(u, "v")
    assert torch.allclose(torch.sin(t * torch.pi / 2), torch.sin(u * torch.pi / 2) ** 2, atol=1e-6)
    assert torch.equal(times(u, "flow"), u)


@pytest.mark.parametrize("objective", ["v", "flow"])
def test_what_the_network_has_to_say_leads_back_to_the_sound(objective: str) -> None:
    draw = torch.Generator().manual_seed(1)
    sound, noise = torch.randn(4, 1, 64, generator=draw), torch.randn(4, 1, 64, generator=draw)
    t = torch.rand(4, generator=draw)
    x, answer = noisy(sound, noise, t, objective)
    at = t[:, None, None]
    if objective == "flow":
        back = x - at * answer
    else:
        back = torch.cos(at * torch.pi / 2) * x - torch.sin(at * torch.pi / 2) * answer
    assert (back - sound).abs().max() < 1e-5


def test_clips_are_padded_with_silence_and_say_where_they_end(data: Path) -> None:
    splits = load_splits(data, options(frames=200))
    assert splits.vocabulary["frames"] == 200
    assert (splits.vocabulary["lengths"][0], splits.vocabulary["lengths"][-1]) == (125, 200)
    short = splits.fetch(splits.train[1])
    assert (short["sound"].shape, int(short["frames"][0])) == ((200, 1), 125)
    assert not short["sound"][125:].any()
    assert int(splits.fetch(splits.train[0])["frames"][0]) == 200


def test_longer_clips_are_cropped_at_random_and_turned_over_now_and_then(data: Path) -> None:
    splits = load_splits(data, options(frames=200))
    sound = SoundDataset.read(data).load(SoundDataset.read(data).clips[0])[0]
    starts, signs = set(), set()
    for k in range(64):
        varied = clips.augment(splits.train[0], np.random.default_rng(k))
        start, sign = int(varied["start"][0]), float(varied["sign"][0])
        starts.add(start)
        signs.add(sign)
        assert np.array_equal(splits.fetch(varied)["sound"][:, 0], sign * sound[start : start + 200])
    assert signs == {-1.0, 1.0}
    assert len(starts) > 20
    assert max(starts) <= 50


def test_one_shots_are_heard_from_their_start_where_cropping_is_off(data: Path) -> None:
    splits = load_splits(data, options(frames=200, crop=False, flip=False))
    varied = [clips.augment(splits.train[0], np.random.default_rng(k)) for k in range(32)]
    assert {(int(e["start"][0]), float(e["sign"][0])) for e in varied} == {(0, 1.0)}


def test_the_window_is_as_long_as_the_longest_clip_takes(data: Path) -> None:
    assert load_splits(data, options()).vocabulary["frames"] == 256, "250 rounded up to what three halvings divide"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"sample_rate": 16_000}, "holds 8,000 Hz, but this network is made for 16,000; .* --rate 16000"),
        ({"channels": 2}, "is mono, but this network is made for stereo; .* --channels 2"),
    ],
)
def test_sounds_of_another_rate_or_shape_are_refused(data: Path, asked: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        load_splits(data, options(**asked))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"size": "tinny"}, "did you mean 'tiny'"),
        ({"objective": "x0"}, "there is no 'x0'"),
        ({"widths": [8, 16]}, "3 to 20"),
        ({"widths": [8, 16, 33, 33]}, "multiples of 32"),
        ({"widths": [8, 16, 32, 64]}, "of one width"),
        ({"widths": [32, 32, 32], "attention": 3}, "below the number of levels"),
        ({"held_out_times": 0}, "from 1 to 64"),
        ({"dropout": 0.1}, "there is no option 'dropout'"),
    ],
)
def test_options_that_cannot_be_are_refused(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        Options.of({**trainer.OPTIONS, **asked})


@pytest.mark.parametrize("objective", ["v", "flow"])
def test_the_held_out_loss_is_the_same_each_time_it_is_measured(data: Path, objective: str) -> None:
    splits = load_splits(data, options(objective=objective))
    net, settings = small(objective=objective), Settings(batch_size=3)
    assert len(splits.valid) == 2 * 4, "each clip at four levels of noise"
    first = bits(net, splits.valid, settings, splits.fetch)
    torch.manual_seed(9)
    assert bits(net, splits.valid, settings, splits.fetch) == first
    levels = sorted(float(e["time"][0]) for e in splits.valid)
    assert np.histogram(levels, 4, (0.0, 1.0))[0].tolist() == [2, 2, 2, 2]


def test_the_loss_is_the_mean_square_of_what_was_not_foreseen(data: Path) -> None:
    class Zero(torch.nn.Module):
        def forward(self, x: Any, t: Any, return_dict: bool) -> Any:
            return (torch.zeros_like(x[:, :1]),)

    splits, net = load_splits(data, options()), small()
    net.unet = Zero()
    batch = batch_of(splits, splits.valid)
    sound, noise = batch["sound"][..., 0], batch["noise"][..., 0]
    t = times(batch["time"][:, 0], "v")[:, None]
    v = torch.cos(t * torch.pi / 2) * noise - torch.sin(t * torch.pi / 2) * sound
    assert net.loss(batch).item() == pytest.approx(v.square().mean(1).sum().item(), rel=1e-5)


def test_the_network_is_told_the_end_now_and_then_not(data: Path) -> None:
    splits, net = load_splits(data, options()), small()
    seen = []
    net.unet.register_forward_pre_hook(lambda module, given: seen.append(given[0][:, 1].clone()))
    examples = [splits.train[k % len(splits.train)] for k in range(64)]
    torch.manual_seed(0)
    net.loss(batch_of(splits, examples))
    untold = (seen[0] == -1.0).all(1)
    assert 4 <= int(untold.sum()) <= 24
    ends = seen[0][~untold].sum(1)
    assert set(ends.tolist()) == {125.0, 250.0}


@pytest.mark.parametrize("objective", ["v", "flow"])
def test_a_tiny_network_learns_tones_and_makes_sounds_that_end_in_silence(
    data: Path, objective: str, tmp_path: Path
) -> None:
    how = options(objective=objective, flip=False)
    splits = load_splits(data, how)
    settings = Settings(
        **{**trainer.SETTINGS, "epochs": 200, "steps": 40, "batch_size": 8, "validate_steps": 40, "learning_rate": 5e-3}
    )
    net = build(0, splits, how)
    untrained = bits(net, splits.valid, settings, splits.fetch)
    fit(net, splits, settings, trainer.augment, device="cpu")
    assert bits(net, splits.valid, settings, splits.fetch) < 0.6 * untrained
    about = {"model": "diffusion", "options": json.dumps(how), "vocabulary": json.dumps(dict(splits.vocabulary))}
    path = tmp_path / "weights.safetensors"
    sha256 = floats.save(path, trainer.export(net, splits), about)
    writer = MODEL.open(path, sha256)
    assert (writer.sample_rate, writer.channels, writer.frames) == (RATE, 1, 256)
    sounds = writer.write_sounds(4, seed=Seed(6), steps=6)
    assert [s.shape for s in sounds] == [(1, 256)] * 4
    ends = [int(np.flatnonzero(s[0])[-1]) for s in sounds]
    assert all(100 <= end <= 256 for end in ends)
    assert len(set(ends)) > 1
    again = writer.write_sounds(2, seed=Seed(6), steps=6)
    assert all(np.abs(a - b).max() < 1e-5 for a, b in zip(sounds, again, strict=False)), "each by its own address"
    assert np.abs(sounds[0] - writer.write_sounds(1, seed=Seed(5), steps=6)[0]).max() > 1e-3
    other = writer.sampling("heun").write_sounds(1, seed=Seed(6), steps=6)
    assert np.abs(sounds[0] - other[0]).max() > 1e-4
    with pytest.raises(InputError, match="there is no sampler 'heum'"):
        writer.sampling("heum")
    with pytest.raises(InputError, match="without labels"):
        writer.write_sounds(1, seed=Seed(4), label="kick")


def test_the_denoiser_says_what_the_network_says_at_any_length() -> None:
    net = small().eval()
    denoiser = Denoiser(net.unet, RATE, 1, 256, "v", 8, True)
    x, t = torch.randn(2, 1, 64), torch.tensor([0.2, 0.9])
    with torch.no_grad():
        told, untold = net.answer(x, t, torch.tensor([64, 20])), net.answer(x, t, torch.tensor([-1, -1]))
    assert torch.equal(denoiser(x, t), untold)
    assert torch.equal(denoiser.told([64, 20])(x, t), told)
    assert not torch.equal(told, untold)
    assert denoiser(torch.randn(2, 1, 61), t).shape == (2, 1, 61)
    double = denoiser(x.double(), t)
    assert (double.dtype, double.shape) == (torch.float64, x.shape)


def test_the_average_follows_fast_at_first(data: Path) -> None:
    settings = Settings(**trainer.SETTINGS)
    assert [decay(step, settings) for step in (0, 499, 500)] == [0.95, 0.95, 0.995]


def test_going_on_draws_the_times_that_would_have_come(data: Path, tmp_path: Path) -> None:
    how = options()
    splits = load_splits(data, how)
    settings = Settings(**{**trainer.SETTINGS, "steps": 6, "batch_size": 4, "validate_steps": 6})
    path = tmp_path / "checkpoint.safetensors"

    def keep(job: Job) -> None:
        if job.state.step == 3:
            checkpoint.write(path, job.snapshot())

    whole = fit(build(0, splits, how), splits, settings, trainer.augment, device="cpu", watch=keep)
    saved = checkpoint.read(path)
    assert saved["state"]["seen"] == 3 * 4
    again = fit(build(0, splits, how), splits, settings, trainer.augment, device="cpu", saved=saved)
    for name, value in whole.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name


def test_the_guide_names_every_option_and_size() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "diffusion.md").read_text(encoding="utf-8")
    for name in (*trainer.OPTIONS, *SIZES):
        assert f"`{name}`" in guide, f"docs/guides/diffusion.md does not explain {name}"
