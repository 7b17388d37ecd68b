"""The only clock. Time inside the program is UTC; local time exists in forms (in) and pages (out) only."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from core.errors import Invalid

TICK = timedelta(microseconds=1)  # the smallest step of our times
LAST_YEAR = 9990  # no plan goes further; room for any zone's distance from UTC


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def seconds() -> float:
    """The present moment as Unix seconds."""
    return time.time()


def monotonic() -> float:
    """Seconds that never jump: for measuring spans inside one process."""
    return time.monotonic()


def from_seconds(value: float) -> datetime:
    """Unix seconds as an aware UTC time."""
    return datetime.fromtimestamp(value, UTC)


def zone(name: str) -> ZoneInfo:
    """The IANA zone called `name`. Raises Invalid for a name nobody knows."""
    if name not in zone_names():
        raise Invalid(f"“{name[:60]}” is not a time zone we know; choose one like Europe/London", field="zone")
    return ZoneInfo(name)


_ZONES: frozenset[str] = frozenset()


def zone_names() -> frozenset[str]:
    """Every zone a person may choose, such as Africa/Lagos."""
    global _ZONES
    if not _ZONES:
        _ZONES = frozenset(n for n in available_timezones() if "/" in n or n == "UTC")
    return _ZONES
