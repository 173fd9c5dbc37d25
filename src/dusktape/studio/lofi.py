"""Lo-fi anything: somebody's recording or MIDI file, as a production of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dusktape import presets
from dusktape.compose.events import with_events
from dusktape.compose.perform import perform
from dusktape.core.audio import SAMPLE_RATE, Cues
from dusktape.core.counting import counted
from dusktape.core.draws import close
from dusktape.core.errors import InputError, RecipeError, suggestion
from dusktape.core.recipe import Part, Recipe
from dusktape.core.roles import PARTS
from dusktape.core.score import TICKS_PER_BEAT, Key, Score, Section
from dusktape.core.seed import Seed
from dusktape.data.beats import Grid, felt, find_beats
from dusktape.data.hearing import Heard, hear
from dusktape.dsp.loudness import LoudnessMeter
from dusktape.io import toml
from dusktape.io.sound import SoundReader, kind_of
from dusktape.mix.chain import Named
from dusktape.studio.backbeat import drum_part, form_of, sections_of, warped
from dusktape.studio.presets import resolve
from dusktape.studio.production import Production
from dusktape.studio.recording import USUAL_SPEED, Motion, Recording
from dusktape.studio.rig import Seat, cues_of, effects, open_strip, seats
from dusktape.studio.seating import DRUMS
from dusktape.studio.treatment import RECORDING, WEATHERS, Treatment

LAYER = Path(presets.DEFAULT).with_name("lofi.toml")

_SLOWEST_BPM, _FASTEST_BPM = 54.0, 112.0
_LOUDEST_GAIN_DB = 36.0
_STRETCH_S, _TAIL_S = 6.0, 1.5
_NO_DOWNBEAT = "--downbeat does nothing here: it says where our drums begin a bar, and there are none"
_NO_DRUMS, _NO_PLAYERS = "no drums of ours play", "beside a recording only drums and textures play"
_COMPOSED = ("composer", "models", "form", "harmony", "melody", "bass", "comping")
"""What a recipe says of music that is not composed here."""

_SILENT, _SHORTEST_S = 1e-9, 0.1


@dataclass
class Remix(Production):
    """A production with a recording among its parts. The score holds what plays beside it; that may be nothing.

    Parameters
    ----------
    seat
        The recording, and the effects it goes through.
    gain
        Linear, that brings it to its loudness.
    """

    seat: Seat | None = None
    gain: float = 1.0

    def _compose(self) -> None:
        assert self.given is not None and self.seat is not None
        self.score = self.given
        others = {name: part for name, part in self.recipe.parts.items() if name != RECORDING}
        players = self.recipe.model_copy(update={"parts": others})
        self._seats = (self.seat, *seats(players, self.score))
        self._gains[RECORDING] = self.gain
        self.cues = cues_of(self.score)
        self._master_effects = effects(self.recipe.master.chain, "master.chain")


@dataclass(frozen=True, slots=True)
class Work:
    """A file, treated: what will sound, and what is to be said.

    Parameters
    ----------
    production
        Ready to be rendered.
    said
        What a user may want to know, a sentence each.
    facts
        What was found and done, for the provenance.
    key
        Of the music, where it is known.
    drummed
        Whether our network plays the drums.
    """

    production: Production
    said: tuple[str, ...]
    facts: Mapping[str, Any]
    key: Key | None
    drummed: bool

    @property
    def players(self) -> Recipe:
        """The recipe of all that plays beside a recording: a file of the user's may bear that part's name."""
        recipe = self.production.recipe
        if not isinstance(self.production, Remix):
            return recipe
        return recipe.model_copy(update={"parts": {n: p for n, p in recipe.parts.items() if n != RECORDING}})


Progress = Callable[[str, float], None]


def remixed(path: Path, wanted: Treatment, seed: Seed, *, progress: Progress = lambda stage, share: None) -> Work:
    """Return a recording as lo-fi: slower, through tape and vinyl, with our drums on its beat.

    The file is read twice, in pieces: once to hear its beat and its loudness, once to be played.

    Raises
    ------
    InputError
        If it is no sound that we can read, too short, silent, or options contradict each other.
    PluginError
        If drums or a tempo are asked for and librosa is missing.
    RecipeError
        If the recipe, or a setting, is not possible.
    """
    wanted.check()
    if wanted.key is not None:
        raise InputError("--key is for MIDI files; move a recording with --pitch, in semitones")
    if wanted.source_key is not None:
        raise InputError("--source-key is for MIDI files; of a recording, the key is not needed: leave it out")
    _chosen(wanted, seed, None)  # what is wrong with the recipe is said before we listen for long
    with SoundReader(path) as reader:
        rate = reader.sample_rate
        motion = Motion.asked(rate, wanted.speed, wanted.pitch)
        progress("listening", 0.0)
        heard = hear(reader.blocks(), rate)
    if heard.seconds < _SHORTEST_S:
        count = counted(round(heard.seconds * rate), "frame")
        raise InputError(f"{str(path)!r} is too short: {count}; give a recording of some seconds")
    if heard.energies.max(initial=0.0) < _SILENT:
        raise InputError(f"{str(path)!r} is silent; give a recording with something to hear")
    grid = None
    if wanted.drums or wanted.bpm is not None:
        grid = find_beats(heard, bpm=wanted.source_bpm, downbeat=wanted.downbeat)
    progress("listening", 1.0)
    if wanted.bpm is not None:
        motion = _at_tempo(path, grid, wanted, rate)
    slowed = None
    if grid is not None:
        found = felt(grid, heard, _SLOWEST_BPM / motion.speed, _FASTEST_BPM / motion.speed)
        if wanted.downbeat is not None and found is not grid:
            found = replace(found, first=(wanted.downbeat - 1) % 4)
        slowed = found.slowed(motion.speed)
    return _mixed(path, wanted, seed, heard, motion, slowed)


def _mixed(path: Path, wanted: Treatment, seed: Seed, heard: Heard, motion: Motion, grid: Grid | None) -> Work:
    seconds = heard.seconds / motion.speed
    recipe, chain, options = _chosen(wanted, seed, None if grid is None else grid.bpm)
    recipe = _as_heard(recipe, seconds, grid, heard, motion, wanted)
    drums = wanted.drums and grid is not None and recipe.parts.get("drums") is not None and recipe.parts["drums"].on
    score = _score(recipe, seed, grid, seconds, drums=drums)
    seat = Seat(RECORDING, recipe.parts[RECORDING], Recording(path, motion), chain)
    gain = _gain(seat, path, motion, heard, seed)
    remix = Remix(recipe, seed, given=score, seat=seat, gain=gain)
    said = (*_said(path, wanted, motion, grid, drums=drums), *_idle(options, recipe, drums=drums))
    return Work(remix, said, _facts(motion, grid), None, drums)


def _chosen(wanted: Treatment, seed: Seed, bpm: float | None) -> tuple[Recipe, tuple[Named, ...], Mapping[str, str]]:
    """Return the recipe with the recording among its parts, every choice closed, and the effects that it goes through.

    The recording is no instrument that could be looked up by its name, so it is checked apart from the others. The
    last is recipe key to the option that set it.
    """
    if RECORDING in wanted.effects:
        raise InputError(f"--effect: {RECORDING} is what your file is called here; rename the one to lay over it")
    where, table = wanted.recipe, wanted.table(bpm, layer=toml.read(LAYER))
    options = wanted.options(table)
    told = close(table, seed.at("recipe"), where=where)["parts"].get(RECORDING)
    if not told or told.get("on") is False or told.get("instrument") != RECORDING:
        raise InputError("the recording itself has to play; switch off its effects, as in recording.cassette=false")
    for name in told.get("params") or ():
        place = options.get(f"parts.{RECORDING}.params.{name}", f"{where}: parts.{RECORDING}.params.{name}")
        known = {*Part.model_fields, *told.get("chain", ())} - {"instrument", "texture", "params", "chain"}
        raise RecipeError(f"{place}: there is no {name!r}{suggestion(name, known)}")
    others = {name: part for name, part in table["parts"].items() if name != RECORDING}
    recipe = resolve({**table, "parts": others}, seed, where=where, options=options)
    plain = recipe.model_dump(mode="json", exclude_none=True)
    whole = Recipe.of({**plain, "parts": {RECORDING: told, **plain["parts"]}}, where=where, options=options)
    return whole, effects(whole.parts[RECORDING].chain, "parts.recording.chain"), options


def _idle(options: Mapping[str, str], recipe: Recipe, *, drums: bool) -> tuple[str, ...]:
    """Return a line on each option that sets what nobody plays here."""
    said = []
    for key, option in options.items():
        section, *rest = key.split(".")
        part = recipe.parts.get(rest[0]) if section == "parts" else None
        if part is not None and rest[-1] == "on" and not part.on:
            continue
        if not drums and (section == DRUMS or (part is not None and rest[0] == DRUMS)):
            said.append(f"{option} does nothing here: {_NO_DRUMS}")
        elif section in _COMPOSED or (part is not None and rest[0] in PARTS and rest[0] != DRUMS):
            said.append(f"{option} does nothing here: {_NO_PLAYERS}")
    return tuple(said)


def _as_heard(
    recipe: Recipe, seconds: float, grid: Grid | None, heard: Heard, motion: Motion, wanted: Treatment
) -> Recipe:
    """Return the recipe with the length and the swing that the recording has."""
    form = recipe.form.model_copy(update={"length_s": min(3600.0, max(30.0, round(seconds, 1)))})
    tempo = recipe.tempo
    if grid is not None and not any(s.strip().startswith("tempo.swing") for s in wanted.settings):
        found = swing_of(heard, replace(grid, times=grid.times * motion.speed))
        tempo = tempo.model_copy(update={"swing": found}) if found is not None else tempo
    return recipe.model_copy(update={"form": form, "tempo": tempo})


def swing_of(heard: Heard, grid: Grid) -> float | None:
    """Return where the second of two sixteenths falls in a recording, 0.5 to 0.67; None where too little is played.

    Onsets are laid over each other by their place in the eighth; the highest counts if it lies between 0.48 and 0.69.
    """
    phases = np.linspace(0.40, 0.76, 73)
    eighths = np.arange(0.0, len(grid.times) - 1.5, 0.5) - grid.first
    places = grid.second((eighths[:, None] + 0.5 * phases).ravel()) * heard.rate_hz
    last = len(heard.onsets) - 1
    folded = heard.onsets[np.clip(np.round(places).astype(int), 0, last)].reshape(len(eighths), -1)
    profile = np.convolve(folded.mean(axis=0), np.hanning(9)[1:-1] / 4.0, "same")[4:-4]
    best, inner = int(profile.argmax()), phases[4:-4]
    floor = max(float(np.median(profile)), 0.5 * float(heard.onsets.mean()))
    if profile[best] < 1.6 * floor or not 0.48 <= inner[best] <= 0.69:
        return None
    return round(float(np.clip(inner[best], 0.5, 0.67)), 3)


def _score(recipe: Recipe, seed: Seed, grid: Grid | None, seconds: float, *, drums: bool) -> Score:
    """Return the score that plays beside a recording: our drums on its beat, or sections alone."""
    bpm = recipe.tempo.bpm
    ticks_per_s = bpm * TICKS_PER_BEAT / 60.0
    end = round((seconds + _TAIL_S) * ticks_per_s)
    key = Key.parse(recipe.key)
    if grid is None:
        return Score(bpm, key, (Section("A", 0, end),))
    bars = max(1, (len(grid.times) - grid.first) // 4)
    form = form_of(bars)
    hits = drum_part(form, recipe, seed.at("compose", "drums")) if drums else ()
    written = Score(bpm, key, sections_of(form, end=(bars + 1) * 4 * TICKS_PER_BEAT), parts={"drums": hits})
    written = with_events(written, recipe, seed.at("compose", "events"))
    played = perform(written, recipe, seed.at("perform"))

    def on_grid(tick: float) -> float:
        return float(grid.second(np.array(tick / TICKS_PER_BEAT))) * ticks_per_s

    return warped(played, on_grid, end=end)


def _gain(seat: Seat, path: Path, motion: Motion, heard: Heard, seed: Seed) -> float:
    """Return the gain that brings the recording, where it is rather loud, to its part's loudness."""
    size = max(1, int(_STRETCH_S * motion.speed * heard.rate_hz))
    running = np.concatenate([[0.0], np.cumsum(heard.energies)])
    spans = running[size:] - running[:-size] if len(running) > size else running[-1:]
    target = np.percentile(spans, 80.0)
    start = int(np.abs(spans - target).argmin()) / heard.rate_hz
    stretch = round(_STRETCH_S * SAMPLE_RATE)
    here = replace(seat, instrument=Recording(path, motion, start))
    strip = open_strip(here, (), cues=Cues(frames=stretch), seed=seed)
    meter = LoudnessMeter(SAMPLE_RATE, 2, with_true_peak=False)
    meter.process(strip.render(stretch))
    loudness = meter.integrated_lufs
    if not np.isfinite(loudness):
        return 1.0
    return float(10.0 ** (min(_LOUDEST_GAIN_DB, seat.part.loudness_lufs - loudness) / 20.0))


