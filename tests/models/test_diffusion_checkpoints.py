from __future__ import annotations

import argparse
import json
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.core.errors import DusktapeError, InputError, PluginError, WeightsError
from dusktape.core.seed import Seed
from dusktape.models.diffusion import MODEL, checkpoints
from dusktape.models.diffusion.checkpoints import KNOWN, Native, begin, native
from dusktape.models.diffusion.options import Options
from dusktape.nn import floats

from ..diffusion_kit import ATTENDING, WIDTHS, published, published_weights

torch = pytest.importorskip("torch", reason="diffusion needs torch; install 'dusktape[audio]'")
pytest.importorskip("diffusers", reason="diffusion needs diffusers; install 'dusktape[audio]'")

from dusktape.models.diffusion import unet  # noqa: E402
from dusktape.models.diffusion.net import Net  # noqa: E402


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def saved(path: Path, **more: Any) -> Path:
    """Write a checkpoint as Lightning does: the network, its average, and where the training stood."""
    state = {f"diffusion.{name}": tensor for name, tensor in published_weights(1).items()}
    state |= {f"diffusion_ema.{name}": tensor for name, tensor in published_weights(2).items()}
    torch.save({"epoch": 3, "global_step": 1000, "state_dict": state, "lr_schedulers": [], **more}, path)
    return path


def network(fixed: Any) -> Net:
    return Net(Options.of(fixed), fixed["channels"]).eval()


def test_a_checkpoint_in_the_original_layout_says_what_the_published_network_says(tmp_path: Path) -> None:
    begun = begin(saved(tmp_path / "honk-140k.ckpt"))
    assert {"widths": list(WIDTHS), "attention": ATTENDING, "channels": 2, "sample_rate": 16_000}.items() <= dict(
        begun.fixed
    ).items()
    assert begun.options == {"frames": 65_536}
    assert begun.sha256 == floats.sha256(tmp_path / "honk-140k.ckpt")
    net = network(begun.fixed)
    begun.load(net)
    x, t = torch.randn(3, 2, 96, generator=torch.Generator().manual_seed(5)), torch.tensor([0.1, 0.5, 0.99])
    with torch.no_grad():
        found = net.answer(x, t, torch.tensor([96] * 3))
    averaged, own = published(x, t, published_weights(2)), published(x, t, published_weights(1))
    assert found.abs().mean() > 0.1
    assert (found - averaged).abs().max() < 2e-5
    assert (found - own).abs().max() > 0.1, "the average comes first"


def test_without_an_average_the_weights_themselves_are_taken(tmp_path: Path) -> None:
    for name, prefix in (("own.ckpt", "diffusion."), ("bare.ckpt", "")):
        state = {prefix + key: tensor for key, tensor in published_weights(1).items()}
        torch.save({"state_dict": state} if prefix else state, tmp_path / name)
        begun = begin(tmp_path / name)
        net = network(begun.fixed)
        begun.load(net)
        x, t = torch.randn(1, 2, 96), torch.tensor([0.4])
        with torch.no_grad():
            assert (net.answer(x, t, torch.tensor([96])) - published(x, t, published_weights(1))).abs().max() < 2e-5


def hub(folder: Path, **changes: Any) -> Any:
    """Write a pipeline as diffusers 0.8 did, before the time embedding had a size; return its network."""
    from diffusers import UNet1DModel

    torch.manual_seed(3)
    net = UNet1DModel(
        sample_rate=16_000,
        sample_size=4_096,
        extra_in_channels=16,
        time_embedding_dim=16,
        block_out_channels=(8, 32, 32),
        down_block_types=("DownBlock1DNoSkip", "DownBlock1D", "AttnDownBlock1D"),
        up_block_types=("AttnUpBlock1D", "UpBlock1D", "UpBlock1DNoSkip"),
    )
    net.save_pretrained(folder / "unet")
    path = folder / "unet" / "config.json"
    config = {**json.loads(path.read_text()), **changes}
    del config["time_embedding_dim"]
    path.write_text(json.dumps(config))
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "DanceDiffusionPipeline"}))
    return net


def test_a_hub_folder_says_what_diffusers_makes_it_say(tmp_path: Path) -> None:
    theirs = hub(tmp_path / "hub")
    assert native(tmp_path / "hub") == Native(16_000, 2, 4_096)
    begun = begin(tmp_path / "hub")
    net = network(begun.fixed)
    begun.load(net)
    x, t = torch.randn(2, 2, 64), torch.tensor([0.2, 0.7])
    with torch.no_grad():
        found, wanted = net.answer(x, t, torch.tensor([64, 64])), theirs(x, t).sample
    assert wanted.abs().mean() > 1e-3
    assert (found - wanted).abs().max() < 1e-5


