"""Is what a message holds something Meta would take? Every kind but templates."""

from collections.abc import Callable, Mapping
from typing import Any

from simulator.answers import Refusal

LONGEST_TEXT, LONGEST_CAPTION, LONGEST_BODY = 4096, 1024, 1024
_CAPTIONED = ("image", "video", "document")
Part = Mapping[str, Any]


def fault_of_content(kind: str, part: Any) -> Refusal | None:
    """What is wrong with the object of this type, or None."""
    check = _CHECKS.get(kind)
    return check(part) if check else _fault_of_file(kind, part)


def files_of(kind: str, part: Any) -> list[tuple[str, str]]:
    """(kind, media id) of every file a message names, wherever in it."""
    found: list[tuple[str, str]] = []
    _collect(part if kind != "template" else {"components": part.get("components")}, found)
    if kind in ("image", "video", "audio", "document", "sticker") and part.get("id"):
        found.append((kind, str(part["id"])))
    return found


def _collect(value: Any, found: list[tuple[str, str]]) -> None:
    """Every {"type": "image", "image": {"id": …}} below."""
    if isinstance(value, list):
        for one in value:
            _collect(one, found)
    elif isinstance(value, dict):
        kind = value.get("type")
        inside = value.get(kind) if isinstance(kind, str) else None
        if kind in ("image", "video", "document") and isinstance(inside, dict) and inside.get("id"):
            found.append((str(kind), str(inside["id"])))
        for one in value.values():
            _collect(one, found)


def _fault_of_text(part: Part) -> Refusal | None:
    return _text(part.get("body"), "text.body", LONGEST_TEXT)


def _fault_of_file(kind: str, part: Part) -> Refusal | None:
    """By id or by address, with a caption where there may be one."""
    identity, link = part.get("id"), part.get("link")
    if not identity and not link:
        return Refusal(131008, f"The parameter {kind}.id or {kind}.link is required.")
    if identity and not (isinstance(identity, str) and identity.isascii() and identity.isalnum()):
        return Refusal(131009, f"Param {kind}.id is not a media id.")
    if not identity and not (isinstance(link, str) and link.startswith(("https://", "http://"))):
        return Refusal(131009, f"Param {kind}.link is not an address.")
    caption = part.get("caption", "")
    if caption and kind not in _CAPTIONED:
        return Refusal(100, f"Unexpected key 'caption' on param {kind}")
    if not isinstance(caption, str) or len(caption) > LONGEST_CAPTION:
        return Refusal(100, f"Param {kind}.caption must be at most {LONGEST_CAPTION} characters long.")
    return Refusal(100, f"Unexpected key 'filename' on param {kind}") if part.get("filename") and kind != "document" else None


def _fault_of_location(part: Part) -> Refusal | None:
    for name, most in (("latitude", 90.0), ("longitude", 180.0)):
        try:
            degrees = float(str(part[name]))
        except KeyError:
            return Refusal(131008, f"The parameter location.{name} is required.")
        except ValueError:
            return Refusal(131009, f"Param location.{name} is not a number.")
        if not -most <= degrees <= most:
            return Refusal(131009, f"Param location.{name} is out of range.")
    return None


def _fault_of_contacts(cards: Any) -> Refusal | None:
    if len(cards) > 5:
        return Refusal(100, "A message may have 5 contacts.")
    for card in cards:
        name = card.get("name") if isinstance(card, dict) else None
        if not isinstance(name, dict) or not name.get("formatted_name"):
            return Refusal(131008, "The parameter contacts.name.formatted_name is required.")
        if not any(name.get(one) for one in ("first_name", "last_name", "middle_name", "suffix", "prefix")):
            return Refusal(131008, "The parameter contacts.name needs one more name beside formatted_name.")
    return None


def _fault_of_reaction(part: Part) -> Refusal | None:
    if not isinstance(part.get("message_id"), str) or not part["message_id"]:
        return Refusal(131008, "The parameter reaction.message_id is required.")
    emoji = part.get("emoji")
    return None if isinstance(emoji, str) and len(emoji) <= 16 else Refusal(131009, "Param reaction.emoji is no emoji.")


def _fault_of_interactive(part: Part) -> Refusal | None:
    """Body, header and footer, then what can be tapped."""
    kind, action = part.get("type"), part.get("action")
    check = _ACTIONS.get(str(kind))
    if check is None:
        return Refusal(131009, f"Param interactive.type must be one of {{{', '.join(_ACTIONS)}}}")
    if not isinstance(action, dict):
        return Refusal(131008, "The parameter interactive.action is required.")
    body, footer, header = part.get("body"), part.get("footer"), part.get("header")
    most = LONGEST_TEXT if kind == "list" else LONGEST_BODY
    if (body is not None or kind != "product") and (fault := _text(_member(body, "text"), "interactive.body.text", most)):
        return fault
    if footer is not None and (fault := _text(_member(footer, "text"), "interactive.footer.text", 60)):
        return fault
    return (_fault_of_header(str(kind), header) if header is not None else None) or check(action)


