"""When a clock says so: dates of people, schedules, and silence. The kinds of triggers that no event sets off."""

from datetime import date, datetime, time, timedelta
from itertools import takewhile
from typing import Any

from core import clock, cron, recurrence, wall_time
from core.errors import Invalid
from core.opening import wall_clock
from core.words import plural
from services.actions import Field
from services.automation.triggers import Spec, Trigger, span_words

_ABOUT = "The clock"
MOST_DAYS = 365
MOST_MINUTES = 60 * 24 * 60
MOST_MISSED = 1000  # times of one schedule looked at after a long silence
_NOT_CRON = ("every", ("once", "day", "week", "month"))
UNITS = {"minutes": 1, "hours": 60, "days": 1440}


class OnDate(Trigger):
    """A birthday, or any other date of a person, at a time on their own clock."""

    kind, label, about = "date", "A date of a person comes: birthday, appointment …", _ABOUT
    fields = (
        Field("field", "Which date", "date_field", usual="birthday"),
        Field("days", "How many days", "number", "0 is the day itself", usual="0"),
        Field("when", "Before or after", "choice", choices=(("before", "before it"), ("after", "after it")), usual="before"),
        Field("at", "At", "time", "On each person’s own clock", usual="09:00"),
        Field("repeats", "How often", "choice", "Whoever was born on 29 February has it on the 28th in other years.",
              choices=(("yearly", "every year"), ("once", "once")), usual="yearly"))

    def check(self, spec: Spec) -> dict[str, Any]:
        """Raises Invalid for days or a time that make no sense."""
        kept = super().check(spec)
        if not 0 <= kept["days"] <= MOST_DAYS:
            raise Invalid(f"Choose between 0 and {MOST_DAYS} days", field="days")
        wall_clock(kept["at"])
        return kept

    def said(self, spec: Spec) -> tuple[str, str]:
        """it is 3 days before birthday, 09:00."""
        days = spec["days"]
        moved = f"{plural(days, 'day', 'days')} {spec['when']} " if days else ""
        what = "someone’s birthday" if spec["field"] == "birthday" else f"someone’s {spec['field']}"
        return "it is", f"{moved}{what}, {spec['at']}"


def shift_of(spec: Spec) -> timedelta:
    """From the date of the person to the day something is done."""
    return timedelta(days=spec["days"] * (-1 if spec["when"] == "before" else 1))


class OnSchedule(Trigger):
    """Times of a calendar, for everybody of a segment."""

    kind, label, about = "schedule", "A time comes: once, daily, weekly, monthly, cron", _ABOUT
    fields = (
        Field("every", "How often", "choice", choices=(
            ("once", "once"), ("day", "every day"), ("week", "every week"), ("month", "every month"), ("cron", "as a cron line")),
            usual="day"),
        Field("segment_id", "For whom", "segment", "Everybody who is in this segment at that time."),
        Field("starts_on", "From", "date", "The day itself when it is once.", only_for=_NOT_CRON),
        Field("at", "At", "time", usual="09:00", only_for=_NOT_CRON),
        Field("zone", "On the clock of", "zone", "Any: the clock of the business.", is_needed=False),
        Field("weekdays", "Days of the week", "line", "For every week: Mon, Thu", is_needed=False, only_for=("every", ("week",))),
        Field("day", "Day of the month", "number", "For every month; shorter months use their last day.", is_needed=False,
              only_for=("every", ("month",))),
        Field("cron", "Cron line", "line", "For example 0 9 * * 1-5: at 09:00 from Monday to Friday", is_needed=False,
              only_for=("every", ("cron",))))

    def check(self, spec: Spec) -> dict[str, Any]:
        """Raises Invalid, naming the field."""
        every = str(spec.get("every") or "")
        given = {**spec, "starts_on": spec.get("starts_on") or ("2024-01-01" if every == "cron" else ""),
                 "at": spec.get("at") or ("09:00" if every == "cron" else "")}
        kept = super().check(given)
        wall_clock(kept["at"])
        if kept["zone"]:
            clock.zone(kept["zone"])
        _plan(kept)
        return kept

    def said(self, spec: Spec) -> tuple[str, str]:
        """it is every week on Mon, 09:00."""
        every = spec["every"]
        shown = {"once": f"{spec['starts_on']}, {spec['at']}", "day": f"every day, {spec['at']}",
                 "week": f"{spec.get('weekdays')}, {spec['at']}", "month": f"day {spec.get('day')} of the month, {spec['at']}",
                 "cron": f"the time of {spec.get('cron')}"}[every]
        place = f" ({spec['zone'].rpartition('/')[2].replace('_', ' ')})" if spec.get("zone") else ""
        return "it is", f"{shown}{place}, for everybody in …"


