"""Wall time in a named zone to a moment in UTC, with what clock changes do said in words."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from core import clock
from core.errors import Invalid

_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?", re.ASCII)
_FIRST_YEAR = 1970


@dataclass(frozen=True, slots=True)
class Moment:
    """A wall time somebody asked for, and the moment it means. `note` is empty unless a clock change matters."""

    wall: datetime
    zone: str
    utc: datetime
    note: str = ""


def parse(text: str, *, field: str = "wall_time") -> datetime:
    """A wall time such as 2026-11-24T09:00 (seconds may follow) as a naive datetime. Raises Invalid with the reason."""
    typed = text.strip()
    if not _WRITTEN.fullmatch(typed):
        raise Invalid(f"“{typed[:40]}” is not a date and time; write it like 2026-11-24T09:00", field=field)
    try:
        wall = datetime.fromisoformat(typed.replace(" ", "T"))
    except ValueError:
        raise Invalid(f"There is no such date or time as “{typed}”", field=field) from None
    if wall.year < _FIRST_YEAR:
        raise Invalid(f"The year {wall.year} is past; choose a later day", field=field)
    if wall.year > clock.LAST_YEAR:
        raise Invalid(f"The year {wall.year} is too far away to plan for", field=field)
    return wall


def moment(wall: datetime, zone_name: str) -> Moment:
    """The moment meant by a naive wall time in a zone.

    A time that the clocks skip means the first valid minute after the gap; a time that comes twice means the
    first pass. Raises Invalid for an unknown zone.
    """
    zone = clock.zone(zone_name)
    first = wall.replace(tzinfo=zone, fold=0)
    if _exists(first):
        comes_twice = first.utcoffset() != wall.replace(tzinfo=zone, fold=1).utcoffset()
        note = f"{wall:%H:%M} comes twice that night, because the clocks go back; we use the first"
        return Moment(wall, zone_name, first.astimezone(UTC), note if comes_twice else "")
    after = _first_valid_after(first)
    used = f"{after:%H:%M}" if after.date() == wall.date() else f"{day(after.date())}, {after:%H:%M}"
    note = f"{wall:%H:%M} does not exist that day, because the clocks go forward; we use {used}"
    return Moment(wall, zone_name, after.astimezone(UTC), note)


def written(wall: datetime) -> str:
    """A wall time as it is kept: 2026-11-24T09:00, with seconds only where there are some."""
    return wall.isoformat(timespec="seconds" if wall.second else "minutes")


def day(value: date) -> str:
    """A day as people say it: Tue 24 Nov 2026."""
    return f"{value:%a} {value.day} {value:%b} {value.year}"


def words(at: datetime, zone_name: str) -> str:
    """A moment as the clocks in a zone show it: Tue 24 Nov 2026, 09:00 (Lagos)."""
    local = at.astimezone(clock.zone(zone_name))
    place = zone_name.rpartition("/")[2].replace("_", " ")
    return f"{day(local.date())}, {local:%H:%M} ({place})"


def _exists(local: datetime) -> bool:
    """Whether the clocks on the wall ever show this time."""
    return local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)


def _first_valid_after(gone: datetime) -> datetime:
    """The first whole minute after the gap that swallowed `gone`."""
    local = gone.replace(second=0, microsecond=0)
    while not _exists(local):
        local += timedelta(minutes=1)
    return local
