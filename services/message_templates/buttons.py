"""The buttons under a message: what each kind holds, and Meta's rules for them. Pure.

Meta's page on template components: ten buttons at most, labels of 25 characters without gaps, two that open an address
(2,000 characters, one gap at the very end), one that calls a number (20 characters), one that copies a code (15
characters), one that opens a form of WhatsApp by its id, and quick replies side by side. The words of a copy button are
WhatsApp's own.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from core import placeholders
from core.errors import Invalid
from core.phone import InvalidPhone, Phone
from core.words import folded
from services.message_templates import offers
from services.message_templates.limits import VARIABLE_NAME_LIMIT, Problem, strange
from services.message_templates.offers import OFFER, is_offer

MOST_BUTTONS = 10
TEXT_LIMIT = 25
URL_LIMIT = 2000
PHONE_LIMIT = 20
CODE_LIMIT = 15
KINDS = {"quick_reply": "Quick reply", "url": "Open a web page", "phone": "Call a number", "copy_code": "Copy a code",
         "flow": "Open a form", OFFER: "Offer that ends"}
MOST_OF_A_KIND = {"quick_reply": 10, "url": 2, "phone": 1, "copy_code": 1, "flow": 1, OFFER: 1}
VALUE_OF = {"url": "url", "phone": "phone", "copy_code": "sample", "flow": "flow_id", OFFER: "hours"}  # what it leads to
COPY_WORDS = "Copy code"
_CODE = re.compile(r"[A-Za-z0-9]+")
_FORM = re.compile(r"[0-9]{5,32}")
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.IGNORECASE)

Button = Mapping[str, Any]


def tidy(buttons: Sequence[Button], country: str = "") -> list[dict[str, Any]]:
    """Buttons as they are kept: each kind with what belongs to it and nothing else, numbers as E.164 where they can be
    read (`country` is for those without a plus). Problems are left to `problems_of`."""
    kept = []
    for one in buttons:
        kind = str(one.get("kind") or "")
        button = {"kind": kind, "text": COPY_WORDS if kind == "copy_code" else str(one.get("text") or "").strip()}
        if key := VALUE_OF.get(kind):
            value = str(one.get(key) or "").strip()
            button[key] = _e164(value, country) if kind == "phone" else value
        kept.append(button)
    return kept


def gaps_of(buttons: Sequence[Button]) -> list[str]:
    """The names in the addresses, in order. Raises Invalid for an address whose gaps cannot be read."""
    return [name for one in buttons if one.get("kind") == "url" for name in placeholders.names(str(one.get("url")))]


def problems_of(buttons: Sequence[Button]) -> list[Problem]:
    """Everything Meta would refuse; `buttons` are tidy."""
    found = [Problem("buttons", sentence) for sentence in _about_all(buttons)]
    texts: set[str] = set()
    for at, one in enumerate(buttons):
        for part, sentence in (("text", _about_text(one, texts)), ("value", _about_value(one))):
            if sentence:
                found.append(Problem(f"button:{at}:{part}", sentence))
        texts.add(folded(one["text"]))
    return found


def _about_all(buttons: Sequence[Button]) -> list[str]:
    """How many there may be, of each kind, and in which order."""
    kinds = [one["kind"] for one in buttons if not is_offer(one)]
    found = [f"There are {len(kinds)} buttons; {MOST_BUTTONS} is the most"] if len(kinds) > MOST_BUTTONS else []
    for kind, most in MOST_OF_A_KIND.items():
        if most < MOST_BUTTONS and (count := sum(one["kind"] == kind for one in buttons)) > most:
            found.append(f"“{KINDS[kind]}” is there {count} times; {most} is the most")
    replies = [at for at, kind in enumerate(kinds) if kind == "quick_reply"]
    if replies and replies[-1] - replies[0] >= len(replies):
        found.append("Quick replies must stand together: move them all before or all after the other buttons")
    return found


def _about_text(button: Button, before: set[str]) -> str:
    """The label: 25 characters on one line, no gaps, no two alike. Empty when all is well."""
    text, kind = button["text"], button["kind"]
    if kind not in KINDS:
        return "Choose what the button does"
    if not text:
        return "Write what stands on the button"
    if is_offer(button) and len(text) > offers.TEXT_LIMIT:
        return f"This has {len(text):,} characters; {offers.TEXT_LIMIT} is the most of an offer"
    if len(text) > TEXT_LIMIT:
        return f"This has {len(text):,} characters; {TEXT_LIMIT} is the most on a button"
    if "\n" in text:
        return "A button has one line; take the line break out"
    if "{{" in text or "}}" in text:
        return "Words on a button cannot have gaps; only the end of an address can"
    if folded(text) in before:
        return f"There are two buttons “{text}”; give this one other words"
    return strange(text)


def _about_value(button: Button) -> str:
    """Where it leads. Empty when all is well."""
    kind = button["kind"]
    if kind not in VALUE_OF:
        return ""
    value = button[VALUE_OF[kind]]
    return {"url": _about_url, "phone": _about_phone, "copy_code": _about_code, "flow": _about_form,
            OFFER: offers.about_hours}[kind](value)


def _about_url(url: str) -> str:
    """An address people's browsers can open, with one gap at most, at its very end (Meta). Empty when all is well."""
    if not url:
        return "Write the address, such as https://example.org/book"
    if len(url) > URL_LIMIT:
        return f"The address has {len(url):,} characters; {URL_LIMIT:,} is the most"
    try:
        parsed = placeholders.parse(url)
    except Invalid as error:
        return error.message
    if len(parsed.gaps) > 1:
        return f"An address can have one gap; this has {len(parsed.gaps)}"
    if parsed.gaps and parsed.texts[-1]:
        return f"A gap can only stand at the very end of the address; move {{{{{parsed.gaps[0]}}}}} there"
    if parsed.gaps and len(parsed.gaps[0]) > VARIABLE_NAME_LIMIT:
        return f"The name of the gap is too long; {VARIABLE_NAME_LIMIT} characters is the most"
    return _about_fixed(parsed.texts[0])


