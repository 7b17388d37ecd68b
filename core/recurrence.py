"""When something repeats: the days of a calendar rule, and the moments its wall time means in a zone. Pure.

The calendar and the clock are kept apart. The rule names days, each once, whatever the clocks do; then every day's wall
time becomes a moment: the first valid minute after a gap, the first pass of an hour that comes twice. A day that a zone
left out altogether is no day of that calendar.
"""

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from core import clock, wall_time
from core.errors import Invalid

EVERY = ("day", "week", "month")
SHORT_MONTHS = ("last", "skip")
NTHS = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}
MOST = {"day": 365, "week": 52, "month": 24}  # the largest interval of each kind
MOST_TIMES = 1000
_MONTHS_LOOKED = 120  # steps: 29 February comes within them, or never
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """Which days: every `interval` days, weeks on `weekdays` (0 is Monday), or months on `day` or the `nth` `weekday`.

    In months that are too short for `day` it is their last day ("last") or none ("skip"). Weeks begin on Monday and are
    counted from the one that holds `starts_on`. Nothing before `starts_on` or after `ends_on`.
    """

    every: str
    starts_on: date
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    day: int = 0
    short_month: str = "last"
    nth: int = 0
    weekday: int = 0
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One time of it: the wall time asked for, the moment it means, and what a clock change does to it."""

    wall: datetime
    utc: datetime
    note: str = ""


def read(kept: Mapping[str, Any], *, starts_on: str, ends_on: str = "") -> Rule:
    """A rule from its kept form {"every": "month", "interval": 1, "day": 31, "short_month": "last"} and its days.

    {"every": "week", "weekdays": [0, 3]} and {"every": "month", "nth": -1, "weekday": 4} are the other kinds; "count" ends
    it after so many times. Raises Invalid, naming the field.
    """
    every, interval = str(kept.get("every", "")), _whole(kept.get("interval", 1), "interval", "how often")
    if every not in EVERY:
        raise Invalid("Choose whether it repeats by days, weeks or months", field="every")
    if not 1 <= interval <= MOST[every]:
        raise Invalid(f"Choose a number of {every}s between 1 and {MOST[every]}", field="interval")
    rule = Rule(every, _date(starts_on, "starts_on"), interval, _weekdays(kept) if every == "week" else (),
                **(_of_month(kept) if every == "month" else {}),
                ends_on=_date(ends_on, "ends_on") if ends_on else None)
    if rule.ends_on and rule.ends_on < rule.starts_on:
        raise Invalid("The last day is before the first", field="ends_on")
    return _with_count(rule, kept.get("count"))


def days(rule: Rule, since: date | None = None) -> Iterator[date]:
    """The days of the rule in order, from `since` on if that is later than its first."""
    begin = max(rule.starts_on, since or rule.starts_on)
    for found in {"day": _by_days, "week": _by_weeks, "month": _by_months}[rule.every](rule, begin):
        if rule.ends_on and found > rule.ends_on:
            return
        yield found


def runs(rule: Rule, zone: str, at: time, after: datetime) -> Iterator[Run]:
    """Its times strictly after a moment, in order. Raises Invalid for an unknown zone."""
    since = after.astimezone(clock.zone(zone)).date() - 2 * _DAY  # a gap can push a day's moment beyond midnight
    for day in days(rule, since):
        meant = wall_time.moment(datetime.combine(day, at), zone)
        if meant.utc > after and (not meant.note or _exists(day, zone)):
            yield Run(meant.wall, meant.utc, meant.note)


def next_after(rule: Rule, zone: str, at: time, after: datetime) -> Run | None:
    """The first of its times strictly after a moment; None when it is over."""
    return next(runs(rule, zone, at, after), None)


def _by_days(rule: Rule, begin: date) -> Iterator[date]:
    steps = -((rule.starts_on - begin).days // rule.interval)  # rounded up
    found = rule.starts_on + steps * rule.interval * _DAY
    while found.year < clock.LAST_YEAR:
        yield found
        found += rule.interval * _DAY


def _by_weeks(rule: Rule, begin: date) -> Iterator[date]:
    first_monday = rule.starts_on - rule.starts_on.weekday() * _DAY
    weeks = (begin - first_monday).days // 7 // rule.interval * rule.interval
    monday = first_monday + weeks * 7 * _DAY
    while monday.year < clock.LAST_YEAR:
        yield from (day for weekday in rule.weekdays if (day := monday + weekday * _DAY) >= begin)
        monday += rule.interval * 7 * _DAY


def _by_months(rule: Rule, begin: date) -> Iterator[date]:
    first = rule.starts_on.year * 12 + rule.starts_on.month - 1
    month = first + (begin.year * 12 + begin.month - 1 - first) // rule.interval * rule.interval
    empty = 0
    while month // 12 < clock.LAST_YEAR and empty < _MONTHS_LOOKED:
        found = _day_of_month(rule, month // 12, month % 12 + 1)
        empty = 0 if found else empty + 1
        if found and found >= begin:
            yield found
        month += rule.interval


def _day_of_month(rule: Rule, year: int, month: int) -> date | None:
    """The rule's day of one month; None when that month has none."""
    first_weekday, length = calendar.monthrange(year, month)
    if not rule.nth:
        if rule.day > length and rule.short_month == "skip":
            return None
        return date(year, month, min(rule.day, length))
    first = 1 + (rule.weekday - first_weekday) % 7
    last = first + (length - first) // 7 * 7
    return date(year, month, last if rule.nth == -1 else first + (rule.nth - 1) * 7)


