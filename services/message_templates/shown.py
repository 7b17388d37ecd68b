"""A message as a phone shows it: header, text, last line and buttons, with one person's values in the gaps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import placeholders
from core.errors import Invalid
from services.message_templates.cards import buttons_of
from services.message_templates.offers import OFFER
from services.message_templates.places import shown_as

MEDIA = {"image": "Picture", "video": "Film", "document": "Document"}  # kinds of header that carry a file


@dataclass(frozen=True, slots=True)
class ShownButton:
    """One button. `says` is where it leads or what it copies, for whoever wants to know."""

    kind: str  # quick_reply | url | phone | copy_code | flow | offer
    text: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands on the phone, as plain text: marks are not read yet and nothing is escaped."""

    header_kind: str = ""  # text | image | video | document | location, or nothing
    header_text: str = ""  # of a place: its name and address
    media_id: int | None = None
    body: str = ""
    footer: str = ""
    buttons: tuple[ShownButton, ...] = ()
    cards: tuple["ShownCard", ...] = ()


@dataclass(frozen=True, slots=True)
class ShownCard:
    """One card to swipe."""

    media_id: int | None
    text: str
    buttons: tuple[ShownButton, ...]


def shown(version: Any, values: Mapping[str, str]) -> Shown:
    """A version with these values in its gaps; a gap without value stays visible as {{name}}. No query.

    `version` is a TemplateVersion, or anything with its body, footer, header and buttons. Never raises: a text whose
    gaps cannot be read is shown as it is.
    """
    header = version.header or {}
    kind = str(header.get("kind") or "")
    return Shown(
        header_kind=kind, header_text=_filled(str(header.get("text") or ""), values) if kind == "text" else shown_as(header),
        media_id=header.get("media_id") if kind in MEDIA else None,
        body=_filled(version.body, values), footer=version.footer,
        buttons=tuple(_button(one, values) for one in version.buttons or ()),
        cards=tuple(_card(one, values) for one in header.get("cards") or ()))


def plain(text: str) -> Shown:
    """A text without a template, as it stands on a phone."""
    return Shown(body=text)


def _card(card: Mapping[str, Any], values: Mapping[str, str]) -> ShownCard:
    """One card with its buttons."""
    return ShownCard(card.get("media_id"), _filled(str(card.get("text") or ""), values),
                     tuple(_button(one, values) for one in buttons_of(card)))


def _button(button: Mapping[str, Any], values: Mapping[str, str]) -> ShownButton:
    """One button with its address filled."""
    kind = str(button.get("kind") or "")
    says = {"url": button.get("url"), "phone": button.get("phone"), "copy_code": button.get("sample"),
            "flow": f"Opens the form {button.get('flow_id')}" if button.get("flow_id") else "",
            OFFER: f"Ends {button.get('hours')} hours after it is sent"}.get(kind) or ""
    return ShownButton(kind, str(button.get("text") or ""), _filled(str(says), values) if kind == "url" else str(says))


def _filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its gaps filled as far as there are values."""
    try:
        parsed = placeholders.parse(text)
    except Invalid:
        return text
    return placeholders.fill(parsed, {name: values.get(name) or f"{{{{{name}}}}}" for name in parsed.names})
