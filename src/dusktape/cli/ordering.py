"""`dusktape jobs add` and `dusktape jobs lofi`: orders, held to what the API holds everybody to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dusktape.cli.library import YOU
from dusktape.core.errors import InputError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from dusktape.radio.state import Job, State
    from dusktape.server.uploads import Upload, Uploads

    M = TypeVar("M", bound=BaseModel)

_PIECE = 1 << 20
_OPTIONS = {"loudness_lufs": "loudness", "settings": "set", "effects": "effect", "drums": "no-drums"}
"""What options are called whose field has another name."""

_ARGUMENTS = {("dusktape jobs add", "recipe"): "RECIPE", ("dusktape jobs export", "what"): "WHAT"}
"""Fields that a command takes as an argument."""


def read(model: type[M], told: Mapping[str, Any], *, command: str) -> M:
    """Return a spec of what options say; None is what was not said.

    Raises
    ------
    InputError
        Naming the option that is wrong.
    """
    from pydantic import ValidationError

    from dusktape.server import mistakes

    try:
        return model.model_validate({name: value for name, value in told.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        said_whole = first["type"] == "value_error"  # a line of our own, which names what it is about
        field = str(first["loc"][0]) if first["loc"] and not said_whole else ""
        where = _ARGUMENTS.get((command, field), f"--{_OPTIONS.get(field, field).replace('_', '-')}") if field else ""
        said = mistakes.what(first, otherwise=f"cannot be {{got}}; see {command} --help")
        raise InputError(f"{where} {said}".lstrip()) from error


def accepted(radio: State, kind: str, spec: dict[str, Any], variants: int) -> list[Job]:
    """Hand in a job, or several with different seeds.

    Raises
    ------
    InputError
        If it is for a station that is not there.
    TooMuchError
        If more of it waits than may.
    """
    from dusktape.server.api.finding import check_station
    from dusktape.server.api.jobs import varied

    if spec.get("station") is not None:
        check_station(spec["station"], (one.name for one in radio.stations()))
    return handed_in(radio, kind, varied(spec, variants))


def handed_in(radio: State, kind: str, specs: Sequence[Mapping[str, Any]]) -> list[Job]:
    """Hand in jobs of one kind, several as a group.

    Raises
    ------
    TooMuchError
        If more of it waits than may.
    """
    from dusktape.radio.state import new_id
    from dusktape.server.limits import Limits
    from dusktape.server.shares import Shares

    return Shares(Limits()).accept(radio, YOU, kind, specs, group=new_id() if len(specs) > 1 else "")


def rows_of(file: Path | None) -> dict[str, list[tuple[int, int, int, int]]] | None:
    """Return the notes in a file by part, as the API takes them."""
    from dusktape.publish.asked import read_notes

    if file is None:
        return None
    try:
        parts = read_notes(file)
    except InputError as error:
        raise InputError(f"--notes: {error}") from error
    return {part: [(n.start, n.length, n.pitch, n.velocity) for n in notes] for part, notes in parts.items()}


def faders(gains: Sequence[str], mute: Sequence[str], solo: Sequence[str]) -> dict[str, dict[str, Any]] | None:
    """Return what is done to parts in the mix, as the API takes it; None if nothing is."""
    from dusktape.publish.asked import parse_levels, role

    table = {part: level.table() for part, level in (parse_levels(gains, mute) or {}).items()}
    for part in map(role, solo):
        table[part] = {**table.get(part, {}), "solo": True}
    return table or None


def uploads_of(radio: State) -> Uploads:
    """Return the uploads of a radio."""
    from dusktape.server.limits import Limits
    from dusktape.server.uploads import Uploads

    return Uploads(radio.folder / "uploads", Limits().upload_bytes)


def discard(radio: State, sent: Iterable[Upload]) -> None:
    """Take files away that were brought for nothing; those that were there before stay."""
    for one in sent:
        if not one.known:
            uploads_of(radio).remove(one)


def brought(radio: State, file: Path, kinds: Sequence[str]) -> tuple[Upload, dict[str, Any]]:
    """Copy a file of one's own to the uploads, and return it with what was found out about it.

    What is there already under another name is called as it is here.

    Raises
    ------
    InputError
        If it cannot be read, is too large or too long, or of none of these kinds.
    """
    from dusktape.radio.sent import look_into
    from dusktape.server.uploads import harmless

    if not file.is_file():
        raise InputError(f"there is no file {str(file)!r}; check the name")
    try:
        file.open("rb").close()
    except OSError as error:
        raise InputError(f"cannot read {str(file)!r}: {error.strerror}; choose another") from error
    uploads = uploads_of(radio)
    found = asyncio.run(uploads.take(_pieces(file), file.name))
    try:
        if found.kind not in kinds:
            raise InputError(f"{file.name!r} is {found.kind}; {' or '.join(kinds)} is wanted there")
        facts = look_into(uploads.folder / found.file, found.kind, name=file.name)
        if found.known:
            return replace(found, name=harmless(file.name)), facts
        return uploads.lasts(found, facts.get("seconds")), facts
    except BaseException:
        discard(radio, [found])
        raise


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as source:
        while piece := source.read(_PIECE):
            yield piece