def _fault_of_header(kind: str, header: Any) -> Refusal | None:
    form = _member(header, "type")
    if form == "text":
        return _text(_member(header, "text"), "interactive.header.text", 60)
    if form not in ("image", "video", "document") or kind in ("list", "product_list"):
        return Refusal(131009, f"Param interactive.header.type {str(form)[:20]} is not allowed here.")
    inside = _member(header, str(form))
    return _fault_of_file(str(form), inside) if isinstance(inside, dict) else Refusal(
        131008, f"The parameter interactive.header.{form} is required.")


def _fault_of_reply_buttons(action: Part) -> Refusal | None:
    buttons = action.get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        return Refusal(131009, "There may be 1 to 3 buttons.")
    titles = []
    for button in buttons:
        reply = _member(button, "reply")
        if _member(button, "type") != "reply":
            return Refusal(131009, "Param action.buttons.type must be reply.")
        if fault := _text(_member(reply, "title"), "button.title", 20) or _text(_member(reply, "id"), "button.id", 256):
            return fault
        titles.append(reply["title"])
    return None if len(set(titles)) == len(titles) else Refusal(131009, "The titles of buttons must differ.")


def _fault_of_list(action: Part) -> Refusal | None:
    if fault := _text(action.get("button"), "action.button", 20):
        return fault
    sections = action.get("sections")
    if not isinstance(sections, list) or not 1 <= len(sections) <= 10:
        return Refusal(131009, "There may be 1 to 10 sections.")
    rows: list[Any] = []
    for section in sections:
        if (len(sections) > 1 or _member(section, "title")) and (
                fault := _text(_member(section, "title"), "section.title", 24)):
            return fault
        rows += _member(section, "rows") or []
    if not 1 <= len(rows) <= 10:
        return Refusal(131009, "There may be 1 to 10 rows in all.")
    ids = [_member(row, "id") for row in rows]
    for row in rows:
        if fault := (_text(_member(row, "id"), "row.id", 200) or _text(_member(row, "title"), "row.title", 24)
                     or (_text(_member(row, "description"), "row.description", 72) if _member(row, "description") else None)):
            return fault
    return None if len(set(ids)) == len(ids) else Refusal(131009, "The ids of rows must differ.")


def _fault_of_link(action: Part) -> Refusal | None:
    parameters = action.get("parameters")
    url = _member(parameters, "url")
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        return Refusal(131009, "Param action.parameters.url is not an address.")
    return _text(_member(parameters, "display_text"), "action.parameters.display_text", 20)


def _fault_of_flow(action: Part) -> Refusal | None:
    parameters = action.get("parameters")
    if _member(parameters, "flow_message_version") != "3":
        return Refusal(131009, "Param flow_message_version must be 3.")
    if not (_member(parameters, "flow_id") or _member(parameters, "flow_name")):
        return Refusal(131008, "The parameter flow_id is required.")
    return _text(_member(parameters, "flow_cta"), "flow_cta", 30)


def _fault_of_name(name: str) -> Callable[[Part], Refusal | None]:
    return lambda action: None if action.get("name") == name else Refusal(131009, f"Param action.name must be {name}.")


def _anything(_action: Part) -> None:
    """Products and the like are taken as they come."""


def _text(value: object, name: str, most: int) -> Refusal | None:
    """A text that must be there and fit."""
    if not isinstance(value, str) or not value.strip():
        return Refusal(131008, f"The parameter {name} is required.")
    return Refusal(100, f"Param {name} must be at most {most} characters long.") if len(value) > most else None


def _member(value: object, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


_ACTIONS: dict[str, Callable[[Part], Refusal | None]] = {
    "button": _fault_of_reply_buttons, "list": _fault_of_list, "cta_url": _fault_of_link, "flow": _fault_of_flow,
    "location_request_message": _fault_of_name("send_location"),
    "request_contact_info": _fault_of_name("request_contact_info"),
    "product": _anything, "product_list": _anything, "catalog_message": _anything, "carousel": _anything,
}
_CHECKS: dict[str, Callable[[Any], Refusal | None]] = {
    "text": _fault_of_text, "location": _fault_of_location, "contacts": _fault_of_contacts,
    "reaction": _fault_of_reaction, "interactive": _fault_of_interactive,
}
