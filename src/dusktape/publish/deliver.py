"""From a production to files: the track, its stems, its MIDI, a bundle. Written while it is rendered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dusktape.compose.loop import Loop
from dusktape.core.audio import SAMPLE_RATE, Block
from dusktape.core.recipe import Recipe
from dusktape.core.seed import Seed
from dusktape.core.version import __version__
from dusktape.evaluate.sound import extra
from dusktape.io import atomic
from dusktape.io.audiofile import AudioWriter, check_suffix
from dusktape.io.midi import to_midi
from dusktape.io.tags import Tags
from dusktape.publish.lossy import feed
from dusktape.publish.provenance import dump, models_in, provenance, statement
from dusktape.publish.titles import check_title, title_for
from dusktape.studio import yours
from dusktape.studio.production import Production
from dusktape.studio.second import Errand

ALBUM = "Dusktape"
DEFAULT_LICENCE = "CC0-1.0"
OF_THE_SOURCE = "LicenseRef-of-the-source"
"""What the tags say of a track in which sounds of somebody's are heard, and nobody says more: they decide. An SPDX name
of the user-defined kind."""


@dataclass(frozen=True, slots=True)
class Order:
    """Which files are wanted. None or False for what is not.

    Parameters
    ----------
    path
        The finished track; the suffix picks the format.
    stems
        Folder for one FLAC per part, sample-aligned; their sum is the mix before the master.
    midi
        The performance as a MIDI file.
    bundle
        Folder for everything: `master.flac`, `stems/`, `score.mid`, `cover.png`, `track.json`.
    report
        A folder with a page about the track: `report/` in the bundle, `NAME-report/` beside the track without one.
    force
        Replace what is there. Stems of another song of ours are taken away; other files stay.
    """

    path: Path | None = None
    stems: Path | None = None
    midi: Path | None = None
    bundle: Path | None = None
    report: bool = False
    force: bool = False

    def check(self) -> None:
        """Refuse, before any work, what cannot be written.

        Raises
        ------
        OutputError
            Naming the path.
        PluginError
            If a report is wanted and the extra for it is missing.
        """
        if self.path is not None:
            check_suffix(self.path)
        for file in (self.path, self.midi):
            if file is not None:
                atomic.check_writable(file, force=self.force)
        for folder in (self.stems, self.bundle, None if self.bundle else self.report_folder):
            if folder is not None:
                atomic.check_folder_writable(folder, force=self.force)
        if self.report:
            extra.check()

    @property
    def report_folder(self) -> Path | None:
        """Where the report goes; None if none is wanted."""
        if not self.report:
            return None
        if self.bundle is not None:
            return self.bundle / "report"
        return self.path.with_name(f"{self.path.stem}-report") if self.path is not None else None


def terms_of(recipe: Recipe, licence: str | None) -> str:
    """Return what the tags say about using a track: what somebody said; CC0 where all that sounds is ours."""
    return licence or (OF_THE_SOURCE if yours.plays(recipe) else DEFAULT_LICENCE)


def tags_for(production: Production, *, title: str, licence: str, cover: bytes = b"") -> Tags:
    """Return what the files say about themselves."""
    recipe = production.recipe
    return Tags(
        title=title,
        album=ALBUM,
        bpm=round(production.score.bpm, 2),
        key=production.score.key,
        licence=licence,
        seed=production.seed.value,
        recipe=recipe.name,
        version=__version__,
        models={m["name"]: m["sha256"] for m in models_in(production)},
        ai_statement=statement(production),
        ai_generated=production.given is None,
        cover=cover,
        loop_frames=production.frames if isinstance(production.control.start, Loop) else 0,
    )


def title_of(recipe: Recipe, seed: Seed, title: str | None) -> str:
    """Return the title asked for, or one from the seed.

    Raises
    ------
    InputError
        If the title holds line ends or other things that no player shows.
    """
    if title:
        check_title(title)
    return title or title_for(seed, mood=recipe.mood, weather=recipe.weather)


def cover_of(recipe: Recipe, seed: Seed, title: str) -> bytes:
    """Return the cover, a PNG."""
    return drawn(seed.value, title, recipe.mood, recipe.weather)


def drawn(seed: int, title: str, mood: str, weather: str) -> bytes:
    """Return the cover of a song's seed, a PNG."""
    from dusktape.publish.cover import draw_cover  # here, since another process may draw it while this one imports

    return draw_cover(Seed(seed).at("cover"), title=title, mood=mood, weather=weather)


def cover_errand(recipe: Recipe, seed: Seed, title: str) -> Errand:
    """Return the drawing of the cover as an errand for a production's second process."""
    arguments = {"seed": seed.value, "title": title, "mood": recipe.mood, "weather": recipe.weather}
    return Errand(f"{__name__}:{drawn.__name__}", arguments)


