"""Files from listeners: taken in as they come, under names of ours, and only what their first bytes say they are."""

from __future__ import annotations

import asyncio
import filecmp
import json
import os
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from dusktape.core.errors import InputError, OutputError
from dusktape.io import atomic
from dusktape.radio.nouns import is_upload
from dusktape.radio.sent import nickname, seat, shelved

if TYPE_CHECKING:
    from dusktape.radio.state import State

_HEAD = 64
_LEAST_BYTES = {".wav": 44, ".mid": 22}
"""A header, a format and an empty block of samples; a header and an empty track."""

_ALL_BYTES = 4 << 30
_UNFINISHED_S = 3600.0
_LONGEST_NAME = 120
_EVERYTHING = 1_000_000
_GONE, _MOST_GONE = "deleted_uploads.json", 1000

UNUSED_DAYS = 30.0
"""An upload that nothing was ordered with for so long, and that no track in the library was made with, goes."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came in.

    Parameters
    ----------
    id
        32 hexadecimal digits that nobody guesses.
    kind
        `audio`, `midi` or `soundfont`, from its content.
    name
        As its owner calls it, made harmless; for showing only.
    bytes
        Its size.
    suffix
        Of our file.
    job
        The job that looks into it; none for what the command line brought, which has looked into it.
    seconds
        How long a recording is, where that is known without the job.
    known
        Whether it was here before: the same content sent again is the same upload.
    """

    id: str
    kind: str
    name: str
    bytes: int
    suffix: str
    job: str = ""
    seconds: float | None = None
    known: bool = False

    @property
    def file(self) -> str:
        """Name in the folder of uploads."""
        return f"{self.id}{self.suffix}"


def kind_of(head: bytes) -> tuple[str, str] | None:
    """Return kind and suffix of a file by its first bytes; None for what we do not take.

    Source
    ------
    RIFF (Microsoft, 1991), FLAC (RFC 9639), Ogg (RFC 3533), MPEG-1 audio (ISO 11172-3) with or without ID3v2, Standard
    MIDI Files 1.0, SoundFont 2.04.
    """
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "audio", ".wav"
    if head[:4] == b"RIFF" and head[8:12] == b"sfbk":
        return "soundfont", ".sf2"
    if head[:4] == b"MThd":
        return "midi", ".mid"
    if head[:4] == b"fLaC":
        return "audio", ".flac"
    if head[:4] == b"OggS":
        return "audio", ".ogg"
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "audio", ".mp3"
    return None


def harmless(name: str) -> str:
    """Return a file's name as it can be shown: its last part, printable, not too long."""
    last = re.split(r"[/\\]", name)[-1]
    clean = "".join(c if c.isprintable() and c not in '<>:"|?*' else " " for c in last)
    return " ".join(clean.split()).strip(". ")[:_LONGEST_NAME] or "upload"


