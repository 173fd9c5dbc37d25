"""`dusktape pack`: sounds for a sampler or a DAW, in a folder that is ready to be dragged there."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import click

from dusktape.cli.groups import GroupedCommand, option, path
from dusktape.cli.talk import EVERY_S, Talk
from dusktape.cli.threads import wait_asleep
from dusktape.core.counting import counted
from dusktape.publish.asked import parse_parts
from dusktape.publish.drawing import STEPS, Drawing
from dusktape.publish.pack.build import make
from dusktape.publish.pack.licence import FREE, NAMED
from dusktape.publish.pack.order import FORMATS, Order
from dusktape.publish.pack.source import source_of
from dusktape.publish.pack.take import KINDS
from dusktape.studio.wish import checked_seed

_WHAT, _MUSIC, _HOW = "What is in it", "Which music", "How a model draws"
_FILES, _TALK = "Which files", "What is said"
_ONE = {"oneshots": "one-shot", "loops": "loop", "stabs": "stab", "textures": "texture"}


@click.command(cls=GroupedCommand)
@click.argument("source")
@option(
    _WHAT,
    "--kind",
    metavar="KINDS",
    default="all",
    help=f"{', '.join(KINDS)} or all, comma between. A training of yours draws oneshots or textures, and loops "
    "if --bpm is said. Default: all there are.",
)
@option(_WHAT, "-n", "--count", type=int, default=16, metavar="N", help="How many of each kind. Default: 16.")
@option(
    _WHAT,
    "--label",
    "labels",
    metavar="LABELS",
    help="These alone, as in kick,snare; of loops, parts, as in drums,mix.",
)
@option(
    _WHAT, "--seed", type=int, metavar="N", help="0 or more; the same seed makes the same pack. Default: a new one."
)
@option(
    _WHAT,
    "--data",
    type=click.Path(),
    callback=path,
    metavar="DATASET",
    help="What a model learned from: nothing nearer to it than held-out sounds are gets into the pack. Default: where "
    "its run learned from, if it still lies there.",
)
@option(
    _HOW, "--steps", type=int, metavar="N", help=f"More are finer and slower. Default: {STEPS}, or the model's own."
)
@option(
    _HOW,
    "--sampler",
    metavar="NAME",
    help="For diffusion: ddim, euler, iplms, lms, dpm++2m, dpm++2s, heun or adaptive.",
)
@option(_HOW, "--temperature", type=float, metavar="0..2", help="For wavenet: below 1 is calmer, above 1 noisier.")
@option(_HOW, "--top-p", type=float, metavar="0..1", help="For wavenet: draw the likeliest alone, of so much in all.")
@option(_HOW, "--device", metavar="NAME", help="A torch device: cpu, cuda. Default: the best there is.")
@option(_MUSIC, "--bpm", type=float, metavar="BPM", help="Tempo, 40 to 160. Default: each song's own, in whole bpm.")
@option(_MUSIC, "--key", metavar="KEY", help="As in 'F# minor'. Default: each song's own.")
@option(_MUSIC, "--bars", type=int, default=4, metavar="N", help="Of each loop; even, 2 to 64. Default: 4.")
@option(
    _FILES,
    "--out",
    type=click.Path(),
    callback=path,
    required=True,
    metavar="DIR",
    help="The pack's folder; its name is the pack's.",
)
@option(_FILES, "--format", "format_", default="wav", metavar="FORMAT", help=f"{' or '.join(FORMATS)}. Default: wav.")
@option(_FILES, "--bits", type=int, default=24, metavar="N", help="24, or 16 with dither. Default: 24.")
@option(_FILES, "--rate", type=int, default=0, metavar="HZ", help="As in 48000. Default: the source's.")
@option(
    _FILES,
    "--licence",
    metavar="SPDX",
    help=f"{FREE} or {NAMED}. Default: the freest that allows what the pack is made from.",
)
@option(_FILES, "--zip", "zipped", is_flag=True, help="A ZIP archive beside the folder, too.")
@option(_FILES, "--force", is_flag=True, help="Replace a pack that is there.")
@option(_TALK, "--quiet", is_flag=True, help="Print nothing but the result.")
def command(
    source: str,
    kind: str,
    count: int,
    labels: str | None,
    seed: int | None,
    data: Path | None,
    steps: int | None,
    sampler: str | None,
    temperature: float | None,
    top_p: float | None,
    device: str | None,
    bpm: float | None,
    key: str | None,
    bars: int,
    out: Path,
    format_: str,
    bits: int,
    rate: int,
    licence: str | None,
    zipped: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Make a sample pack, and print its path.

    SOURCE is a training of yours, a model of sounds that ships or a checkpoint of Dance Diffusion; or a recipe, `all`
    recipes or a wish in words, whose songs are composed for it; or a folder that dusktape make --bundle wrote, or of
    several of these.
    """
    wait_asleep()
    talk = Talk(quiet=quiet, every_s=EVERY_S)
    kinds = parse_parts(kind, "--kind")
    order = Order(
        source,
        out,
        checked_seed(seed),
        kinds=() if "all" in kinds else kinds,
        labels=parse_parts(labels, "--label"),
        count=count,
        bpm=bpm,
        key=key,
        bars=bars,
        rate=rate,
        format=format_.lower().removeprefix("."),
        bits=bits,
        licence=(licence or "").strip(),
        data=data,
        drawing=Drawing(steps, sampler, temperature, top_p, device),
        zipped=zipped,
        force=force,
    )
    order.check()
    source_of(order)  # what is no source is refused before anything is said of it
    started = time.perf_counter()
    try:
        facts = make(order, told=talk.status, say=talk.say)
    finally:
        talk.clear()
    counts = Counter(str(file["kind"]) for file in facts["files"])
    told = ", ".join(counted(number, _ONE[kind]) for kind, number in counts.items())
    talk.say(f"“{facts['title']}”: {told}, {facts['licence']}, in {time.perf_counter() - started:.1f} s")
    talk.say(f"listen: {out / 'index.html'}")
    print(out, flush=True)