def zone_of(spec: Spec, zone: str) -> str:
    """The clock of a schedule: its own, or that of the business."""
    return str(spec.get("zone") or zone)


def moments(spec: Spec, zone: str, after: datetime, until: datetime) -> list[datetime]:
    """The moments of a schedule after one moment, up to another, on its own clock or else on this one."""
    plan, zone = _plan(spec), zone_of(spec, zone)
    if isinstance(plan, cron.Cron):
        found = cron.moments(plan, zone, after)
    elif isinstance(plan, datetime):
        found = iter([wall_time.moment(plan, zone).utc])
    else:
        found = (run.utc for run in recurrence.runs(plan, zone, wall_clock(spec["at"]), after))
    kept = takewhile(lambda moment: moment <= until, found)
    return [moment for _, moment in zip(range(MOST_MISSED), kept, strict=False) if moment > after]


def _plan(spec: Spec) -> recurrence.Rule | cron.Cron | datetime:
    every = spec["every"]
    if every == "cron":
        return cron.read(str(spec.get("cron") or ""))
    if every == "once":
        return wall_time.parse(f"{spec['starts_on']}T{spec['at']}", field="starts_on")
    kept: dict[str, Any] = {"every": every}
    if every == "week":
        kept["weekdays"] = _weekdays(str(spec.get("weekdays") or ""))
    if every == "month":
        kept["day"] = spec.get("day") or 0
    return recurrence.read(kept, starts_on=spec["starts_on"])


def _weekdays(text: str) -> list[int]:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return [names.index(part.strip().lower()[:3]) for part in text.split(",") if part.strip().lower()[:3] in names]


class Silence(Trigger):
    """Nobody has answered for a while."""

    kind, label, about = "silence", "Nobody answers for a while", _ABOUT
    fields = (
        Field("who", "Who is silent", "choice", choices=(("them", "they: our last message is unanswered"),
                                                         ("us", "we: their message is unanswered")), usual="them"),
        Field("count", "For how long", "number", usual="24"),
        Field("unit", "Minutes, hours or days", "choice", choices=tuple((one, one) for one in UNITS), usual="hours"))

    def check(self, spec: Spec) -> dict[str, Any]:
        """Raises Invalid for a time that makes no sense."""
        kept = super().check(spec)
        if not 1 <= kept["count"] * UNITS[kept["unit"]] <= MOST_MINUTES:
            raise Invalid("Choose between 1 minute and 60 days", field="count")
        return kept

    def said(self, spec: Spec) -> tuple[str, str]:
        """they do not answer for 24 hours."""
        who = "they do" if spec["who"] == "them" else "we do"
        return f"{who} not answer for", span_words(silence_of(spec))


def silence_of(spec: Spec) -> int:
    """How long, in minutes."""
    return int(spec["count"]) * UNITS[spec["unit"]]


def wall_moments(day: date, at: time) -> list[tuple[datetime, str]]:
    """When each zone of the world shows this day and time."""
    wall = datetime.combine(day, at)
    return [(wall_time.moment(wall, zone).utc, zone) for zone in sorted(clock.zone_names())]