class Uploads:
    """The folder that uploads lie in, outside of everything that is served.

    Parameters
    ----------
    folder
        Made when the first one comes.
    most_bytes
        The largest file that is taken.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.folder = folder
        self._most_bytes = most_bytes

    async def take(self, pieces: AsyncIterator[bytes], name: str) -> Upload:
        """Write a file as it comes in; it is there whole or not at all. What is here already is not kept twice.

        Raises
        ------
        InputError
            If it is nothing that we know, too large, empty, or the folder is full.
        """
        room = self._room()
        if room <= 0:
            raise InputError("the folder of uploads is full; delete some")
        mark = secrets.token_hex(16)
        part = self.folder / f"{mark}.part"
        try:
            with atomic.writing(self.folder):
                size, found = await self._write(pieces, part, min(self._most_bytes, room))
                upload = Upload(mark, found[0], harmless(name), size, found[1])
                if same := await asyncio.to_thread(self._same, part, upload):
                    self.use(same)
                    return replace(same, known=True)
                part.replace(self.folder / upload.file)
            self._note(upload)
            return upload
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    async def _write(self, pieces: AsyncIterator[bytes], part: Path, most: int) -> tuple[int, tuple[str, str]]:
        head, size = b"", 0
        found: tuple[str, str] | None = None
        with part.open("xb") as file:
            async for piece in pieces:
                if found is None:
                    head += piece[:_HEAD]
                    if len(head) >= 12 and (found := kind_of(head)) is None:
                        break
                size += len(piece)
                if size > most:
                    raise InputError(f"the file is too large; {most >> 20} MiB are the limit")
                file.write(piece)
        if not head:
            raise InputError("the file is empty; choose another")
        if found is None or size < _LEAST_BYTES.get(found[1], 1):
            raise InputError("that is no file we know; WAV, FLAC, Ogg, MP3, MIDI and .sf2 are")
        return size, found

    def _same(self, part: Path, sent: Upload) -> Upload | None:
        """Return the upload that has the same content, if there is one."""
        for one in self.all():
            if (one.kind, one.bytes) == (sent.kind, sent.bytes):
                with suppress(OSError):
                    if filecmp.cmp(part, self.folder / one.file, shallow=False):
                        return one
        return None

    def _note(self, upload: Upload) -> None:
        told = {name: value for name, value in asdict(upload).items() if name != "known"}
        atomic.write_bytes(self.folder / f"{upload.id}.json", json.dumps(told).encode(), force=True)

    def looked_into_by(self, upload: Upload, job: str) -> Upload:
        """Remember which job looks into an upload; return it with that."""
        told = replace(upload, job=job)
        self._note(told)
        return told

    def lasts(self, upload: Upload, seconds: float | None) -> Upload:
        """Remember how long an upload is; return it with that."""
        told = replace(upload, seconds=seconds)
        self._note(told)
        return told

    def use(self, upload: Upload) -> None:
        """Remember that an upload was used just now."""
        with suppress(OSError):
            os.utime(self.folder / f"{upload.id}.json")

    def all(self) -> list[Upload]:
        """Return what came in, the newest first."""
        found = []
        for note in self.folder.glob("*.json"):
            upload = self.find(note.stem)
            with suppress(OSError):
                if upload is not None:
                    found.append(((self.folder / upload.file).stat().st_mtime, upload))
        return [upload for _, upload in sorted(found, key=lambda pair: (-pair[0], pair[1].id))]

    def let_go(self, state: State) -> list[Upload]:
        """Take away what was not used for `UNUSED_DAYS`, and return it.

        Used is what something was ordered with, and what a track in the library or a job that waits still names.
        """
        last = time.time() - UNUSED_DAYS * 86_400.0
        old = [upload for upload in self.all() if self._used_at(upload) < last]
        if not old:
            return []
        named = [json.dumps((made.provenance, made.edit)) for made in state.tracks(limit=_EVERYTHING)]
        named += [json.dumps(job.spec) for job in state.jobs(states=("queued", "running"), limit=_EVERYTHING)]
        gone = [upload for upload in old if not any(upload.id[:10] in text for text in named)]
        for upload in gone:
            self.remove(upload)
        return gone

    def _used_at(self, upload: Upload) -> float:
        try:
            return (self.folder / f"{upload.id}.json").stat().st_mtime
        except OSError:
            return time.time()

    def find(self, mark: str) -> Upload | None:
        """Return an upload by its id."""
        if not is_upload(mark):
            return None
        try:
            return Upload(**json.loads((self.folder / f"{mark}.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def remove(self, upload: Upload) -> None:
        """Take an upload away, and the instrument or the effect that it became; what it was called is remembered."""
        self._remember(upload)
        for path in (
            self.folder / upload.file,
            self.folder / f"{upload.id}.json",
            seat(self.folder.parent, upload.file),
            shelved(upload.file),
        ):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def gone(self) -> dict[str, str]:
        """Return what uploads that were taken away were called, by the names under which they were sounds."""
        try:
            told = json.loads((self.folder.parent / _GONE).read_text(encoding="utf-8"))
            return {str(mark): str(name) for mark, name in told.items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _remember(self, upload: Upload) -> None:
        named = self.gone() | {PurePath(nickname(upload.file)).stem: PurePath(upload.name).stem}
        newest = dict(list(named.items())[-_MOST_GONE:])
        with suppress(OutputError):  # a full disk is what one deletes for
            atomic.write_bytes(self.folder.parent / _GONE, json.dumps(newest).encode(), force=True)

    def _room(self) -> int:
        """Make the folder, sweep what was never finished, and return how many bytes may still come."""
        with atomic.writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        used, now = 0, time.time()
        for entry in os.scandir(self.folder):
            with suppress(OSError):
                stat = entry.stat()
                if entry.name.endswith(".part") and now - stat.st_mtime > _UNFINISHED_S:
                    Path(entry.path).unlink(missing_ok=True)
                else:
                    used += stat.st_size
        return _ALL_BYTES - used
