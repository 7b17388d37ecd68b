"""The shape of what a free message holds beyond its text, before its limits are looked at. Pure.

A program gives it as JSON of its own making; what has another shape than contents.py keeps would stop whoever reads it later.
"""

from collections.abc import Callable, Mapping
from typing import Any

from core.errors import Invalid

LARGEST_ID = 2**31 - 1
WORDS, DEGREES, YES, FILE = "a text", "a number", "true or false", "the id of a file"  # what a member is

_FILE = {"media_id": FILE, "name": WORDS, "is_voice": YES}
_REACH = [{"value": WORDS, "kind": WORDS, "wa_id": WORDS}]
_CARD = dict.fromkeys(("formatted_name", "first_name", "last_name", "company", "title", "birthday"), WORDS) | dict.fromkeys(
    ("phones", "emails", "urls"), _REACH)
_CHOICES = [{"id": WORDS, "title": WORDS, "description": WORDS}]
_TAPPED = dict.fromkeys(("action", "label", "url", "flow_id", "token", "screen", "data_json", "header", "footer"), WORDS) | {
    "media_id": FILE, "choices": _CHOICES, "sections": [{"title": WORDS, "rows": _CHOICES}]}
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "text": {"preview_url": YES}, "reaction": {}, "contacts": {"cards": [_CARD]}, "interactive": _TAPPED,
    "location": {"latitude": DEGREES, "longitude": DEGREES, "name": WORDS, "address": WORDS},
    **dict.fromkeys(("image", "video", "audio", "document", "sticker"), _FILE)}


def check_shape(kind: str, content: Mapping[str, Any]) -> None:
    """Raise Invalid, naming the member, for content that is not built as this kind keeps it."""
    shape = SHAPES.get(kind, {})
    for name, value in content.items():
        if name not in shape:
            raise Invalid(f"There is no “{str(name)[:60]}” in the content of this kind", field=str(name)[:60])
        if (wanted := _wanted(value, shape[name])) is not None:
            raise Invalid(f"In the content, {name} is not built as it should be: {wanted} is missing", field=name)


def is_file_id(value: Any) -> bool:
    """Whether a row of any database may have this id."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_ID


def _wanted(value: Any, shape: Any) -> str | None:
    """What should stand here, or below, instead of this; None when all is well."""
    if isinstance(shape, list):
        return next((odd for one in value if (odd := _wanted(one, shape[0]))), None) if isinstance(
            value, list | tuple) else "a list"
    if isinstance(shape, Mapping):
        if not isinstance(value, Mapping):
            return "an object"
        return next((odd if name in shape else f"a member other than “{str(name)[:60]}”" for name, one in value.items()
                     if (odd := _wanted(one, shape.get(name)))), None)
    return None if shape is not None and _HOLDS[shape](value) else str(shape)


_HOLDS: Mapping[str, Callable[[Any], bool]] = {
    WORDS: lambda value: isinstance(value, str), YES: lambda value: isinstance(value, bool), FILE: is_file_id,
    DEGREES: lambda value: isinstance(value, str | int | float) and not isinstance(value, bool)}
