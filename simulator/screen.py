"""What a message of the business looks like on a phone: templates filled in, buttons with what pressing them says."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core import clock

Part = Mapping[str, Any]
Shown = dict[str, Any]  # text, header, footer, offer, buttons, menu, file, place, cards, cards_below: only what is there

_GAP = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")
FILES = ("image", "video", "audio", "document", "sticker")
_BUTTONS = {"quick_reply": "quick_reply", "url": "url", "phone_number": "phone", "copy_code": "copy_code", "flow": "flow",
            "request_contact_info": "share_number"}
_ASKING = {"location_request_message": ("send_location", "Send your location"),
           "request_contact_info": ("share_number", "Share your number")}


def of_message(kind: str, part: Any, components: Sequence[Part] = ()) -> Shown:
    """A message of the business as its reader sees it; `components` are those of its template."""
    if kind == "template":
        return _template(part.get("components") or [], components)
    if kind == "interactive":
        return _interactive(part)
    if kind == "text":
        return {"text": part["body"]}
    if kind in FILES:
        return _some({"text": part.get("caption", ""), "file": _file(kind, part)})
    if kind == "location":
        return {"place": place_of(part)}
    if kind == "contacts":
        return {"cards": [card_of(card) for card in part]}
    return {"says": kind}


def place_of(part: Part) -> Shown:
    """A place: latitude and longitude in degrees, and its words."""
    return _some({name: part.get(name) for name in ("latitude", "longitude", "name", "address")})


def card_of(card: Part) -> Shown:
    """A contact card: a name and its numbers."""
    name, phones = card.get("name") or {}, card.get("phones") or []
    return {"name": str(name.get("formatted_name") or "A contact"), "phones": [str(one.get("phone", "")) for one in phones]}


def choices_of(shown: Part) -> dict[str, Part]:
    """Everything on a message that can be pressed and says something, by its choice."""
    rows = [row | {"kind": "row"} for section in (shown.get("menu") or {}).get("sections", []) for row in section["rows"]]
    buttons = [*shown.get("buttons", []), *(b for below in shown.get("cards_below", []) for b in below.get("buttons", []))]
    return {str(one["choice"]): one for one in (*buttons, *rows) if "choice" in one}


def _some(shown: Shown) -> Shown:
    return {name: value for name, value in shown.items() if value}


def _file(kind: str, part: Part) -> Shown:
    return _some({"kind": kind, "id": part.get("id"), "link": part.get("link"), "name": part.get("filename"),
                  "is_voice": bool(part.get("voice"))})


def _template(sent: Sequence[Part], components: Sequence[Part]) -> Shown:
    """The approved words with the values that were sent."""
    values = {str(one.get("type", "")).lower(): one for one in sent if one.get("type") != "button"}
    buttons = {str(one.get("index")): one for one in sent if one.get("type") == "button"}
    shown: Shown = {}
    for component in components:
        match str(component.get("type")).upper():
            case "HEADER":
                shown["header"] = _header(component, (values.get("header") or {}).get("parameters") or [])
            case "BODY":
                shown["text"] = _filled(str(component.get("text", "")), (values.get("body") or {}).get("parameters") or [])
            case "LIMITED_TIME_OFFER":
                shown["offer"] = _offer(component, (values.get("limited_time_offer") or {}).get("parameters") or [])
            case "FOOTER":
                shown["footer"] = str(component.get("text", ""))
            case "BUTTONS":
                shown["buttons"] = [_template_button(str(number), button, buttons.get(str(number), {}))
                                    for number, button in enumerate(component.get("buttons") or [])]
            case "CAROUSEL":
                shown["cards_below"] = _carousel((values.get("carousel") or {}).get("cards") or [],
                                                 component.get("cards") or [])
    return _some(shown)


def _offer(component: Part, parameters: Sequence[Part]) -> Shown:
    """The words of an offer, and when it ends."""
    ends = ((parameters[0].get("limited_time_offer") if parameters else None) or {}).get("expiration_time_ms") or 0
    words = str((component.get("limited_time_offer") or {}).get("text", ""))
    return _some({"text": words, "ends": clock.from_seconds(int(ends) // 1000) if ends else None})


def _carousel(sent: Sequence[Part], cards: Sequence[Part]) -> list[Shown]:
    """Each card as a message of its own; the choices of its buttons are told apart by the card."""
    made = []
    for number, card in enumerate(cards):
        given = sent[number].get("components") or [] if number < len(sent) else []
        shown = _template(given, card.get("components") or [])
        for button in shown.get("buttons", []):
            if "choice" in button:
                button["choice"] = f"{number}-{button['choice']}"
        made.append(shown)
    return made


def _header(component: Part, parameters: Sequence[Part]) -> Shown:
    kind = str(component.get("format", "TEXT")).lower()
    if kind == "text":
        return {"kind": "text", "text": _filled(str(component.get("text", "")), parameters)}
    given = (parameters[0].get(kind) if parameters else None) or {}
    return {"kind": kind} | (place_of(given) if kind == "location" else _file(kind, given))


def _filled(text: str, parameters: Iterable[Part]) -> str:
    """Gaps by name or by number, one pass: what a value holds is never read as a gap."""
    values = {str(one.get("parameter_name") or number): _value(one) for number, one in enumerate(parameters, 1)}
    return _GAP.sub(lambda found: values.get(found[1], found[0]), text)


def _value(parameter: Part) -> str:
    kind = str(parameter.get("type", "text"))
    if kind in ("currency", "date_time"):
        return str((parameter.get(kind) or {}).get("fallback_value", ""))
    return str(parameter.get("text", ""))


def _template_button(number: str, button: Part, sent: Part) -> Shown:
    """A button of a template, with what pressing it brings."""
    kind = _BUTTONS.get(str(button.get("type")).lower(), "other")
    given = (sent.get("parameters") or [{}])[0]
    shown = {"kind": kind, "text": str(button.get("text") or ("Copy code" if kind == "copy_code" else "Open"))}
    match kind:
        case "quick_reply":
            return shown | {"choice": number, "payload": str(given.get("payload") or shown["text"])}
        case "url":
            return shown | {"value": _GAP.sub(lambda _gap: str(given.get("text", "")), str(button.get("url", "")))}
        case "phone":
            return shown | {"value": str(button.get("phone_number", ""))}
        case "copy_code":
            return shown | {"value": str(given.get("coupon_code", ""))}
        case "flow":
            return shown | {"choice": number, "token": str((given.get("action") or {}).get("flow_token", ""))}
        case "share_number":
            return shown | {"choice": number}
    return shown


def _interactive(part: Part) -> Shown:
    """A text with something to press."""
    action, kind = part.get("action") or {}, str(part.get("type"))
    header = part.get("header") or {}
    form = str(header.get("type", ""))
    shown: Shown = {"text": (part.get("body") or {}).get("text", ""), "footer": (part.get("footer") or {}).get("text", "")}
    if header:
        shown["header"] = ({"kind": "text", "text": header.get("text", "")} if form == "text"
                           else {"kind": form} | _file(form, header.get(form) or {}))
    if kind == "list":
        shown["menu"] = {"label": action["button"], "sections": [
            {"title": section.get("title", ""), "rows": [
                {"choice": row["id"], "title": row["title"], "description": row.get("description", "")}
                for row in section["rows"]]} for section in action["sections"]]}
    else:
        shown["buttons"] = _pressable(kind, action)
    return _some(shown)


def _pressable(kind: str, action: Part) -> list[Shown]:
    """What can be pressed under an interactive message that is no list."""
    given = action.get("parameters") or {}
    if kind == "button":
        return [{"kind": "reply", "text": one["reply"]["title"], "choice": one["reply"]["id"]} for one in action["buttons"]]
    if kind == "cta_url":
        return [{"kind": "url", "text": given["display_text"], "value": given["url"]}]
    if kind == "flow":
        return [{"kind": "flow", "text": given["flow_cta"], "choice": "flow", "token": str(given.get("flow_token", ""))}]
    if kind in _ASKING:
        form, words = _ASKING[kind]
        return [{"kind": form, "text": words, "choice": form}]
    return [{"kind": "other", "text": "See what there is"}]