def _at_tempo(path: Path, grid: Grid | None, wanted: Treatment, rate: int) -> Motion:
    """Return the motion that brings a recording to a tempo: at its own pulse, or at twice or half of it."""
    assert wanted.bpm is not None
    if grid is None:
        raise InputError(f"{str(path)!r} has no beat that we can hear; say --speed in place of --bpm")
    speeds = [wanted.bpm / (grid.bpm * factor) for factor in (1.0, 0.5, 2.0)]
    return Motion.asked(rate, min(speeds, key=lambda s: abs(np.log2(s / 0.92))), wanted.pitch)


def _said(path: Path, wanted: Treatment, motion: Motion, grid: Grid | None, *, drums: bool) -> tuple[str, ...]:
    moved = f"speed {motion.speed:.3g}, pitch {motion.semitones:+.1f} semitones"
    if grid is None:
        if not wanted.drums:
            idle = (_NO_DOWNBEAT,) if wanted.downbeat is not None else ()
            return (f"{path.name}: {moved}", *idle)
        return (
            f"{path.name}: {moved}",
            "no steady beat was heard: it goes without drums; if it has one, say its tempo with --source-bpm",
        )
    drift = f", drifting by {100.0 * (grid.drift - 1.0):.0f} %" if grid.drift > 1.015 else ""
    first = grid.times[grid.first] * motion.speed
    line = f"{path.name}: {grid.bpm / motion.speed:.1f} beats a minute{drift}, the first bar at {first:.2f} s"
    return (line, f"{moved}: {grid.bpm:.1f} beats a minute{', our drums on its beat' if drums else ''}")


def _facts(motion: Motion, grid: Grid | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"speed": round(motion.speed, 6), "pitch_semitones": round(motion.semitones, 4)}
    if grid is not None:
        first = float(grid.times[grid.first]) * motion.speed
        beats = {"bpm": round(grid.bpm / motion.speed, 3), "beats": len(grid.times), "first_bar_s": round(first, 3)}
        facts["beats"] = {**beats, "drift": round(grid.drift, 4)}
    return facts


__all__ = [
    "LAYER",
    "RECORDING",
    "USUAL_SPEED",
    "WEATHERS",
    "Remix",
    "Treatment",
    "Work",
    "kind_of",
    "remixed",
    "swing_of",
]
