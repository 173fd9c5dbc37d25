"""What goes in and out of the API, as OpenAPI tells it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from dusktape.core.errors import InputError
from dusktape.core.roles import MOODS

FRAME = 1 << 53
"""No frame is this high: six thousand years, and what a number of JavaScript holds."""

Id = Annotated[str, StringConstraints(pattern=r"^[\w-]{1,64}$")]
Line = Annotated[str, StringConstraints(max_length=500)]
Bar = Annotated[int, Field(ge=1, le=100_000)]
Setting = Annotated[str, StringConstraints(max_length=300)]
Seed = Annotated[
    int,
    Field(ge=0, lt=1 << 63),
    WithJsonSchema(
        {
            "description": "May be text: it may have more digits than a number of JavaScript.",
            "anyOf": [
                {"type": "integer", "minimum": 0, "exclusiveMaximum": 1 << 63},
                {"type": "string", "pattern": r"^[0-9]{1,18}$"},
            ],
        }
    ),
]
Weather = Literal["clear", "rain", "snow", "fog"]


def _can_be_shown(title: str) -> str:
    from dusktape.publish.titles import check_title

    try:
        check_title(title)
    except InputError as error:
        raise ValueError(str(error)) from error
    return title


Title = Annotated[str, StringConstraints(max_length=200), AfterValidator(_can_be_shown)]


class Model(BaseModel):
    """Refuses fields that it does not have."""

    model_config = ConfigDict(extra="forbid")


class Problem(Model):
    """What went wrong, in one line."""

    what: str


class Refused(Model):
    """Every answer from 400 on."""

    error: Problem


class Track(Model):
    """A finished track. `seed` is text: it may have more digits than a number of JavaScript."""

    id: str
    title: str
    recipe: str
    mood: str
    seed: str
    bpm: float
    key: str
    seconds: float
    frames: int
    licence: str
    song: str
    parent: str | None
    edit: dict[str, Any] | None
    files: list[str]
    made_at: float
    station: str | None
    kept: bool
    likes: int
    liked: int


class TrackDetail(Track):
    """A track with what its `track.json` says."""

    provenance: dict[str, Any]


class Entry(Model):
    """A stretch of a station's programme, in frames of its clock."""

    id: int
    station: str
    kind: str
    start: int
    end: int
    join: int
    title: str
    timeline: bool
    spec: dict[str, Any]
    track: Track | None


class Station(Model):
    """A station. `head` is the newest frame: what a new listener hears when the burst is over.

    `beyond` says that its recipes do not reach its dial, so that the nearest plays.
    """

    name: str
    epoch: float
    head: int
    sample_rate: int
    settings: dict[str, Any]
    beyond: bool
    listeners: int
    encodings: list[str]


class StationNow(Station):
    """A station with what it plays where a new listener begins, and after that."""

    now: Entry | None
    next: Entry | None
    entries: list[Entry]


class Skipped(Model):
    """The frame at which to listen again: `/live.mp3?at=FRAME`.

    null where nothing else is ready yet: the entry whose spec names this `order` begins as soon as the next piece is.
    """

    at: int | None
    order: int


class Frame(Model):
    """The first frame that a listener got."""

    frame: int


class Steer(Model):
    """Where the music shall go from the next section on. null gives a thing back to the station."""

    mood: Literal[MOODS] | None = None  # type: ignore[valid-type]
    energy: float | None = Field(default=None, ge=-1.0, le=1.0)
    weather: Weather | None = None
    recipes: list[Id] | None = Field(default=None, max_length=40)


class Queue(Model):
    """A track that shall be played: next, or when its turn comes."""

    track: Id
    next: bool = False


class Accepted(Model):
    """Done."""

    ok: bool = True


class Like(Model):
    """1 for more like this, -1 for less, 0 for neither."""

    value: Literal[-1, 0, 1]


class Liked(Model):
    """What somebody thinks of a track, and everybody together."""

    track: str
    value: int
    likes: int


class Keep(Model):
    """Whether a track stays however full the library is."""

    kept: bool


