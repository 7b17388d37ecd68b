"""What a free message holds beyond its text, as it is kept in a row and as the carrier is told it. Pure.

`kind` is the kind of the message, `text` its words (body or caption), `content` the rest, by kind:

text         {"preview_url": true}
image, video, audio, document, sticker    {"media_id": 7, "name": "price-list.pdf", "is_voice": true}
location     {"latitude": "6.45", "longitude": "3.39", "name": "", "address": ""}
contacts     {"cards": [{"formatted_name": "", "first_name": "", "phones": [{"value": "", "kind": "", "wa_id": ""}], …}]}
reaction     {}; the sign is the text, empty to take it away; what it is on stands in `reply_to`
interactive  {"action": "buttons", "choices": [{"id": "", "title": ""}], "header": "", "footer": "", "media_id": 7}
             {"action": "list", "label": "", "sections": [{"title": "", "rows": [{"id", "title", "description"}]}]}
             {"action": "link", "label": "", "url": ""} · {"action": "ask_location"} · {"action": "ask_contact"}
             {"action": "flow", "label": "", "flow_id": "", "token": "", "screen": "", "data_json": ""}
"""

import json
from collections.abc import Mapping
from typing import Any

from core.errors import Invalid
from services.sending.content_shape import check_shape, is_file_id
from transports.port import (
    Action,
    AskContact,
    AskLocation,
    Card,
    Choice,
    Contacts,
    Content,
    FlowButton,
    Interactive,
    LinkButton,
    ListMenu,
    Location,
    Media,
    Reach,
    Reaction,
    ReplyButtons,
    Section,
    Text,
)

FILES = ("image", "video", "audio", "document", "sticker")
KINDS = ("text", *FILES, "location", "contacts", "reaction", "interactive")
TEXT_LIMIT, CAPTION_LIMIT, BODY_LIMIT = 4096, 1024, 1024  # characters Meta allows
TITLE_LIMIT, LABEL_LIMIT, FOOTER_LIMIT, DESCRIPTION_LIMIT, ID_LIMIT = 20, 20, 60, 72, 200
MOST_BUTTONS, MOST_ROWS, MOST_CARDS = 3, 10, 5
ROW_TITLE_LIMIT = SECTION_LIMIT = 24


class FileFor:
    """A file of ours as the carrier knows it: its id there, and its kind."""

    __slots__ = ("kind", "wire_id")

    def __init__(self, wire_id: str, kind: str) -> None:
        self.wire_id, self.kind = wire_id, kind


def media_in(content: Mapping[str, Any]) -> int | None:
    """The id of the file a message carries, if any."""
    found: int | None = content.get("media_id")
    return found if is_file_id(found) else None


def content_of(kind: str, text: str, content: Mapping[str, Any], *, reply_to: str = "",
               file: FileFor | None = None) -> Content:
    """The message as the carrier's port wants it. `file` is the carrier's view of `media_in(content)`. Raises Invalid."""
    if kind == "text":
        return Text(text, preview_url=bool(content.get("preview_url")))
    if kind in FILES:
        if file is None:
            raise Invalid("The file of this message is not at WhatsApp")
        return Media(kind, wire_id=file.wire_id, caption="" if kind in ("audio", "sticker") else text,
                     filename=str(content.get("name", "")) if kind == "document" else "",
                     is_voice=bool(content.get("is_voice")))
    if kind == "location":
        return Location(**{name: str(content.get(name, "")) for name in ("latitude", "longitude", "name", "address")})
    if kind == "contacts":
        return Contacts(tuple(_card(card) for card in content.get("cards", ())))
    if kind == "reaction":
        return Reaction(reply_to, text)
    if kind == "interactive":
        header = Media(file.kind, wire_id=file.wire_id) if file else str(content.get("header", "")) or None
        return Interactive(text, _action(content), header=header, footer=str(content.get("footer", "")))
    raise Invalid(f"Messages of the kind {kind} cannot be sent")


def _card(card: Mapping[str, Any]) -> Card:
    """One contact card."""
    words = {name: str(card.get(name, "")) for name in (
        "formatted_name", "first_name", "last_name", "company", "title", "birthday")}
    ways = {name: tuple(Reach(str(one.get("value", "")), str(one.get("kind", "")), str(one.get("wa_id", "")))
                        for one in card.get(name, ())) for name in ("phones", "emails", "urls")}
    return Card(**words, **ways)  # type: ignore[arg-type]


def _action(content: Mapping[str, Any]) -> Action:
    """What can be tapped. Raises Invalid for what cannot."""
    label = str(content.get("label", ""))
    match content.get("action"):
        case "buttons":
            return ReplyButtons(tuple(_choice(one) for one in content.get("choices", ())))
        case "list":
            return ListMenu(label, tuple(Section(str(part.get("title", "")), tuple(
                _choice(row) for row in part.get("rows", ()))) for part in content.get("sections", ())))
        case "link":
            return LinkButton(label, str(content.get("url", "")))
        case "flow":
            flow = {name: str(content.get(name, "")) for name in ("flow_id", "token", "screen", "data_json")}
            return FlowButton(label, **flow)  # type: ignore[arg-type]
        case "ask_location":
            return AskLocation()
        case "ask_contact":
            return AskContact()
    raise Invalid("There is nothing to tap in this message")


