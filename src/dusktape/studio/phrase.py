"""A phrase, read from left to right: which words mean something, which are negated, how strongly, and what is left."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dusktape.studio.clauses import made_plain
from dusktape.studio.terms import Term
from dusktape.studio.vocabulary import Entry, letters_of

_ADJECTIVES = ("mood", "calm", "tempo", "grit", "tone")
_ARTICLES = ("the", "a", "an", "my", "your", "this", "that")
_DETERMINERS = (*_ARTICLES, "any", "some", "of", "all")
_SHOWN = ("not", "without", "sans", "insteadof", "ratherthan")
_PADDING = ("tempo", "tempos", "music", "sound", "sounds", "beat", "beats", "song", "songs", "feel", "please")
"""Behind a word that is refused, these do not end the list: `avoid fast tempos and drums`."""

_WHOLES = ("music", "song", "songs", "track", "tune", "piece", "instrument", "instruments", "instrumental", "lofi")
"""What is no part of a track, so that a negation of it is passed over."""

_MUSIC = ("music", "beat", "beats", "lofi", "chillhop")
_WEATHER = ("rainy", "raining", "wet", "drizzling", "drizzly", "stormy", "thundery", "windy", "breezy", "airy", "urban")
"""Of textures, but not their names: `just a rainy night` is music."""

_PARTS = {"melody": "lead", "chords": "keys", "pad": "pad", "bass": "bass"}
"""Word for a player, to its part."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A term that means something, as it is meant. `degree` is `very`, `slightly` or nothing."""

    term: Term
    text: str
    negated: bool = False
    degree: str = ""
    role: str = ""


@dataclass
class Reading:
    """What a phrase says: what is wanted, in order; what is passed over; the word that says `only`.

    `alone` is whether that word stands beside a texture: `only rain`.
    """

    wanted: list[Wanted] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    only: str = ""
    alone: bool = False


def _is_quality(entry: Entry) -> bool:
    return not (entry.instruments or entry.texture or entry.device or entry.treatment or entry.group == "players")


def _is_texture(term: Term, entry: Entry) -> bool:
    """Return whether an expression names a texture itself: `rain`, `city noise`; not `rainy`."""
    return entry.group == "texture" or term.text.lower() == entry.texture


def _is_joint(term: Term) -> bool:
    """Return whether what was said before ends there: at a stop, `or`, `but`; not in `no lofi piano`."""
    return bool(term.kinds & {"stop", "or", "and", "only", "no"}) or term.text.lower() in ("but", "then")


def _is_heard_alone(term: Term, entry: Entry) -> bool:
    """Return whether an expression names what may sound without any player: rain, a train, crackle."""
    sounds = entry.group in ("texture", "vinyl") or entry.texture == "rain"
    return sounds and not entry.only_refused and term.text.lower() not in _WEATHER


def read(cut: list[Term]) -> Reading:
    """Read terms from left to right."""
    plain = made_plain(cut)
    reader = _Reader(plain)
    for place, term in enumerate(plain):
        reader.take(place, term)
    reader.drop_degree()
    return reader.told