class Job(Model):
    """Something that is made. `position` is its place in the queue while it waits."""

    id: str
    kind: str
    spec: dict[str, Any]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    stage: str
    error: str | None
    track: str | None
    result: dict[str, Any] | None
    group: str
    created_at: float
    position: int | None


class Asked(Model):
    """What to make a track of, beside a recipe: tracks by their ids, MIDI by the ids of uploads, a loop of bars."""

    origin: Id | None = None
    keep: list[Id] | None = Field(default=None, max_length=20)
    again: list[Id] | None = Field(default=None, max_length=20)
    bars: tuple[Bar, Bar] | None = None
    loop: int | None = Field(default=None, ge=2, le=64)
    like: tuple[Id, Id] | None = None
    mix: float | None = Field(default=None, ge=0.0, le=1.0)
    onward: Id | None = None
    under: Id | None = None


class TrackSpec(Model):
    """A track to make, in the words of `dusktape make`."""

    recipe: Line | None = None
    seed: Seed | None = None
    minutes: float | None = Field(default=None, ge=0.5, le=60.0)
    bpm: float | None = Field(default=None, ge=40.0, le=160.0)
    key: Annotated[str, StringConstraints(max_length=20)] | None = None
    mood: Literal[MOODS] | None = None  # type: ignore[valid-type]
    loudness_lufs: float | None = Field(default=None, ge=-40.0, le=-5.0)
    settings: list[Setting] | None = Field(default=None, max_length=100)
    effects: list[Id] | None = Field(default=None, max_length=10)
    composer: list[Id] | None = Field(default=None, max_length=4)
    asked: Asked | None = None
    stems: bool = False
    title: Title | None = None
    licence: Annotated[str, StringConstraints(max_length=60)] | None = None
    station: Id | None = None


class LofiSpec(Model):
    """What to do to a recording or a MIDI file that was sent, in the words of `dusktape lofi`. `upload` is its id.

    `name` is what the file is called here; without it, as when it was sent first.
    """

    upload: Id
    name: Annotated[str, StringConstraints(max_length=300)] | None = None
    recipe: Line | None = None
    seed: Seed | None = None
    speed: float | None = Field(default=None, ge=0.4, le=1.6)
    pitch: float | None = Field(default=None, ge=-24.0, le=24.0)
    bpm: float | None = Field(default=None, ge=30.0, le=200.0)
    key: Annotated[str, StringConstraints(max_length=20)] | None = None
    source_bpm: float | None = Field(default=None, ge=30.0, le=300.0)
    source_key: Annotated[str, StringConstraints(max_length=20)] | None = None
    downbeat: int | None = Field(default=None, ge=1, le=4)
    drums: bool = True
    kit: Annotated[str, StringConstraints(max_length=100)] | None = None
    weather: Annotated[str, StringConstraints(max_length=20)] | None = None
    loudness_lufs: float | None = Field(default=None, ge=-40.0, le=-5.0)
    settings: list[Setting] | None = Field(default=None, max_length=100)
    title: Title | None = None
    licence: Annotated[str, StringConstraints(max_length=60)] | None = None
    station: Id | None = None


class TrackOrder(Model):
    """What to make, and how many with different seeds."""

    kind: Literal["track"] = "track"
    spec: TrackSpec = TrackSpec()
    variants: int = Field(default=1, ge=1, le=8)


class LofiOrder(Model):
    """A file to make lo-fi, and how often with different seeds."""

    kind: Literal["lofi"]
    spec: LofiSpec
    variants: int = Field(default=1, ge=1, le=8)


class Wish(Model):
    """A wish in words."""

    text: Line


class Understood(Model):
    """What a wish means; null for the name of a recipe, or words that are none."""

    heard: dict[str, Any] | None
    said: list[str]


class Uploaded(Model):
    """A file that came in, and the job that looks into it."""

    id: str
    kind: Literal["audio", "midi", "soundfont"]
    name: str
    bytes: int
    seconds: float | None = None
    state: Literal["reading", "ready", "failed"]
    job: Job | None = None


class AllUploaded(Model):
    """The files that came in, newest first; and what those that were deleted were called, by their names as sounds."""

    uploads: list[Uploaded]
    deleted: dict[str, str] = {}
