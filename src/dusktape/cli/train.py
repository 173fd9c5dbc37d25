"""`dusktape train`: make the weights that ship, or your own."""

from __future__ import annotations

from pathlib import Path

import click

from dusktape.cli import complete


@click.command()
@click.argument("model", shell_complete=complete.models)
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the sources its card names.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Default: ./MODEL-weights.")
@click.option("--epochs", type=int, metavar="N", help="1 or more; at most so many. Default: the model's own number.")
@click.option("--device", default="cpu", show_default=True, help="A torch device: cpu, cuda.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N")
@click.option("--force", is_flag=True, help="Replace files that are there.")
def command(model: str, data: Path, out: Path | None, epochs: int | None, device: str, seed: int, force: bool) -> None:
    """Train MODEL (harmony, melody, drums, comping) and print the path of its weights.

    Writes weights.safetensors, weights.json (figures, sha256) and, of a network, log.jsonl (a line an epoch). The
    comping model counts: it has no use for --epochs and --device.
    """
    from dusktape.train.run import train

    place = out or Path(f"{model}-weights")
    print(train(model, data, place, epochs=epochs, device=device, seed=seed, force=force))
