"""Do the values of a template message fit the template? Number, form, content, of every part."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from simulator.answers import Refusal
from simulator.template_faults import filled, variables_of

_ODD_SPACE = re.compile(r"[\n\r\t]| {5}")
LONGEST_FILLED = 1024
_CODES = {"copy_code": ("coupon_code", 15), "url": ("text", 2000), "quick_reply": ("payload", 256)}
Part = Mapping[str, Any]


class Known(Protocol):
    """An approved template."""

    @property
    def format(self) -> str:
        """NAMED or POSITIONAL."""

    @property
    def components(self) -> Sequence[Part]:
        """As they were handed in."""


def fault_of_values(template: Known, given: Sequence[Part]) -> Refusal | None:
    """What is wrong with the components of a send, or None."""
    return _fault(template.components, given, is_named=template.format == "NAMED")


def _fault(components: Iterable[Part], given: Sequence[Part], *, is_named: bool) -> Refusal | None:
    """The parts of a template, or of one card of it."""
    parts = {str(c.get("type", "")).upper(): c for c in components}
    said = {str(c.get("type", "")).upper(): c for c in given}
    return (_fault_of_header(parts.get("HEADER"), _values(said.get("HEADER")), is_named)
            or _fault_of_texts("body", str(parts.get("BODY", {}).get("text") or ""), _values(said.get("BODY")), is_named)
            or _fault_of_offer(parts.get("LIMITED_TIME_OFFER"), _values(said.get("LIMITED_TIME_OFFER")))
            or _fault_of_buttons(parts.get("BUTTONS", {}).get("buttons") or [],
                                 [c for c in given if str(c.get("type", "")).upper() == "BUTTON"])
            or _fault_of_cards(parts.get("CAROUSEL"), said.get("CAROUSEL"), is_named))


def _values(part: Part | None) -> Any:
    return part.get("parameters", []) if part else []


def _fault_of_header(header: Part | None, values: Any, is_named: bool) -> Refusal | None:
    """A header that is a file or a place wants exactly that."""
    form = str(header.get("format", "TEXT")).lower() if header else "text"
    if form == "text":
        return _fault_of_texts("header", str(header.get("text") or "") if header else "", values, is_named)
    value = values[0] if isinstance(values, list) and len(values) == 1 and isinstance(values[0], dict) else {}
    if value.get("type") != form:
        return Refusal(132012, f"header: Format mismatch, expected {form.upper()}, received "
                               f"{str(value.get('type', 'UNKNOWN'))[:20].upper()}")
    inside = value.get(form)
    if not isinstance(inside, dict) or (form != "location" and not (inside.get("id") or inside.get("link"))):
        return Refusal(131008, f"header: Parameter of type {form} is missing its id or link")
    if form == "location" and not {"latitude", "longitude"} <= set(inside):
        return Refusal(131008, "header: Parameter of type location is missing latitude or longitude")
    return None


def _fault_of_texts(part: str, text: str, values: Any, is_named: bool) -> Refusal | None:
    """Number, form and content of the values of one text."""
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        return Refusal(100, f"{part}: parameters must be an array of objects")
    names = variables_of(text)
    if len(values) != len(names):
        return Refusal(132000, f"{part}: number of localizable_params ({len(values)}) does not match the "
                               f"expected number of params ({len(names)})")
    if fault := next(filter(None, (_fault_of_value(part, value) for value in values)), None):
        return fault
    given = [value.get("parameter_name") for value in values]
    if is_named and set(given) != set(names):
        return Refusal(132012, f"{part}: Parameter name is missing or not one of {', '.join(names)}")
    if not is_named and any(given):
        return Refusal(132012, f"{part}: Format mismatch, this template counts its parameters")
    keys = given if is_named else names
    whole = filled(text, {str(key): value["text"] for key, value in zip(keys, values, strict=True)})
    most = 60 if part == "header" else LONGEST_FILLED
    return Refusal(132005, f"{part}: {len(whole)} characters") if len(whole) > most else None


def _fault_of_value(part: str, value: Part) -> Refusal | None:
    """One value: text that is not empty and has no odd spaces."""
    if value.get("type") != "text":
        received = str(value.get("type"))[:20].upper()
        return Refusal(132012, f"{part}: Format mismatch, expected TEXT, received {received}")
    text = value.get("text")
    if not isinstance(text, str) or not text.strip():
        return Refusal(131008, f"{part}: Parameter of type text is missing text value")
    return Refusal(132018) if _ODD_SPACE.search(text) else None


def _fault_of_offer(offer: Part | None, values: Any) -> Refusal | None:
    """A limited-time offer says when it ends, in milliseconds."""
    if offer is None:
        return None
    value = values[0] if isinstance(values, list) and values and isinstance(values[0], dict) else {}
    inside = value.get("limited_time_offer")
    ends = inside.get("expiration_time_ms") if isinstance(inside, dict) else None
    if not isinstance(ends, int) or isinstance(ends, bool):
        return Refusal(131008, "limited_time_offer: expiration_time_ms is missing")
    return None if ends > 10**12 else Refusal(131009, "limited_time_offer: expiration_time_ms is not in milliseconds")


def _fault_of_buttons(buttons: Sequence[Part], given: Sequence[Part]) -> Refusal | None:
    """Each button that needs a value has one, and no other has."""
    said: dict[str, Part] = {str(one.get("index")): one for one in given}
    if len(said) != len(given):
        return Refusal(131009, "buttons: an index is there twice")
    for index, button in enumerate(buttons):
        one = said.pop(str(index), None)
        kind = str(button.get("type", "")).lower()
        needs_one = kind in ("copy_code", "otp") or (kind == "url" and bool(variables_of(str(button.get("url", "")))))
        if one is None and needs_one:
            return Refusal(131008, f"buttons: Button at index {index} of type {kind} requires a parameter")
        if one is not None and (fault := _fault_of_button(index, kind, needs_one, one)):
            return fault
    if said:
        return Refusal(132000, f"buttons: there is no button at index {next(iter(said))[:10]}")
    return None


def _fault_of_button(index: int, kind: str, needs_one: bool, one: Part) -> Refusal | None:
    """The value of one button."""
    sub_type = str(one.get("sub_type", "")).lower()
    if sub_type != ("url" if kind == "otp" else kind):
        return Refusal(132012, f"buttons: Format mismatch at index {index}, expected {kind}, received {sub_type[:20]}")
    if kind == "url" and not needs_one:
        return Refusal(132000, f"buttons: Button at index {index} takes no parameter")
    values = one.get("parameters")
    value = values[0] if isinstance(values, list) and len(values) == 1 and isinstance(values[0], dict) else None
    if value is None:
        return Refusal(132000, f"buttons: Button at index {index} takes one parameter")
    if sub_type not in _CODES:
        return None
    name, most = _CODES[sub_type]
    text = value.get(name)
    if value.get("type") != name or not isinstance(text, str) or not text:
        return Refusal(131008, f"buttons: Button at index {index} is missing {name}")
    return Refusal(131009, f"buttons: {name} at index {index} is longer than {most}") if len(text) > most else None


def _fault_of_cards(carousel: Part | None, given: Part | None, is_named: bool) -> Refusal | None:
    """Every card of a carousel gets its values."""
    if carousel is None:
        return None
    cards, said = carousel.get("cards") or [], (given or {}).get("cards")
    if not isinstance(said, list) or len(said) != len(cards) or not all(isinstance(card, dict) for card in said):
        return Refusal(132012, f"carousel: expected {len(cards)} cards")
    for number, (card, one) in enumerate(zip(cards, said, strict=True)):
        parts = one.get("components", [])
        if one.get("card_index") != number or not isinstance(parts, list) or not all(isinstance(p, dict) for p in parts):
            return Refusal(132012, f"carousel: card {number} is not what it should be")
        if fault := _fault(card.get("components") or [], parts, is_named=is_named):
            return fault
    return None
