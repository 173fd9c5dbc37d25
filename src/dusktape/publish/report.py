"""A track's report as a folder: the page, its pictures, its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dusktape.core.score import Score
from dusktape.io import atomic
from dusktape.publish.deliver import Order

if TYPE_CHECKING:
    from dusktape.evaluate.sound.sheet import Sheet


def report_on(order: Order, score: Score, facts: Mapping[str, Any], told: Callable[[str, float], None]) -> Path | None:
    """Write the report of an order that has been delivered, and return the path of its page; None if none is wanted.

    Parameters
    ----------
    order
        As it was delivered.
    score
        What was played.
    facts
        What `deliver` returned.
    told
        Called with a stage and how much of it is done, 0 to 1.

    Raises
    ------
    OutputError
        If it cannot be written. The track stays.
    """
    audio = order.bundle / "master.flac" if order.bundle else order.path
    if order.report_folder is None or audio is None:
        return None
    from dusktape.evaluate.sound import sheet, subject  # here, since most tracks are made without

    return write(sheet.draw(subject.of(audio, facts, score), told), order.report_folder, force=order.force)


def write(sheet: Sheet, folder: Path, *, force: bool = False) -> Path:
    """Write a report whole or not at all, and return the path of its page.

    Raises
    ------
    OutputError
        If the folder is there and not empty (and not `force`), or cannot be written.
    """
    from dusktape.evaluate.sound.sheet import PAGE

    with atomic.replacing_folder(folder, force=force) as pending:
        for name, data in sheet.files().items():
            (pending / name).write_bytes(data)
    return folder / PAGE