def test_a_hub_folder_with_a_pickle_of_tensors_loads_and_makes_sounds(tmp_path: Path) -> None:
    net = hub(tmp_path / "hub")
    for old in (tmp_path / "hub" / "unet").glob("*.safetensors"):
        old.unlink()
    torch.save(net.state_dict(), tmp_path / "hub" / "unet" / "diffusion_pytorch_model.bin")
    writer = checkpoints.writer(tmp_path / "hub")
    assert (writer.sample_rate, writer.channels, writer.frames, writer.labels) == (16_000, 2, 4_096, ())
    (sound,) = writer.write_sounds(1, seed=Seed(1), frames=100, steps=2)
    assert sound.shape == (2, 100)
    assert np.isfinite(sound).all()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"_class_name": "UNet2DModel"}, "it is a UNet2DModel"),
        ({"extra_in_channels": 0}, "extra_in_channels is 0"),
        ({"time_embedding_type": "positional"}, "time_embedding_type is 'positional'"),
        ({"block_out_channels": [8, 32, 64]}, "has the shape"),
    ],
)
def test_a_hub_folder_of_another_architecture_is_refused(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    hub(tmp_path / "hub", **changes)
    with pytest.raises(WeightsError, match=told) as caught:
        begun = begin(tmp_path / "hub")
        begun.load(network(begun.fixed))
    assert "\n" not in str(caught.value)


class Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("bare", [False, True])
def test_a_pickle_that_would_run_code_is_refused_unrun(tmp_path: Path, bare: bool) -> None:
    touched, path = tmp_path / "touched", tmp_path / "honk-140k.ckpt"
    if bare:
        path.write_bytes(pickle.dumps(Evil(touched)))
    else:
        saved(path, callbacks=Evil(touched))
    with pytest.raises(WeightsError, match=r"refused|safely") as caught:
        begin(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not touched.exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_refused_pickle_is_told_with_the_class_it_asks_for(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "honk-140k.ckpt"
    held = {"state_dict": {}, "hyper_parameters": argparse.Namespace(batch_size=4)}
    torch.save(held, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightsError, match=r"asks Python for 'argparse\.Namespace', which may run code"):
        begin(path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda w: w.pop("timestep_embed.weight"), "another architecture"),
        (lambda w: w.pop("net.3.main.7.main.1.main.3.weight"), "has no"),
        (lambda w: w.update({"net.9.weight": torch.zeros(2)}), "also has"),
        (lambda w: w.update({"net.4.main.0.weight": torch.zeros(8, 8, 5)}), "shape"),
        (lambda w: w.update({"net.0.main.0.weight": torch.zeros(8, 24, 5)}), "24 with the time"),
    ],
)
def test_a_checkpoint_of_another_architecture_is_refused(tmp_path: Path, change: Any, told: str) -> None:
    weights = published_weights(1)
    change(weights)
    torch.save({"state_dict": weights}, tmp_path / "other.ckpt")
    with pytest.raises(WeightsError, match=told) as caught:
        begun = begin(tmp_path / "other.ckpt")
        begun.load(network(begun.fixed))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"RIFF....", b"PK\x03\x04 half a zip", b"\x80\x02."])
def test_a_damaged_checkpoint_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "honk-140k.ckpt"
    path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        begin(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_that_is_not_there_is_not_downloaded(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such checkpoint; dusktape downloads none"):
        begin("harmonai/honk-140k")
    with pytest.raises(InputError, match="give a run of dusktape train diffusion"):
        begin(tmp_path / "nothing")


def test_native_rates_are_known_by_name_and_need_no_torch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert {name: native(name) for name in KNOWN} == KNOWN
    assert native("harmonai/jmann-large-580k") == Native(48_000, 2, 131_072)
    assert native("gwf-440k") == native("glitch-440k")
    (tmp_path / "my-unlocked-250k.ckpt").touch()
    assert native(tmp_path / "my-unlocked-250k.ckpt") == Native(16_000, 2, 65_536)
    (tmp_path / "mine.ckpt").touch()
    for word in (tmp_path / "mine.ckpt", "mine", tmp_path):
        with pytest.raises(InputError):
            native(word)


def test_sounds_of_a_checkpoint_of_unknown_rate_are_not_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not say its sample rate"):
        checkpoints.writer(saved(tmp_path / "mine.ckpt"))


def test_without_torch_opening_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(
        PluginError, match=r"needs the module 'diffusers'; install it with: pip install 'dusktape\[audio"
    ):
        MODEL.open(saved(tmp_path / "honk-140k.ckpt"))


def test_weights_of_other_models_are_refused(tmp_path: Path) -> None:
    floats.save(tmp_path / "weights.safetensors", {"a": np.zeros(2)}, {"model": "drums"})
    with pytest.raises(WeightsError, match="holds weights of 'drums'"):
        MODEL.open(tmp_path / "weights.safetensors")
    with pytest.raises(DusktapeError, match="holds weights of 'drums'"):
        native(tmp_path / "weights.safetensors")


def test_the_lighter_pieces_compute_what_those_of_diffusers_do(tmp_path: Path) -> None:
    from diffusers import UNet1DModel

    torch.manual_seed(1)
    net = UNet1DModel(extra_in_channels=16, time_embedding_dim=16, block_out_channels=(8, 64, 64)).eval()
    x, t = torch.randn(2, 2, 128), torch.tensor([0.3, 0.8])
    with torch.no_grad():
        plain = net(x, t).sample
        names = list(net.state_dict())
        light = unet.lighter(net)(x, t).sample
    assert list(net.state_dict()) == names
    assert (plain - light).abs().max() < 1e-5 * plain.abs().max()
