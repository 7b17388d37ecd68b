"""Numbers that are written in two ways and ring one phone: Brazil's ninth digit, Mexico's 1, Argentina's 9. Pure."""

import re

BEGINNINGS = ("+52", "+54", "+55")  # all other numbers have one spelling
# (both ways in one pattern, the way with the digit, the way without it)
_TWO_WAYS = (
    (re.compile(r"\+55([1-9]\d)9?([6-9]\d{7})"), r"+55\g<1>9\2", r"+55\1\2"),  # landlines begin with 2 to 5
    (re.compile(r"\+521?(\d{10})"), r"+521\1", r"+52\1"),
    (re.compile(r"\+549?(\d{10})"), r"+549\1", r"+54\1"),
)


def other_spellings(e164: str) -> tuple[str, ...]:
    """How else this number (E.164, with its plus) is written; empty for nearly all numbers."""
    if e164[:3] not in BEGINNINGS:
        return ()
    for pattern, with_digit, without in _TWO_WAYS:
        if found := pattern.fullmatch(e164):
            return tuple(way for way in (found.expand(with_digit), found.expand(without)) if way != e164)
    return ()


def one_spelling(e164: str) -> str:
    """The same text for every spelling of a number, by which two are known to be one; not what is written to."""
    return min((e164, *other_spellings(e164))) if e164[:3] in BEGINNINGS else e164
