"""`dusktape sample`: sounds from a training of one's own, or from a model that ships."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dusktape.cli.groups import GroupedCommand, option, path, paths
from dusktape.cli.talk import EVERY_S, Talk
from dusktape.cli.threads import wait_asleep
from dusktape.core.counting import counted
from dusktape.core.errors import InputError, suggestion
from dusktape.io import atomic
from dusktape.io.sound import sha256_of
from dusktape.nn.run import CUT
from dusktape.publish import drawing, makers
from dusktape.publish import sounds as published
from dusktape.publish.drawing import STEPS
from dusktape.studio.wish import checked_seed

if TYPE_CHECKING:
    from dusktape.core.audio import Block
    from dusktape.core.seed import Seed
    from dusktape.models.diffusion.windows import SoundDenoiser
    from dusktape.publish.makers import Maker

_WHAT, _FROM, _HOW, _FILES, _TALK = ("What", "From sounds of yours", "How it is sampled", "Which files", "What is said")
_MOST_COUNT, _MOST_S = 10_000, 600.0
_NOISE = 0.6
_ONE = ("continue", "inpaint")
"""Modes that make one sound unless more are asked for."""

_NAMES = {
    "generate": "sound",
    "vary": "variation",
    "between": "between",
    "continue": "continued",
    "inpaint": "inpainted",
}


@click.command(cls=GroupedCommand)
@click.argument("run", metavar="RUN")
@option(_WHAT, "-n", "--count", type=int, metavar="N", help="How many. Default: 8; 1 with --continue and --inpaint.")
@option(_WHAT, "--label", default="", metavar="LABEL", help="A kind that the model knows, as kick. Default: any.")
@option(_WHAT, "--seconds", type=float, metavar="S", help="Length; with --continue, how much to add. Default: its own.")
@option(
    _WHAT, "--seed", type=int, metavar="N", help="0 or more; the same seed makes the same sounds. Default: a new one."
)
@option(_FROM, "--vary", type=click.Path(), callback=path, metavar="FILE", help="Variations of this sound.")
@option(_FROM, "--between", nargs=2, type=click.Path(), callback=paths, metavar="A B", help="What lies between two.")
@option(_FROM, "--continue", "onward", type=click.Path(), callback=path, metavar="FILE", help="Go on from its end.")
@option(_FROM, "--inpaint", type=click.Path(), callback=path, metavar="FILE", help="Make a part of it anew.")
@option(_FROM, "--from", "start_s", type=float, metavar="S", help="... from here.")
@option(_FROM, "--to", "end_s", type=float, metavar="S", help="... to here.")
@option(
    _FROM,
    "--noise",
    type=float,
    metavar="0..1",
    help=f"How far from the given sounds: 0.1 is near, 1 free. Default: {_NOISE} to vary, 1 between two.",
)
@option(
    _FROM,
    "--resample",
    type=int,
    metavar="N",
    help="To continue and inpaint: go so often, for better seams. Default: 2.",
)
@option(
    _HOW, "--steps", type=int, metavar="N", help=f"More are finer and slower. Default: {STEPS}, or the model's own."
)
@option(_HOW, "--sampler", metavar="NAME", help="ddim, euler, iplms, lms, dpm++2m, dpm++2s, heun or adaptive.")
@option(_HOW, "--eta", type=float, metavar="0..1", help="Fresh noise at each step, for ddim and dpm++2s.")
@option(_HOW, "--temperature", type=float, metavar="0..2", help="For wavenet: below 1 is calmer, above 1 noisier.")
@option(_HOW, "--top-p", type=float, metavar="0..1", help="For wavenet: draw the likeliest alone, of so much in all.")
@option(
    _HOW, "--bpm", type=float, metavar="BPM", help="For wavenet: the tempo it is told. Default: of sounds it learned."
)
@option(_HOW, "--device", metavar="NAME", help="A torch device: cpu, cuda. Default: the best there is.")
@option(
    _FILES,
    "-o",
    "--output",
    type=click.Path(),
    callback=path,
    metavar="DIR",
    help="A folder for the sounds, 24-bit WAV. Default: ./RUN-SEED.",
)
@option(_FILES, "--trim", is_flag=True, help="Cut off ends that stay 60 dB below the peak.")
@option(_FILES, "--force", is_flag=True, help="Replace files that are there.")
@option(_TALK, "--json", "as_json", is_flag=True, help="Print the folder and where the sounds come from as JSON.")
@option(_TALK, "--quiet", is_flag=True, help="Print nothing but the result.")
def command(
    run: str,
    count: int | None,
    label: str,
    seconds: float | None,
    seed: int | None,
    vary: Path | None,
    between: tuple[Path, Path] | None,
    onward: Path | None,
    inpaint: Path | None,
    start_s: float | None,
    end_s: float | None,
    noise: float | None,
    resample: int | None,
    steps: int | None,
    sampler: str | None,
    eta: float | None,
    temperature: float | None,
    top_p: float | None,
    bpm: float | None,
    device: str | None,
    output: Path | None,
    trim: bool,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Make sounds that were not there before, and print the folder they are in.

    RUN is the folder of a training on sound, a model of sound that ships, or a checkpoint of Dance Diffusion: a .ckpt
    file of Harmonai's, a folder as diffusers saves it. Diffusion can also go by sounds of yours.
    """
    wait_asleep()
    talk = Talk(quiet=quiet, every_s=EVERY_S)
    given = {"vary": vary, "between": between, "continue": onward, "inpaint": inpaint}
    mode = _mode(given, seconds, start_s, end_s, noise, resample)
    count = (1 if mode in _ONE else 8) if count is None else count
    _check(count, seconds, steps, sampler, eta)
    song = checked_seed(seed)
    maker = makers.called(run)
    folder = output or Path(f"{_name(maker)}-{song.value}")
    atomic.check_folder_writable(folder, force=force)
    writer: Any = makers.on_device(maker, device)
    _check_label(maker, label)
    if not maker.own:
        talk.say(f"{maker.place.name}: sha256 {maker.sha256}")
    asked = {"temperature": temperature, "top_p": top_p, "bpm": bpm}
    writer = drawing.drawn(writer, maker, asked)
    drawing.check_steps(writer, maker, steps)
    files = [f for each in given.values() if each for f in (each if isinstance(each, tuple) else (each,))]
    how = {"steps": steps, "sampler": sampler, "eta": eta, "noise": noise, "resample": resample}
    frames = 0 if seconds is None else max(1, round(seconds * writer.sample_rate))
    started = time.perf_counter()
    try:
        if hasattr(writer, "denoiser"):
            span = (start_s, end_s)
            made, how = _diffused(writer, mode, files, count, label, frames, how, span=span, seed=song, talk=talk)
        else:
            _check_plain(maker, mode, how)
            how |= {name: value for name, value in asked.items() if value is not None}
            made = writer.write_sounds(count, seed=song, label=label, frames=frames, steps=steps or 0)
        facts = published.deliver(
            folder,
            made,
            count=count,
            sample_rate=writer.sample_rate,
            name=label or _NAMES[mode],
            labels=_labels(writer, count, song, label),
            facts=_facts(maker, mode, song, label, how, files),
            trim=trim,
            fade=mode == "generate" and not (seconds is None and _goes_round(maker)),
            force=force,
        )
    finally:
        talk.clear()
    if loud := sum("turned_down_db" in row for row in facts["sounds"]):
        talk.say(f"{counted(loud, 'sound')} turned down to stay below full scale")
    talk.say(f"{counted(count, 'sound')} in {time.perf_counter() - started:.1f} s, seed {song.value}")
    print(json.dumps({"path": str(folder), **facts}, ensure_ascii=False) if as_json else folder, flush=True)


