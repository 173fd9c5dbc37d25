"""What is said about a stretch of a phrase as a whole, made plain before it is read from left to right."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dusktape.studio.terms import Term

_ARTICLES = ("the", "a", "an", "my", "your", "this", "that", "any", "some", "of", "all", "every", "each")
_ANSWERS = ("no", "never", "nope", "not")
_THEM = ("them", "it", "those", "these", "that")
_TURNS = ("but", "then", "with")
_TRACKS = ("piece", "track", "song", "tune", "mix", "beat", "beats", "music", "one", "lofi", "instrumental", "version")
_LEAVE = ("leave", "leaving", "take", "taking", "keep", "keeping", "cut", "cutting")
_LENGTHS = ("long", "longer", "lengthy")
_QUALITIES = ("mood", "calm", "tempo", "grit", "tone", "scene", "feel", "harmony")


def made_plain(cut: list[Term]) -> list[Term]:
    """Return terms in which each may be read by itself.

    Four things are settled: a clause that holds for part of a track only (`no drums until the second half`) is one
    unknown term, for a recipe has no such thing; `leave the drums out` is `leave out the drums`; an answer behind a
    noun (`drums? no thanks`) follows it directly; and `long` that is about something else than the track (`a long
    walk`) is unknown.

    Parameters
    ----------
    cut
        Of `studio.terms`.
    """
    return _lengths(_answers(_left_out(_timed(cut))))


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
