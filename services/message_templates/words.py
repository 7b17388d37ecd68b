"""All the words of one template together: header, body, last line, buttons and the gaps in them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core import placeholders
from core.errors import Invalid
from services.message_templates import buttons as button_rules
from services.message_templates import cards, limits, offers, places, render
from services.message_templates.limits import Problem
from services.message_templates.shown import MEDIA

Given = Sequence[Mapping[str, str]]  # name, sample, fallback; names that stand in no gap are left out


@dataclass(frozen=True, slots=True)
class Words:
    """What a version says, tidied. Has the parts `shown` wants."""

    body: str
    footer: str = ""
    header: dict[str, Any] = field(default_factory=dict)
    buttons: list[dict[str, Any]] = field(default_factory=list)
    variables: list[dict[str, str]] = field(default_factory=list)


def words_of(*, body: str, footer: str = "", header: Mapping[str, Any] | None = None,
             buttons: Sequence[Mapping[str, Any]] = (), variables: Given = (), country: str = "") -> Words:
    """Typed words as they are kept: tidied, every gap listed once with its sample and fallback.

    The gaps stand in the order of header, body, addresses and cards; where they cannot be read, those that were given are
    kept, so that nothing typed is lost. A sample that is not given is made up from the name.
    """
    body, footer = tidy(body), tidy(footer)
    header, buttons = _tidy_header(header or {}), button_rules.tidy(buttons, country)
    names = _readable_names(body, header, buttons, variables)
    known = {str(one.get("name", "")): one for one in variables}
    return Words(body, footer, header, buttons, [
        {"name": name, "sample": str(known.get(name, {}).get("sample") or "").strip() or render.default_sample(name),
         "fallback": str(known.get(name, {}).get("fallback") or "").strip()} for name in names])


def words_in(version: Any) -> Words:
    """The words of a TemplateVersion."""
    return Words(version.body, version.footer, dict(version.header or {}), [dict(one) for one in version.buttons or ()],
                 [dict(one) for one in version.variables])


def problems_of(words: Words, *, name: str, language: str, category: str) -> list[Problem]:
    """Everything Meta would refuse, in the order of the form; empty when it may be handed in."""
    found = limits.problems_of_texts(name=name, language=language, category=category, body=words.body,
                                     footer=words.footer, header=words.header)
    found += button_rules.problems_of(words.buttons)
    found += offers.problems_of(words.buttons, body=words.body, footer=words.footer, header=words.header, category=category)
    found += cards.problems_of(words.header, footer=words.footer, buttons=words.buttons, category=category)
    try:
        placeholders.check_together(_all_names(words.body, words.header, words.buttons))
    except Invalid as error:
        if not any(problem.sentence == error.message for problem in found):
            found.append(Problem("body", error.message))
    return found + limits.problems_of_variables(words.variables)


def names_in(text: str) -> tuple[str, ...]:
    """The names of the gaps of one text; none where they cannot be read."""
    try:
        return placeholders.names(text)
    except Invalid:
        return ()


def tidy(text: str) -> str:
    """A typed text without spaces around it and with one kind of line break; tabs become spaces."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()


def _tidy_header(header: Mapping[str, Any]) -> dict[str, Any]:
    """The header with what belongs to its kind and nothing else."""
    kind = str(header.get("kind") or "")
    if not kind:
        return {}
    if kind == cards.CARDS:
        return {"kind": kind, "cards": cards.tidy(header.get("cards") or ())}
    if kind == places.PLACE:
        return dict(places.tidy(header))
    if kind in MEDIA:
        return {"kind": kind, "media_id": header.get("media_id")}
    return {"kind": kind, "text": tidy(str(header.get("text") or ""))}


def _all_names(body: str, header: Mapping[str, Any], buttons: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Every name once, in the order of header, body, addresses and cards; numbers by number. Raises Invalid."""
    found = [*placeholders.names(str(header.get("text") or "")), *placeholders.names(body),
             *button_rules.gaps_of(buttons), *cards.gaps_of(header)]
    names = tuple(dict.fromkeys(found))
    return tuple(sorted(names, key=int)) if names and all(name.isdigit() for name in names) else names


def _readable_names(body: str, header: Mapping[str, Any], buttons: Sequence[Mapping[str, Any]],
                    given: Given) -> tuple[str, ...]:
    """The same, or the names that were given when something cannot be read."""
    try:
        return _all_names(body, header, buttons)
    except Invalid:
        return tuple(dict.fromkeys(str(one.get("name", "")) for one in given))
