"""Cards to swipe below a message: each a picture, perhaps a few words, and one or two buttons. Kept in place of a header. Pure.

Meta's page on carousels: marketing, 2 to 10 cards of one shape, 160 characters each with gaps as in any text, one or two
buttons of the same kinds on all, no header, last line or buttons of the message itself. Ours have a picture; a button opens a
page, whose address may end in a gap, or answers.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core import placeholders
from core.errors import Invalid
from services.message_templates import buttons as button_rules
from services.message_templates.limits import Problem, about_gaps, strange

CARDS = "cards"
FEWEST, MOST, TEXT_LIMIT = 2, 10, 160
PAIRS = (("button", "url"), ("button2", "url2"))  # the words of each button, and where it leads; empty: it answers

Card = Mapping[str, Any]


def cards_in(header: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cards of a header; none for one of another kind."""
    return [dict(one) for one in header.get("cards") or ()] if header.get("kind") == CARDS else []


def tidy(cards: Iterable[Card]) -> list[dict[str, Any]]:
    """Cards as they are kept: media_id, text, button, url, and button2 and url2 where there is a second one."""
    kept = []
    for one in cards:
        words = {name: " ".join(str(one.get(name) or "").split()) for name in ("text", "button", "url", "button2", "url2")}
        kept.append({"media_id": one.get("media_id") or None} | {
            name: value for name, value in words.items() if value or not name.endswith("2")})
    return kept


def buttons_of(card: Card) -> list[dict[str, str]]:
    """The buttons of one card, as those of a message are kept: the first always, the second where there is one."""
    pairs = [(str(card.get(words) or ""), str(card.get(url) or "")) for words, url in PAIRS]
    return [{"kind": "url", "text": words, "url": url} if url else {"kind": "quick_reply", "text": words}
            for at, (words, url) in enumerate(pairs) if not at or words or url]


def gaps_of(header: Mapping[str, Any]) -> list[str]:
    """The names on the cards, each card's words before its addresses. Raises Invalid for a text that cannot be read."""
    return [name for one in cards_in(header)
            for name in (*placeholders.names(str(one.get("text") or "")), *button_rules.gaps_of(buttons_of(one)))]


def lacks_a_file(header: Mapping[str, Any]) -> bool:
    """Whether there is a card whose picture is not known here."""
    return any(not one.get("media_id") for one in cards_in(header))


def with_handles(header: Mapping[str, Any], handles: Sequence[str]) -> dict[str, Any]:
    """A header to be handed in, each card with the carrier's name for its picture, and with its buttons."""
    cards = [one | {"handle": handle, "buttons": buttons_of(one)}
             for one, handle in zip(cards_in(header), handles, strict=False)]
    return {**header, "cards": cards} if cards else dict(header)


def problems_of(header: Mapping[str, Any], *, footer: str, buttons: Sequence[Card], category: str) -> list[Problem]:
    """Everything Meta would refuse of cards and beside them; nothing without cards."""
    if header.get("kind") != CARDS:
        return []
    cards = cards_in(header)
    kinds = [[button["kind"] for button in buttons_of(one)] for one in cards]
    found = [
        ("category", category != "marketing", "Cards are marketing"),
        ("footer", bool(footer), "With cards there is no last line; take it out"),
        ("buttons", bool(buttons), "With cards the message has no buttons of its own; each card has one or two"),
        ("header", not FEWEST <= len(cards) <= MOST, f"There are {len(cards)} cards; {FEWEST} to {MOST} are needed"),
        ("header", len({len(one) for one in kinds}) > 1, "Give every card a second button, or none"),
        ("header", len({one[0] for one in kinds}) > 1, "Give every card an address, or none"),
        ("header", len({one[1] for one in kinds if len(one) > 1}) > 1, "Give every second button an address, or none"),
        ("header", len({bool(one["text"]) for one in cards}) > 1, "Give every card words, or none"),
    ]
    found += [("header", True, f"Card {number}: {sentence}") for number, one in enumerate(cards, 1) for sentence in _about(one)]
    return [Problem(field, sentence) for field, is_wrong, sentence in found if is_wrong]


def _about(card: Card) -> list[str]:
    """What is wrong with one card."""
    text = str(card["text"])
    found = [one.sentence for one in button_rules.problems_of(buttons_of(card))]
    if not card.get("media_id"):
        found.append("choose its picture")
    if len(text) > TEXT_LIMIT:
        found.append(f"it has {len(text)} characters; {TEXT_LIMIT} is the most")
    try:
        parsed = placeholders.parse(text)
        found += about_gaps(parsed) if parsed.gaps else []
    except Invalid as error:
        found.append(error.message)
    return [*filter(None, found), *filter(None, [strange(text)])]
