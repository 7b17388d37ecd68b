"""What a person's message holds beyond its text, in the neutral form it is kept in: every part cut to a length, every
list to a number, nothing trusted."""

import base64
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from core.words import one_line
from transports.cloud_api.people import wa_id_in
from transports.cloud_api.plain import items, mapping, storable, text
from transports.port import IncomingFile

Part = Mapping[str, Any]
Kept = dict[str, Any]
FILES = ("image", "video", "audio", "document", "sticker")
KNOWN = (*FILES, "text", "location", "contacts", "button", "interactive", "reaction", "order", "system", "edit", "revoke",
         "request_welcome", "call")
_WORD, _LINE, _LONG = 40, 200, 1000  # characters of a word, a name or title, an address or a long value
_MOST_CARDS, _MOST_WAYS, _MOST_ITEMS, _MOST_FIELDS = 50, 20, 100, 100
_FILE_ID = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")


def content_of(kind: str, raw: Part) -> Kept:
    """Everything worth keeping of one message, by name; empty for plain text."""
    found: Kept = {}
    if reader := _BY_KIND.get(kind):
        found = reader(raw.get(kind))
    if kind not in KNOWN:
        found |= _unsupported(kind, raw)
    if context := mapping(raw.get("context")):
        if context.get("frequently_forwarded") is True:
            found["forwarded"] = "often"
        elif context.get("forwarded") is True:
            found["forwarded"] = "once"
        if product := _product(context.get("referred_product")):
            found["product"] = product
    if "referral" in raw and (referral := _referral(raw["referral"])):
        found["referral"] = referral
    if "group_id" in raw and (group := line(raw["group_id"], _LINE)):
        found["group"] = group
    return found


def refers_to(kind: str, raw: Part) -> str:
    """The id of the message this one reacts to, changes, takes back or quotes; empty when it stands alone."""
    part = mapping(raw.get(kind))
    named = {"reaction": "message_id", "edit": "original_message_id", "revoke": "original_message_id"}.get(kind)
    told = part.get(named) if named else mapping(raw.get("context")).get("id")
    found = told if isinstance(told, str) else ""
    return found if len(found) <= 255 else ""


def file_of(kind: str, raw: Part) -> IncomingFile | None:
    """The file of a message that has one; without an id when the carrier gives none that can be asked for."""
    if kind not in FILES:
        return None
    part = mapping(raw.get(kind))
    told = text(part.get("id"), 65)
    is_voice = kind == "audio" and part.get("voice") is True
    return IncomingFile(
        wire_id=told if 0 < len(told) <= 64 and _FILE_ID.issuperset(told) else "",
        kind="voice" if is_voice else kind, mime=line(part.get("mime_type"), 100), name=line(part.get("filename"), _LINE),
        sha256=_hex(part.get("sha256")))


def form_of(told: object) -> dict[str, str]:
    """The answers of a flow; the carrier sends them as JSON inside a text, sometimes broken."""
    try:
        fields = json.loads(told) if isinstance(told, str) and len(told) <= 1_000_000 else None
    except (ValueError, RecursionError):
        return {}
    named = [(line(name, _LINE), value) for name, value in mapping(fields).items() if name != "flow_token"]
    return {name: _value(value) for name, value in named[:_MOST_FIELDS] if name}


def line(value: object, limit: int) -> str:
    """A text on one line, without control characters or marks that reorder it, cut to `limit`."""
    return one_line(text(value, limit))[:limit]


