"""What somebody answered, as the value a question expects; or why it is none. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.errors import Invalid
from core.phone import Phone
from core.words import folded, one_line
from services.flows.drawing import Choice, Node, Texts

FILES = ("image", "video", "audio", "document", "sticker")
_EMAIL = re.compile(r"[^@\s,;<>\"'()]+@[^@\s,;<>\"'()]+\.[^@\s.,;<>\"'()]{2,}")
_DAY = re.compile(r"(\d{1,2})[./\- ](\d{1,2})[./\- ](\d{4})")
_FIGURE = re.compile(r"[+-]?\d{1,15}(\.\d{1,6})?")


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of the person, as a flow hears it."""

    text: str = ""
    kind: str = "text"  # Meta's word
    choice_id: str = ""  # of the button or row that was pressed
    content: Mapping[str, Any] | None = None  # a place, a file …
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A value that can be kept, as text; `choice` is the one that was taken."""

    value: str
    choice: Choice | None = None


def in_language(texts: Texts, language: str) -> str:
    """The text for somebody who reads this language: exactly, else its first part (fr for fr_CA), else everybody's."""
    plain = language.replace("-", "_")
    return texts.get(plain) or texts.get(plain.split("_")[0]) or texts.get("", "")


def answer_to(node: Node, heard: Heard, *, country: str = "") -> Answer:
    """The value of an answer. Raises Invalid with the reason, in words for the team."""
    return _READERS[node.expects](node, heard, country)


def _text(node: Node, heard: Heard, country: str) -> Answer:
    if not heard.text.strip() or heard.kind in FILES:
        raise Invalid("no words")
    return Answer(heard.text.strip()[:1000])


def _number(node: Node, heard: Heard, country: str) -> Answer:
    """1,234.5 and 1.234,5 and 1 234: the last mark followed by other than three digits is the decimal one."""
    text = re.sub(r"[\s'’\u00a0\u202f]", "", heard.text)
    if "," in text and "." in text:
        last = max(text.rfind(","), text.rfind("."))
        text = re.sub(r"[.,]", "", text[:last]) + "." + text[last + 1:]
    elif "," in text:
        whole, _, rest = text.rpartition(",")
        text = text.replace(",", "") if len(rest) == 3 and whole and whole.count(",") or (
            len(rest) == 3 and len(whole.lstrip("+-")) in (1, 2, 3) and whole.lstrip("+-") != "0") else text.replace(",", ".")
    if not _FIGURE.fullmatch(text) or not text.isascii():
        raise Invalid("no number")
    value = float(text)
    if (node.least is not None and value < node.least) or (node.most is not None and value > node.most):
        raise Invalid("out of bounds")
    return Answer(f"{value:.6f}".rstrip("0").rstrip("."))


def _date(node: Node, heard: Heard, country: str) -> Answer:
    """2026-11-24, 24.11.2026, 24/11/2026; in the United States the month comes first."""
    text = one_line(heard.text)
    try:
        if found := _DAY.fullmatch(text):
            first, second, year = (int(part) for part in found.groups())
            day, month = (second, first) if country == "US" else (first, second)
            return Answer(date(year, month, day).isoformat())
        return Answer(date.fromisoformat(text).isoformat())
    except ValueError:
        raise Invalid("no date") from None


def _email(node: Node, heard: Heard, country: str) -> Answer:
    text = heard.text.strip().lower()
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise Invalid("no e-mail address")
    return Answer(text)


def _phone(node: Node, heard: Heard, country: str) -> Answer:
    """A number as people write it, or the card of somebody."""
    cards = (heard.content or {}).get("cards") or []
    typed = next((str(way.get("value", "")) for card in cards for way in card.get("phones", ())), heard.text)
    return Answer(Phone.parse(typed, country).e164)


def _choice(node: Node, heard: Heard, country: str) -> Answer:
    """The button, its words in any language, its number in the list."""
    said = folded(heard.text.strip().strip(".!)").strip())
    for number, one in enumerate(node.choices, 1):
        ids = {one.id, wire_id(node, one)}
        titles = {folded(title.strip()) for title in one.titles.values()}
        if heard.choice_id in ids or (said and (said in titles or said == str(number))):
            return Answer(one.titles.get("", one.id), one)
    raise Invalid("none of the choices")


def _location(node: Node, heard: Heard, country: str) -> Answer:
    content = heard.content or {}
    if heard.kind != "location" or not content.get("latitude"):
        raise Invalid("no place")
    return Answer(f"{content['latitude']},{content['longitude']}")


def _media(node: Node, heard: Heard, country: str) -> Answer:
    if heard.kind not in FILES:
        raise Invalid("no file")
    return Answer(f"{heard.kind} in message {heard.message_id}")


_READERS = {"text": _text, "number": _number, "date": _date, "email": _email, "phone": _phone, "choice": _choice,
            "location": _location, "media": _media}


def wire_id(node: Node, one: Choice) -> str:
    """The id a button or row is sent with: it says of which question it is."""
    return f"{node.id}:{one.id}"[:200]
