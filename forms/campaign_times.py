"""Composing a campaign: when. Text in, text out; the rules read the times."""

from datetime import date, datetime, time
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from core.recurrence import NTHS
from core.repeat_words import WEEKDAYS
from forms.choices import choices

_DAYS = choices((str(number), name) for number, name in enumerate(WEEKDAYS))
_KINDS = [("day", "days"), ("week", "weeks, on days of the week"), ("month", "months, on a day of the month"),
          ("nth", "months, on a weekday such as the first Monday")]
_NUMBER = {"type": "number", "inputmode": "numeric", "min": 1}
_RULES = {"when": "when", "wall_time": "time", "starts_on": "day", "weekdays": "weekdays", "day": "month_day",
          "every": "every"}


class NeededField(StringField):
    """A text that is not optional where its choice is made; the rules say so when it is missing."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.flags.required = True


class WeekdaysField(SelectMultipleField):
    """Days of the week as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class WhenForm(FlaskForm):
    """Now, at a wall time in a zone or on each person's own clock, or again and again. The rules say what is wrong."""

    when = RadioField("When", choices=choices([("now", "Now"), ("later", "At a time I choose"),
                                               ("repeat", "Again and again")]), default="now")
    day = NeededField("Day", description="The first day, if it repeats", render_kw={"type": "date"})
    time = NeededField("Time", render_kw={"type": "time"})
    zone = SelectField("Zone", validate_choice=False)
    local_time = BooleanField("At this time on each person’s own clock",
                              description="Whose clock is not known gets it by the zone above")
    every = SelectField("Counted in", choices=choices(_KINDS), validate_choice=False)
    interval = NeededField("Every", render_kw=_NUMBER, default="1")
    weekdays = WeekdaysField("On these days of the week", choices=_DAYS, validate_choice=False)
    month_day = NeededField("Day of the month", render_kw=_NUMBER | {"max": 31})
    short_month = SelectField("In months that are too short", validate_choice=False, choices=choices(
        [("last", "on their last day"), ("skip", "not at all")]))
    nth = SelectField("Which one", validate_choice=False, choices=choices((str(n), name) for n, name in NTHS.items()))
    weekday = SelectField("Day of the week", choices=_DAYS, validate_choice=False)
    ends = RadioField("It ends", default="never", choices=choices(
        [("never", "when somebody stops it"), ("on", "after a last day"), ("after", "after a number of times")]))
    ends_on = NeededField("Last day", render_kw={"type": "date"})
    count = NeededField("Number of times", render_kw=_NUMBER)
    latest_minutes = SelectField("Still useful", coerce=lambda typed: _id(typed), validate_choice=False)

    @property
    def repeats(self) -> bool:
        """Whether it is to come again and again."""
        return bool(self.when.data == "repeat")

    def wall_text(self) -> str:
        """2026-11-24T09:00, or nothing for now."""
        if self.when.data != "later":
            return ""
        return f"{(self.day.data or '').strip()}T{(self.time.data or '').strip()}"

    def rule(self) -> dict[str, Any]:
        """What was chosen as core.recurrence.read takes it; what belongs to another choice is left out."""
        kind = self.every.data or ""
        rule: dict[str, Any] = {"every": "month" if kind == "nth" else kind, "interval": (self.interval.data or "").strip()}
        if kind == "week":
            rule["weekdays"] = self.weekdays.data
        if kind == "month":
            rule |= {"day": (self.month_day.data or "").strip(), "short_month": self.short_month.data}
        if kind == "nth":
            rule |= {"nth": self.nth.data, "weekday": self.weekday.data}
        if self.ends.data == "after":
            rule["count"] = (self.count.data or "").strip() or "0"
        return rule

    def last_day(self) -> str:
        """The last day that was chosen; "?" when one was promised and is missing, which the rules refuse."""
        return ((self.ends_on.data or "").strip() or "?") if self.ends.data == "on" else ""

    def errors_go_to(self, field: str) -> str:
        """The field of this form a refusal of the rules belongs to."""
        if field == "wall_time" and not _is_day(self.day.data):
            return "day"
        return _RULES.get(field, field)


def start_of(wall_text: str) -> tuple[str, str]:
    """Day and time of a kept wall time, for the two fields."""
    if not wall_text:
        return "", ""
    wall = datetime.fromisoformat(wall_text)
    return wall.date().isoformat(), time(wall.hour, wall.minute).isoformat(timespec="minutes")


def fields_of(rule: dict[str, Any], ends_on: str) -> dict[str, Any]:
    """A kept rule as the fields of the form."""
    kind = "nth" if rule.get("nth") else rule.get("every", "")
    return {"every": kind, "interval": str(rule.get("interval", 1)), "weekdays": [str(d) for d in rule.get("weekdays", [])],
            "month_day": str(rule.get("day", "")), "short_month": rule.get("short_month", "last"),
            "nth": str(rule.get("nth", 1)), "weekday": str(rule.get("weekday", 0)), "count": str(rule.get("count", "")),
            "ends": "after" if rule.get("count") else "on" if ends_on else "never", "ends_on": ends_on}


def _is_day(typed: str | None) -> bool:
    try:
        return bool(date.fromisoformat((typed or "").strip()))
    except ValueError:
        return False


def _id(typed: object) -> int:
    """A whole number from a form; 0 for anything else."""
    text = str(typed)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
