"""What is said about a stretch of a phrase as a whole, made plain before it is read from left to right."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dusktape.studio.vocabulary import letters_of, vocabulary

if TYPE_CHECKING:
    from dusktape.studio.terms import Term
    from dusktape.studio.vocabulary import Entry

_ARTICLES = ("the", "a", "an", "my", "your", "this", "that", "any", "some", "of", "all", "every", "each")
_ANSWERS = ("no", "never", "nope", "not")
_THEM = ("them", "it", "those", "these", "that")
_TURNS = ("but", "then", "with")
_TRACKS = ("piece", "track", "song", "tune", "mix", "beat", "beats", "music", "one", "lofi", "instrumental", "version")
_LEAVE = ("leave", "leaving", "take", "taking", "keep", "keeping", "cut", "cutting")
_LENGTHS = ("long", "longer", "lengthy")
_QUALITIES = ("mood", "calm", "tempo", "grit", "tone", "scene", "feel", "harmony")
_MANNERS = (*_QUALITIES, "width", "length", "form", "intro", "ending")
_BEATS = ("beat", "beats")
_SILENT = ("silent", "muted")
_VERBAL = ("never", "dont", "donot", "shouldnot", "shouldnt", "mustnot", "mustnt")
"""What a verb may follow, so that what is not understood behind them is no thing."""


def made_plain(cut: list[Term]) -> list[Term]:
    """Return terms in which each may be read by itself.

    Seven things are settled: a clause that holds for part of a track only (`no drums until the second half`) is one
    unknown term, for a recipe has no such thing; `no beats` is `no drums`; `silent drums` and `drums muted` refuse
    them; `leave the drums out` is `leave out the drums`; an answer behind a noun (`drums? no thanks`) follows it
    directly; a list behind `without` ends in `or`, where `and` was said; and `long` that is about something else than
    the track (`a long walk`) is unknown.

    Parameters
    ----------
    cut
        Of `studio.terms`.
    """
    return _lengths(_listed(_answers(_left_out(_silenced(_beats(_timed(cut)))))))


def _is_stop(term: Term) -> bool:
    return "stop" in term.kinds


def _timed(cut: list[Term]) -> list[Term]:
    told: list[Term] = []
    clause: list[Term] = []
    for term in cut:
        if _is_stop(term) or term.text.lower() in _TURNS:
            told += [*_untimed(clause), term]
            clause = []
        else:
            clause.append(term)
    return told + _untimed(clause)


def _untimed(clause: list[Term]) -> list[Term]:
    """Return a clause with what holds for part of the track only joined to one unknown term."""
    when = next((k for k, term in enumerate(clause) if "when" in term.kinds), None)
    if when is None:
        return clause
    limits = [k for k, term in enumerate(clause) if term.kinds & {"no", "off"} or term.text.lower() == "only"]
    limits = [k for k in limits if k < when or all(_is_frame(term) for term in clause[when:k])]
    if not limits:
        return _without_figure(clause, when)
    first = min(max((k for k in limits if k < when), default=limits[0]), when)
    if not clause[limits[0]].kinds & {"no"}:  # "drums only in the second half": back to what it is said of
        first = _noun_before(clause, first)
    return [*clause[:first], _unknown(clause[first:])]


def _is_frame(term: Term) -> bool:
    return bool(term.figure or term.kinds & {"when", "ignored"})


def _noun_before(clause: list[Term], place: int) -> int:
    """Return where the things begin that stand directly before a place, one `and` the next."""
    first = place
    while first > 0 and (clause[first - 1].entry or clause[first - 1].kinds & {"and", "or", "ignored"}):
        first -= 1
        if clause[first].entry and not (first and clause[first - 1].kinds & {"and", "or"}):
            break
    return first


def _without_figure(clause: list[Term], when: int) -> list[Term]:
    """Return a clause in which `after 30 seconds` is no length of the track."""
    end = when + 1
    while end < len(clause) and ("ignored" in clause[end].kinds or "when" in clause[end].kinds):
        end += 1
    if end < len(clause) and clause[end].figure:
        return [*clause[:when], _unknown(clause[when : end + 1]), *clause[end + 1 :]]
    return clause


def _unknown(terms: list[Term]) -> Term:
    return replace(
        terms[0], text=" ".join(term.text for term in terms), entry=None, figure=None, kinds=frozenset(), scene=""
    )


def _beats(cut: list[Term]) -> list[Term]:
    """Return terms in which beats that are refused, before them or behind, are drums."""
    told = list(cut)
    for place, term in enumerate(cut):
        if term.text.lower() not in _BEATS:
            continue
        before, behind = place - 1, place + 1
        while before >= 0 and (cut[before].text.lower() in _ARTICLES or cut[before].kinds & {"very", "slightly"}):
            before -= 1
        while behind < len(cut) and (cut[behind].text in ("?", ":") or "ignored" in cut[behind].kinds):
            behind += 1
        no = before >= 0 and "no" in cut[before].kinds and (_ends(cut, place + 1) or bool(cut[place + 1].kinds))
        off = behind < len(cut) and ("off" in cut[behind].kinds or cut[behind].text.lower() in _ANSWERS)
        if no or (off and (place == 0 or cut[place - 1].entry is None)):
            told[place] = replace(term, entry=vocabulary().entry("drums"), kinds=frozenset())
    return told


def _silenced(cut: list[Term]) -> list[Term]:
    """Return terms in which `silent`, `muted` and `mute` beside a thing refuse it; a muted trumpet has a mute."""
    told = list(cut)
    for place, term in enumerate(cut):
        typed = term.text.lower()
        if not term.unknown or typed not in (*_SILENT, "mute"):
            continue
        after = place + 1
        while after < len(cut) and cut[after].text.lower() in _ARTICLES:
            after += 1
        entry = cut[after].entry if after < len(cut) else None
        before = place - 1
        while before >= 0 and cut[before].kinds == {"ignored"}:
            before -= 1
        noun = cut[before].entry if before >= 0 else None
        damped = typed == "muted"
        if entry and _is_noun(entry, cut[after]) and not (damped and _may_be_damped(entry)):
            told[place] = replace(term, kinds=frozenset(["no", "each"] if typed == "mute" else ["no"]))
        elif noun and typed != "mute" and _is_noun(noun, cut[before]) and not (damped and _may_be_damped(noun)):
            told[place] = replace(term, kinds=frozenset(["off"]))
    return told


def _may_be_damped(entry: Entry) -> bool:
    return bool(entry.instruments) and entry.group == "instrument"


def _is_noun(entry: Entry, term: Term) -> bool:
    """Return whether an expression names a thing that may be had or not, and is no manner of playing."""
    return entry.group not in _MANNERS or term.text.lower() == entry.texture


def _listed(cut: list[Term]) -> list[Term]:
    """Return terms in which the `and` of a list behind `without` is `or`: `without drums, bass and rain`.

    A list has commas, and things between them. One that holds anything else is none: `without drums, slow and dark`.
    """
    told = list(cut)
    for place, term in enumerate(cut):
        if not {"no", "each"} <= term.kinds:
            continue
        last, commas = place, 0
        verbal = letters_of([term.text]) in _VERBAL
        while (end := _item_end(cut, last + 1, verb=verbal and not commas)) > last + 1:
            if end < len(cut) and cut[end].text == ",":
                last, commas = end, commas + 1
                if end + 1 < len(cut) and "and" in cut[end + 1].kinds and commas > 1:
                    last = end + 1
            elif end < len(cut) and "and" in cut[end].kinds and commas:
                last = end
            else:
                break
            if "and" in cut[last].kinds:
                if _item_end(cut, last + 1) > last + 1:
                    told[last] = replace(cut[last], kinds=frozenset(["or"]))
                break
    return told


def _item_end(cut: list[Term], place: int, *, verb: bool = False) -> int:
    """Return where an item of a list ends that begins at a place; `place` itself if none does."""
    end, things = place, 0
    while end < len(cut) and (cut[end].text.lower() in _ARTICLES or cut[end].unknown or _names(cut[end])):
        things += cut[end].entry is not None or (cut[end].unknown and not verb)
        end += 1
    stops = end >= len(cut) or cut[end].kinds & {"stop", "and", "ignored", "no", "when", "only"}
    return end if things and stops else place


def _names(term: Term) -> bool:
    return term.entry is not None and _is_noun(term.entry, term)


def _left_out(cut: list[Term]) -> list[Term]:
    told = list(cut)
    for place, term in enumerate(cut):
        if term.text.lower() not in _LEAVE:
            continue
        end = next((k for k in range(place + 1, len(cut)) if not _is_thing(cut[k])), len(cut))
        if end < len(cut) and cut[end].text.lower() == "out" and any(one.entry for one in cut[place:end]):
            told[place] = replace(term, text=f"{term.text} out", kinds=frozenset(["no", "each"]))
            told[end] = replace(cut[end], kinds=frozenset(["stop"]))
    return told


def _is_thing(term: Term) -> bool:
    return term.entry is not None or term.text.lower() in _ARTICLES or bool(term.kinds & {"and", "or"})


def _answers(cut: list[Term]) -> list[Term]:
    told: list[Term] = []
    place = 0
    while place < len(cut):
        term, after = cut[place], place + 1
        is_answer = "off" in term.kinds
        if "no" in term.kinds and after < len(cut) and cut[after].text.lower() in _THEM and _ends(cut, after + 1):
            term = replace(term, text=f"{term.text} {cut[after].text}", kinds=frozenset(["off"]))
            after, is_answer = after + 1, True
        elif term.text.lower() in _ANSWERS and _ends(cut, after) and told and told[-1].text in ("?", ":"):
            term, is_answer = replace(term, kinds=frozenset(["off"])), True
        if is_answer:
            behind = [k for k, one in enumerate(told) if not one.kinds & {"ignored"}]
            if len(behind) > 1 and _is_stop(told[behind[-1]]) and _may_be_refused(told[behind[-2]]):
                del told[behind[-1]]
        told.append(term)
        place = after
    return told


def _may_be_refused(term: Term) -> bool:
    return term.entry is not None or "solo" in term.kinds


def _ends(cut: list[Term], place: int) -> bool:
    return place >= len(cut) or _is_stop(cut[place])


def _lengths(cut: list[Term]) -> list[Term]:
    return [
        _unknown([term]) if term.text.lower() in _LENGTHS and not _about_the_track(cut, place) else term
        for place, term in enumerate(cut)
    ]


def _about_the_track(cut: list[Term], place: int) -> bool:
    """Return whether `long` there is about the track: `a long sad piece`, `make it long`; no `long walk`."""
    before = cut[place - 1] if place else None
    following = place + 1
    while following < len(cut) and (
        cut[following].text.lower() in _ARTICLES
        or "and" in cut[following].kinds
        or ((entry := cut[following].entry) is not None and entry.group in _QUALITIES)
    ):
        following += 1
    if following < len(cut) and cut[following].text.lower() in _TRACKS:
        return True
    alone = _ends(cut, place + 1) or "and" in cut[place + 1].kinds
    if before and (before.scene or before.entry or before.text.lower() == "all"):
        return False
    return alone