class _Reader:
    """Where reading stands: what was said before the next term and applies to it."""

    def __init__(self, cut: list[Term]) -> None:
        self.cut = cut
        self.told = Reading()
        self._no = ""  # the negation, as typed
        self._used = False  # whether it has met its noun
        self._each = False  # whether "and" adds to it
        self._lost = ""  # "next" behind "do not incorporate": its noun is passed over with it; "met" behind that
        self._degree: tuple[str, str] = ("", "")  # kind, as typed
        self._role = ""
        self._mild = False  # "not too", before what it is meant for
        self._around = ""  # "ambient", before the texture that it is said of
        self._last_known = True

    def take(self, place: int, term: Term) -> None:
        """Go on by one term."""
        following = self.cut[place + 1] if place + 1 < len(self.cut) else Term("", kinds=frozenset(["stop"]))
        if term.entry:
            if not self._not_as(place, term):
                self._entry(term, following, self.cut[place - 1] if place else None)
        elif term.figure or term.scene:
            self._want(term)
        elif term.unknown or "when" in term.kinds:
            self._unknown(term)
        else:
            self._grammar(place, term, following)
        self._last_known = not (term.unknown or "when" in term.kinds)

    def drop_degree(self) -> None:
        """Pass over a degree that met nothing."""
        kind, text = self._degree
        if kind:
            dangling = self._no if self._no and not self._used else ""
            self.told.unknown.append(f"{dangling} {text}".strip())
        self._degree = ("", "")

    def _grammar(self, place: int, term: Term, following: Term) -> None:
        kinds = term.kinds
        if self._lost == "next" and (kinds & {"very", "slightly"} or term.text.lower() in _DETERMINERS):
            self.told.unknown[-1] += f" {term.text}"
        elif "less" in kinds:
            self._less(place, term, following)
        elif "solo" in kinds:
            self._solo(place, term, following)
        elif "too" in kinds and self._no and not self._used:
            self._no, self._degree, self._mild = "", ("slightly", f"{self._no} {term.text}"), True
        elif "no" in kinds:
            self._negate(place, term)
        elif "off" in kinds:
            self._off(place, term, following)
        elif "only" in kinds:
            if not (self._no and not self._used):
                self.told.only = self.told.only or term.text
                self.told.alone = self.told.alone or self._beside_texture(place)
            self._end()
        elif kinds & {"very", "slightly"}:
            self._strengthen(term, following)
        elif "or" in kinds:
            self._go_on(term)
        elif "and" in kinds:
            if self._each and self._used and self._same_sort(place):
                self._go_on(term)
            elif self._used:
                self._end()
        elif "stop" in kinds:
            if self._used and self._list_goes_on(place):
                self._go_on(term)
            else:
                self.drop_degree()
                self._end()
        elif self._no and not self._used and term.text.lower() in _WHOLES and _is_joint(following):
            self.told.unknown.append(f"{self._no} {term.text}")
            self._used = True
        elif self._used and not (self._each and term.text.lower() in _PADDING):
            self._end()

    def _beside_texture(self, place: int) -> bool:
        """Return whether a texture is named directly behind `only`, or before it: `rain only`, `rain and nothing else`.

        Where music is asked for too, the texture is not alone: `just rain and slow beats`.
        """
        for k, one in enumerate(self.cut):
            if one.text.lower() in _MUSIC and "ignored" in one.kinds and not (k and "no" in self.cut[k - 1].kinds):
                return False
        behind = [one for one in self.cut[place + 1 :] if one.text.lower() not in _DETERMINERS]
        before = [one for one in self.cut[:place] if one.kinds != {"ignored"} and "and" not in one.kinds]
        near = [*behind[:1], *(before[-1:] if not behind or "stop" in behind[0].kinds else [])]
        return any(one.entry is not None and _is_heard_alone(one, one.entry) for one in near)

    def _negate(self, place: int, term: Term) -> None:
        """Begin a negation; directly behind another one (`don't skip the drums`) it takes that one back."""
        before = self.cut[place - 1] if place else None
        twice = self._no and not self._used and before is not None and "no" in before.kinds and "each" in term.kinds
        self._end()
        self._no, self._each, self._degree = ("" if twice else term.text), "each" in term.kinds, ("", "")

    def _go_on(self, term: Term) -> None:
        """Mean the next noun, too."""
        if self._lost and "stop" not in term.kinds:
            self.told.unknown[-1] += f" {term.text}"
        self._used, self._lost = False, "next" if self._lost else ""

    def _same_sort(self, place: int) -> bool:
        """Return whether a thing stands behind `and`, so that `without` may be meant for it; no quality, no verb."""
        for term in self.cut[place + 1 :]:
            if term.text.lower() in _DETERMINERS:
                continue
            if term.entry is None or not self.told.wanted or self._lost:
                return not term.kinds & {"no", "ignored", "only"}
            last = self.told.wanted[-1].term.entry
            return term.entry.group not in _ADJECTIVES or (last is not None and last.group in _ADJECTIVES)
        return False

    def _less(self, place: int, term: Term, following: Term) -> None:
        """Read `not much` before what it is meant for, or behind it: `tape hiss but not much`."""
        if "stop" not in following.kinds and following.text.lower() not in ("but", "and"):
            self._end()
            self._degree = ("slightly", term.text)
            return
        behind = [one for one in self.cut[:place] if one.kinds != {"ignored"} and one.text != ","]
        last = self.told.wanted[-1] if self.told.wanted else None
        entry = last.term.entry if last and behind and behind[-1] is last.term else None
        if last and entry and not last.negated and (entry.slightly is not None or entry.texture):
            self.told.wanted[-1] = replace(last, text=f"{last.text} {term.text}", degree="slightly")
        else:
            self.told.unknown.append(term.text)
        self._end()

    def _solo(self, place: int, term: Term, following: Term) -> None:
        """Read `guitar solo`, which is the lead, and `solo guitar`, which is alone; refused, only the lead is."""
        before = self.cut[place - 1] if place else None
        last = self.told.wanted[-1] if self.told.wanted else None
        stops = before is None or "stop" in before.kinds
        behind = before is not None and before.entry is not None and not _is_quality(before.entry)
        if self._no and not self._used:
            if following.entry and "lead" in following.entry.roles:
                self._role, self._degree = "lead", ("", term.text)
                return
            self.told.unknown.append(f"{self._no} {term.text}")
        elif self._no and behind and last and last.term is before:
            self._no_solo(last, term)
            return
        elif behind and before and before.entry and last:
            if last.term is before and "lead" in before.entry.roles:
                self.told.wanted[-1] = replace(last, text=f"{last.text} {term.text}", role="lead")
            else:
                self.told.unknown.append(term.text)
        elif not self._no and (following.entry or following.scene or (stops and "stop" in following.kinds)):
            self.told.only = term.text
        else:
            self.told.unknown.append(term.text)
        self._end()

    def _no_solo(self, last: Wanted, term: Term) -> None:
        """Refuse a player as the lead alone; of who is never the lead, there is no solo that could be refused."""
        text = f"{last.text} {term.text}"
        if last.term.entry and "lead" in last.term.entry.roles:
            self.told.wanted[-1] = replace(last, text=text, role="lead")
        else:
            del self.told.wanted[-1]
            self.told.unknown.append(text)

    def _not_as(self, place: int, term: Term) -> bool:
        """Read `flute but not as lead`: another part plays it; if it has none, this is passed over."""
        part = _PARTS.get(term.entry.name, "") if term.entry and term.entry.group == "players" else ""
        between = [one.text.lower() for one in self.cut[:place] if one.text.lower() not in _DETERMINERS]
        last = self.told.wanted[-1] if self.told.wanted else None
        if not part or not self._no or self._used or between[-1:] != ["as"] or last is None:
            return False
        entry, said = last.term.entry, f"{self._no} as {term.text}"
        left = [role for role in entry.roles if role != part] if entry and not last.negated else []
        if left:
            self.told.wanted[-1] = replace(last, text=f"{last.text} {said}", role=left[0])
        else:
            self.told.unknown.append(said)
        self._end()
        return True

    def _off(self, place: int, term: Term, following: Term) -> None:
        """Turn round what stands just before: `vinyl and drums off`; not in `rain off the coast` or `on and off`."""
        behind = [one for one in self.cut[:place] if one.kinds != {"ignored"}]
        wanted = self.told.wanted
        if behind and "solo" in behind[-1].kinds and wanted and wanted[-1].role == "lead":
            del behind[-1]  # "guitar solo: off"
        before = behind[-1] if behind else None
        goes_on = not following.kinds or following.text.lower() in _ARTICLES
        if not wanted or before is None or before.entry is None or before is not wanted[-1].term or goes_on:
            self.told.unknown.append(term.text)
        else:
            for k in range(1, 1 + self._joined(behind)):
                solo = wanted[-k].text.removeprefix(wanted[-k].term.text) if wanted[-k].role == "lead" else ""
                text = f"no {wanted[-k].term.text}{solo}"
                wanted[-k] = replace(wanted[-k], text=text, negated=True, degree="", role="lead" if solo else "")
        self._end()

    def _joined(self, terms: list[Term]) -> int:
        """Return how many of the last things wanted stand at the end of `terms`, one `and` the next."""
        count = 1
        while (
            2 * count < len(terms)
            and count < len(self.told.wanted)
            and "and" in terms[-2 * count].kinds
            and terms[-2 * count - 1] is self.told.wanted[-count - 1].term
            and not self.told.wanted[-count - 1].negated
        ):
            count += 1
        return count

    def _strengthen(self, term: Term, following: Term) -> None:
        kind = "very" if "very" in term.kinds else "slightly"
        if "ignored" in term.kinds and following.entry is None and not following.kinds & {"very", "slightly"}:
            return
        if self._used:
            self._end()
        old, text = self._degree
        nearest = "slightly" if "slightly" in (old, kind) else kind
        if old and text.split()[0].lower() in ("not", "isnt"):
            nearest = old
        self._degree = (nearest, f"{text} {term.text}".strip())

    def _list_goes_on(self, place: int) -> bool:
        """Return whether a comma stands in a list that ends in `or`, so that `no` is meant for all of it."""
        for term in self.cut[place + 1 :]:
            if "or" in term.kinds:
                return True
            if term.text.lower() in _DETERMINERS:
                continue
            if term.figure or (not term.entry and term.kinds and "stop" not in term.kinds):
                return False
        return False

    def _entry(self, term: Term, following: Term, before: Term | None) -> None:
        entry = term.entry
        assert entry is not None
        if term.text.lower() in entry.standing and before is not None and (before.entry or before.unknown):
            return
        if term.text.lower() in entry.around and following.entry and _is_texture(following, following.entry):
            self._around = term.text
            return
        adjacent = before is not None and before.entry is not None and bool(before.entry.instruments)
        role = {"melody": "lead", "chords": "keys"}.get(entry.name, "") if entry.group == "players" else ""
        if adjacent and before is not None and before.entry is not None and entry.group == "players":
            role = role or (entry.name if before.entry.own and entry.name in before.entry.roles else "")
        if role and not self._lost and not (self._no and not self._used):
            if adjacent and self.told.wanted and not self.told.wanted[-1].negated:
                self.told.wanted[-1] = replace(self.told.wanted[-1], role=role)
                return
            if following.entry and {"keys", "lead"} & set(following.entry.roles):
                self._role = role
                return
        fresh = self._no and not self._used
        if fresh and entry.group in _ADJECTIVES and following.entry and letters_of([self._no]) not in ("not", "isnt"):
            return  # "no sad piano" is about the piano
        self._want(term)

    def _want(self, term: Term) -> None:
        said, self._around = f"{self._around} {term.text}".strip(), ""
        if self._lost == "next":
            self.told.unknown[-1] += f" {said}"
            if not (term.entry and term.entry.group in _ADJECTIVES):
                self._used, self._lost = True, "met"
            return
        if self._used:
            self._end()
        if term.figure and self._no:  # "not 120 bpm"
            self._unknown(term)
            self._end()
            return
        if term.entry and term.entry.only_refused and (not self._no or self._degree[0]):
            if "ignored" not in term.kinds:
                self._unknown(term)
            return
        kind, degree = self._degree
        no = self._no
        negated = bool(no)
        if self._mild and term.entry and term.entry.slightly is None and _is_quality(term.entry):
            if self._kept(term, degree):
                return
            negated, kind = True, ""  # "not too bright" is "not bright"
        elif negated and kind == "very":
            negated, kind = False, "slightly"
        elif negated:
            kind = ""
        shown = no if letters_of([no]) in _SHOWN else "no" if no else ""
        text = " ".join(part for part in (shown, degree, said) if part)
        self.told.wanted.append(Wanted(term, text, negated, kind, self._role))
        self._degree, self._role, self._used, self._mild = ("", ""), "", bool(no), False

    def _kept(self, term: Term, degree: str) -> bool:
        """Read `sad but not too sad`: what was said before stays, and is told with what it is not."""
        for place, one in enumerate(self.told.wanted):
            if one.term.entry == term.entry and not one.negated:
                self.told.wanted[place] = replace(one, text=f"{one.text} but {degree} {term.text}", degree="")
                self._degree, self._mild = ("", ""), False
                return True
        return False

    def _unknown(self, term: Term) -> None:
        if self._lost == "next":
            self.told.unknown[-1] += f" {term.text}"
            return
        if self._used:
            self._end()
        text = " ".join(part for part in (self._no, self._degree[1], term.text) if part)
        joined = self.told.unknown and not self._last_known and not self._no and not self._degree[0]
        if joined:
            self.told.unknown[-1] += f" {text}"
        else:
            self.told.unknown.append(text)
        self._used, self._degree = bool(self._no), ("", "")
        self._lost = "next" if self._no else ""

    def _end(self) -> None:
        self._no, self._used, self._each, self._lost = "", False, False, ""
