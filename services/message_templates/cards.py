"""Cards to swipe below a message: each a picture, perhaps a few words, and one button. Kept in place of a header. Pure.

Meta's page on carousels: marketing, 2 to 10 cards of one shape, 160 characters each, no header, last line or buttons of the
message itself. Ours have a picture and one button, the same kind on all: one that opens a page, or one that answers.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.message_templates import buttons as button_rules
from services.message_templates.limits import Problem, strange

CARDS = "cards"
FEWEST, MOST, TEXT_LIMIT = 2, 10, 160

Card = Mapping[str, Any]


def cards_in(header: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cards of a header; none for one of another kind."""
    return [dict(one) for one in header.get("cards") or ()] if header.get("kind") == CARDS else []


def tidy(cards: Iterable[Card]) -> list[dict[str, Any]]:
    """Cards as they are kept: media_id, text, button, url."""
    return [{"media_id": one.get("media_id") or None, **{
        name: " ".join(str(one.get(name) or "").split()) for name in ("text", "button", "url")}} for one in cards]


def lacks_a_file(header: Mapping[str, Any]) -> bool:
    """Whether there is a card whose picture is not known here."""
    return any(not one.get("media_id") for one in cards_in(header))


def with_handles(header: Mapping[str, Any], handles: Sequence[str]) -> dict[str, Any]:
    """A header to be handed in, each card with the carrier's name for its picture."""
    cards = [one | {"handle": handle} for one, handle in zip(cards_in(header), handles, strict=False)]
    return {**header, "cards": cards} if cards else dict(header)


def problems_of(header: Mapping[str, Any], *, footer: str, buttons: Sequence[Card], category: str) -> list[Problem]:
    """Everything Meta would refuse of cards and beside them; nothing without cards."""
    if header.get("kind") != CARDS:
        return []
    cards = cards_in(header)
    found = [
        ("category", category != "marketing", "Cards are marketing"),
        ("footer", bool(footer), "With cards there is no last line; take it out"),
        ("buttons", bool(buttons), "With cards the message has no buttons of its own; each card has one"),
        ("header", not FEWEST <= len(cards) <= MOST, f"There are {len(cards)} cards; {FEWEST} to {MOST} are needed"),
        ("header", len({bool(one["url"]) for one in cards}) > 1, "Give every card an address, or none"),
        ("header", len({bool(one["text"]) for one in cards}) > 1, "Give every card words, or none"),
    ]
    found += [("header", True, f"Card {number}: {sentence}") for number, one in enumerate(cards, 1) for sentence in _about(one)]
    return [Problem(field, sentence) for field, is_wrong, sentence in found if is_wrong]


def _about(card: Card) -> list[str]:
    """What is wrong with one card."""
    text, url = str(card["text"]), str(card["url"])
    button = {"kind": "url", "text": card["button"], "url": url} if url else {"kind": "quick_reply", "text": card["button"]}
    found = [one.sentence for one in button_rules.problems_of([button])]
    if not card.get("media_id"):
        found.append("choose its picture")
    if len(text) > TEXT_LIMIT:
        found.append(f"it has {len(text)} characters; {TEXT_LIMIT} is the most")
    if any("{{" in words for words in (text, url)):
        found.append("a card has no gaps")
    return [*found, *filter(None, [strange(text)])]
