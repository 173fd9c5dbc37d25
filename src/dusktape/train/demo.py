"""What the network makes now: a MIDI file, how it sounds, and its piano roll; or sounds, and their spectrograms."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dusktape.compose.whole import SongModel, point
from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import DusktapeError
from dusktape.core.recipe import Recipe
from dusktape.core.roles import PARTS, ChordWriter, DrumWriter, MelodyWriter, RhythmWriter
from dusktape.core.score import BAR, SIXTEENTH, Chord, Key, Note, Score, Section
from dusktape.core.seed import Seed
from dusktape.io import atomic
from dusktape.io.audiofile import AudioWriter
from dusktape.io.midi import to_midi
from dusktape.nn.line import VELOCITY_BINS, Line
from dusktape.nn.model import Model
from dusktape.nn.run import SOUND
from dusktape.nn.sampling import Sampling
from dusktape.studio.production import Production
from dusktape.studio.wish import Wish
from dusktape.theory.voicing import voice
from dusktape.train import roll, sounds
from dusktape.train.keep import DEMOS, Keeper
from dusktape.train.report import Listener

if TYPE_CHECKING:
    from dusktape.train.loop import Job

BARS, BPM, TEMPERATURE = 8, 78.0, 0.95
HOME = Key(0, "major")
LOOP = tuple(
    Chord(k * BAR, BAR, root, quality)
    for k, (root, quality) in enumerate(((5, "maj7"), (4, "m7"), (2, "m7"), (0, "maj7")) * (BARS // 4))
)
"""What a melody is asked for over."""

TEXTURES = ("vinyl", "rain", "room")

WRITTEN = ("keys", "lead", "pad", "bass", "drums")
"""Players of what a network writes. A guest answers once a song is arranged, which a demo is not."""

RECIPE = Wish(
    "study",
    key=HOME.name,
    bpm=BPM,
    minutes=0.5,
    settings=tuple(f"parts.{name}.on={'true' if name in WRITTEN else 'false'}" for name in (*PARTS, *TEXTURES)),
)


class Demos:
    """Makes a demo at its cadence, always from the same seed, so that one hears what was learned in between.

    Parameters
    ----------
    keeper
        Where the run lies.
    model
        Who opens the weights.
    pack
        Writes the job's weights as they would ship into a file and returns its SHA-256.
    listener
        Told when there is none.

    The attribute `last` is the newest demo, a path that its files add their endings to.
    """

    def __init__(self, keeper: Keeper, model: Model, pack: Callable[[Job, Path], str], listener: Listener) -> None:
        self._keeper, self._model, self._pack, self._listener = keeper, model, pack, listener
        self.last: Path | None = None

    def __call__(self, job: Job) -> None:
        """Make one if it is due."""
        every = job.settings.demo_steps
        if not every or job.state.step % every or job.state.stopped:
            return
        self._keeper.keep(job)
        if job.accelerator.is_main_process:
            with tempfile.TemporaryDirectory(prefix="dusktape-") as folder:
                weights = Path(folder) / "weights.safetensors"
                sha256 = self._pack(job, weights)
                self.make(weights, sha256, f"step-{job.state.step:07d}", Seed(job.settings.seed))

    def make(self, weights: Path, sha256: str, name: str, seed: Seed) -> None:
        """Write `demos/NAME.flac` and `.png`, of notes also `.mid`; where the network cannot play yet, say why."""
        from dusktape.train.randomness import undrawn

        path, title = self._keeper.folder / DEMOS / name, f"{self._model.name}  {name}"
        try:
            with undrawn():
                writer = self._model.open(weights, sha256)
                if self._model.role == SOUND:
                    path.parent.mkdir(exist_ok=True)
                    sounds.write(writer, path, title=title, seed=seed.at("demo"))
                elif (score := compose(writer, self._model.role, seed.at("demo"))) is None:
                    return
                else:
                    path.parent.mkdir(exist_ok=True)
                    to_midi(score, path.with_suffix(".mid"), title=f"{self._model.name}, {name}", force=True)
                    atomic.write_bytes(path.with_suffix(".png"), roll.draw(score, title), force=True)
                    render(score, path.with_suffix(".flac"), seed)
            self.last = path
        except DusktapeError as error:
            self._listener.say(f"no demo {name}: {error}")


def render(score: Score, path: Path, seed: Seed) -> None:
    """Play a score in the studio and write what is heard."""
    production = Production(_recipe(seed), seed, given=score)
    with AudioWriter(path, SAMPLE_RATE, seed=seed.at("dither"), force=True) as writer:
        for block in production.master():
            writer.write(block)


def _recipe(seed: Seed) -> Recipe:
    return RECIPE.resolve(seed.at("recipe"))


def compose(writer: Any, role: str, seed: Seed) -> Score | None:
    """Return eight bars by a writer, or None if it is of a kind that does not play alone.

    Melodies are asked for over four chords, which are played along.
    """
    if hasattr(writer, "generate"):
        line = writer.generate(key=HOME, seed=seed, sampling=Sampling(), steps=BARS * 16, chords=LOOP)
        return _score({"lead": notes_of(line)}, LOOP)
    how = _HOW.get(role)
    return how(writer, seed) if how else None


def _melody(writer: MelodyWriter, seed: Seed) -> Score:
    how: dict[str, Any] = {"given": (), "given_bars": 0, "density": 0.5, "temperature": TEMPERATURE}
    return _score({"lead": writer.write_melody(key=HOME, chords=LOOP, bars=BARS, seed=seed, **how)}, LOOP)


def _harmony(writer: ChordWriter, seed: Seed) -> Score:
    loop = writer.write_loop(mode=HOME.mode, mood="wistful", bars=4, seed=seed, temperature=TEMPERATURE, max_chords=6)
    return _score({}, _chords(loop))


def _song(model: SongModel, seed: Seed) -> Score:
    loop, lead = model.decode(
        point(model.latents, seed), key=HOME, loop_bars=4, bars=BARS, seed=seed, temperature=TEMPERATURE
    )
    return _score({"lead": lead}, _chords(loop))


def _drums(writer: DrumWriter, seed: Seed) -> Score:
    fills = (False,) * (BARS - 1) + (True,)
    hits = writer.write_drums(style="hiphop", bpm=BPM, bars=BARS, fills=fills, seed=seed, temperature=TEMPERATURE)
    return _score({"drums": hits}, ())


def _comping(writer: RhythmWriter, seed: Seed) -> Score:
    struck = writer.write_rhythm(chords=LOOP, bars=BARS, density=0.5, seed=seed, temperature=TEMPERATURE)
    return _score({"keys": held(LOOP, struck)}, ())


_HOW: dict[str, Callable[[Any, Seed], Score]] = {
    "melody": _melody,
    "harmony": _harmony,
    "drums": _drums,
    "comping": _comping,
    "song": _song,
}


def _chords(loop: Sequence[Any]) -> tuple[Chord, ...]:
    """Return a loop of the key, played until the bars are full."""
    out: list[Chord] = []
    start = 0
    while start < BARS * BAR and loop:
        for chord in loop:
            length = min(chord.length_beats * BAR // 4, BARS * BAR - start)
            if length > 0:
                out.append(Chord(start, length, (HOME.tonic + chord.degree) % 12, chord.quality))
            start += length
    return tuple(out)


def _score(parts: dict[str, Sequence[Note]], chords: Sequence[Chord]) -> Score:
    """Return a score whose chords, if there are any, are held by the keys."""
    if chords and "keys" not in parts:
        parts = {**parts, "keys": held(chords, [(c.start, c.length) for c in chords])}
    return Score(
        bpm=BPM,
        key=HOME,
        sections=(Section("A", 0, BARS * BAR),),
        chords=tuple(chords),
        parts={name: tuple(notes) for name, notes in parts.items()},
    )


def held(chords: Sequence[Chord], struck: Sequence[tuple[int, int]]) -> tuple[Note, ...]:
    """Return chords under one hand, struck at (start, length) in ticks."""
    voicings = dict(zip((c.start for c in chords), voice(chords, rootless=False), strict=True))
    return tuple(
        Note(start, length, pitch, 62)
        for start, length in struck
        for pitch in voicings[max(s for s in voicings if s <= start)]
    )


def notes_of(line: Line) -> tuple[Note, ...]:
    """Return the notes of a line up to the last bar, in ticks."""
    middle = 128 // VELOCITY_BINS // 2
    return tuple(
        Note(s * SIXTEENTH, d * SIXTEENTH, p, v * 2 * middle + middle)
        for s, d, p, v in zip(
            line.start.tolist(), line.duration.tolist(), line.pitch.tolist(), line.velocity.tolist(), strict=True
        )
        if s < BARS * 16
    )