def _about_fixed(address: str) -> str:
    """The part of an address that is the same for everybody. Empty when all is well."""
    if any(char.isspace() or char in "\\<>\"`" for char in address) or strange(address):
        return "An address has no spaces and no odd signs; copy it from the browser’s address line"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "This address cannot be read; copy it from the browser’s address line"
    if parts.scheme.lower() not in ("https", "http"):
        return "An address begins with https://"
    if parts.username is not None or "@" in parts.netloc:
        return "An address cannot hold a name or password before the @"
    try:
        plain = host.encode("idna").decode()
    except UnicodeError:
        plain = ""
    if not _HOST.fullmatch(plain) or port == 0:
        return "This is not the name of a web site; it looks like https://example.org"
    return ""


def _about_phone(phone: str) -> str:
    """A number a phone can call. Empty when all is well."""
    try:
        found = Phone.parse(phone).e164
    except InvalidPhone as error:
        return error.message if phone else "Write the number with its country, such as +44 7700 900123"
    return f"The number has {len(found)} characters; {PHONE_LIMIT} is the most" if len(found) > PHONE_LIMIT else ""


def _about_code(code: str) -> str:
    """What is copied: 15 letters and digits at most. Empty when all is well."""
    if not code:
        return "Write the code, such as FLU26"
    if len(code) > CODE_LIMIT:
        return f"The code has {len(code):,} characters; {CODE_LIMIT} is the most"
    return "" if _CODE.fullmatch(code) else "A code has letters A to Z and digits only"


def _about_form(flow_id: str) -> str:
    """The id of a form (WhatsApp calls it a flow): digits only. Empty when all is well."""
    return "" if _FORM.fullmatch(flow_id) else "Write the id of the form, digits only: WhatsApp Manager, Flows, shows it"


def _e164(text: str, country: str) -> str:
    """The number as it is kept; what cannot be read stays as it was typed."""
    try:
        return Phone.parse(text, country).e164
    except InvalidPhone:
        return text
