"""JSON of strangers made harmless: parsed without surprises, and read member by member."""

import json
import math
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from core import clock

# half a character pair, or NUL: valid JSON that no database takes
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|\xed[\xa0-\xbf]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LATEST = 253_402_300_799  # the last second of the year 9999
_NO_TIME = "The time is missing or is none"
NO_TEXT: Mapping[str, Any] = {}


class Unreadable(ValueError):
    """A part of a body that is not what it should be; the message says which."""


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


_decoder = json.JSONDecoder(parse_constant=lambda _word: None, parse_float=_finite)


def parse(body: bytes) -> Any:
    """The JSON of a body, with NUL, half characters and infinite numbers replaced. Raises Unreadable."""
    try:
        data = _decoder.decode(body.decode("utf-8-sig", "surrogatepass"))
        may_hold = b"\\u" in body or b"\xed" in body  # most bodies hold neither, and looking for these two is quick
        return storable(data) if may_hold and _SUSPICIOUS.search(body) else data
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"This is not JSON: {type(error).__name__}") from None


def storable(value: Any) -> Any:
    """The same value with every character a database can keep."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [storable(part) for part in value]
    if isinstance(value, dict):
        return {storable(name): storable(part) for name, part in value.items()}
    return value


def mapping(value: object) -> Mapping[str, Any]:
    """The object itself, or an empty one when it is none."""
    return value if isinstance(value, dict) else NO_TEXT


def items(value: object) -> list[Any]:
    """The list itself, or an empty one when it is none."""
    return value if isinstance(value, list) else []


def text(value: object, limit: int = 4096) -> str:
    """A text or a whole number as text, cut to `limit`; empty for anything else."""
    if isinstance(value, str):
        return value[:limit]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**40:
        return str(value)[:limit]
    return ""


def key(value: object, what: str, limit: int) -> str:
    """An id that must be there and fit. Raises Unreadable naming `what`."""
    found = value if isinstance(value, str) else text(value)
    if not found or len(found) > limit:
        raise Unreadable(f"{what} is missing or is no id")
    return found


def moment(value: object) -> datetime:
    """Unix seconds (or milliseconds) as number or text. Raises Unreadable."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return _moment(value)
    raise Unreadable(_NO_TIME)


@lru_cache(maxsize=256, typed=True)
def _moment(value: str | float) -> datetime:
    """Thousands of statuses are of the same few seconds."""
    try:
        seconds = float(value)
        if seconds >= 1e11:
            seconds /= 1000  # some senders count milliseconds
        if 0 < seconds <= _LATEST:
            return clock.from_seconds(seconds)
    except (ValueError, OverflowError, OSError):
        pass
    raise Unreadable(_NO_TIME)
