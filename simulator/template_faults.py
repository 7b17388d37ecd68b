"""Is this a template Meta would take in? As strict as Meta, in Meta's words."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from simulator.answers import Refusal

_NAME = re.compile(r"[a-z0-9_]{1,512}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,4})?")
_VARIABLE = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")
CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")
FILES = ("IMAGE", "VIDEO", "DOCUMENT", "GIF")
BUTTONS = ("QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE", "FLOW", "OTP", "CATALOG", "MPM", "SPM", "VOICE_CALL",
           "REQUEST_CONTACT_INFO")
_MOST_OF = {"URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1, "FLOW": 1}
CARD_TEXT, CARD_BUTTONS = 160, 2
Part = Mapping[str, Any]


def fault_of(payload: Any, is_handle: Callable[[str], bool]) -> Refusal | None:
    """What is wrong with a template, or None. `is_handle` says whether a sample was handed over."""
    if not isinstance(payload, dict):
        return Refusal(100, "The body is not a JSON object")
    name = payload.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return Refusal(100, "name must be lower-case letters, digits and underscores")
    if not isinstance(payload.get("language"), str) or not _LANGUAGE.fullmatch(payload["language"]):
        return Refusal(100, "language is not a code we know")
    if payload.get("category") not in CATEGORIES:
        return Refusal(100, f"category must be one of {', '.join(CATEGORIES)}")
    form = payload.get("parameter_format", "POSITIONAL")
    if form not in ("NAMED", "POSITIONAL"):
        return Refusal(100, "parameter_format must be NAMED or POSITIONAL")
    return fault_of_components(payload.get("components"), is_named=form == "NAMED", is_handle=is_handle)


def fault_of_components(components: Any, *, is_named: bool, is_handle: Callable[[str], bool]) -> Refusal | None:
    """What is wrong with the parts of a template."""
    if not isinstance(components, list) or not all(isinstance(c, dict) for c in components):
        return Refusal(100, "components must be a list of objects")
    parts: dict[str, Part] = {str(c.get("type", "")).upper(): c for c in components}
    if len(parts) != len(components):
        return Refusal(100, "Each kind of component may be there once")
    return (_fault_of_body(parts.get("BODY", {}), is_named)
            or _fault_of_footer(parts.get("FOOTER", {}).get("text", ""))
            or _fault_of_header(parts.get("HEADER"), is_named, is_handle)
            or _fault_of_buttons(parts.get("BUTTONS"))
            or _fault_of_offer(parts)
            or _fault_of_cards(parts.get("CAROUSEL"), is_named, is_handle))


def variables_of(text: str) -> list[str]:
    """The names (or numbers) of the variables in a text, each once, in order."""
    return list(dict.fromkeys(match.group(1) for match in _VARIABLE.finditer(text)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables replaced."""
    return _VARIABLE.sub(lambda match: values.get(match.group(1), ""), text)


def _fault_of_body(body: Part, is_named: bool, most: int = 1024) -> Refusal | None:
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        return Refusal(100, "A template needs a BODY with text", 2388043)
    if len(text) > most:
        return Refusal(100, f"The body may have {most:,} characters", 2388040)
    names, bare = variables_of(text), text.strip()
    if names and (bare.startswith("{{") or bare.endswith("}}")):
        return Refusal(100, "Variables may not stand at the start or the end", 2388299)
    if re.search(r"\}\}\s*\{\{", text):
        return Refusal(100, "Variables may not stand side by side", 2388299)
    if not is_named and sorted(names, key=len) and set(names) != {str(n) for n in range(1, len(names) + 1)}:
        return Refusal(100, "Positional variables must be {{1}}, {{2}} and so on", 2388072)
    return _fault_of_samples("body_text", body, names, is_named, is_nested=True)


def _fault_of_footer(footer: Any) -> Refusal | None:
    if not isinstance(footer, str) or len(footer) > 60:
        return Refusal(100, "The footer may have 60 characters", 2388040)
    return Refusal(100, "The footer may not have variables", 2388073) if variables_of(footer) else None


def _fault_of_header(header: Part | None, is_named: bool, is_handle: Callable[[str], bool]) -> Refusal | None:
    """A text of 60 characters with one variable, a file with its sample, or a place."""
    if header is None:
        return None
    form = str(header.get("format", "TEXT")).upper()
    if form in FILES:
        handles = _mapping(header.get("example")).get("header_handle")
        known = isinstance(handles, list) and len(handles) == 1 and is_handle(str(handles[0]))
        return None if known else Refusal(100, "A header with a file needs a sample: example.header_handle", 2388273)
    if form == "LOCATION":
        return None
    text = header.get("text")
    if form != "TEXT" or not isinstance(text, str) or not text.strip() or len(text) > 60:
        return Refusal(100, "The header may have 60 characters of text, or be a file or a location", 2388047)
    names = variables_of(text)
    if len(names) > 1 or re.search(r"[\n*_~`]", _VARIABLE.sub("", text)):
        return Refusal(100, "The header may have one variable, and no line ends or marks", 2388047)
    return _fault_of_samples("header_text", header, names, is_named, is_nested=False)


def _fault_of_samples(key: str, part: Part, names: list[str], is_named: bool, *, is_nested: bool) -> Refusal | None:
    """Every variable needs a sample."""
    if not names:
        return None
    example = _mapping(part.get("example"))
    if is_named:
        given = {s.get("param_name") for s in example.get(f"{key}_named_params") or [] if isinstance(s, dict)}
        complete = given == set(names)
    else:
        rows = example.get(key)
        row = rows[0] if is_nested and isinstance(rows, list) and rows else rows
        complete = isinstance(row, list) and len(row) == len(names)
    return None if complete else Refusal(100, "Each variable of the text needs one sample", 2388043)


