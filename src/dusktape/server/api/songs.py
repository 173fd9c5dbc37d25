"""The studio's part of the API: versions of a song, its notes, edits, sound in slices, files to take away."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import Annotated, Any

import soundfile
from fastapi import APIRouter, HTTPException, Query, Request, Response

from dusktape.core.score import TICKS_PER_BEAT, Score
from dusktape.radio.nouns import Job as KeptJob
from dusktape.radio.nouns import Made
from dusktape.radio.state import State, new_id
from dusktape.radio.timeline import HOP, envelope
from dusktape.server import shown
from dusktape.server.api.controls import Control, controls
from dusktape.server.api.edits import Edit, Export, Part, edits, export_of, playing, recipe_of
from dusktape.server.api.finding import the_track
from dusktape.server.api.naming import names_of
from dusktape.server.api.schema import Id, Job, Model, Refused, Track
from dusktape.server.uploads import Uploads

PRIORITY = 10
"""Somebody waits for what the studio orders, and nobody for a station's reserve."""

LONGEST_SLICE = 60 * 44_100
MOST_VERSIONS = 500
_READINGS = 600
_FOR_EVER = "private, max-age=31536000, immutable"
_REFUSED: dict[int | str, dict[str, Any]] = {404: {"model": Refused}, 422: {"model": Refused}}


class Version(Track):
    """A version of a song, with what A and B are made equally loud by."""

    lufs: float | None


class Song(Model):
    """All versions of a song that are still there, oldest first; `parent` and `edit` make the tree."""

    song: str
    versions: list[Version]


class SongSection(Model):
    """A stretch of the song, in ticks."""

    name: str
    start: int
    length: int


class SongChord(Model):
    """A chord and how long it stands, in ticks."""

    name: str
    start: int
    length: int


class Player(Model):
    """A part of a song: its notes as they are played (start, length, pitch, velocity), and its place in the mix."""

    name: str
    instrument: str
    texture: bool
    drums: bool
    notes: list[tuple[int, int, int, int]]
    gain_db: float
    mute: bool
    stem: bool


class SongScore(Model):
    """Everything that the workbench draws. Times are ticks, 960 a beat, from the start of the track.

    `makeup_db` brings the sum of the stems about as high as the master.
    """

    track: str
    title: str
    bpm: float
    key: str
    beats_per_bar: int
    ticks_per_beat: int
    length: int
    frames: int
    lufs: float | None
    makeup_db: float
    recipe: dict[str, Any]
    sections: list[SongSection]
    chords: list[SongChord]
    parts: list[Player]


class Levels(Model):
    """How loud a part is, in whole dBFS (RMS), one reading for every `hop` frames."""

    hop: int
    db: list[int]


class Jobs(Model):
    """What was accepted."""

    jobs: list[Job]


def router(state: State, admits: Callable[[Request], bool]) -> APIRouter:
    """Return the routes of the studio.

    Parameters
    ----------
    state
        What the processes of a radio share.
    admits
        Whether who asks may know what sounds that were sent are called.
    """
    api = APIRouter(prefix="/api/v1", tags=["studio"], responses=_REFUSED)

    def found(track: str) -> Made:
        return the_track(state, track)

    @api.get("/controls")
    def offered(request: Request) -> list[Control]:
        """What the workbench offers for a new song, with ranges; `setting` is the recipe key for `settings`."""
        sent = Uploads(state.folder / "uploads", most_bytes=0).all() if admits(request) else ()
        return controls(names_of(tuple(sent)[::-1]))

    @api.get("/songs/{song}")
    def song(song: Id) -> Song:
        """All versions of a song."""
        versions = state.tracks(song=song, limit=MOST_VERSIONS)[::-1]
        if not versions:
            raise HTTPException(404, f"there is no song {song[:40]!r}")
        return Song(song=song, versions=[_version(made) for made in versions])

    @api.get("/tracks/{track}/score")
    def score(track: Id) -> SongScore:
        """Notes, sections, chords and faders of a track."""
        made = found(track)
        if "score.json" not in made.files:
            raise HTTPException(404, "this track has no score beside it; make it again")
        return _score(made, Score.from_json(_file(state, made, "score.json").decode()))

    @api.post("/tracks/{track}/edit", status_code=202)
    def edit(track: Id, told: Edit, request: Request) -> Jobs:
        """Order a new version; several with different seeds where `variants` says so."""
        kind, specs = edits(state, found(track), told)
        group = new_id()
        return _jobs([state.submit(kind, s, priority=PRIORITY, client=_who(request), group=group) for s in specs])

    @api.post("/tracks/{track}/export", status_code=202)
    def export(track: Id, told: Export, request: Request) -> Jobs:
        """Order a file to take away; the job's `result.file` is its name among the track's files."""
        spec = export_of(state, found(track), told)
        return _jobs([state.submit("export", spec, priority=PRIORITY, client=_who(request))])

    @api.get("/tracks/{track}/levels/{part}")
    def levels(track: Id, part: Part, response: Response) -> Levels:
        """How loud a part is when, from its stem."""
        made = found(track)
        told = _levels_of(state, made, part)
        response.headers["Cache-Control"] = _FOR_EVER
        return told

    @api.get("/tracks/{track}/slices/{name}", response_class=Response)
    def sliced(
        track: Id,
        name: Part,
        start: Annotated[int, Query(ge=0, lt=1 << 40)] = 0,
        frames: Annotated[int, Query(ge=1, le=LONGEST_SLICE)] = 10 * 44_100,
    ) -> Response:
        """A stretch of the master (`master`) or of a stem as FLAC, exact to the frame, for players in step."""
        made = found(track)
        file = "master.flac" if name == "master" else f"stems/{name}.flac"
        if file not in made.files:
            raise HTTPException(404, f"this track has no {name}; order its stems first")
        sound = _slice(state, made, file, start, frames)
        return Response(sound, media_type="audio/flac", headers={"Cache-Control": _FOR_EVER})

    return api


