"""Pure: which letters somebody must have in their details or fields for a condition to be true; what an index is asked."""

import re
from collections.abc import Iterator

from core.letters import searched
from services import contacts
from services.segments.own_fields import PREFIX
from services.segments.shape import Condition

_OF_COMPANY = ("company.holds", "company.is")
_NEEDS_NO_VALUE = ("is_not", "unknown")
_ASKS_FOR_TEXT = ("is", "holds")
_AS_STORED = re.compile(r"[ !#-\[\]-~]+")  # ASCII that stands in JSON as it is
_WORDS = {"yes": "true", "no": "false"}


def parts_of(condition: Condition) -> Iterator[str]:
    """Parts that are all there, in any case, where it is true. There may be more who have them, never fewer."""
    if condition.what == "text.holds":
        yield from contacts.parts_meant(condition.value)
    elif condition.what in _OF_COMPANY:
        yield searched(condition.value)
    elif condition.what.startswith(PREFIX):
        key, _, test = condition.what.removeprefix(PREFIX).rpartition(".")
        if test not in _NEEDS_NO_VALUE:
            yield f'"{key}"'
            yield _WORDS.get(test, "")
            if test in _ASKS_FOR_TEXT and condition.value.isascii():
                yield from _AS_STORED.findall(condition.value)
