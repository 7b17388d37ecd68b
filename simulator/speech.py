"""Everything a person can say: what was asked for, checked, as the message Meta tells and as their phone shows it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from simulator.screen import Shown, card_of, choices_of, place_of
from simulator.talk import PERSON, Line

LONGEST_TEXT, LONGEST_CAPTION = 65_536, 1024
UNSUPPORTED = ("poll_creation", "poll_update", "gif", "group_invite", "media_placeholder", "pin", "keep_in_chat")
Asked = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """One thing a person did in the talk."""

    kind: str  # Meta's type
    part: Any = None  # the object named like the kind
    shown: Shown | None = None  # None: no bubble of its own
    context: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)  # referral, errors
    quotes: str = ""


class Scene(Protocol):
    """What a saying needs to know."""

    number: str
    business_number: str  # digits

    def line(self, wamid: object) -> Line | None:
        """A message of this talk."""

    def file(self, identity: object, kind: str) -> Mapping[str, str] | None:
        """MIME type and SHA-256 (base64) of a file that a person may send, under id."""


def said_of(told: Asked, scene: Scene) -> Said:
    """What this person does. Raises ValueError in words when a phone could not do it."""
    kind = told.get("type", "text")
    make = _KINDS.get(kind) if isinstance(kind, str) else None
    if make is None:
        raise ValueError(f"type must be one of {', '.join((*_KINDS, 'stop_marketing', 'resume_marketing'))}")
    said = make(told, scene)
    if said.shown is None:
        return said
    return _from_an_ad(told, _forwarded(told, _quoting(told, said, scene)))


def _quoting(told: Asked, said: Said, scene: Scene) -> Said:
    """With the message it answers, when there is one."""
    if not told.get("quote") or said.quotes:
        return said
    line = _seen(scene, told["quote"])
    context: dict[str, Any] = _context(line, scene)
    if product := told.get("product"):
        context["referred_product"] = {"catalog_id": "700011122233344", "product_retailer_id": _text(product, "product", 100)}
    return replace(said, context=context, quotes=line.wamid)


def _context(line: Line, scene: Scene) -> dict[str, Any]:
    return {"from": scene.number if line.side == PERSON else scene.business_number, "id": line.wamid}


def _forwarded(told: Asked, said: Said) -> Said:
    """Marked as passed on, once or often."""
    how = told.get("forwarded", "")
    if how not in ("", "once", "often"):
        raise ValueError("forwarded is once or often")
    if not how:
        return said
    mark = {"forwarded": True} if how == "once" else {"frequently_forwarded": True}
    return replace(said, context=dict(said.context) | mark, shown=dict(said.shown or {}) | {"forwarded": how})


def _from_an_ad(told: Asked, said: Said) -> Said:
    """Written after pressing an advertisement."""
    ad = told.get("ad")
    if not ad:
        return said
    words = ad if isinstance(ad, Mapping) else {}
    headline = _text(words.get("headline", "Message us"), "ad.headline", 200)
    referral = {"source_url": "https://fb.me/example", "source_id": "120200000000000777", "source_type": "ad",
                "body": _text(words.get("body", "Come and see what is new"), "ad.body", 1000), "headline": headline,
                "media_type": "image", "image_url": "https://scontent.xx.fbcdn.net/v/example.jpg",
                "ctwa_clid": "ARexampleclick", "welcome_message": {"text": "Hello! How can we help?"}}
    return replace(said, more=dict(said.more) | {"referral": referral}, shown=dict(said.shown or {}) | {"ad": headline})


def _words(told: Asked, _scene: Scene) -> Said:
    body = _text(told.get("text"), "text", LONGEST_TEXT)
    return Said("text", {"body": body}, {"text": body})


def _sent_file(kind: str) -> Callable[[Asked, Scene], Said]:
    """A file that lies with the simulator."""

    def make(told: Asked, scene: Scene) -> Said:
        wanted = "audio" if kind == "voice" else kind
        found = scene.file(told.get("file"), kind)
        if found is None:
            raise ValueError(f"file must be the id of a file for {wanted}: hand one over first")
        part: dict[str, Any] = {"mime_type": found["mime"], "sha256": found["sha256"], "id": found["id"]}
        shown: Shown = {"file": {"kind": wanted, "id": found["id"], "mime": found["mime"]}}
        if wanted in ("image", "video", "document") and told.get("text"):
            part["caption"] = shown["text"] = _text(told["text"], "text", LONGEST_CAPTION)
        if kind == "document":
            part["filename"] = shown["file"]["name"] = _text(told.get("name") or "document", "name", 240)
        if kind == "sticker":
            part["animated"] = bool(told.get("animated"))
        if wanted == "audio":
            part["voice"] = shown["file"]["is_voice"] = kind == "voice"
            if kind == "voice":
                part["mime_type"] = "audio/ogg; codecs=opus"
        return Said(wanted, part, shown)

    return make


def _place(told: Asked, _scene: Scene) -> Said:
    part: dict[str, Any] = {}
    for name, most in (("latitude", 90), ("longitude", 180)):
        degrees = told.get(name)
        if isinstance(degrees, bool) or not isinstance(degrees, int | float) or not -most <= degrees <= most:
            raise ValueError(f"{name} is a number from -{most} to {most}")
        part[name] = degrees
    part |= {name: _text(told[name], name, 300) for name in ("name", "address") if told.get(name)}
    return Said("location", part, {"place": place_of(part)})


def _cards(told: Asked, scene: Scene) -> Said:
    """Contact cards, or the person's own number."""
    if told.get("own_number"):
        return _own_number(scene)
    cards = told.get("cards")
    if not isinstance(cards, list) or not 0 < len(cards) <= 20 or not all(isinstance(card, Mapping) for card in cards):
        raise ValueError('cards is a list such as [{"name": "Lee Park", "phone": "+447700900777"}]')
    made = [_card(_text(card.get("name"), "name", 100), _text(card.get("phone"), "phone", 30)) for card in cards]
    return Said("contacts", made, {"cards": [card_of(card) for card in made]})