def _who(request: Request) -> str:
    return request.client.host if request.client else ""


def _jobs(made: list[KeptJob]) -> Jobs:
    return Jobs(jobs=[Job.model_validate(shown.job(one)) for one in made])


def _version(made: Made) -> Version:
    lufs = made.provenance.get("report", {}).get("lufs")
    return Version.model_validate({**shown.track(made), "lufs": lufs})


def _file(state: State, made: Made, name: str) -> bytes:
    try:
        return state.blob(made.files[name]).read_bytes()
    except OSError:
        raise HTTPException(404, f"the file {name} of this track is not there any more") from None


def _levels_of(state: State, made: Made, part: str) -> Levels:
    name = f"stems/{part}.flac"
    if name not in made.files:
        raise HTTPException(404, f"this track has no {part}; order its stems first")
    try:
        db = envelope(state.blob(made.files[name]))
    except (OSError, soundfile.LibsndfileError):
        raise HTTPException(404, f"the file {name} of this track is not there any more") from None
    wide = max(1, math.ceil(len(db) / _READINGS))
    return Levels(hop=HOP * wide, db=[max(db[k : k + wide]) for k in range(0, len(db), wide)])


def _slice(state: State, made: Made, name: str, start: int, frames: int) -> bytes:
    try:
        with soundfile.SoundFile(state.blob(made.files[name])) as sound:
            if start >= sound.frames:
                raise HTTPException(404, f"the track ends at frame {sound.frames}")
            sound.seek(start)
            block, rate = sound.read(frames, dtype="float32", always_2d=True), sound.samplerate
    except (OSError, soundfile.LibsndfileError):
        raise HTTPException(404, f"the file {name} of this track is not there any more") from None
    out = io.BytesIO()
    soundfile.write(out, block, rate, format="FLAC", subtype="PCM_16")
    return out.getvalue()


def _levels(made: Made) -> dict[str, Any]:
    levels = made.provenance.get("control", {}).get("levels")
    return levels if isinstance(levels, dict) else {}


def _score(made: Made, score: Score) -> SongScore:
    levels, there = _levels(made), playing(made)
    sounding = {name: part for name, part in there.items() if part.get("texture") or score.parts.get(name)}
    silent = {name: part for name, part in there.items() if name not in sounding and not part.get("texture")}
    parts = [
        Player(
            name=name,
            instrument=str(part.get("instrument", "")),
            texture=bool(part.get("texture")),
            drums=name == "drums",
            notes=[(n.start, n.length, n.pitch, n.velocity) for n in score.parts.get(name, ())],
            gain_db=float(levels.get(name, {}).get("gain_db", 0.0)),
            mute=bool(levels.get(name, {}).get("mute", False)),
            stem=f"stems/{name}.flac" in made.files,
        )
        for name, part in {**sounding, **silent}.items()
    ]
    lufs = made.provenance.get("report", {}).get("lufs")
    return SongScore(
        track=made.id,
        title=made.title,
        bpm=score.bpm,
        key=score.key.name,
        beats_per_bar=score.beats_per_bar,
        ticks_per_beat=TICKS_PER_BEAT,
        length=score.end,
        frames=made.frames,
        lufs=lufs,
        makeup_db=_makeup_db(sounding, lufs),
        recipe={name: value for name, value in recipe_of(made).items() if name not in ("models", "master")},
        sections=[SongSection(name=s.name, start=s.start, length=s.length) for s in score.sections],
        chords=[SongChord(name=c.name, start=c.start, length=c.length) for c in score.chords],
        parts=parts,
    )


def _makeup_db(sounding: dict[str, dict[str, Any]], lufs: float | None) -> float:
    """Return the gain at which parts of the recipe's loudness, all together, are about as loud as the master."""
    powers = [10.0 ** (float(part.get("loudness_lufs", -30.0)) / 10.0) for part in sounding.values()]
    if lufs is None or not powers:
        return 0.0
    return round(min(18.0, max(-6.0, lufs - 10.0 * math.log10(sum(powers)))), 2)


__all__ = ["Edit", "Export", "edits", "export_of", "router"]
