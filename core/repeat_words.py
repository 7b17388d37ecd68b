"""A calendar rule as people say it: “Every month on the 31st; in shorter months on the last day”."""

from datetime import time

from core import wall_time
from core.recurrence import NTHS, Rule
from core.words import listed, plural

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def words(rule: Rule, at: time) -> str:
    """The rule in words, with its time of the day and its last day."""
    until = f", until {wall_time.day(rule.ends_on)}" if rule.ends_on else ""
    first, mark, more = _days(rule).partition(";")
    return f"{first} at {at:%H:%M}{mark}{more}{until}"


def _days(rule: Rule) -> str:
    """Its days in words."""
    often = f"Every {rule.every}" if rule.interval == 1 else f"Every {plural(rule.interval, rule.every, rule.every + 's')}"
    if rule.every == "week":
        return f"{often} on {listed([WEEKDAYS[day] for day in rule.weekdays])}"
    if rule.every == "month":
        return f"{often} on the {_day_of_month(rule)}"
    return often


def _day_of_month(rule: Rule) -> str:
    """“first Monday”, “24th”, “31st; in shorter months on the last day”."""
    if rule.nth:
        return f"{NTHS[rule.nth]} {WEEKDAYS[rule.weekday]}"
    if rule.day <= 28:
        return ordinal(rule.day)
    shorter = "on the last day" if rule.short_month == "last" else "not at all"
    return f"{ordinal(rule.day)}; in shorter months {shorter}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th …"""
    ending = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