def _fault_of_buttons(part: Part | None) -> Refusal | None:
    """Ten at most, few of each kind, quick replies side by side."""
    if part is None:
        return None
    buttons = part.get("buttons")
    if not isinstance(buttons, list) or not 0 < len(buttons) <= 10 or not all(isinstance(b, dict) for b in buttons):
        return Refusal(100, "A template may have 1 to 10 buttons", 2388060)
    kinds = [str(button.get("type", "")).upper() for button in buttons]
    if odd := next((kind for kind in kinds if kind not in BUTTONS), ""):
        return Refusal(100, f"There is no button of type {odd[:30]}", 2388060)
    if many := next((kind for kind, most in _MOST_OF.items() if kinds.count(kind) > most), ""):
        return Refusal(100, f"There are too many buttons of type {many}", 2388060)
    if "".join("q" if kind == "QUICK_REPLY" else "o" for kind in kinds).strip("o").count("o"):
        return Refusal(100, "Quick replies must stand side by side", 2388060)
    return next(filter(None, map(_fault_of_button, buttons)), None)


def _fault_of_button(button: Part) -> Refusal | None:
    kind, label = str(button.get("type", "")).upper(), button.get("text")
    if kind not in ("COPY_CODE", "OTP", "REQUEST_CONTACT_INFO") and (
            not isinstance(label, str) or not label.strip() or len(label) > 25 or variables_of(label)):
        return Refusal(100, "The label of a button is 1 to 25 characters without variables", 2388060)
    if kind == "URL":
        url = button.get("url")
        if not isinstance(url, str) or not re.match(r"https?://[^\s{]", url) or len(url) > 2000:
            return Refusal(100, "The address of a button is http(s) and has 2,000 characters at most", 2388060)
        names = variables_of(url)
        if names and (len(names) > 1 or not url.rstrip().endswith("}}")):
            return Refusal(100, "An address may have one variable, at its end", 2388060)
        if names and not (isinstance(button.get("example"), list) and len(button["example"]) == 1):
            return Refusal(100, "An address with a variable needs an example", 2388060)
    if kind == "PHONE_NUMBER" and not 4 < len(str(button.get("phone_number", ""))) <= 20:
        return Refusal(100, "The number of a button has 20 characters at most", 2388060)
    if kind == "COPY_CODE":
        example = button.get("example")
        code = example[0] if isinstance(example, list) and example else example
        if not isinstance(code, str) or not 0 < len(code) <= 15:
            return Refusal(100, "A code has 15 characters at most, and needs an example", 2388060)
    return None


def _fault_of_offer(parts: Mapping[str, Part]) -> Refusal | None:
    """16 characters above a text of 600, a code first and an address below it, no footer, no other header than a film or
    a picture."""
    if "LIMITED_TIME_OFFER" not in parts:
        return None
    offer = _mapping(parts["LIMITED_TIME_OFFER"].get("limited_time_offer"))
    text, has_end = offer.get("text"), offer.get("has_expiration", False)
    if not isinstance(text, str) or not 0 < len(text.strip()) <= 16 or not isinstance(has_end, bool):
        return Refusal(100, "A limited-time offer has 1 to 16 characters of text")
    form = str(parts.get("HEADER", {"format": "IMAGE"}).get("format")).upper()
    if "FOOTER" in parts or form not in ("IMAGE", "VIDEO") or len(str(parts["BODY"].get("text"))) > 600:
        return Refusal(100, "A limited-time offer has no footer, 600 characters of body, and a picture or a film on top at most")
    kinds = [str(one.get("type")).upper() for one in _mapping(parts.get("BUTTONS")).get("buttons") or []]
    is_right = "URL" in kinds and (kinds[0] == "COPY_CODE" if has_end else "COPY_CODE" not in kinds[1:])
    return None if is_right else Refusal(100, "A limited-time offer needs a button with its code first, and one with an address")


def _fault_of_cards(carousel: Part | None, is_named: bool, is_handle: Callable[[str], bool]) -> Refusal | None:
    """Two to ten cards of one shape: a file, perhaps a text of 160 characters, one or two buttons of the same kinds."""
    if carousel is None:
        return None
    cards = carousel.get("cards")
    if not isinstance(cards, list) or not 2 <= len(cards) <= 10 or not all(isinstance(c, dict) for c in cards):
        return Refusal(100, "A carousel has 2 to 10 cards")
    shapes = set()
    for card in cards:
        parts = {str(c.get("type", "")).upper(): c for c in card.get("components") or [] if isinstance(c, dict)}
        if str(_mapping(parts.get("HEADER")).get("format")).upper() not in ("IMAGE", "VIDEO"):
            return Refusal(100, "Each card has a header with a picture or a film")
        if fault := (_fault_of_header(parts.get("HEADER"), False, is_handle) or _fault_of_buttons(parts.get("BUTTONS"))
                     or ("BODY" in parts and _fault_of_body(parts["BODY"], is_named, CARD_TEXT)) or None):
            return fault
        if not 0 < len(_mapping(parts.get("BUTTONS")).get("buttons") or []) <= CARD_BUTTONS:
            return Refusal(100, "Each card has one or two buttons", 2388060)
        shapes.add(_shape(parts))
    return Refusal(100, "All cards have the same parts and kinds of buttons") if len(shapes) > 1 else None


def _shape(parts: Mapping[str, Part]) -> tuple[Sequence[str], ...]:
    buttons = _mapping(parts.get("BUTTONS")).get("buttons") or []
    return (*sorted(parts), str(parts["HEADER"].get("format"))), tuple(str(b.get("type")) for b in buttons)


def _mapping(value: object) -> Part:
    return value if isinstance(value, dict) else {}
