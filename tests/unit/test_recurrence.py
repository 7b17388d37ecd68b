"""The rules of what repeats, in words and in days."""

from datetime import date, datetime, time
from itertools import islice

import pytest

from core import recurrence, repeat_words
from core.errors import Invalid


@pytest.mark.parametrize("kept, first, said", [
    ({"every": "day"}, ["2026-11-24", "2026-11-25"], "Every day at 09:00"),
    ({"every": "day", "interval": 3}, ["2026-11-24", "2026-11-27"], "Every 3 days at 09:00"),
    ({"every": "week", "weekdays": [3, 0]}, ["2026-11-26", "2026-11-30"], "Every week on Monday and Thursday at 09:00"),
    ({"every": "week", "interval": 2, "weekdays": ["4"]}, ["2026-11-27", "2026-12-11"], "Every 2 weeks on Friday at 09:00"),
    ({"every": "month", "day": 24}, ["2026-11-24", "2026-12-24"], "Every month on the 24th at 09:00"),
    ({"every": "month", "day": 31}, ["2026-11-30", "2026-12-31"],
     "Every month on the 31st at 09:00; in shorter months on the last day"),
    ({"every": "month", "day": 31, "short_month": "skip"}, ["2026-12-31", "2027-01-31"],
     "Every month on the 31st at 09:00; in shorter months not at all"),
    ({"every": "month", "nth": 1, "weekday": 0}, ["2026-12-07", "2027-01-04"], "Every month on the first Monday at 09:00"),
    ({"every": "month", "nth": -1, "weekday": 4}, ["2026-11-27", "2026-12-25"], "Every month on the last Friday at 09:00"),
    ({"every": "month", "interval": 12, "day": 29, "short_month": "skip"}, ["2026-11-29", "2027-11-29"],
     "Every 12 months on the 29th at 09:00; in shorter months not at all")])
def test_a_rule_is_days_and_words(kept, first, said):
    rule = recurrence.read(kept, starts_on="2026-11-24")

    assert [day.isoformat() for day in islice(recurrence.days(rule), 2)] == first
    assert repeat_words.words(rule, time(9)) == said


def test_it_ends_on_a_day_or_after_so_many_times():
    until = recurrence.read({"every": "week", "weekdays": [1]}, starts_on="2026-11-24", ends_on="2026-12-08")
    times = recurrence.read({"every": "week", "weekdays": [1], "count": "3"}, starts_on="2026-11-24")

    assert list(recurrence.days(until)) == list(recurrence.days(times)) == [
        date(2026, 11, 24), date(2026, 12, 1), date(2026, 12, 8)]
    assert repeat_words.words(times, time(9)).endswith(", until Tue 8 Dec 2026")


def test_29_february_waits_for_leap_years():
    rule = recurrence.read({"every": "month", "interval": 12, "day": 29, "short_month": "skip"}, starts_on="2027-02-01")

    assert [day.year for day in islice(recurrence.days(rule), 3)] == [2028, 2032, 2036]


@pytest.mark.parametrize("kept, starts, ends, field", [
    ({}, "2026-11-24", "", "every"), ({"every": "hour"}, "2026-11-24", "", "every"),
    ({"every": "day", "interval": 0}, "2026-11-24", "", "interval"),
    ({"every": "day", "interval": "x"}, "2026-11-24", "", "interval"),
    ({"every": "day", "interval": 400}, "2026-11-24", "", "interval"),
    ({"every": "week"}, "2026-11-24", "", "weekdays"), ({"every": "week", "weekdays": [7]}, "2026-11-24", "", "weekdays"),
    ({"every": "month", "day": 32}, "2026-11-24", "", "day"), ({"every": "month"}, "2026-11-24", "", "day"),
    ({"every": "month", "day": 31, "short_month": "?"}, "2026-11-24", "", "short_month"),
    ({"every": "month", "nth": 5, "weekday": 0}, "2026-11-24", "", "nth"),
    ({"every": "day", "count": 0}, "2026-11-24", "", "count"), ({"every": "day", "count": 5000}, "2026-11-24", "", "count"),
    ({"every": "day"}, "2026-02-30", "", "starts_on"), ({"every": "day"}, "12026-01-01", "", "starts_on"),
    ({"every": "day"}, "2026-11-24", "2026-11-23", "ends_on"), ({"every": "day"}, "2026-11-24", "x", "ends_on"),
    ({"every": "month", "interval": 12, "day": 30, "short_month": "skip"}, "2026-02-01", "", "every"),  # never
    ({"every": "week", "weekdays": [0]}, "2026-11-24", "2026-11-26", "every")])
def test_what_is_no_rule_is_said_beside_its_field(kept, starts, ends, field):
    with pytest.raises(Invalid) as refused:
        recurrence.read(kept, starts_on=starts, ends_on=ends)

    assert refused.value.field == field


def test_a_day_that_a_zone_left_out_is_not_made_up():
    daily = recurrence.read({"every": "day"}, starts_on="2011-12-28", ends_on="2012-01-01")
    found = recurrence.runs(daily, "Pacific/Apia", time(9), datetime.fromisoformat("2011-12-01T00:00+00:00"))

    assert [run.wall.day for run in found] == [28, 29, 31, 1]


def test_a_gap_before_midnight_ends_the_day_after_and_is_said():
    saturday = recurrence.read({"every": "week", "weekdays": [5]}, starts_on="2026-03-28")
    run = recurrence.next_after(saturday, "America/Nuuk", time(23, 30), datetime.fromisoformat("2026-03-27T00:00+00:00"))

    assert (run.wall.isoformat(), run.utc.isoformat()) == ("2026-03-28T23:30:00", "2026-03-29T01:00:00+00:00")
    assert "does not exist" in run.note


def test_the_last_years_of_the_calendar_end_instead_of_failing():
    rule = recurrence.read({"every": "day", "interval": 365}, starts_on="9980-01-01")

    assert len(list(recurrence.days(rule))) < 12


@pytest.mark.parametrize("number, said", [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (12, "12th"), (13, "13th"),
                                          (21, "21st"), (22, "22nd"), (31, "31st")])
def test_days_of_a_month_are_said_as_people_say_them(number, said):
    assert repeat_words.ordinal(number) == said