def _value(value: Any) -> str:
    """One answer of a form as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(filter(None, map(_value, value[:_MOST_WAYS])))[:_LONG]
    if isinstance(value, dict):
        return ", ".join(f"{line(name, _WORD)}: {_value(one)}" for name, one in list(value.items())[:_MOST_WAYS])[:_LONG]
    if isinstance(value, float):
        return f"{value:g}" if math.isfinite(value) else ""
    return str(storable(text(value, _LONG))).replace("\0", "")


def _hex(told: object) -> str:
    """A SHA-256 that comes as base64, in hexadecimal; empty when it is none."""
    try:
        digest = base64.b64decode(text(told, 60), validate=True)
    except ValueError:
        return ""
    return digest.hex() if len(digest) == 32 else ""


def _file(part: Any) -> Kept:
    raw = mapping(part)
    found: Kept = {"mime": line(raw.get("mime_type"), 100), "name": line(raw.get("filename"), _LINE)}
    found = {name: value for name, value in found.items() if value}
    return found | {name: True for name, told in (("is_voice", "voice"), ("is_animated", "animated")) if raw.get(told) is True}


def _location(part: Any) -> Kept:
    raw = mapping(part)
    found: Kept = {"latitude": _degrees(raw.get("latitude"), 90), "longitude": _degrees(raw.get("longitude"), 180),
                   "name": line(raw.get("name"), _LINE), "address": line(raw.get("address"), _LONG)}
    url = _address(raw.get("url"))
    return found | {"url": url} if url else found


def _degrees(told: object, most: int) -> str:
    """A place on a circle as it was told; empty when there is no such place."""
    try:
        number = float(told) if isinstance(told, int | float | str) and not isinstance(told, bool) else math.nan
    except (ValueError, OverflowError):
        return ""
    return f"{number:.7f}".rstrip("0").rstrip(".") if abs(number) <= most else ""


def _address(told: object) -> str:
    """An address of the web; empty for every other sort."""
    found = line(told, 2000)
    return found if found.startswith(("https://", "http://")) and " " not in found else ""


def _cards(part: Any) -> Kept:
    cards = [_card(mapping(one)) for one in items(part)[:_MOST_CARDS]]
    origin = next((word for one in items(part) if (word := line(mapping(one).get("origin"), _WORD))), "")
    return {"cards": cards} | ({"origin": origin} if origin else {})


def _card(raw: Part) -> Kept:
    """One contact card. What it lacks is not there."""
    name, work = mapping(raw.get("name")), mapping(raw.get("org"))
    told = {"formatted_name": name.get("formatted_name"), "first_name": name.get("first_name"),
            "last_name": name.get("last_name"), "company": work.get("company"), "title": work.get("title"),
            "birthday": raw.get("birthday")}
    found: Kept = {key: words for key, value in told.items() if (words := line(value, _LINE))}
    for key, member in (("phones", "phone"), ("emails", "email"), ("urls", "url")):
        ways = [_way(mapping(one), member) for one in items(raw.get(key))[:_MOST_WAYS]]
        found |= {key: [way for way in ways if way["value"]]} if any(way["value"] for way in ways) else {}
    places = [", ".join(filter(None, (line(mapping(one).get(member), _LINE) for member in (
        "street", "zip", "city", "state", "country")))) for one in items(raw.get("addresses"))[:_MOST_WAYS]]
    return found | ({"addresses": [one for one in places if one]} if any(places) else {})


def _way(raw: Part, member: str) -> dict[str, str]:
    value = _address(raw.get(member)) if member == "url" else line(raw.get(member), _LINE)
    found = {"value": value, "kind": line(raw.get("type"), _WORD)}
    wa_id = wa_id_in(raw.get("wa_id"))
    return found | {"wa_id": wa_id} if wa_id else found


def _button(part: Any) -> Kept:
    raw = mapping(part)
    return {"choice": {"kind": "template", "id": line(raw.get("payload"), 256), "title": line(raw.get("text"), _LINE)}}


def _interactive(part: Any) -> Kept:
    """A tapped button or row, a filled-in flow, or a sort we do not know."""
    raw = mapping(part)
    for member, kind in (("button_reply", "button"), ("list_reply", "list")):
        if choice := mapping(raw.get(member)):
            named = {name: line(choice.get(name), 256) for name in ("id", "title", "description")}
            return {"choice": {"kind": kind, **{name: value for name, value in named.items() if value}}}
    if answer := mapping(raw.get("nfm_reply")):
        return {"form": form_of(answer.get("response_json"))}
    return {"unsupported": {"what": line(raw.get("type"), _WORD) or "interactive"}}


def _order(part: Any) -> Kept:
    raw = mapping(part)
    wanted = [mapping(one) for one in items(raw.get("product_items"))[:_MOST_ITEMS]]
    return {"order": {"catalog": line(raw.get("catalog_id"), _WORD), "items": [{
        "id": line(one.get("product_retailer_id"), _LINE), "quantity": _number(one.get("quantity")),
        "price": _number(one.get("item_price")), "currency": line(one.get("currency"), 10)} for one in wanted]}}


def _number(told: object) -> str:
    """A number as text, as it was told; empty when it is none."""
    if isinstance(told, float):
        return f"{told:.6f}".rstrip("0").rstrip(".") if math.isfinite(told) else ""
    return line(told, _WORD)


def _edit(part: Any) -> Kept:
    changed = mapping(mapping(part).get("message"))
    kind = line(changed.get("type"), 20)
    caption = mapping(changed.get(kind)).get("caption" if kind in FILES else "body")
    return {"edit": {"kind": kind, "text": text(caption, 65_536)}}


def _system(part: Any) -> Kept:
    return {"system": line(mapping(part).get("type"), _WORD)}


def _unsupported(kind: str, raw: Part) -> Kept:
    """What a message was that nobody can show, and why, as far as it is told."""
    told = mapping(raw.get("unsupported"))
    what = line(told.get("type"), _WORD) if kind in ("unsupported", "unknown") else kind
    error = next((mapping(one) for one in items(raw.get("errors"))), {})
    why = line(mapping(error.get("error_data")).get("details"), _LINE) or line(error.get("title"), _LINE)
    return {"unsupported": {"what": what} | ({"why": why} if why else {})}


def _referral(told: object) -> dict[str, str]:
    """The ad or post a person came from."""
    raw = mapping(told)
    found = {name: line(raw.get(name), 500) for name in ("source_type", "source_id", "headline", "media_type", "ctwa_clid")}
    found |= {"url": _address(raw.get("source_url")), "body": text(raw.get("body"), _LONG),
              "welcome": text(mapping(raw.get("welcome_message")).get("text"), _LONG)}
    return {name: value for name, value in found.items() if value}


def _product(told: object) -> dict[str, str]:
    """The product a person asks about."""
    raw = mapping(told)
    found = {"catalog": line(raw.get("catalog_id"), _WORD), "id": line(raw.get("product_retailer_id"), _LINE)}
    return {name: value for name, value in found.items() if value}


_BY_KIND: dict[str, Callable[[Any], Kept]] = {
    **dict.fromkeys(FILES, _file), "location": _location, "contacts": _cards, "button": _button,
    "interactive": _interactive, "order": _order, "edit": _edit, "system": _system,
}
