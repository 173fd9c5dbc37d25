"""What sounds that were sent are called: as their owners' files are, and each so that it can be told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePath

from dusktape.radio.sent import nickname
from dusktape.server.uploads import Upload


def names_of(uploads: Iterable[Upload]) -> dict[str, str]:
    """Return what uploads are called, by the names under which they are instruments or effects.

    Parameters
    ----------
    uploads
        In the order in which those of the same name are numbered: `piano`, `piano (2)`.
    """
    seen: Counter[str] = Counter()
    named = {}
    for upload in uploads:
        called = PurePath(upload.name).stem
        seen[called] += 1
        named[PurePath(nickname(upload.file)).stem] = called if seen[called] == 1 else f"{called} ({seen[called]})"
    return named


__all__ = ["names_of"]