def deliver(
    production: Production, order: Order, *, title: str, licence: str = DEFAULT_LICENCE, cover: Errand | None = None
) -> dict[str, Any]:
    """Render a production into the files of an order and return its provenance.

    The cover is drawn here, unless the production's second process was sent on that errand and brings it.

    Nothing appears under its name before it is whole; whatever goes wrong, Ctrl-C included, leaves no file behind.

    Raises
    ------
    OutputError
        If something cannot be written.
    """
    order.check()
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        finished: list[Path] = []
        stack.push(lambda kind, error, trace: None if kind is None or order.force else _remove(finished))
        about = production.recipe, production.seed, title
        drawing = None if cover and cover.sent else pool.submit(cover_of, *about)
        folder = stack.enter_context(atomic.replacing_folder(order.bundle, force=order.force)) if order.bundle else None
        stem_folders = (
            [stack.enter_context(atomic.replacing_folder(order.stems, force=order.force))] if order.stems else []
        )
        paths = [order.path] if order.path else []
        if folder:
            (folder / "stems").mkdir()
            stem_folders.append(folder / "stems")
            paths.append(folder / "master.flac")
        masters = [stack.enter_context(_writer(p, production, "master", order.force)) for p in paths]
        stems = {
            part: [stack.enter_context(_writer(f / f"{part}.flac", production, part)) for f in stem_folders]
            for part in production.parts
        }
        for part, writers in stems.items():
            for writer in writers:
                writer.tags = tags_for(production, title=f"{title} ({part})", licence=licence)

        def tagged() -> Tags:
            picture = drawing.result() if drawing else (cover and cover.result) or cover_of(*about)
            return tags_for(production, title=title, licence=licence, cover=picture)

        tags = _render(production, masters, stems, pool, tagged)
        facts = provenance(production, title=title, licence=licence, seconds=production.frames / SAMPLE_RATE)
        midis = ([order.midi] if order.midi else []) + ([folder / "score.mid"] if folder else [])
        for path in midis:
            to_midi(production.score, path, programs=production.instruments, title=title, force=order.force)
            finished.append(path)
        finished += [writer.close() for writer in masters]
        if folder:
            (folder / "cover.png").write_bytes(tags.cover)
            (folder / "track.json").write_text(dump(facts), encoding="utf-8")
    for place in (order.stems, order.bundle / "stems" if order.bundle else None):
        if place and order.force:
            _remove(_left_over(place, production.parts))
    return facts


def _writer(path: Path, production: Production, what: str, force: bool = False) -> AudioWriter:
    return AudioWriter(path, seed=production.seed.at("dither", what), force=force)


def _left_over(stems: Path, parts: Sequence[str]) -> list[Path]:
    """Return the stems that another song of ours left in a folder, which would add themselves to this one's sum."""
    ours = [stems / f"{part}.flac" for part in parts]
    with atomic.writing(stems):
        others = [f for f in stems.glob("*.flac") if f.is_file() and not any(f.samefile(own) for own in ours)]
        return [file for file in others if _is_ours(file)]


def _is_ours(file: Path) -> bool:
    with suppress(OSError), file.open("rb") as stream:
        return b"DUSKTAPE_VERSION=" in stream.read(1 << 16)
    return False


def _remove(files: Sequence[Path]) -> None:
    for file in files:
        with suppress(OSError):
            file.unlink()


def _render(
    production: Production,
    masters: Sequence[AudioWriter],
    stems: dict[str, list[AudioWriter]],
    pool: ThreadPoolExecutor,
    tagged: Callable[[], Tags],
) -> Tags:
    """Write the stems as they pass and the master as it comes, one block behind the rendering, and return its tags.

    They are asked for when the song is rendered and the master begins: a file that knows them then sets room aside.
    """
    busy: list[Future[None]] = []
    stems_wanted = any(stems.values())
    feeds = [feed(writer, ceiling_dbtp=production.recipe.master.ceiling_dbtp) for writer in masters]

    def tap(blocks: dict[str, Block]) -> None:
        for part, writers in stems.items():
            for writer in writers:
                writer.write(blocks[part])

    def write(block: Block) -> None:
        for one in feeds:
            one.write(block)

    tags: Tags | None = None
    for block in production.master(tap) if stems_wanted else production.master():
        if tags is None:
            tags = tagged()
            for writer in masters:
                writer.tags = tags
        if busy:
            busy.pop().result()
        busy.append(pool.submit(write, block))
    if busy:
        busy.pop().result()
    for one in feeds:
        one.finish()
    return tags or tagged()