def _check(count: int, seconds: float | None, steps: int | None, sampler: str | None, eta: float | None) -> None:
    """Refuse what no model can do before one is loaded."""
    if not 1 <= count <= _MOST_COUNT:
        raise InputError(f"-n is 1 to {_MOST_COUNT}, got {count}; leave it out for 8")
    if seconds is not None and not 0.0 < seconds <= _MOST_S:
        raise InputError(f"--seconds is above 0, to {_MOST_S:g}, got {seconds:g}; leave it out for the model's own")
    drawing.check(steps, sampler, eta)


def _mode(
    given: dict[str, Any],
    seconds: float | None,
    start_s: float | None,
    end_s: float | None,
    noise: float | None,
    resample: int | None,
) -> str:
    """Return which of the modes is asked for, if what is given fits together."""
    asked = [name for name, what in given.items() if what]
    if len(asked) > 1:
        raise InputError(f"--{asked[0]} and --{asked[1]} are two things; ask for one of them")
    mode = asked[0] if asked else "generate"
    if seconds is not None and mode not in ("generate", "continue"):
        raise InputError(f"with --{mode} the length is that of the given sound; leave --seconds out")
    if mode == "inpaint" and (start_s is None or end_s is None):
        raise InputError("--inpaint needs to know which part; add --from S and --to S")
    if mode != "inpaint" and not (start_s is None and end_s is None):
        raise InputError("--from and --to are for --inpaint; leave them out")
    if noise is not None and mode not in ("vary", "between"):
        raise InputError("--noise is for --vary and --between; leave it out")
    if resample is not None and mode not in ("continue", "inpaint"):
        raise InputError("--resample is for --continue and --inpaint; leave it out")
    return mode


