"""`dusktape train`: make the weights that ship, or your own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from dusktape.cli import complete
from dusktape.cli.talk import Talk
from dusktape.cli.threads import wait_asleep
from dusktape.core.errors import InputError


@click.command()
@click.argument("model", shell_complete=complete.models)
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A dataset (see dusktape data), or the folder of the sources its card names.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Default: ./MODEL-weights.")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A TOML file with tables [train] and [model], as config.toml of a finished run.",
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Of the config, as train.epochs=3.")
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN", help="Go on with a run that was stopped.")
@click.option(
    "--from",
    "start",
    metavar="CHECKPOINT",
    help="Begin with the weights of a run, a hub folder or a .ckpt file. Their rate and channels must be the data's.",
)
@click.option("--epochs", type=int, metavar="N", help="1 or more; at most so many. Default: the model's own number.")
@click.option("--device", metavar="NAME", help="A torch device: cpu, cuda. Default: the best there is.")
@click.option("--seed", type=int, metavar="N", help="0 or more. Default: 0.")
@click.option("--wandb", is_flag=True, help="Tell the curves to Weights & Biases, too.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--quiet", is_flag=True, help="Print nothing but the result.")
def command(
    model: str,
    data: Path,
    out: Path | None,
    config: Path | None,
    settings: tuple[str, ...],
    resume: Path | None,
    start: str | None,
    epochs: int | None,
    device: str | None,
    seed: int | None,
    wandb: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Train MODEL (dusktape parts models lists them) and print the folder of the run.

    make --composer and evaluate take it. It holds checkpoints, log.jsonl, TensorBoard's logs/ and demos/ while it
    trains; in the end also weights.safetensors, weights.json (figures, sha256), curves.png and README.md, the card.
    Ctrl-C keeps a checkpoint; --resume goes on. The comping model counts: it has no use for --epochs and --device.
    """
    wait_asleep()
    from dusktape.train import launch
    from dusktape.train.run import check, train
    from dusktape.train.settings import read

    if resume and out and resume.resolve() != out.resolve():
        raise InputError("--resume goes on in the folder it names; leave --out away")
    table = read(config, settings)
    folder, where = resume or out or Path(f"{model}-weights"), str(config or "--set")
    if not resume and start is None:
        check(model, data, folder, config=table, where=where, force=force)
    if (several := launch.wanted(table, device)) > 1:
        sys.exit(launch.launch(sys.argv[1:], several))
    talk = Talk(quiet=quiet or not launch.leads())
    try:
        path = train(
            model,
            data,
            folder,
            config=table,
            where=where,
            epochs=epochs,
            seed=seed,
            device=device,
            wandb=wandb,
            resume=resume is not None,
            start=start,
            force=force,
            listener=talk,
        )
    finally:
        talk.clear()
    if launch.leads():
        print(path.parent)


def _one_of_several() -> int:
    """Run the command line as one process of a training; return its exit code."""
    from dusktape.cli import main

    try:
        main()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


if __name__ == "__main__":
    status = _one_of_several()
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is written. Threads of torch that talk to other processes may outlive Python, and would abort it.
    os._exit(status)
