"""Cron expressions: minute hour day-of-month month day-of-week, on the clocks of a zone. Pure.

Each field is *, a number, a range 1-5, steps */15 or 8-18/2, or a list of these; months and days of the week may be
named by three letters; 0 and 7 are Sunday. When day of month and day of week are both limited, either is enough.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core import clock, wall_time
from core.errors import Invalid

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LOOKS = 366 * 9  # days: 29 February on a given weekday is within 28 years; rarer things are refused
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))


@dataclass(frozen=True, slots=True)
class Cron:
    """One expression, read."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0 is Sunday
    is_any_day: bool
    is_any_weekday: bool

    def fits(self, day: date) -> bool:
        """Whether it has times on this day."""
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if self.is_any_day or self.is_any_weekday:
            return by_day and by_weekday
        return by_day or by_weekday


def read(text: str, *, field: str = "cron") -> Cron:
    """An expression such as 0 9 * * 1-5. Raises Invalid."""
    parts = text.lower().split()
    if len(parts) != 5:
        raise Invalid("A cron line has five parts: minute, hour, day, month, day of the week, as in 0 9 * * 1-5", field=field)
    minutes, hours, days, months, weekdays = (_part(part, *about, field=field)
                                              for part, about in zip(parts, _FIELDS, strict=True))
    return Cron(minutes, hours, days, months, frozenset(day % 7 for day in weekdays), parts[2].startswith("*"),
                parts[4].startswith("*"))


def _part(text: str, name: str, least: int, most: int, *, field: str) -> frozenset[int]:
    found: set[int] = set()
    for piece in text.split(","):
        span, _, step = piece.partition("/")
        start, dash, end = span.partition("-")
        first = least if start == "*" else _number(start, name, least, most, field)
        last = most if start == "*" or (step and not dash) else _number(end, name, least, most, field) if dash else first
        jump = _number(step, name, 1, most, field) if step else 1
        if first > last:
            raise Invalid(f"“{piece[:20]}” runs backwards in the {name} of the cron line", field=field)
        found |= set(range(first, last + 1, jump))
    return frozenset(found)


def _number(text: str, name: str, least: int, most: int, field: str) -> int:
    names = {"month": {word: place + 1 for place, word in enumerate(_MONTHS)},
             "weekday": {word: place for place, word in enumerate(_DAYS)}}.get(name, {})
    value = names.get(text, int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else -1)
    if not least <= value <= most:
        raise Invalid(f"“{text[:20]}” is no {name} for a cron line ({least} to {most})", field=field)
    return value


def moments(cron: Cron, zone: str, after: datetime) -> Iterator[datetime]:
    """Its moments strictly after one, in order, in UTC; none when none comes within nine years."""
    day = after.astimezone(clock.zone(zone)).date() - timedelta(days=1)
    last = after
    for _ in range(_LOOKS):
        if cron.fits(day):
            for hour in sorted(cron.hours):
                for minute in sorted(cron.minutes):
                    found = wall_time.moment(datetime.combine(day, time(hour, minute)), zone).utc
                    if found > last:
                        last = found
                        yield found
        day += timedelta(days=1)
