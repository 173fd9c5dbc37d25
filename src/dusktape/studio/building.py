"""What wishes set in a recipe as they come together, and which of them give way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dusktape.core.errors import RecipeError
from dusktape.core.plugins import names
from dusktape.core.roles import MOODS
from dusktape.studio.figures import LENGTH, LOOP, TEMPI
from dusktape.studio.overlay import Overlay, options
from dusktape.studio.phrase import Wanted
from dusktape.studio.settling import agree, between, bounds, is_part, leaves, lenient, opposed, shared, without
from dusktape.studio.vocabulary import Entry

_PLAYED_BY = {"drums": "drums", "bass": "bass", "melody": "lead", "comping": "keys"}
"""Table of a recipe that says how a part plays, to that part."""


NOBODY = "no players"
"""What is understood where a texture is alone."""


class Build:
    """Settings as they come together, and who set them.

    Parameters
    ----------
    table
        The recipe they are laid over.
    chooser
        The word that chose it.
    """

    def __init__(self, table: Mapping[str, Any], chooser: Wanted | None) -> None:
        self.overlay = Overlay(table)
        self.notes: list[str] = []
        self.missing: list[str] = []
        self._chooser = chooser
        self._owners: dict[str, Wanted] = {}
        self._refused: list[tuple[str, frozenset[str], Wanted]] = []  # of a key; of a part, or "" for all of them
        self._places: dict[int, int] = {}
        self._scaled: list[tuple[str, Wanted]] = []

    def can(self, one: Wanted) -> bool:
        """Return whether a wish means something here; name the part that is missing if not."""
        entry = one.term.entry
        if entry is None or one.negated or one is self._chooser:
            return True
        part = _part_missing(entry) or next(
            (str(v) for k, v in _meant(one).items() if not self.overlay.possible(k, v)), ""
        )
        if part and not (entry.texture and (entry.set or entry.recipe == self.overlay.name)):
            same = part.replace("_", " ") == one.term.text.lower()
            self.missing.append(one.term.text + ("" if same else f" ({part})"))
            return False
        return True

    def loop(self, wanted: Iterable[Wanted]) -> int | None:
        """Return the bars of the loop that is asked for, the last one of several; a length gives way to it."""
        figures = [(one, one.term.figure) for one in wanted if one.term.figure]
        loops = [(one, figure) for one, figure in figures if figure.path == LOOP]
        if not loops:
            return None
        last, bars = loops[-1]
        for one, figure in (*loops, *figures):
            if figure.path == LENGTH or (figure.path == LOOP and figure.value != bars.value):
                self.yields(one, last)
        return int(bars.value)

    def lay(self, wanted: Sequence[Wanted], groups: Sequence[str]) -> None:
        """Lay wishes over the recipe, group by group, numbers last; and say which of them cannot be heard.

        Parameters
        ----------
        wanted
            In the order of the phrase.
        groups
            Of the vocabulary, in its order.
        """
        self._places = {id(one): place for place, one in enumerate(wanted)}
        ranks = {group: rank for rank, group in enumerate(groups)}
        for one in sorted(wanted, key=lambda w: ranks[w.term.entry.group] if w.term.entry else len(ranks)):
            self._add(one)
        for one in wanted:
            self._heard(one)
        for place, one in enumerate(wanted):
            self._treat(one, wanted[place + 1 : place + 2])

    def yields(self, one: Wanted, other: Wanted, what: str = "") -> None:
        """Note that a wish gives way to another, or what of it does."""
        self.notes.append(f"{one.text} gives way to {other.text}{f' ({what})' if what else ''}")

    def _add(self, one: Wanted) -> None:
        entry = one.term.entry
        if one.term.figure and one.term.figure.times is not None:
            self._scale(one.term.figure.path, one.term.figure.times, one)
        elif one.term.figure and one.term.figure.path != LOOP:
            self._set({one.term.figure.path: one.term.figure.value}, one)
        if entry is None:
            return
        if one.negated:
            self._refuse(entry, one)
            return
        if entry.times is not None:
            factors = {"very": entry.very, "slightly": entry.slightly}.get(one.degree) or entry.times
            for path, factor in factors.items():
                self._scale(path, factor, one)
            return
        self._set({k: v for k, v in _meant(one).items() if self.overlay.possible(k, v)}, one)
        self._seat(entry, one)
        if entry.texture in names("instruments") and self._claim(f"parts.{entry.texture}.on", one, on=True):
            self.overlay.texture(entry.texture, one.degree)
        if entry.device in names("effects"):
            self._set({f"{entry.chain}.{entry.device}": True}, one)

    def _scale(self, path: str, factor: float, one: Wanted) -> None:
        """Multiply what stands at a key; a tempo stays where a recipe may have it."""
        self.overlay.scale(path, factor)
        self._scaled.append((path, one))
        if path == "tempo.bpm":
            value = self.overlay.get(path)
            left = shared(value, {"between": list(TEMPI)}) if isinstance(value, Mapping) else value
            if left is None or not TEMPI[0] <= min(options(left)) <= max(options(left)) <= TEMPI[1]:
                raise RecipeError(
                    f"{one.text!r} leaves no tempo of {TEMPI[0]:g} to {TEMPI[1]:g} bpm; say one in that range"
                )
            self.overlay.set(path, left)

    def said_of(self, path: str) -> tuple[str, ...]:
        """Return the words that have a say in what comes to stand at a key."""
        owner = [self._owners[path]] if path in self._owners else []
        return tuple(one.text for one in (*owner, *(one for scaled, one in self._scaled if scaled == path)))

    def _seat(self, entry: Entry, one: Wanted) -> None:
        there = playable(entry)
        if not (there and one.role):
            return
        left = there
        for path, refused, who in self._refused:
            if path in ("", one.role):
                left = [name for name in left if name not in refused]
                if not left:
                    self.yields(who, one)
                    left = there
        if self._claim(f"parts.{one.role}.on", one, on=True):
            self.overlay.seat(one.role, left)
            self._owners[one.role] = one
            if entry.preset:
                self._set({f"parts.{one.role}.params.preset": entry.preset}, one)

    def _heard(self, one: Wanted) -> None:
        """Bring back a part that a word is about and the recipe leaves out; name the word if the part is refused."""
        part = _part_of(one)
        path = f"parts.{part}.on"
        if not part or self.overlay.get(path) is not False:
            return
        owner = self._owners.get(path)
        if owner is not None and owner is not one:
            self.yields(one, owner)
        elif owner is None and one.term.entry is not None and one.term.entry.plays == part:
            self.overlay.set(path, True)

    def _treat(self, one: Wanted, following: Iterable[Wanted]) -> None:
        """Let a treatment play what the part it is for would have played: the next instrument, or its own part's."""
        entry = one.term.entry
        if entry and entry.treatment and not one.negated:
            role = next((after.role for after in following if after.role in ("keys", "lead")), entry.roles[0])
            self.overlay.treat(role, entry.treatment)

    def _refuse(self, entry: Entry, one: Wanted) -> None:
        if entry.texture and entry.negated is not None:  # only how it sounds is refused: rain without thunder is rain
            self._set({k: v for k, v in entry.negated.items() if k not in self._owners}, one)
            return
        if entry.texture and self._claim(f"parts.{entry.texture}.on", one, on=False):
            self.overlay.silence(entry.texture)
        if entry.device in names("effects"):
            self._set({f"{entry.chain}.{entry.device}": False}, one)
        self._refuse_players(entry, one)
        if entry.negated is not None:
            # What is not there has no hiss that could be taken away.
            self._set({k: v for k, v in entry.negated.items() if not k.endswith("hiss_db") or self._has(k)}, one)
            return
        for path, value in entry.set.items():
            if isinstance(value, bool):
                self._set({path: not value}, one)
            elif isinstance(value, str):
                old = self._owners.get(path)
                if old is not None and set(options(self.overlay.get(path))) == {value}:
                    self.yields(old, one)
                self.overlay.avoid(path, [value], among=MOODS if path == "mood" else ())
                self._refused.append((path, frozenset([value]), one))

    def _refuse_players(self, entry: Entry, one: Wanted) -> None:
        """Let none of a word's instruments play; behind `no ... solo`, only not as the lead, and not as a guest."""
        for role in (one.role,) if one.role else entry.roles:
            self.overlay.avoid(f"parts.{role}.instrument", entry.instruments or [entry.treatment])
            self.overlay.avoid_source(role, entry.instruments)
        if not entry.instruments:
            return
        if entry.roles:
            self.overlay.avoid("parts.guest.instrument", entry.instruments)
        for role in (one.role,) if one.role else ("keys", "lead", "pad", "bass", "drums"):
            seated = self._owners.get(role)
            if seated and seated.term.entry and set(playable(seated.term.entry)) <= set(entry.instruments):
                self.yields(seated, one)
        self._refused.append((one.role, frozenset(entry.instruments), one))

    def _has(self, path: str) -> bool:
        return self.overlay.get(path.rpartition(".")[0]) not in (None, False)

    def _set(self, changes: Mapping[str, Any], one: Wanted) -> None:
        for path, wanted in changes.items():
            value = self._settled(path, wanted, one)
            if value is not None:
                self.overlay.set(path, value)
                self._own(path, value, one)

    def _claim(self, path: str, one: Wanted, *, on: bool) -> bool:
        """Return whether a wish may switch a part on or off."""
        if self._settled(path, on, one) is None:
            return False
        self._own(path, on, one)
        return True

    def _own(self, path: str, value: Any, one: Wanted) -> None:
        self._owners = {k: who for k, who in self._owners.items() if not (value is False and k.startswith(f"{path}."))}
        self._owners[path] = one

    def _settled(self, path: str, value: Any, one: Wanted) -> Any:
        """Return what comes to stand at a key, with what was said of it before; None if this wish gives way."""
        for known, old in list(self._rivals(path, value)):
            now = self.overlay.get(known)
            if old is one or (known == path and now == value):
                continue
            if isinstance(now, bool) or isinstance(value, bool):
                if not self._switches(old, one, now, value):
                    return None
            elif agree(old, one):
                if one.negated:
                    return None
            elif is_part(old, one):
                return None
            elif path == "mood" and not opposed(old, one):
                value = _either(now, value)
            else:
                value = self._joined(path, value, old, one)
        for place, refused, who in self._refused:
            if place == path and set(options(value)) & refused:
                left = without(value, refused)
                if left is None:
                    self.yields(who, one)
                else:
                    value = left
        return value

    def _rivals(self, path: str, value: Any) -> Iterator[tuple[str, Wanted]]:
        """Yield what was set at a key, above it to switch it off, or below it if it is to be switched off."""
        for known, old in self._owners.items():
            above = path.startswith(f"{known}.") and self.overlay.get(known) is False
            if known == path or above or (value is False and known.startswith(f"{path}.")):
                yield known, old

    def _switches(self, old: Wanted, one: Wanted, now: Any, value: Any) -> bool:
        """Return whether a wish wins over an older one, where one of them switches a thing off; note which gives way.

        The one that was said later wins. What refuses a part of a thing leaves the rest, in either order.
        """
        if lenient(old) and not (old.negated or one.negated):  # "drums, ambient": what is said in so many words
            return True
        refusing, wanting = (one, old) if one.negated else (old, one)
        if leaves(refusing, wanting) or (lenient(wanting) and refusing.negated is not wanting.negated):
            return one is wanting
        if now is not True and value is not True and agree(old, one, by_name=True):
            return value is False
        if self._places[id(one)] > self._places[id(old)]:
            self.yields(old, one)
            return True
        self.yields(one, old)
        return False

    def _joined(self, path: str, value: Any, old: Wanted, one: Wanted) -> Any:
        """Return what two wishes for one key have in common, or else what the newer one says."""
        now = self.overlay.get(path)
        both = shared(now, value)
        if both is not None:
            return both
        if old.term.figure or one.term.figure:
            if not lenient(old) and (path != "key" or _modes(now) != _modes(value)):  # "in F#, not minor"
                self.yields(old, one)
            return value
        if old.term.entry is one.term.entry and not (old.negated or one.negated):  # "slow, but not too slow"
            return value
        if bounds(old) and bounds(one) and (middle := between(now, value)):
            return middle
        ours, theirs = one.term.entry, old.term.entry
        if ours and theirs and ours.is_beside(theirs) and path.endswith("loudness_lufs"):
            return max(now, value, key=lambda level: max(options(level)))  # "lots of hiss, quiet crackle"
        if opposed(old, one):
            alike = old.term.entry and one.term.entry and old.term.entry.group == one.term.entry.group
            self.yields(old, one, "" if alike else path.split(".")[-1].split("_")[0])
        return value

    def silence(self, wanted: Iterable[Wanted], *, alone: bool) -> str:
        """Leave only the players that were named, and return what to say of that; nothing if none was.

        An instrument that is alone plays the melody too.

        Parameters
        ----------
        wanted
            In the order of the phrase.
        alone
            Whether nobody is to play where nobody was named: `only rain`.
        """
        named = {one.role for one in wanted if one.role and not one.negated}
        named |= {role for role in self._owners if "." not in role}
        named |= {path.split(".")[1] for path in self._owners if path.startswith("parts.") and path.endswith(".on")}
        if any(one.term.entry and one.term.entry.group == "kit" and not one.negated for one in wanted):
            named.add("drums")
        if not named & {"keys", "lead", "pad", "bass", "drums"}:
            if not alone:
                return ""
            self.overlay.only(())
            if "parts.riser.on" not in self._owners:
                self.overlay.silence("riser")
            return NOBODY
        self.overlay.only(named)
        return "no other players"


