"""A template as the carrier lists it, beside the words we keep: the same, or what came instead. Pure."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from core import placeholders
from core.errors import Invalid
from services.message_templates import render
from services.message_templates.cards import CARDS, buttons_of, cards_in
from services.message_templates.offers import OFFER, USUAL_HOURS, hours_of, offers_first
from services.message_templates.places import PLACE
from services.message_templates.words import Words, words_of
from transports.port import ListedTemplate

Names = Sequence[str]
_GAPPED = ("text", "url", "url2")  # of a card: what may hold gaps


def says_the_same(words: Words, listed: ListedTemplate) -> bool:
    """Whether the carrier holds our words. Samples and files do not count: people never read them.

    Carriers count the gaps of each part for themselves, so numbered gaps are compared by their place in their part.
    """
    is_named = render.is_named(words.variables)
    theirs = Words(listed.body.strip(), listed.footer.strip(), dict(listed.header), [dict(one) for one in listed.buttons])
    return _bare(words, is_named) == _bare(theirs, listed.is_named)


def words_from(listed: ListedTemplate, like: Words | None = None) -> Words:
    """The carrier's words as a version of ours. With `like`, gaps at the same place keep the name they had there, and a
    header of the same kind its file."""
    names = _renamed(listed, like) if like else {}
    header = dict(listed.header)
    if header.get("kind") == "text":
        header["text"] = _with_names(str(header["text"]), names)
    elif header.get("kind") == CARDS:
        pictures = [one["media_id"] for one in cards_in(like.header)] if like else []
        header["cards"] = [one | {name: _with_names(str(one[name]), names) for name in _GAPPED if name in one} | {
            "media_id": picture} for one, picture in zip_longest(cards_in(header), pictures[:len(cards_in(header))])]
    elif header.get("kind") == PLACE:
        header |= dict(like.header) if like and like.header.get("kind") == PLACE else {}
    elif like and header and header.get("kind") == like.header.get("kind"):
        header["media_id"] = like.header.get("media_id")
    hours = str(hours_of(like.buttons if like else ()) or USUAL_HOURS)
    buttons = [dict(one) | ({"url": _with_names(str(one["url"]), names)} if one.get("kind") == "url" else
                            {"hours": hours} if one.get("kind") == OFFER else {}) for one in listed.buttons]
    known: dict[str, dict[str, str]] = {str(one["name"]): dict(one) for one in like.variables} if like else {}
    for name, sample in listed.samples.items():
        ours = names.get(name, name)
        known[ours] = {"fallback": "", **known.get(ours, {}), "name": ours, "sample": sample}
    given = list(known.values())
    return words_of(body=_with_names(listed.body, names), footer=listed.footer, header=header, buttons=buttons,
                    variables=given)


def _bare(words: Any, is_named: bool) -> tuple[Any, ...]:
    """What counts of a message, its numbered gaps and those of addresses by their place."""
    header = words.header or {}
    kind = str(header.get("kind") or "")
    shown: Any = _placed(str(header.get("text") or ""), is_named) if kind == "text" else tuple(
        (_placed(str(one.get("text") or ""), is_named), *map(_bare_button, buttons_of(one))) for one in cards_in(header))
    return (kind, shown, _placed(words.body, is_named), words.footer, tuple(map(_bare_button, offers_first(words.buttons))))


def _bare_button(button: Mapping[str, Any]) -> tuple[str, ...]:
    kind = str(button.get("kind"))
    if kind == "copy_code":
        return (kind,)
    phone = "".join(char for char in str(button.get("phone", "")) if char.isdigit())
    leads_to = _placed(str(button.get("url", "")), False), phone, str(button.get("flow_id", ""))
    return kind, str(button.get("text", "")).strip(), *leads_to


def _placed(text: str, is_named: bool) -> str:
    """The text with its numbered gaps named by their place; what cannot be read stays as it is."""
    try:
        parsed = placeholders.parse(text.strip())
    except Invalid:
        return text.strip()
    if is_named or not parsed.names:
        return placeholders.fill(parsed, {name: f"\0{name}\0" for name in parsed.names})
    return placeholders.fill(parsed, {name: f"\0{place}\0" for place, name in enumerate(parsed.names)})


def _renamed(listed: ListedTemplate, like: Words) -> dict[str, str]:
    """The carrier's gaps → ours, place by place; a gap that is new gets a number or name that is still free."""
    had = _padded(offers_first(like.buttons), len(listed.buttons))
    pairs: list[tuple[Names, Names]] = [(_names(_url(one)), _names(_url(at)))
                                        for one, at in zip(listed.buttons, had, strict=False)]
    if not listed.is_named:
        pairs += [(_names(listed.body), _names(like.body)),
                  (_names(str(listed.header.get("text") or "")), _names(str(like.header.get("text") or "")))]
    for card, beside in zip(cards_in(listed.header), cards_in(like.header), strict=False):
        pairs += [(_names(str(card.get(name) or "")), _names(str(beside.get(name) or "")))
                  for name in _GAPPED if name != "text" or not listed.is_named]
    theirs = dict(pair for come, ours in pairs for pair in zip(come, ours, strict=False))
    taken = set(theirs.values())
    for name in (name for come, _ours in pairs for name in come if name not in theirs):
        theirs[name] = name if name not in taken else _free(name, taken)
        taken.add(theirs[name])
    return theirs


def _free(name: str, taken: set[str]) -> str:
    """The next number, or the name with a number behind it, that nobody has."""
    if name.isdigit():
        return str(max(int(one) for one in (*taken, name) if one.isdigit()) + 1)
    return next(f"{name}_{n}" for n in range(2, len(taken) + 3) if f"{name}_{n}" not in taken)


def _padded(buttons: Sequence[Mapping[str, Any]], count: int) -> list[Mapping[str, Any]]:
    return [*buttons, *[{}] * max(0, count - len(buttons))]


def _url(button: Mapping[str, Any]) -> str:
    return str(button.get("url") or "")


def _names(text: str) -> tuple[str, ...]:
    try:
        return placeholders.names(text)
    except Invalid:
        return ()


def _with_names(text: str, names: Mapping[str, str]) -> str:
    """The text with its gaps called otherwise."""
    try:
        parsed = placeholders.parse(text)
    except Invalid:
        return text
    return placeholders.fill(parsed, {name: f"{{{{{names.get(name, name)}}}}}" for name in parsed.names})