def _own_number(scene: Scene) -> Said:
    phones = [{"phone": f"+{scene.number}", "wa_id": scene.number, "type": "CELL"}]
    return Said("contacts", [{"origin": "contact_request", "phones": phones}],
                {"cards": [{"name": "My number", "phones": [f"+{scene.number}"]}]})


def _card(name: str, phone: str) -> dict[str, Any]:
    first, _, last = name.partition(" ")
    wa_id = "".join(letter for letter in phone if letter.isdecimal() and letter.isascii())
    names = {"formatted_name": name, "first_name": first} | ({"last_name": last} if last else {})
    return {"name": names, "phones": [{"phone": phone, "wa_id": wa_id, "type": "CELL"}]}


def _button(told: Asked, _scene: Scene) -> Said:
    """A button nobody saw the message of: Meta tells those, too."""
    text = _text(told.get("text"), "text", 256)
    return Said("button", {"text": text, "payload": str(told.get("payload") or text)[:256]}, {"text": text, "pressed": True})


def _press(told: Asked, scene: Scene) -> Said:
    """A button or a row that really stands on a message of this phone."""
    line = _seen(scene, told.get("message"))
    choice = choices_of(line.shown).get(str(told.get("choice", "")))
    if choice is None or line.deleted_at:
        raise ValueError("This message has no such button or row")
    said = _chosen(told, choice, scene)
    return replace(said, context=_context(line, scene), quotes=line.wamid)


def _chosen(told: Asked, choice: Mapping[str, Any], scene: Scene) -> Said:
    """What the button or row brings."""
    text = str(choice.get("text") or choice.get("title"))
    shown: Shown = {"text": text, "pressed": True}
    match choice["kind"]:
        case "quick_reply":
            return Said("button", {"payload": choice["payload"], "text": text}, shown)
        case "reply":
            return Said("interactive", {"type": "button_reply", "button_reply": {"id": choice["choice"], "title": text}}, shown)
        case "row":
            row = {"id": choice["choice"], "title": text}
            row |= {"description": choice["description"]} if choice.get("description") else {}
            return Said("interactive", {"type": "list_reply", "list_reply": row}, shown)
        case "flow":
            return _flow({"token": choice.get("token", "")} | dict(told), scene)
        case "send_location":
            return _place({"latitude": 51.50735, "longitude": -0.12776, "name": "Home"} | dict(told), scene)
        case "share_number":
            return _own_number(scene)
    raise ValueError("Pressing this says nothing")


