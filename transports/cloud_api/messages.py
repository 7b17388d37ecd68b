"""What people write to us → IncomingMessage. Every kind is kept; the readable part becomes text."""

from collections.abc import Callable, Mapping
from typing import Any

from core.words import one_line
from transports.cloud_api.parts import content_of, file_of, form_of, refers_to
from transports.cloud_api.people import user_id_in, wa_id_in
from transports.cloud_api.plain import items, key, mapping, moment, text
from transports.port import IncomingMessage

Part = Mapping[str, Any]


class People:
    """The `contacts` beside the messages: names and ids, found by either id."""

    def __init__(self, contacts: list[Any]) -> None:
        self._known: dict[str, tuple[str, str, str]] = {}
        for contact in contacts:
            raw = mapping(contact)
            wa_id = wa_id_in(raw.get("wa_id"))
            user_id = user_id_in(raw.get("user_id")) or user_id_in(raw.get("wa_id"))
            profile = mapping(raw.get("profile"))
            name = text(profile.get("name"), 200) or text(profile.get("username"), 200)
            for known_as in filter(None, (wa_id, user_id)):
                self._known[known_as] = (wa_id, user_id, name)

    def of(self, wa_id: str, user_id: str) -> tuple[str, str, str]:
        """(wa_id, user id, profile name) of a sender, filled up with what is known of them."""
        known = self._known.get(user_id) or self._known.get(wa_id) or ("", "", "")
        return wa_id or known[0], user_id or known[1], known[2]


def message_of(phone_number_id: str, raw: Part, people: People) -> IncomingMessage:
    """One message of a person. Raises Unreadable when it has no id or time."""
    sender = raw.get("from")
    return line_of(phone_number_id, raw, people.of(wa_id_in(sender), user_id_in(raw.get("from_user_id")) or user_id_in(sender)))


def line_of(phone_number_id: str, raw: Part, person: tuple[str, str, str], **more: Any) -> IncomingMessage:
    """One line of the conversation with this person (wa_id, user id, name). Raises Unreadable as `message_of`."""
    kind = one_line(text(raw.get("type"), 20)) or "unknown"
    wa_id, user_id, name = person
    return IncomingMessage(
        phone_number_id=phone_number_id,
        wire_id=key(raw.get("id"), "The id of a message", 255),
        at=moment(raw.get("timestamp")),
        kind=kind,
        wa_id=wa_id,
        user_id=user_id,
        profile_name=name,
        text=readable(kind, raw),
        raw=raw,
        reply_to=refers_to(kind, raw),
        content=content_of(kind, raw),
        file=file_of(kind, raw),
        **more,
    )


def readable(kind: str, raw: Part) -> str:
    """The part of a message a person can read; empty when there is none."""
    reader = READABLE.get(kind)
    return reader(raw.get(kind)) if reader else ""


def _member(name: str) -> Callable[[Any], str]:
    return lambda part: text(mapping(part).get(name), 65_536)


def _interactive(part: Any) -> str:
    """The chosen button or row, or the fields of a filled-in flow."""
    raw = mapping(part)
    for choice in ("button_reply", "list_reply"):
        if title := text(mapping(raw.get(choice)).get("title")):
            return title
    answer = mapping(raw.get("nfm_reply"))
    told = "\n".join(f"{name}: {value}" for name, value in form_of(answer.get("response_json")).items())
    return told[:4096] or text(answer.get("body"))


def _location(part: Any) -> str:
    raw = mapping(part)
    told = ", ".join(filter(None, (text(raw.get("name")), text(raw.get("address")))))
    return told or f"{raw.get('latitude', '')}, {raw.get('longitude', '')}"[:80].strip(", ")


def _cards(part: Any) -> str:
    """The names on contact cards; the number of one without a name."""
    names = (text(mapping(mapping(card).get("name")).get("formatted_name"), 200)
             or next((text(mapping(way).get("phone"), 60) for way in items(mapping(card).get("phones"))), "")
             for card in items(part))
    return ", ".join(filter(None, names))[:4096]


def _edit(part: Any) -> str:
    changed = mapping(mapping(part).get("message"))
    kind = text(changed.get("type"), 20)
    return "" if kind == "edit" else readable(kind, changed)


READABLE: dict[str, Callable[[Any], str]] = {
    "text": _member("body"),
    "image": _member("caption"),
    "video": _member("caption"),
    "document": _member("caption"),
    "button": _member("text"),
    "interactive": _interactive,
    "reaction": _member("emoji"),
    "location": _location,
    "contacts": _cards,
    "order": _member("text"),
    "system": _member("body"),
    "edit": _edit,
}
