"""Conditions as people choose them: one list of all tests by subject, and what may be typed beside each."""

from collections.abc import Mapping
from functools import lru_cache
from itertools import groupby
from typing import Any

from markupsafe import Markup

from core import countries
from services import contacts
from services.segments import Test

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")
LANGUAGES = ("ar", "de", "en", "en_GB", "en_US", "es", "es_MX", "fr", "ha", "hi", "id", "ig", "it", "pt_BR", "sw", "tr",
             "yo", "zh_CN")

Choice = tuple[str, str, str]  # what, its words, the kind of value it takes


def choices_of(tests: Mapping[str, Test]) -> list[tuple[str, list[Choice]]]:
    """Every test under what it is about."""
    groups: dict[str, list[Choice]] = {}
    for what, test in tests.items():
        groups.setdefault(test.about, []).append((what, test.words, test.takes))
    return list(groups.items())


def options_of(tests: Mapping[str, Test]) -> Markup:
    """The same as the options of a box in which nothing is chosen yet; made once for the same tests."""
    return _options(tuple((what, test.about, test.words, test.takes) for what, test in tests.items()))


@lru_cache(maxsize=32)
def _options(rows: tuple[tuple[str, str, str, str], ...]) -> Markup:
    pieces = []
    for about, group in groupby(rows, key=lambda row: row[1]):
        pieces.append(Markup('<optgroup label="{}">').format(about))
        pieces += [Markup('<option value="{}"{}>{} {}</option>').format(
            what, Markup(' data-takes="{}"').format(takes) if takes else "", about, words)
            for what, _, words, takes in group]
        pieces.append(Markup("</optgroup>"))
    return Markup("").join(pieces)


def lists_for() -> dict[str, Any]:
    """What is offered while typing, by the kind of value. One query."""
    return {"tag": contacts.tag_names()[:500]}


@lru_cache(maxsize=1)
def fixed_lists() -> Markup:
    """The lists that never change, ready for the page."""
    lists = {"country": [name for _, name in countries.by_name()], "month": MONTHS, "language": LANGUAGES}
    return Markup("").join(
        Markup('<datalist id="list-{}">{}</datalist>').format(
            kind, Markup("").join(Markup('<option value="{}"></option>').format(word) for word in words))
        for kind, words in lists.items())
