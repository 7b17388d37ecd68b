"""One way to read what programs ask, and to name what is wrong with it."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import request

from core.errors import Invalid
from core.phone import Phone

LARGEST_ID = 2**31 - 1
DEEPEST = 12
_NUMBER = re.compile(r"\d{1,10}")


def body(members: Collection[str]) -> dict[str, Any]:
    """The JSON object that was sent, with no other members than these. Raises Invalid; what is no JSON at all is answered
    with 400, what does not say it is JSON with 415."""
    try:
        given = request.get_json()
    except RecursionError:
        raise Invalid("The object is nested too deeply, or holds a text that cannot be kept") from None
    if not isinstance(given, dict):
        raise Invalid("Send a JSON object")
    if unknown := sorted(set(given) - set(members)):
        raise Invalid(f"There is no member “{unknown[0][:60]}” here", field=unknown[0][:60])
    if not _is_plain(given, DEEPEST):
        raise Invalid("The object is nested too deeply, or holds a text that cannot be kept")
    return given


def _is_plain(value: Any, deepest: int) -> bool:
    """Whether every database can keep it: no NUL, no half of a character, not too deep."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= one <= "\udfff" for one in value)
    if isinstance(value, dict):
        return deepest > 0 and all(_is_plain(k, 1) and _is_plain(v, deepest - 1) for k, v in value.items())
    if isinstance(value, list):
        return deepest > 0 and all(_is_plain(one, deepest - 1) for one in value)
    return True


def query(names: Collection[str]) -> dict[str, str]:
    """What stands behind the question mark, each name once and none but these. Raises Invalid."""
    if unknown := sorted(set(request.args) - set(names)):
        raise Invalid(f"There is no filter “{unknown[0][:60]}” here", field=unknown[0][:60])
    twice = [name for name in request.args if len(request.args.getlist(name)) > 1]
    if twice:
        raise Invalid(f"“{twice[0]}” is given more than once", field=twice[0])
    return {name: value for name, value in request.args.items() if value}


def number(given: Mapping[str, Any], name: str, *, most: int = LARGEST_ID) -> int | None:
    """A whole number above 0, or None when it is not given. Raises Invalid."""
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        raise Invalid(f"{name} is a whole number from 1 to {most:,}", field=name)
    return value


def words(given: Mapping[str, Any], name: str, *, most: int = 5000) -> str:
    """A text, empty when it is not given. Raises Invalid."""
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most:
        raise Invalid(f"{name} is a text of at most {most:,} characters", field=name)
    return value


def mapping(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object, empty when it is not given. Raises Invalid."""
    value = given.get(name)
    if value is not None and not isinstance(value, dict):
        raise Invalid(f"{name} is an object", field=name)
    return value or {}


def one_of(given: Mapping[str, Any], name: str, known: Collection[str]) -> str:
    """One of these words, or empty when it is not given. Raises Invalid."""
    value = words(given, name)
    if value and value not in known:
        raise Invalid(f"{name} is one of {', '.join(sorted(known))}", field=name)
    return value


def yes(given: Mapping[str, Any], name: str) -> bool:
    """Whether it is asked for: true, or false and nothing."""
    return one_of(given, name, ("true", "false")) == "true"


def moment(given: Mapping[str, Any], name: str) -> datetime | None:
    """A time such as 2026-11-24T09:00:00Z, or None when it is not given. Raises Invalid."""
    text = words(given, name, most=40)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+") if "+" not in text and " " in text[11:] else text)
        if found.tzinfo is None:
            raise ValueError("no zone")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(f"{name} is a time with its zone, such as 2026-11-24T09:00:00Z", field=name) from None


def phone(given: Mapping[str, Any], name: str) -> str:
    """A number as E.164, or empty when it is not given. Raises Invalid."""
    text = words(given, name, most=60).strip()
    if not text:
        return ""
    try:
        return Phone.parse(text if text.startswith("+") else f"+{text}").e164
    except Invalid as error:
        raise Invalid(error.message, field=name) from None
