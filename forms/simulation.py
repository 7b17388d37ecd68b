"""What a person at the simulated phone's page pressed: text in, what the customer does out. No questions to anybody."""

from collections.abc import Callable, Mapping
from typing import Any

from core.errors import Invalid

SWITCHES = ("has_connection", "reads", "tells_read", "has_whatsapp", "has_blocked", "hides_number")
LONGEST_TEXT = 4096
FORM_ROWS, FORM_LONGEST = 5, 500  # rows as templates/components/talk.html shows them, and letters of each
ORDER = ({"id": "SKU-LIGHT-F", "quantity": 1, "price": 24.5, "currency": "GBP"},
         {"id": "SKU-GUARD-700", "quantity": 2, "price": 18, "currency": "GBP"})
Sent = Mapping[str, str]
Doing = tuple[str, dict[str, Any]]  # the kind, and what goes with it


def doing_of(sent: Sent) -> Doing:
    """What the customer does; files are brought by the page. Raises Invalid, in words, for what cannot be read."""
    make = _ACTS.get(sent.get("act", ""))
    if make is None:
        raise Invalid("Choose what the customer does")
    kind, told = make(sent)
    if sent.get("quote") and kind not in ("press", "reaction", "edit", "revoke"):
        told["quote"] = sent["quote"][:300]
    return kind, told


def switches_of(sent: Sent) -> dict[str, bool | float]:
    """What is to change about a phone. Raises Invalid when it is nothing."""
    made: dict[str, bool | float] = {name: sent[name] == "yes" for name in SWITCHES if name in sent}
    if "news_late" in sent:
        made["news_late"] = _number(sent["news_late"], "The delay")
    if not made:
        raise Invalid("Choose what changes about the phone")
    return made


def _text(sent: Sent) -> Doing:
    body = sent.get("text", "").strip()
    if not body:
        raise Invalid("Write something first", field="text")
    return "text", {"text": body[:LONGEST_TEXT]}


def _place(sent: Sent) -> Doing:
    told: dict[str, Any] = {name: _number(sent.get(name, ""), name.capitalize()) for name in ("latitude", "longitude")}
    return "location", told | {name: sent[name].strip() for name in ("name", "address") if sent.get(name, "").strip()}


def _press(sent: Sent) -> Doing:
    return "press", {"message": sent.get("message", ""), "choice": sent.get("choice", ""), "answers": _answers(sent)}


def _answers(sent: Sent) -> dict[str, str]:
    """The fields of a form as they were filled in: field-1 and value-1 and so on; rows without a name and a value are left
    out. Raises Invalid for a value without a name, and for a name that stands twice."""
    found: dict[str, str] = {}
    for row in range(1, FORM_ROWS + 1):
        name, value = (sent.get(f"{part}-{row}", "").strip()[:FORM_LONGEST] for part in ("field", "value"))
        if value and not name:
            raise Invalid(f"Name the field that holds “{value[:40]}”")
        if name in found:
            raise Invalid(f"The field “{name[:40]}” stands there twice")
        if name:
            found[name] = value
    return found


def _card(sent: Sent) -> Doing:
    return "contacts", {"cards": [{"name": sent.get("name", ""), "phone": sent.get("phone", "")}]}


def _edit(sent: Sent) -> Doing:
    return "edit", {"message": sent.get("message", ""), "text": sent.get("text", "")[:LONGEST_TEXT]}


def _fixed(kind: str, **told: Any) -> Callable[[Sent], Doing]:
    """Something that is always the same."""
    return lambda _sent: (kind, dict(told))


def _number(text: str, name: str) -> float:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        number = float("nan")
    if not abs(number) < 1e6:
        raise Invalid(f"{name} is a number such as 51.5")
    return number


_ACTS: dict[str, Callable[[Sent], Doing]] = {
    "text": _text, "place": _place, "press": _press, "card": _card, "edit": _edit,
    "photo": lambda sent: ("image", {"text": sent.get("text", "").strip()[:1024]}),
    "voice": _fixed("voice"), "document": _fixed("document"), "sticker": _fixed("sticker"),
    "react": lambda sent: ("reaction", {"message": sent.get("message", ""), "emoji": sent.get("emoji", "")[:16]}),
    "thumb": _fixed("reaction", emoji="👍"),
    "delete": lambda sent: ("revoke", {"message": sent.get("message", "")}),
    "stop": _fixed("text", text="STOP"), "start": _fixed("text", text="START"),
    "own_number": _fixed("contacts", own_number=True),
    "order": _fixed("order", items=list(ORDER), text="At the reception, please"),
    "forward": _fixed("text", text="Look at this!", forwarded="once"),
    "ad": _fixed("text", text="Hello, I saw your offer", ad={"headline": "Message us"}),
    "poll": _fixed("unsupported", what="poll_creation"), "welcome": _fixed("request_welcome"),
    "marketing_off": _fixed("stop_marketing"), "marketing_on": _fixed("resume_marketing"),
}
