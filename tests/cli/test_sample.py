from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.nn.run import Run
from dusktape.publish import makers

RATE, FRAMES = 8000, 512


class Denoiser:
    """Knows only one tone, and says so at any time."""

    sample_rate, channels, frames, objective = RATE, 1, FRAMES, "v"

    def __call__(self, x: Any, t: Any) -> Any:
        at = t[:, None, None]
        tone = (0.5 * np.sin(0.3 * np.arange(x.shape[-1]))).astype(x.dtype)
        alpha, sigma = np.cos(at * np.pi / 2), np.sin(at * np.pi / 2)
        return (alpha * x - tone) / np.maximum(sigma, 1e-3)


class Plain:
    """Writes noise of its own, and knows two kinds."""

    sample_rate, channels, frames, labels = RATE, 2, FRAMES, ("kick", "snare")

    def write_sounds(self, count: int, *, seed: Seed, label: str = "", frames: int = 0, steps: int = 0) -> list[Any]:
        shape = 2, frames or self.frames
        drawn = [seed.at("sound", k).rng().standard_normal(shape).astype(np.float32) for k in range(count)]
        return [0.01 * (steps or 1) * each for each in drawn]


class Diffusing(Plain):
    """Has a denoiser, too."""

    channels, labels = 1, ()
    denoiser = Denoiser()


@pytest.fixture
def having(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Any], None]:
    """Lets every run be a training of sound that a writer came out of."""

    def have(writer: Any, **data: Any) -> None:
        model = replace(find("models", "heads"), name="toy", role="sound", opener=lambda path, expected: writer)
        folder = tmp_path / "runs" / "kicks"
        facts = {"sha256": "ab", "model": "toy", "data": data}
        monkeypatch.setattr(makers.Run, "called", lambda word: Run(folder, model, facts))
        monkeypatch.setattr(makers.Run, "open", lambda self: writer)

    return have


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "tone.wav", 0.5 * np.sin(0.3 * np.arange(800)), RATE)
    return tmp_path / "tone.wav"


def test_sounds_come_in_a_folder_that_says_where_they_are_from(
    dusktape: Callable[..., Any], having: Callable[[Any], None], tmp_path: Path
) -> None:
    having(Diffusing())
    said = dusktape("sample", "kicks", "-n", 3, "--steps", 5, "--seed", 4, "-o", "out")
    assert (said.code, said.out) == (0, "out\n")
    assert "3 sounds in" in said.err
    assert sorted(p.name for p in (tmp_path / "out").glob("*.wav")) == [f"sound-0{k}.wav" for k in (1, 2, 3)]
    told = json.loads((tmp_path / "out" / "sample.json").read_text("utf-8"))
    assert (told["model"], told["sha256"], told["seed"], told["steps"], told["mode"]) == ("toy", "ab", 4, 5, "generate")
    samples, rate = soundfile.read(tmp_path / "out" / "sound-02.wav")
    assert (len(samples), rate) == (FRAMES, RATE)
    assert np.corrcoef(samples[:-40], np.sin(0.3 * np.arange(FRAMES - 40)))[0, 1] > 0.99