def _flow(told: Asked, _scene: Scene) -> Said:
    """A form that was filled in. `answers` is what stands in its fields, or a text that Meta would hand on as it is."""
    answers = told.get("answers", {})
    if isinstance(answers, Mapping):
        token = {"flow_token": told["token"]} if told.get("token") else {}
        answers = json.dumps(token | {str(name): value for name, value in answers.items()})
    if not isinstance(answers, str) or len(answers) > LONGEST_TEXT:
        raise ValueError("answers is an object of the fields, or a text")
    part = {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": answers}}
    return Said("interactive", part, {"text": "Sent the form", "pressed": True})


def _reaction(told: Asked, scene: Scene) -> Said:
    """An emoji on a message; an empty one takes it away."""
    line, emoji = _seen(scene, told.get("message")), told.get("emoji", "")
    if not isinstance(emoji, str) or len(emoji) > 16:
        raise ValueError("emoji is one emoji, or nothing to take it away")
    return Said("reaction", {"message_id": line.wamid} | ({"emoji": emoji} if emoji else {}))


def _order(told: Asked, _scene: Scene) -> Said:
    products = told.get("items")
    if not isinstance(products, list) or not 0 < len(products) <= 30 or not all(isinstance(p, Mapping) for p in products):
        raise ValueError('items is a list such as [{"id": "SKU-1", "quantity": 2, "price": 18, "currency": "GBP"}]')
    made = [{"product_retailer_id": _text(one.get("id"), "id", 100), "quantity": _number(one.get("quantity", 1), "quantity"),
             "item_price": _number(one.get("price", 0), "price"), "currency": _text(one.get("currency", "GBP"), "currency", 3)}
            for one in products]
    text = _text(told["text"], "text", LONGEST_TEXT) if told.get("text") else ""
    part = {"catalog_id": "700011122233344", "text": text, "product_items": made}
    goods = [f"{one['quantity']} × {one['product_retailer_id']}" for one in made]
    return Said("order", part, {"goods": goods} | ({"text": text} if text else {}))


def _edit(told: Asked, scene: Scene) -> Said:
    line = _own(scene, told.get("message"))
    body = _text(told.get("text"), "text", LONGEST_TEXT)
    if line.kind != "text":
        raise ValueError("Only a text can be changed")
    return Said("edit", {"original_message_id": line.wamid, "message": {"type": "text", "text": {"body": body}}})


def _revoke(told: Asked, scene: Scene) -> Said:
    return Said("revoke", {"original_message_id": _own(scene, told.get("message")).wamid})


def _unsupported(told: Asked, _scene: Scene) -> Said:
    what = told.get("what", "poll_creation")
    if what not in UNSUPPORTED:
        raise ValueError(f"what must be one of {', '.join(UNSUPPORTED)}")
    error = {"code": 131051, "title": "Message type unknown", "message": "Message type unknown",
             "error_data": {"details": "Message type is currently not supported."}}
    return Said("unsupported", {"type": what}, {"says": what}, more={"errors": [error]})


def _welcome(_told: Asked, _scene: Scene) -> Said:
    return Said("request_welcome")


def _seen(scene: Scene, wamid: object) -> Line:
    """A message of this talk. Raises ValueError when there is none."""
    if line := scene.line(wamid):
        return line
    raise ValueError("There is no such message on this phone")


def _own(scene: Scene, wamid: object) -> Line:
    line = _seen(scene, wamid)
    if line.side != PERSON or line.deleted_at:
        raise ValueError("Only their own messages can be changed or deleted")
    return line


def _text(value: object, name: str, most: int) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise ValueError(f"{name} is a text of 1 to {most:,} characters")
    return value


def _number(value: object, name: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**9:
        raise ValueError(f"{name} is a number from 0")
    return value


_KINDS: dict[str, Callable[[Asked, Scene], Said]] = {
    "text": _words, **{kind: _sent_file(kind) for kind in ("image", "video", "audio", "voice", "document", "sticker")},
    "location": _place, "contacts": _cards, "press": _press, "button": _button, "flow_reply": _flow, "reaction": _reaction,
    "order": _order, "edit": _edit, "revoke": _revoke, "unsupported": _unsupported, "request_welcome": _welcome,
}
