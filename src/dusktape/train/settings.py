"""How a training goes: every number that a config may change, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from dusktape.core.draws import merge
from dusktape.core.errors import InputError, suggestion
from dusktape.io import toml

Table = Mapping[str, Any]

PRECISIONS = ("auto", "no", "bf16", "fp16")
KEPT = ("best", "last")


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[train]` of a config. A model's `SETTINGS` are its own defaults.

    Parameters
    ----------
    epochs
        At most so many times through the training examples.
    steps
        At most so many steps, however many epochs that is; 0 for all epochs.
    batch_size
        Examples in one step, over all devices together.
    learning_rate, warmup_steps
        Highest rate of AdamW, reached after so many steps, or after a fifth of all steps if that is sooner; then it
        falls along a cosine to a fiftieth.
    weight_decay
        Of AdamW.
    clip
        Largest norm of the gradient; 0 leaves it.
    ema
        Decay of an exponential moving average of the weights, which is then what is validated and kept; 0 for none.
    ema_early, ema_early_steps
        Its decay for the first steps, and how many those are: weights that still move fast are soon forgotten.
    patience
        Validations without a new best after which it stops.
    hold_out
        Whether the validation examples are held out. If not they are learned from, nothing stops early, and the last
        weights are kept instead of the best.
    keep
        Which weights are kept: `best` by validation loss, or `last`, where that loss is not what counts; nothing then
        stops early.
    precision
        `bf16` or `fp16` compute forward and backward in 16 bits, `no` in 32; `auto` takes bf16 for
        networks of 20 million parameters or more on GPUs that have it: in smaller ones it only costs precision.
    seed
        Of initial weights, order, augmentation and dropout.
    validate_epochs
        Validate at the end of every so many epochs, 1 for each; 0 for none, where epochs are short and
        `validate_steps` says when.
    validate_steps
        Validate also inside an epoch, every so many steps; 0 at its end only.
    checkpoint_steps, report_steps
        How often a checkpoint is written (and at the end of every epoch that is validated), and the progress told.
    demo_steps
        How often a demo is made; 0 for none but the last.
    demos
        Whether there are demos.
    tensorboard, wandb
        Who is told the curves, beside `log.jsonl`.
    compile
        Whether torch compiles the network where it is trained on a GPU, if it is one that gains by it.
    processes
        How many train together on this machine; 0 for one on each GPU, or one on the CPU.
    energy
        Whether the energy is measured.
    country
        Where the machine stands, as three letters of ISO 3166 (DEU): how much CO2 a kilowatt-hour costs there.
    """

    epochs: int = 30
    steps: int = 0
    batch_size: int = 32
    learning_rate: float = 2e-3
    warmup_steps: int = 100
    weight_decay: float = 0.01
    clip: float = 1.0
    ema: float = 0.0
    ema_early: float = 0.0
    ema_early_steps: int = 0
    patience: int = 5
    hold_out: bool = True
    keep: str = "best"
    precision: str = "auto"
    seed: int = 0
    validate_epochs: int = 1
    validate_steps: int = 0
    checkpoint_steps: int = 200
    report_steps: int = 20
    demo_steps: int = 1000
    demos: bool = True
    tensorboard: bool = True
    wandb: bool = False
    compile: bool = True
    processes: int = 0
    energy: bool = True
    country: str = ""

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise InputError(
                f"a training takes 1 epoch or more, got {self.epochs}; leave it out for the model's own number"
            )
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                wanted = f"between {low:g} and {high:g}" if high < math.inf else f"{low:g} or more"
                raise InputError(f"train.{name} is {wanted}, got {value!r}; choose one in that range")
        if not (self.validate_epochs or self.validate_steps):
            raise InputError(
                "train.validate_epochs and train.validate_steps are both 0; give one of them, to know how it goes"
            )
        if self.keep not in KEPT:
            raise InputError(f"train.keep: there is no {self.keep!r}{suggestion(self.keep, KEPT)}")
        if self.precision not in PRECISIONS:
            raise InputError(f"train.precision: there is no {self.precision!r}{suggestion(self.precision, PRECISIONS)}")
        if self.country and not (len(self.country) == 3 and self.country.isalpha() and self.country.isupper()):
            raise InputError(f"train.country is three capitals, as in DEU, got {self.country!r}; look them up")


