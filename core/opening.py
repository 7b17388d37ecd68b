"""When a business is open: spans on the days of the week, and days that are different. Pure.

Kept as {"zone": "", "days": {"0": [["08:00", "18:00"]], …}, "holidays": [{"on": "2026-12-25", "name": "Christmas",
"spans": []}]}: 0 is Monday; a day without spans is closed; a holiday without a year (12-25) comes every year.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from core import clock
from core.errors import Invalid

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_SPANS, MOST_HOLIDAYS = 4, 100
_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)\s*(?:-|–|to)\s*([01]\d|2[0-4]):([0-5]\d)")
_DAY = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})")
Span = tuple[str, str]  # 08:00, 18:00; an end of 24:00 is midnight


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours of one number of the business, on its own clock. Without any day it is always open."""

    zone: str
    days: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    holidays: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)  # 2026-12-25 or 12-25

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is there at this moment."""
        if not self.days:
            return True
        local = at.astimezone(clock.zone(self.zone))
        now = f"{local:%H:%M}"
        return any(start <= now < end for start, end in self.spans(local.date()))

    def spans(self, day: date) -> tuple[Span, ...]:
        """The spans of one day; a holiday goes before the day of the week."""
        for key in (day.isoformat(), f"{day:%m-%d}"):
            if key in self.holidays:
                return self.holidays[key]
        return tuple(self.days.get(day.weekday(), ()))


def hours_of(kept: Mapping[str, Any], zone: str) -> Hours:
    """Hours from their kept form; `zone` where they name none."""
    return Hours(str(kept.get("zone") or zone),
                 {int(day): tuple((a, b) for a, b in spans) for day, spans in (kept.get("days") or {}).items()},
                 {str(one["on"]): tuple((a, b) for a, b in one.get("spans") or ()) for one in kept.get("holidays") or ()})


def read_spans(text: str, *, field: str) -> list[list[str]]:
    """Spans as people type them: 08:00-12:00, 13:00-18:00; empty for closed. Raises Invalid."""
    spans = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        found = _SPAN.fullmatch(part)
        if not found:
            raise Invalid(f"“{part[:30]}” is no span of time; write it like 08:00-18:00", field=field)
        start, end = f"{found[1]}:{found[2]}", f"{found[3]}:{found[4]}"
        if start >= end or end > "24:00":
            raise Invalid(f"“{part[:30]}” ends before it begins; a span over midnight is two: until 24:00, from 00:00",
                          field=field)
        spans.append([start, end])
    if len(spans) > MOST_SPANS:
        raise Invalid(f"A day has {MOST_SPANS} spans at most", field=field)
    return spans


def read_holidays(text: str, *, field: str) -> list[dict[str, Any]]:
    """Holidays, one a line: 2026-12-25 Christmas, 12-25 Christmas for every year, or 2026-12-24 08:00-12:00 Christmas
    Eve. Raises Invalid."""
    found = []
    for line in filter(None, (one.strip() for one in text.splitlines())):
        first, _, rest = line.partition(" ")
        check_day(first, field=field)
        spans = _SPAN.match(rest.strip())
        name = rest.strip()[spans.end():].strip() if spans else rest.strip()
        found.append({"on": first, "name": name[:60],
                      "spans": read_spans(spans.group(), field=field) if spans else []})
    if len(found) > MOST_HOLIDAYS:
        raise Invalid(f"There can be {MOST_HOLIDAYS} holidays at most", field=field)
    return found


def check_day(text: str, *, field: str) -> None:
    """Raise Invalid for what is no day such as 2026-12-25 or 12-25."""
    parts = _DAY.fullmatch(text)
    try:
        if not parts:
            raise ValueError
        date(int(parts[1] or 2024), int(parts[2]), int(parts[3]))
    except ValueError:
        raise Invalid(f"“{text[:20]}” is no day; write it like 2026-12-25, or 12-25 for every year", field=field) from None


def spans_text(spans: Any) -> str:
    """Spans as people type them."""
    return ", ".join(f"{start}-{end}" for start, end in spans)


def holidays_text(holidays: Any) -> str:
    """Holidays as people type them, one a line."""
    return "\n".join(" ".join(filter(None, (one["on"], spans_text(one.get("spans") or ()), one.get("name", ""))))
                     for one in holidays)


def wall_clock(text: str) -> time:
    """A wall time such as 09:00. Raises Invalid, field `at`."""
    try:
        return time.fromisoformat(text.strip()[:5])
    except ValueError:
        raise Invalid(f"“{text[:10]}” is no time of the day; write it like 09:00", field="at") from None
