"""A place at the top of a message: a map with a pin. WhatsApp approves that there is one; each message says which. Pure."""

import math
from collections.abc import Mapping
from typing import Any

PLACE = "location"
PARTS = ("latitude", "longitude", "name", "address")
WORDS_LIMIT = 1000  # of its name and its address
_DEGREES = {"latitude": 90, "longitude": 180}


def tidy(header: Mapping[str, Any]) -> dict[str, str]:
    """A place as it is kept; degrees as text, so that nothing is rounded."""
    return {"kind": PLACE} | {part: " ".join(str(header.get(part) or "").split()) for part in PARTS}


def lacks_place(header: Mapping[str, Any]) -> bool:
    """Whether a place stands at the top and it is not known which."""
    return header.get("kind") == PLACE and not header.get("latitude")


def about_place(header: Mapping[str, Any]) -> list[str]:
    """What is wrong with it: degrees, a name and an address, as WhatsApp wants all four. Nothing when all is well."""
    found = [f"Give the {part} in degrees, from -{most} to {most}, such as {0.12776 if most == 180 else 51.50735}"
             for part, most in _DEGREES.items() if not _is_within(str(header.get(part) or ""), most)]
    for part, words in (("name", "name"), ("address", "address")):
        text = str(header.get(part) or "")
        if not text or len(text) > WORDS_LIMIT:
            found.append(f"Give the place {'an' if part == 'address' else 'a'} {words} of at most {WORDS_LIMIT:,} characters")
    return found


def shown_as(header: Mapping[str, Any]) -> str:
    """Its name and address on one line; empty where it is not known."""
    return ", ".join(filter(None, (str(header.get("name") or ""), str(header.get("address") or ""))))


def _is_within(degrees: str, most: int) -> bool:
    try:
        return math.isfinite(float(degrees)) and abs(float(degrees)) <= most
    except ValueError:
        return False