_RANGES = {
    "batch_size": (1, math.inf),
    "learning_rate": (0.0, 1e6),
    "warmup_steps": (0, math.inf),
    "weight_decay": (0.0, 1e3),
    "clip": (0.0, math.inf),
    "steps": (0, math.inf),
    "ema": (0.0, 0.99999),
    "ema_early": (0.0, 0.99999),
    "ema_early_steps": (0, math.inf),
    "patience": (1, math.inf),
    "seed": (0, math.inf),
    "validate_epochs": (0, math.inf),
    "validate_steps": (0, math.inf),
    "checkpoint_steps": (1, math.inf),
    "report_steps": (1, math.inf),
    "demo_steps": (0, math.inf),
    "processes": (0, 1024),
}

ASIDE = frozenset(
    {
        "checkpoint_steps",
        "report_steps",
        "demo_steps",
        "demos",
        "tensorboard",
        "wandb",
        "processes",
        "energy",
        "country",
    }
)
"""What changes no weight: a training may go on with other values of these."""


def read(path: Path | None, changes: Sequence[str] = ()) -> dict[str, Any]:
    """Return a config file with `table.key=value` settings laid over it: tables `train` and `model`.

    Raises
    ------
    InputError
        If the file is no TOML, or a setting has no `=` or no table.
    """
    config = toml.read(path) if path else {}
    for change in changes:
        place, sign, text = change.partition("=")
        table, dot, key = place.strip().partition(".")
        if not (sign and dot and key):
            raise InputError(f"{change!r} is no setting; write table.key=value, as in train.epochs=3")
        config = merge(config, {table: {key.strip(): _value(text.strip())}})
    return config


def _value(text: str) -> Any:
    try:
        return toml.loads(f"value = {text}", where=text)["value"]
    except InputError:
        return text  # a word without quotes


def resolve(config: Table, own: Table, options: Table, *, where: str) -> tuple[Settings, dict[str, Any]]:
    """Return the settings and the model's options that a config asks for.

    Parameters
    ----------
    config
        As `read` returns it.
    own, options
        The model's `SETTINGS` and `OPTIONS`: its defaults.
    where
        How the user knows the config, for messages.

    Raises
    ------
    InputError
        If a table or key is unknown (with a suggestion), of another kind, or out of range.
    """
    for table, values in config.items():
        if table not in ("train", "model"):
            raise InputError(f"{where}: unknown table {table!r}{suggestion(table, ('train', 'model'))}")
        if not isinstance(values, Mapping):
            raise InputError(f"{where}: {table} is a table, got {values!r}; write [{table}] and keys below it")
    defaults = {f.name: f.default for f in fields(Settings) if f.default is not MISSING} | dict(own)
    train = _laid_over(defaults, config.get("train", {}), f"{where}: train")
    return Settings(**train), _laid_over(options, config.get("model", {}), f"{where}: model")


def _laid_over(defaults: Table, values: Table, where: str) -> dict[str, Any]:
    out = dict(defaults)
    for key, value in values.items():
        if key not in defaults:
            raise InputError(f"{where}: unknown key {key!r}{suggestion(key, defaults)}")
        out[key] = _of_kind(value, defaults[key], f"{where}.{key}")
    return out


def _of_kind(value: Any, default: Any, where: str) -> Any:
    """Return a value of the kind that the default has; whole numbers may stand for others."""
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if default is not None and (type(value) is not type(default) or (isinstance(value, float) and value != value)):
        raise InputError(f"{where} is {_KINDS[type(default)]}, got {value!r}; write one, as in {default!r}")
    return value


_KINDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    tuple: "a list",
    dict: "a table",
}


def as_table(settings: Settings) -> dict[str, Any]:
    """Return the settings as the table `[train]` that makes them."""
    return asdict(settings)