def _check_label(maker: Maker, label: str) -> None:
    known = maker.writer.labels
    if label and label not in known:
        told = suggestion(label, known) or "; leave --label out"
        who = maker.word if maker.word == maker.model.name else f"{maker.model.name} in {maker.word}"
        raise InputError(f"{who} knows no {label!r}{told}")


def _labels(writer: Any, count: int, seed: Seed, label: str) -> tuple[str, ...]:
    """Return what each sound will be, where the model draws that itself and tells it."""
    if label or not hasattr(writer, "labels_of"):
        return ()
    return tuple(writer.labels_of(count, seed=seed))


def _goes_round(maker: Maker) -> bool:
    """Return whether it learned from sounds that were cut at beats, whose ends lead back to their starts."""
    return maker.data.get(CUT) in ("beats", "bars")


def _name(maker: Maker) -> str:
    """Return what a folder of its sounds is called."""
    place = maker.place.resolve()
    return place.stem if place.is_file() else place.name


def _check_plain(maker: Maker, mode: str, how: dict[str, Any]) -> None:
    """Refuse what only diffusion can do."""
    own = next((name for name in ("sampler", "eta") if how[name] is not None), "")
    if mode != "generate" or own:
        raise InputError(
            f"{maker.model.name} makes new sounds only; --{own or mode} is for a training of diffusion: "
            "dusktape train diffusion"
        )
    for name in ("sampler", "eta", "noise", "resample"):
        del how[name]


def _diffused(
    writer: Any,
    mode: str,
    files: list[Path],
    count: int,
    label: str,
    frames: int,
    how: dict[str, Any],
    *,
    span: tuple[float | None, float | None],
    seed: Seed,
    talk: Talk,
) -> tuple[Iterable[Block], dict[str, Any]]:
    """Return sounds to come, and how they are sampled."""
    from dusktape.models.diffusion import modes
    from dusktape.models.diffusion.given import given
    from dusktape.models.diffusion.samplers import DEFAULT

    def progress(share: float) -> None:
        talk.status(counted(count, "sound"), share)

    steps, sampler = how["steps"] or STEPS, how["sampler"] or DEFAULT
    plan = modes.Plan(steps, sampler, how["eta"], progress=progress)
    told: dict[str, Any] = {"steps": steps, "sampler": sampler, "eta": how["eta"]}
    denoiser: SoundDenoiser = writer.denoiser
    theirs = []
    for file in files:
        sound, said = given(file, sample_rate=denoiser.sample_rate, channels=denoiser.channels)
        theirs.append(sound)
        for line in said:
            talk.say(line)
    if mode == "generate":
        lengths = getattr(writer, "quantiles", ())
        return modes.generate(denoiser, count, plan=plan, seed=seed, frames=frames, lengths=lengths), told
    if mode == "vary":
        told["noise"] = _NOISE if how["noise"] is None else how["noise"]
        return modes.vary(denoiser, theirs[0], count, noise=told["noise"], plan=plan, seed=seed), told
    if mode == "between":
        told["noise"] = 1.0 if how["noise"] is None else how["noise"]
        a, b = theirs
        return modes.between(denoiser, a, b, count, noise=told["noise"], plan=plan, seed=seed), told
    told["resample"] = 2 if how["resample"] is None else how["resample"]
    again = {"plan": plan, "seed": seed, "resample": told["resample"]}
    if mode == "continue":
        added = frames or denoiser.frames // 2
        return modes.onward(denoiser, theirs[0], added, count, **again), told
    start, end = (round((at or 0.0) * denoiser.sample_rate) for at in span)
    lasts = theirs[0].shape[1]
    if not 0 <= start < end <= lasts or end - start == lasts:
        raise InputError(
            f"--from {span[0]:g} --to {span[1]:g} is no part of {files[0].name}, which lasts "
            f"{lasts / denoiser.sample_rate:.3f} s; choose a part of it"
        )
    told["from_s"], told["to_s"] = span
    return modes.inpaint(denoiser, theirs[0], start, end, count, **again), told


def _facts(maker: Maker, mode: str, seed: Seed, label: str, how: dict[str, Any], files: list[Path]) -> dict[str, Any]:
    """Return where the sounds come from."""
    told = {
        "model": maker.model.name,
        "sha256": maker.sha256,
        "run": _name(maker),
        "data": dict(maker.data) or None,
    }
    told |= {"from": dict(maker.begun)} if maker.begun else {}
    sources = [{"file": file.name, "sha256": sha256_of(file)} for file in files]
    return {**told, "mode": mode, "seed": seed.value, "label": label, **how, "sources": sources}
