"""An offer that ends: a few words with a countdown above the text. Kept among the buttons, because it goes with them. Pure.

Meta's page on limited-time offers: marketing only, 16 characters, no last line, a picture, a film or nothing at the top, a
text of 600 characters, and below it a code and an address, the code first. When it ends is said with each message: so many
hours after it leaves.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.message_templates.limits import Problem

OFFER = "offer"
USUAL_HOURS = "24"
TEXT_LIMIT = 16
BODY_LIMIT = 600
MOST_HOURS = 720
GOES_WITH = ("copy_code", "url")

Button = Mapping[str, Any]


def is_offer(button: Button) -> bool:
    """Whether this is one, and no button."""
    return button.get("kind") == OFFER


def offers_first(buttons: Iterable[Button]) -> list[Button]:
    """As carriers list them; the order of the others stays."""
    return sorted(buttons, key=lambda one: not is_offer(one))


def hours_of(buttons: Iterable[Button]) -> int:
    """How long the offer of these is open; 0 without one."""
    return next((int(one["hours"]) if about_hours(str(one.get("hours"))) == "" else int(USUAL_HOURS)
                 for one in buttons if is_offer(one)), 0)


def about_hours(hours: str) -> str:
    """What is wrong with how long it is open. Empty when all is well."""
    is_number = hours.isascii() and hours.isdecimal() and len(hours) < 6
    return "" if is_number and 0 < int(hours) <= MOST_HOURS else f"Write how many hours it is open, 1 to {MOST_HOURS}"


def problems_of(buttons: Sequence[Button], *, body: str, footer: str, header: Mapping[str, Any],
                category: str) -> list[Problem]:
    """What an offer asks of the rest of its message; nothing without one."""
    if not any(map(is_offer, buttons)):
        return []
    kinds = [str(one.get("kind")) for one in buttons if not is_offer(one)]
    found = [
        ("category", category != "marketing", "An offer that ends is marketing"),
        ("header", header.get("kind") in ("text", "document", "location", "cards"),
         "Above an offer stands a picture, a film or nothing; choose one of these"),
        ("body", len(body) > BODY_LIMIT, f"With an offer the text has {BODY_LIMIT} characters at most; this has {len(body):,}"),
        ("footer", bool(footer), "Below an offer there is no last line; take it out"),
        ("buttons", kinds[:1] != ["copy_code"] or "url" not in kinds,
         "An offer needs two buttons: first one that copies its code, then one that opens a web page"),
        ("buttons", any(kind not in GOES_WITH for kind in kinds), "Beside an offer only a code and web pages can stand"),
    ]
    return [Problem(field, sentence) for field, is_wrong, sentence in found if is_wrong]
