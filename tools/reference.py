"""Writes docs/reference/ from the registry, the recipes and the command line: `python tools/reference.py`.

With --check it writes nothing and exits 1 when a page is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

from dusktape.cli import dusktape
from dusktape.core import plugins
from dusktape.core.params import Param
from dusktape.core.recipe import Part, Recipe
from dusktape.core.roles import DRUM_STYLES, MOODS
from dusktape.studio import catalogue, presets

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"

_WRITTEN = "Written by `tools/reference.py` from the code; do not edit.\n"
_STYLE = "drums.style"
_TOLD = {
    "description": "what it sounds like, in a line",
    "composer": f"one of {', '.join(catalogue.parts('composers'))}",
    "mood": f"one of {', '.join(MOODS)}; leans harmony and cover",
    "key": "as in `F# minor`",
    "chain": "a table per effect, in order",
    "params": "parameters of the instrument",
    "instrument": "one of [these](parts.md#instruments)",
}
"""For keys that the code does not describe."""

_PARTS = {
    "instruments": "A recipe names one per part (`parts.keys.instrument`) and sets what it likes under `params`.",
    "effects": "What a part (`parts.keys.chain`) or the whole mix (`master.chain`) goes through, in the order written.",
    "composers": "Who writes the score: `composer` in a recipe.",
    "models": "What was learned. Each has a card with its data, figures and limits.",
}


def pages() -> dict[Path, str]:
    """Return every generated page."""
    return {
        FOLDER / "parts.md": parts_page(),
        FOLDER / "recipes.md": recipes_page(),
        FOLDER / "cli.md": cli_page(),
    }


def parts_page() -> str:
    """Return all parts with their parameters."""
    lines = ["# Parts", "", _WRITTEN]
    for group, text in _PARTS.items():
        lines += [f"## {group.capitalize()}", "", text, ""]
        for entry in catalogue.parts(group).values():
            lines += [f"### {entry.name}", "", _sentence(entry.problem or entry.text), ""]
            if group == "models":
                folder = plugins.find("models", entry.name).folder.name
                lines += [f"[Its card](../../src/dusktape/models/{folder}/card.md).", ""]
            if entry.params:
                lines += ["| parameter | default | range | |", "|---|---|---|---|"]
                lines += [f"| `{p.name}` | {_value(p.default)} | {_range(p)} | {_cell(p.text)} |" for p in entry.params]
                lines.append("")
    return "\n".join(lines)


def _range(p: Param) -> str:
    if p.choices:
        return ", ".join(p.choices)
    if p.low is None or p.high is None:
        return "true, false" if isinstance(p.default, bool) else ""
    return f"{p.low:g} to {p.high:g} {p.unit}".strip()


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."


def recipes_page() -> str:
    """Return the recipes that ship, what sets them apart, and every key that a recipe has."""
    lines = ["# Recipes", "", _WRITTEN, "How they work: [recipes](../guides/recipes.md).", "", "## What ships", ""]
    lines += ["| recipe | | bpm | LUFS | keys | drums |", "|---|---|---|---|---|---|"]
    for name, text in catalogue.recipes().items():
        table = presets.load(name)
        parts = table["parts"]
        drums = parts["drums"] if parts["drums"].get("on", True) else None
        cells = [
            f"[`{name}`](../../src/dusktape/presets/recipes/{name}.toml)",
            _cell(text),
            _choice(table["tempo"]["bpm"]),
            _choice(table["master"]["loudness_lufs"]),
            _choice(parts["keys"]["instrument"]),
            _choice(drums["params"]["character"]) if drums else "none",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "## Every key", "", "Under `parts` a recipe has any number of tables, one a player.", ""]
    lines += ["| key | range | |", "|---|---|---|"]
    lines += [f"| `{key}` | {limits} | {_cell(text)} |" for key, limits, text in _keys()]
    return "\n".join([*lines, ""])


def _choice(value: Any) -> str:
    match value:
        case {"between": [low, high]}:
            return f"{low:g} to {high:g}"
        case {"any_of": options}:
            return ", ".join(dict.fromkeys(str(o) for o in options))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _keys() -> Iterator[tuple[str, str, str]]:
    for name, schema in Recipe.model_json_schema()["properties"].items():
        model = Recipe.model_fields[name].annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield from _fields(f"{name}.", model.model_json_schema()["properties"])
        elif name == "parts":
            yield from _fields("parts.NAME.", Part.model_json_schema()["properties"])
        elif name != "name":
            yield name, _limits(schema), schema.get("description", _TOLD.get(name, ""))


def _fields(prefix: str, schemas: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, schema in schemas.items():
        text = schema.get("description", _TOLD.get(name, ""))
        yield prefix + name, _limits(schema), f"{text}: {', '.join(DRUM_STYLES)}" if prefix + name == _STYLE else text


def _limits(schema: Mapping[str, Any]) -> str:
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null":
            return f"{_limits(choice)}, or left out"
    if "enum" in schema:
        return ", ".join(str(v) for v in schema["enum"])
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is not None and high is not None:
        return f"{'above ' if 'exclusiveMinimum' in schema else ''}{low:g} to {high:g}"
    return {"boolean": "true, false", "string": "text", "object": "table"}.get(schema.get("type", ""), "")


def cli_page() -> str:
    """Return every command with its arguments and options."""
    lines = ["# Command line", "", _WRITTEN]
    lines += [
        "Results go to stdout, talk to stderr. A mistake is one line and exit code 1; Ctrl-C leaves no half file and "
        "exits 130, SIGTERM does the same and exits 143.",
        "",
    ]
    for path, command in commands():
        lines += [f"## {path}", "", _help(command), ""]
        arguments = [p for p in command.params if isinstance(p, click.Argument)]
        if arguments:
            lines += ["Arguments: " + "; ".join(_argument(a) for a in arguments) + ".", ""]
        options = [p for p in command.params if isinstance(p, click.Option)]
        if options:
            lines += ["| option | |", "|---|---|"]
            lines += [f"| {_flags(o)} | {_option_text(o)} |" for o in options]
            lines.append("")
    return "\n".join(lines)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield (`dusktape make`, command) for every command and subcommand, the group itself first."""

    def walk(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        yield path, command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None, f"{path} lists {name!r} but does not have it"
                yield from walk(f"{path} {name}", found)

    return walk("dusktape", dusktape)


def _help(command: click.Command) -> str:
    paragraphs = (command.help or "").strip().split("\n\n")
    return "\n\n".join(" ".join(p.split()) for p in paragraphs)


def _argument(argument: click.Argument) -> str:
    name = f"`{(argument.metavar or argument.name or '').strip('[].').upper()}`"
    choices = f" ({', '.join(argument.type.choices)})" if isinstance(argument.type, click.Choice) else ""
    several = argument.nargs == -1
    if not argument.required:
        return f"{name}{choices}, {'any number' if several else 'may be left out'}"
    return f"{name}{choices}{', one or more' if several else ''}"


def _flags(option: click.Option) -> str:
    names = ", ".join(f"`{n}`" for n in (*option.opts, *option.secondary_opts))
    if option.is_flag or option.count:
        return names
    named = isinstance(option.type, click.Choice) and not option.metavar
    value = "|".join(option.type.choices) if named else option.metavar or option.type.name.upper()
    return f"{names} {_cell(value)}"


def _option_text(option: click.Option) -> str:
    text = _cell(option.help or "")
    if option.multiple:
        text += " May be given several times."
    if option.show_default:
        given = option.default
        text += f" Default: {option.opts[0] if option.secondary_opts and given else given}."
    return f"{text} Required." if option.required else text.strip()


def main() -> None:
    """Write the pages, or say which are stale."""
    stale = [p for p, text in pages().items() if not p.is_file() or p.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale; run python tools/reference.py", file=sys.stderr)
        sys.exit(bool(stale))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