def test_what_a_training_began_with_is_told(
    dusktape: Callable[..., Any], having: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    having(Diffusing())
    assert dusktape("sample", "kicks", "-n", 1, "--steps", 2, "-o", "plain").code == 0
    assert "from" not in json.loads((tmp_path / "plain" / "sample.json").read_text("utf-8"))
    begun = {"name": "jmann-small-190k.ckpt", "sha256": "cd"}
    run = makers.Run.called("kicks")
    monkeypatch.setattr(makers.Run, "called", lambda word: replace(run, facts={**run.facts, "from": begun}))
    assert dusktape("sample", "kicks", "-n", 1, "--steps", 2, "-o", "tuned").code == 0
    assert json.loads((tmp_path / "tuned" / "sample.json").read_text("utf-8"))["from"] == begun


@pytest.mark.usefixtures("no_room")
def test_a_full_disk_is_one_line_and_leaves_nothing(refused: Callable[..., str], having: Callable[[Any], None]) -> None:
    having(Plain())
    said = refused("sample", "kicks", "-n", 1, "-o", "out", "--quiet")
    assert "the disk is full; free some space, or choose a folder on another disk" in said


def test_the_same_seed_makes_the_same_sounds(
    dusktape: Callable[..., Any], having: Callable[[Any], None], tmp_path: Path
) -> None:
    having(Diffusing())
    for name, seed, count in (("a", 4, 2), ("b", 4, 3), ("c", 5, 2)):
        common = ("--sampler", "ddim", "--eta", 1, "--steps", 3, "-o", name)
        assert dusktape("sample", "kicks", "--seed", seed, "-n", count, *common).code == 0
    first = [(tmp_path / name / "sound-02.wav").read_bytes() for name in "abc"]
    assert first[0] == first[1] != first[2]


@pytest.mark.parametrize(
    ("asked", "name", "frames"),
    [
        (("--vary", "tone.wav", "--noise", 0.4), "variation-01.wav", 800),
        (("--between", "tone.wav", "tone.wav"), "between-01.wav", 800),
        (("--continue", "tone.wav", "--seconds", 0.1), "continued-01.wav", 1600),
        (("--continue", "tone.wav"), "continued-01.wav", 800 + FRAMES // 2),
        (("--inpaint", "tone.wav", "--from", 0.02, "--to", 0.05, "--resample", 1), "inpainted-01.wav", 800),
        (("--seconds", 0.2), "sound-01.wav", 1600),
        (("--seconds", 0.01), "sound-01.wav", 80),
    ],
)
def test_every_mode_writes_files(
    asked: tuple[Any, ...],
    name: str,
    frames: int,
    dusktape: Callable[..., Any],
    having: Callable[[Any], None],
    tone: Path,
    tmp_path: Path,
) -> None:
    having(Diffusing())
    said = dusktape("sample", "kicks", "-n", 1, "--steps", 4, "--seed", 1, "-o", "out", *asked)
    assert said.code == 0
    assert soundfile.info(tmp_path / "out" / name).frames == frames
    told = json.loads((tmp_path / "out" / "sample.json").read_text("utf-8"))
    assert [source["file"] for source in told["sources"]] == [str(a) for a in asked if str(a).endswith(".wav")]


@pytest.mark.parametrize(
    ("cut", "asked", "faded"),
    [
        ("bars", (), False),
        ("beats", (), False),
        ("bars", ("--seconds", 0.05), True),
        ("fixed", (), True),
        ("", (), True),
    ],
)
def test_what_learned_from_bars_goes_round_and_is_not_faded(
    cut: str,
    asked: tuple[Any, ...],
    faded: bool,
    dusktape: Callable[..., Any],
    having: Callable[..., None],
    tmp_path: Path,
) -> None:
    having(Plain(), **({"cut": cut} if cut else {}))
    assert dusktape("sample", "kicks", "-n", 1, "--seed", 1, "--steps", 20, "-o", "out", *asked).code == 0
    end = soundfile.read(tmp_path / "out" / "sound-01.wav")[0][-20:]
    assert (end.std() < 0.1) == faded


def test_what_is_passed_on_does_not_say_where_its_maker_lives(
    dusktape: Callable[..., Any], having: Callable[..., None], tmp_path: Path
) -> None:
    having(Plain())
    assert dusktape("sample", "kicks", "-n", 1, "-o", "out").code == 0
    text = (tmp_path / "out" / "sample.json").read_text("utf-8")
    assert str(tmp_path) not in text
    assert json.loads(text)["run"] == "kicks"


@pytest.mark.parametrize(("before", "after"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_sleep_while_they_wait_unless_somebody_wants_otherwise(
    before: str | None,
    after: str,
    dusktape: Callable[..., Any],
    having: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", before or "")
    if before is None:
        monkeypatch.delenv("OMP_WAIT_POLICY")
    having(Plain())
    assert dusktape("sample", "kicks", "-n", 1, "-o", "out").code == 0
    assert os.environ["OMP_WAIT_POLICY"] == after


def test_a_sound_of_another_rate_is_brought_over_and_said(
    dusktape: Callable[..., Any], having: Callable[[Any], None], tmp_path: Path
) -> None:
    pytest.importorskip("soxr")
    having(Diffusing())
    soundfile.write(tmp_path / "fast.wav", np.zeros((1600, 2)), 2 * RATE)
    said = dusktape("sample", "kicks", "-n", 1, "--steps", 2, "-o", "out", "--vary", "fast.wav")
    assert "fast.wav: 16000 Hz, stereo, taken as 8000 Hz, mono" in said.err
    assert soundfile.info(tmp_path / "out" / "variation-01.wav").frames == 800


def test_models_that_are_no_diffusion_make_new_sounds(
    dusktape: Callable[..., Any], having: Callable[[Any], None], tmp_path: Path
) -> None:
    having(Plain())
    said = dusktape("sample", "kicks", "-n", 2, "--label", "kick", "--seed", 1, "--steps", 3, "--json")
    assert said.code == 0
    told = json.loads(said.out)
    assert told["path"] == "kicks-1"
    assert [row["file"] for row in told["sounds"]] == ["kick-01.wav", "kick-02.wav"]
    assert soundfile.read(tmp_path / "kicks-1" / "kick-01.wav")[0].std() == pytest.approx(0.03, abs=0.003)


def test_sounds_are_called_what_their_model_says_they_are(
    dusktape: Callable[..., Any], having: Callable[[Any], None], tmp_path: Path
) -> None:
    class Telling(Plain):
        def labels_of(self, count: int, *, seed: Seed, label: str = "") -> list[str]:
            return ["kick", "open hat", "kick"][:count]

    having(Telling())
    assert dusktape("sample", "kicks", "-n", 3, "--seed", 1, "-o", "out").code == 0
    told = json.loads((tmp_path / "out" / "sample.json").read_text("utf-8"))["sounds"]
    assert [(row["file"], row["label"]) for row in told] == [
        ("kick-01.wav", "kick"),
        ("open-hat-02.wav", "open hat"),
        ("kick-03.wav", "kick"),
    ]
    assert (tmp_path / "out" / "open-hat-02.wav").is_file()


@pytest.mark.parametrize("asked", [("--continue", "tone.wav"), ("--inpaint", "tone.wav", "--from", 0.02, "--to", 0.05)])
def test_one_sound_is_gone_on_with_or_mended_once(
    asked: tuple[Any, ...], dusktape: Callable[..., Any], having: Callable[[Any], None], tone: Path, tmp_path: Path
) -> None:
    having(Diffusing())
    assert dusktape("sample", "kicks", "--steps", 2, "--resample", 1, "-o", "out", *asked).code == 0
    assert len(list((tmp_path / "out").glob("*.wav"))) == 1


def test_a_device_is_for_models_that_compute_with_torch(
    dusktape: Callable[..., Any], refused: Callable[..., str], having: Callable[[Any], None]
) -> None:
    class Movable(Plain):
        def on(self, device: str) -> Any:
            used.append(device)
            return self

    used: list[str] = []
    having(Movable())
    assert dusktape("sample", "kicks", "-n", 1, "--device", "cuda:1", "-o", "a").code == 0
    assert used == ["cuda:1"]
    having(Plain())
    assert dusktape("sample", "kicks", "-n", 1, "--device", "cpu", "-o", "b").code == 0
    assert "toy computes on the CPU; leave out --device cuda" in refused("sample", "kicks", "--device", "cuda")


def test_settings_are_refused_before_a_model_is_loaded(
    refused: Callable[..., str], having: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def loaded(self: Run) -> Any:
        raise AssertionError("it was loaded")

    having(Plain())
    monkeypatch.setattr(makers.Run, "open", loaded)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "sound-01.wav").write_text("mine")
    for arguments, said in (
        (("--sampler", "huen"), "did you mean 'heun'"),
        (("--eta", 0.5), "adds no noise"),
        (("--steps", 0), "--steps is 1"),
        (("-o", "full"), "--force"),
    ):
        assert said in refused("sample", "kicks", *arguments)


def test_mistakes_of_plain_models_are_told(
    refused: Callable[..., str], having: Callable[[Any], None], tone: Path
) -> None:
    having(Plain())
    assert "toy makes new sounds only; --vary is for" in refused("sample", "kicks", "--vary", tone)
    assert "--sampler is for a training of diffusion" in refused("sample", "kicks", "--sampler", "heun")
    assert "did you mean 'kick'" in refused("sample", "kicks", "--label", "kicks")


def test_mistakes_are_told(refused: Callable[..., str], having: Callable[[Any], None], tone: Path) -> None:
    having(Diffusing())
    for arguments, said in (
        (("-n", 0), "-n is 1"),
        (("--seconds", 0), "--seconds is above 0"),
        (("--steps", 0), "--steps is 1"),
        (("--seed", -1), "a seed is 0 or more"),
        (("--sampler", "huen"), "did you mean 'heun'"),
        (("--eta", 0.5), "adds no noise"),
        (("--label", "kick"), "knows no 'kick'; leave --label out"),
        (("--vary", tone, "--continue", tone), "two things"),
        (("--vary", tone, "--seconds", 1), "leave --seconds out"),
        (("--vary", tone, "--noise", 2), "noise is above 0"),
        (("--vary", "none.wav"), "none.wav"),
        (("--noise", 0.5), "--noise is for"),
        (("--resample", 2), "--resample is for"),
        (("--inpaint", tone), "add --from S and --to S"),
        (("--from", 1), "are for --inpaint"),
        (("--inpaint", tone, "--from", 0.05, "--to", 0.5), "is no part of tone.wav, which lasts 0.100 s"),
    ):
        assert said in refused("sample", "kicks", *arguments)


def test_what_writes_no_sounds_is_refused(refused: Callable[..., str]) -> None:
    assert "writes notes, not sounds" in refused("sample", "melody")
    assert "no finished training" in refused("sample", "nowhere")


def test_folders_with_files_stay(dusktape: Callable[..., Any], having: Callable[[Any], None], tmp_path: Path) -> None:
    having(Diffusing())
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "sound-01.wav").write_text("mine")
    said = dusktape("sample", "kicks", "-n", 1, "-o", "out")
    assert said.code == 1
    assert "--force" in said.err
    assert (tmp_path / "out" / "sound-01.wav").read_text() == "mine"


def test_what_one_net_alone_can_do_is_refused_by_the_others(
    dusktape: Callable[..., Any], having: Callable[[Any], None], tmp_path: Path
) -> None:
    having(Plain())
    for name, value in (("temperature", 0.5), ("top-p", 0.9), ("bpm", 80)):
        said = dusktape("sample", "kicks", f"--{name}", value, "-o", "out")
        assert said.code == 1
        assert f"toy has no --{name}; that is for a training of wavenet" in said.err
    assert not (tmp_path / "out").exists()


def test_temperature_top_p_and_tempo_reach_the_net(
    dusktape: Callable[..., Any], refused: Callable[..., str], having: Callable[[Any], None], tmp_path: Path
) -> None:
    asked = {}

    class Drawing(Plain):
        def drawn(self, **how: float) -> Plain:
            asked.update(how)
            return self

        def run_on(self) -> None: ...

    having(Drawing())
    assert "toy has no --steps, it draws sample by sample; leave it out" in refused("sample", "kicks", "--steps", 9)
    assert "--top-p is above 0 and at most 1, got 0" in refused("sample", "kicks", "--top-p", 0)
    common = ("--temperature", 0.5, "--top-p", 0.9, "--bpm", 80, "-n", 1, "-o", "out")
    assert dusktape("sample", "kicks", *common).code == 0
    assert asked == {"temperature": 0.5, "top_p": 0.9, "bpm": 80.0}
    assert json.loads((tmp_path / "out" / "sample.json").read_text("utf-8"))["top_p"] == 0.9
