"""The calls between a simulated phone and us, in words."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.words import shortened
from services import simulation

# how a kind that is no text is named to the team
KINDS = {"image": "A photo", "video": "A film", "audio": "A sound or voice message", "document": "A document",
         "sticker": "A sticker", "location": "A place", "contacts": "A contact card", "button": "Pressed a button",
         "interactive": "Pressed a button or row", "reaction": "Reacted", "order": "An order", "edit": "Changed a message",
         "revoke": "Deleted a message", "system": "News of the person", "request_welcome": "Opened the talk",
         "unsupported": "Something WhatsApp does not hand on"}
_NOUNS = {"button": "A button", "interactive": "A button or row", "reaction": "A reaction", "edit": "A changed message",
          "revoke": "A deletion", "request_welcome": "The first opening of the talk", "template": "A template"}
_NEWS = {"sent": ("check", "mute", "Sent"), "delivered": ("check-double", "mute", "Delivered"),
         "read": ("check-double", "info", "Read"), "played": ("volume-high", "info", "Played"),
         "failed": ("circle-xmark", "bad", "Failed")}
_OTHER = {"preference stop": "Marketing switched off in WhatsApp", "typing": "We show that we write",
          "preference resume": "Marketing switched on in WhatsApp", "read mark": "We mark their message as read",
          "user_id": "The person has a new user id", "message system": "The person has a new number"}


@dataclass(frozen=True, slots=True)
class InWords:
    """One call as a line."""

    id: int
    way: str
    at: datetime
    words: str
    sign: str
    colour: str
    word: str  # on the chip


def calls_of(calls: Sequence[simulation.Call], phone: simulation.Phone) -> list[InWords]:
    """Each call in words, in their order."""
    return [_in_words(call, phone) for call in calls]


def body_in_words(body: str) -> str:
    """A body as indented JSON, or as it came where it is none."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body


def _in_words(call: simulation.Call, phone: simulation.Phone) -> InWords:
    kind, _, detail = call.what.partition(" ")
    sign, colour, word = _chip(call, detail)
    return InWords(call.id, call.way, call.at, _words(call, kind, detail, phone), sign, colour, word)


def _chip(call: simulation.Call, detail: str) -> tuple[str, str, str]:
    """Icon, colour and word of how it ended."""
    if call.status != 200:
        return "circle-xmark", "bad", str(call.status or "No answer")
    if call.what.startswith(("status", "failed")) and detail in _NEWS:
        return _NEWS[detail]
    return ("inbox", "mute", "Accepted") if call.way == "out" else ("check", "good", "200")


def _words(call: simulation.Call, kind: str, detail: str, phone: simulation.Phone) -> str:
    """What passed."""
    if call.what in _OTHER:
        return _OTHER[call.what]
    line = phone.by_id.get(call.wamid)
    told = str(line.shown.get("text") or "") if line else ""
    what = f"“{shortened(told, 40)}”" if told else (KINDS | _NOUNS).get(detail, "A message")
    if kind == "message":
        return f"{what} came in, signature right" if call.status == 200 else f"{what} was not taken"
    if kind == "send":
        return f"Handed over {what if told else what[:1].lower() + what[1:]}"
    return f"News: {detail}"