def _choice(one: Mapping[str, Any]) -> Choice:
    return Choice(str(one.get("id", "")), str(one.get("title", "")), str(one.get("description", "")))


def check(kind: str, text: str, content: Mapping[str, Any]) -> None:
    """Raise Invalid, naming the field, for what Meta would refuse: limits of lengths and numbers, and what is missing."""
    if kind not in KINDS:
        raise Invalid(f"Messages of the kind {kind} cannot be sent", field="kind")
    check_shape(kind, content)
    if kind == "text":
        _long("text", text, TEXT_LIMIT, "The text", is_needed=True)
    elif kind in FILES:
        _long("text", text, CAPTION_LIMIT, "The words below the file")
        if not media_in(content):
            raise Invalid("Choose a file", field="file")
    elif kind == "location":
        _check_location(content)
    elif kind == "contacts":
        cards = content.get("cards") or ()
        if not 1 <= len(cards) <= MOST_CARDS or not all(card.get("formatted_name") for card in cards):
            raise Invalid(f"Give one to {MOST_CARDS} contact cards, each with a name", field="cards")
    elif kind == "interactive":
        _long("text", text, BODY_LIMIT, "The text", is_needed=True)
        _long("footer", str(content.get("footer", "")), FOOTER_LIMIT, "The last line")
        _long("header", str(content.get("header", "")), FOOTER_LIMIT, "The heading")
        _check_action(content)


def _check_location(content: Mapping[str, Any]) -> None:
    for name, most in (("latitude", 90), ("longitude", 180)):
        try:
            is_there = abs(float(content.get(name, ""))) <= most
        except (TypeError, ValueError):
            is_there = False
        if not is_there:
            raise Invalid(f"Give the {name} in degrees, from -{most} to {most}", field=name)


def _check_action(content: Mapping[str, Any]) -> None:
    """What can be tapped, within Meta's limits."""
    action, label = content.get("action"), str(content.get("label", ""))
    if action == "buttons":
        titles = [str(one.get("title", "")).strip() for one in content.get("choices", ())]
        if not 1 <= len(titles) <= MOST_BUTTONS or not all(titles) or len(set(titles)) < len(titles):
            raise Invalid(f"Give one to {MOST_BUTTONS} buttons, each with words of its own", field="choices")
        for title in titles:
            _long("choices", title, TITLE_LIMIT, "The words of a button")
    elif action == "list":
        _long("label", label, LABEL_LIMIT, "The words of the button that opens the list", is_needed=True)
        _check_sections(content.get("sections") or ())
    elif action == "link":
        _long("label", label, LABEL_LIMIT, "The words of the button", is_needed=True)
        if not str(content.get("url", "")).startswith(("https://", "http://")):
            raise Invalid("The address of the button begins with https://", field="url")
    elif action == "flow":
        _long("label", label, LABEL_LIMIT, "The words of the button", is_needed=True)
        _check_flow(content)
    else:
        _action(content)


def _check_flow(content: Mapping[str, Any]) -> None:
    """Which WhatsApp Flow is opened, and what its first screen is given."""
    if not str(content.get("flow_id", "")).isdecimal():
        raise Invalid("Give the id of the form: digits only, as WhatsApp Manager shows it", field="flow_id")
    if not (data := str(content.get("data_json", ""))):
        return
    if not content.get("screen"):
        raise Invalid("Name the screen that is given the values", field="screen")
    try:
        is_object = isinstance(json.loads(data), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        raise Invalid("The values for the screen must be a JSON object", field="data_json")


def _check_sections(sections: Any) -> None:
    rows = [row for section in sections for row in section.get("rows", ())]
    if not 1 <= len(rows) <= MOST_ROWS:
        raise Invalid(f"A list has one to {MOST_ROWS} rows", field="sections")
    if len(sections) > 1 and not all(section.get("title") for section in sections):
        raise Invalid("Give each part of the list a title", field="sections")
    for section in sections:
        _long("sections", str(section.get("title", "")), SECTION_LIMIT, "The title of a part of the list")
    for row in rows:
        _long("sections", str(row.get("title", "")), ROW_TITLE_LIMIT, "The words of a row", is_needed=True)
        _long("sections", str(row.get("description", "")), DESCRIPTION_LIMIT, "The words below a row")
        _long("sections", str(row.get("id", "")), ID_LIMIT, "The id of a row", is_needed=True)
    if len({row.get("id") for row in rows}) < len(rows):
        raise Invalid("Each row of a list needs an id of its own", field="sections")


def _long(field: str, words: str, most: int, what: str, *, is_needed: bool = False) -> None:
    if is_needed and not words.strip():
        raise Invalid(f"{what} is empty", field=field)
    if len(words) > most:
        raise Invalid(f"{what} has {len(words):,} characters; WhatsApp takes {most:,} at most", field=field)