def _exists(day: date, zone: str) -> bool:
    """Whether the calendars of a zone show this day: at the date line, a few were left out."""
    first = wall_time.moment(datetime.combine(day, time()), zone).utc
    return first.astimezone(clock.zone(zone)).date() == day


def _with_count(rule: Rule, count: object) -> Rule:
    """The rule ended on its `count`-th day. Raises Invalid, also when it has no day at all."""
    times = 0 if count in (None, "") else _whole(count, "count", "how many times")
    if count not in (None, "") and not 1 <= times <= MOST_TIMES:
        raise Invalid(f"Choose how many times, between 1 and {MOST_TIMES:,}", field="count")
    found = list(islice(days(rule), max(1, times)))
    if not found:
        raise Invalid("No day fits this rule between its first and its last day", field="every")
    if not times:
        return rule
    return Rule(rule.every, rule.starts_on, rule.interval, rule.weekdays, rule.day, rule.short_month, rule.nth,
                rule.weekday, found[-1])


def _weekdays(kept: Mapping[str, Any]) -> tuple[int, ...]:
    """The chosen days of the week, once each. Raises Invalid."""
    chosen = sorted({_whole(one, "weekdays", "a day of the week") for one in kept.get("weekdays") or ()})
    if not chosen or not 0 <= chosen[0] <= chosen[-1] <= 6:
        raise Invalid("Choose at least one day of the week", field="weekdays")
    return tuple(chosen)


def _of_month(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The day of a month, by number or by weekday. Raises Invalid."""
    nth = _whole(kept.get("nth") or 0, "nth", "which week")
    if nth:
        weekday = _whole(kept.get("weekday", 0), "weekday", "a day of the week")
        if nth not in NTHS or not 0 <= weekday <= 6:
            raise Invalid("Choose the first, second, third, fourth or last of a day of the week", field="nth")
        return {"nth": nth, "weekday": weekday}
    day, short_month = _whole(kept.get("day") or 0, "day", "the day of the month"), kept.get("short_month", "last")
    if not 1 <= day <= 31:
        raise Invalid("Choose a day of the month between 1 and 31", field="day")
    if short_month not in SHORT_MONTHS:
        raise Invalid("Choose what happens in shorter months", field="short_month")
    return {"day": day, "short_month": str(short_month)}


def _date(text: str, field: str) -> date:
    """A day written like 2026-11-24. Raises Invalid."""
    return wall_time.parse(f"{text.strip()}T00:00", field=field).date()


def _whole(value: object, field: str, what: str) -> int:
    """A whole number. Raises Invalid."""
    text = str(value).strip()
    if isinstance(value, bool) or not text.removeprefix("-").isdecimal() or not text.isascii() or len(text) > 6:
        raise Invalid(f"Say {what} as a whole number", field=field)
    return int(text)