def playable(entry: Entry) -> list[str]:
    """Return the instruments of a word that there are."""
    return [name for name in entry.instruments if name in names("instruments")]


def _meant(one: Wanted) -> Mapping[str, Any]:
    entry = one.term.entry
    assert entry is not None
    if entry.times is not None:
        return {}
    return {"very": entry.very, "slightly": entry.slightly}.get(one.degree) or entry.set


def _part_of(one: Wanted) -> str:
    """Return the part that all of what a word sets is about; nothing if it is about several, or about none."""
    entry = one.term.entry
    if entry is None or one.negated or entry.recipe or entry.instruments or entry.texture:
        return ""
    steps = [path.split(".") for path in _meant(one) if not path.endswith(".on")]
    parts = {told[1] if told[0] == "parts" else _PLAYED_BY.get(told[0], "") for told in steps}
    return parts.pop() if len(parts) == 1 else ""


def _modes(keys: Any) -> set[str]:
    return {str(key).rpartition(" ")[2] for key in options(keys)}


def _part_missing(entry: Entry) -> str:
    if entry.instruments and not playable(entry):
        return entry.instruments[0]
    if entry.texture and entry.texture not in names("instruments"):
        return entry.texture
    if entry.treatment and entry.treatment not in names("instruments"):
        return entry.treatment
    if entry.device and entry.device not in names("effects"):
        return entry.device
    return ""


def _either(old: Any, new: Any) -> dict[str, Any]:
    both = [v for one in (old, new) for v in (one["any_of"] if isinstance(one, Mapping) else [one])]
    return {"any_of": list(dict.fromkeys(both))}
