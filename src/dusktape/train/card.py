"""The card of a training: what was learned from what, how, how well, and what it took. `README.md` of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dusktape.core.version import __version__
from dusktape.nn.model import Model
from dusktape.nn.run import SOUND

STOPPED = {
    "done": "all epochs done",
    "early": "stopped early: validation got no better",
    "diverged": "the loss diverged; these are the best weights from before",
    "": "counted",
}


def text(model: Model, facts: Mapping[str, Any], history: Sequence[Mapping[str, Any]], *, files: Sequence[str]) -> str:
    """Return the card, with the front matter that model hubs read.

    Parameters
    ----------
    model
        What was trained.
    facts
        As in `weights.json`: `data`, `options`, `train`, the figures and `energy`.
    history
        One row for each validation.
    files
        Names that lie beside it.
    """
    from huggingface_hub import ModelCard, ModelCardData

    energy = facts.get("energy") or {}
    data = ModelCardData(
        model_name=f"dusktape {model.name}",
        license="other",
        license_name="as-the-data",
        library_name="dusktape",
        tags=["music", "audio" if model.role == SOUND else "midi", "lo-fi", model.name],
        pipeline_tag="other",
        co2_eq_emissions={"emissions": round(1000.0 * energy["co2_kg"], 3), "source": "codecarbon"}
        if energy.get("co2_kg") is not None
        else None,
    )
    parts = [
        f"# {model.name}",
        f"{model.summary[:1].upper()}{model.summary[1:]}. Trained with dusktape {__version__}.",
        _use(model, facts, files),
        _data(model, facts),
        _how(facts),
        _curves(history, files),
        _measures(facts, "sounds" if model.role == SOUND else "songs"),
        _energy(energy),
        _limits(facts, "sounds" if model.role == SOUND else "songs"),
    ]
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n" + "\n\n".join(filter(None, parts)))) + "\n"


def _kept(facts: Mapping[str, Any]) -> str:
    return "The weights are floats" if facts.get("stored") == "float32" else "The weights are whole multiples of 2^-12"


def _use(model: Model, facts: Mapping[str, Any], files: Sequence[str]) -> str:
    told = "\n".join(f"- `{name}`" for name in files)
    command = "dusktape sample . -n 32 -o sounds/" if model.role == SOUND else "dusktape make --composer ."
    return (
        f"    {command}\n\nIn this folder:\n\n{told}\n\n"
        f"{_kept(facts)}, SHA-256 in `weights.json`. What the model is, and what it is "
        f"faithful to, says the card of `{model.name}` in dusktape."
    )


def _data(model: Model, facts: Mapping[str, Any]) -> str:
    data, songs, events = facts["data"], facts.get("songs", {}), facts.get("events", {})
    rows = [
        [side, f"{songs[side]:,}", f"{events[side]:,}"]
        for side in ("train", "valid", "test")
        if side in songs and side in events
    ]
    licences = {name: n for name, n in (data.get("licences") or {}).items() if name != "unknown"}
    unknown = (data.get("licences") or {}).get("unknown", 0)
    told = (
        "Licences, by number of files: "
        + ", ".join(f"{name} ({n:,})" for name, n in [*licences.items(), *([("unknown", unknown)] if unknown else [])])
        + "."
        if licences
        else "The data says nothing about licences: ask whoever made it before you share the weights."
    )
    attributions = "\n".join(f"- {s.name}, {s.licence}: {s.attribution}" for s in model.sources)
    from_sources = data.get("kind") == "sources" and bool(model.sources)
    before, heard = facts.get("from"), model.role == SOUND
    return "\n\n".join(
        [
            "## Data",
            f"`{data['name']}`"
            + (f", SHA-256 `{data['sha256']}`" if data["sha256"] else "")
            + f", split by {'file' if heard else 'song'}.",
            *([_table(["", "files" if heard else "songs", _counted_in(facts)], rows)] if rows else []),
            *(
                [f"What stops it and judges it is counted {times} times: each sound at so many levels of noise."]
                if (times := facts.get("options", {}).get("held_out_times"))
                else []
            ),
            attributions if from_sources else told,
            *(
                [f"It went on from `{before['name']}`, SHA-256 `{before['sha256']}`, and knows what that one learned."]
                if before
                else []
            ),
        ]
    )


def _how(facts: Mapping[str, Any]) -> str:
    train = facts.get("train", {})
    rows = [[f"`train.{k}`", f"`{v}`" + (_warmed(train) if k == "warmup_steps" else "")] for k, v in train.items()]
    rows += [[f"`model.{k}`", f"`{v}`"] for k, v in facts.get("options", {}).items()]
    ending = STOPPED.get(facts.get("stopped", ""), facts.get("stopped", ""))
    if _learned_nothing(facts):
        ending = ending.partition(";")[0] + "; these are the weights it began with: nothing was learned"
    steps = ""
    if "steps" in facts:
        steps = f"{_counted(facts['steps'], 'step')}, {_counted(facts['epochs'], 'epoch')}, "
    speed = (
        f", {_pace(facts['events_per_s'])} {_counted_in(facts)} a second while learning"
        if facts.get("events_per_s")
        else ""
    )
    held = "" if facts.get("train", {}).get("hold_out", True) else " Validation songs were learned from."
    return "\n\n".join(
        [
            "## Training",
            f"{_counted(facts['parameters'], 'parameter')}; {steps}{facts['seconds']} s on {facts['device']}{speed}; "
            f"{ending}.{held}",
            _table(["hyperparameter", "value"], rows) if rows else "",
        ]
    ).strip()


def _counted_in(facts: Mapping[str, Any]) -> str:
    """Return what examples hold, as a run says; older runs do not."""
    return str(facts.get("counted") or ("sounds" if facts["data"].get("kind") == "sounds" else "events"))


def _pace(value: float) -> str:
    return f"{value:,.0f}" if value >= 10.0 else f"{value:.2g}"


def _warmed(train: Mapping[str, Any]) -> str:
    """Return what is told of a warm-up that was shortened, since the training is short."""
    most = int(train.get("steps") or 0) // 5
    return f", shortened to a fifth of the steps: `{most}`" if 0 < most < train["warmup_steps"] else ""


def _curves(history: Sequence[Mapping[str, Any]], files: Sequence[str]) -> str:
    if not history:
        return ""
    every = max(1, len(history) // 12)
    shown = [*history[::every], *([history[-1]] if (len(history) - 1) % every else [])]
    rows = [
        [f"{r['step']:,}", _number(r["train_loss"]), _number(r["valid_loss"]), f"{r['learning_rate']:.2g}"]
        for r in shown
    ]
    picture = "![Loss by step](curves.png)\n\n" if "curves.png" in files else ""
    return "## Curves\n\n" + picture + _table(["step", "training loss", "validation loss", "learning rate"], rows)


def _measures(facts: Mapping[str, Any], what: str) -> str:
    asked = facts.get("train", {})
    if not asked.get("hold_out", True):
        told_of = "were learned from, too"
    else:
        told_of = "the weights were chosen by" if asked.get("keep", "best") == "best" else "nothing was chosen by"
    kind = "bits_per_event" if "test_bits_per_event" in facts else "loss"
    names = {
        f"test_{kind}": f"test {what}",
        f"valid_{kind}": f"validation {what}, which {told_of}",
        f"train_{kind}": f"training {what}, as trained on",
    }
    rows = [[told, _number(facts.get(key))] for key, told in names.items()]
    counted = facts.get("baselines") or {}
    if counted:
        rows.append(["unigram, test songs", _number(counted["unigram"])])
        rows.append([f"best back-off n-gram (order {counted['best_order']:.0f}), test songs", _number(counted["best"])])
    details = [[name.replace("_", " "), _number(value)] for name, value in (facts.get("details") or {}).items()]
    parts = ["## Measures\n\nWith the weights as stored.", _table([facts.get("measure", "bits per event"), ""], rows)]
    return "\n\n".join(parts + ([_table([f"details, test {what}", ""], details)] if details else []))


def _energy(energy: Mapping[str, Any]) -> str:
    kwh, co2 = energy.get("energy_kwh"), energy.get("co2_kg")
    if kwh is None:
        return "## Energy\n\nNot measured."
    if co2 is None:
        cost = "How much CO2 that is depends on the country, which is unknown here: say `--set train.country=DEU`."
    else:
        cost = f"That is {1000.0 * co2:.3g} g of CO2 equivalents at the average of {energy['country']}."
    hardware = f", {energy['hardware']}" if energy.get("hardware") else ""
    return f"## Energy\n\n{1000.0 * kwh:.3g} Wh, estimated by codecarbon on this machine{hardware}. {cost}"


def _limits(facts: Mapping[str, Any], what: str) -> str:
    diverged = "\n- Its training diverged. Train again with a lower `train.learning_rate`."
    nothing = f"\n- It has learned nothing: on validation {what} no step was better than the untrained network."
    return (
        "## Limits\n\n"
        + (_heard(facts) if what == "sounds" else _written(facts))
        + (diverged if facts.get("stopped") == "diverged" else "")
        + (nothing if _learned_nothing(facts) else "")
        + "\n\n## Licence\n\n"
        f"What may be done with the weights depends on the licences of the {what} above. Dusktape, which trained them, "
        "is Apache-2.0 and claims nothing in them."
    )


def _written(facts: Mapping[str, Any]) -> str:
    songs = facts.get("songs", {}).get("train", 0)
    return (
        f"- It knows {_counted(songs, 'song')} and nothing else: their styles, their keys, their habits.\n"
        "- Networks repeat what they learned. `dusktape evaluate` says how much of what this one writes stands in "
        "its songs, and how much of other people's songs does.\n"
        "- Bits per event say how well it expects music, not how good its music is. Listen."
    )


def _heard(facts: Mapping[str, Any]) -> str:
    files = facts.get("songs", {}).get("train", 0)
    return (
        f"- It knows {_counted(files, 'file')} and nothing else.\n"
        "- Networks repeat what they learned, small sets above all: compare what it makes with what it heard.\n"
        "- The loss says how well it tells sound from noise, not how good its sounds are. Listen."
    )


def _learned_nothing(facts: Mapping[str, Any]) -> bool:
    return bool(facts.get("steps")) and facts.get("best_step") == 0


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
