"""Wall time in a zone to the moment it means."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies

from core import clock, wall_time
from core.errors import Invalid

ZONES = sorted(clock.zone_names())
ANY_WALL = strategies.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 31)).map(
    lambda wall: wall.replace(second=0, microsecond=0, fold=0))


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_an_ordinary_time_needs_no_note():
    found = wall_time.moment(datetime(2026, 11, 24, 9, 0), "Africa/Lagos")

    assert (found.utc, found.note) == (utc(2026, 11, 24, 8, 0), "")


@pytest.mark.parametrize("wall, zone, meant, said", [
    (datetime(2026, 3, 29, 1, 30), "Europe/London", utc(2026, 3, 29, 1, 0), "we use 02:00"),
    (datetime(2026, 3, 29, 3, 30), "Europe/Helsinki", utc(2026, 3, 29, 1, 0), "we use 04:00"),
    (datetime(2026, 10, 4, 2, 15), "Australia/Lord_Howe", utc(2026, 10, 3, 15, 30), "we use 02:30"),  # half an hour
    (datetime(2011, 12, 30, 12, 0), "Pacific/Apia", utc(2011, 12, 30, 10, 0), "we use Sat 31 Dec 2011, 00:00"),  # a day
])
def test_a_time_the_clocks_skip_means_the_first_minute_after(wall, zone, meant, said):
    found = wall_time.moment(wall, zone)

    assert found.utc == meant
    assert "does not exist" in found.note
    assert said in found.note


@pytest.mark.parametrize("wall, zone, first", [
    (datetime(2026, 10, 25, 1, 30), "Europe/London", utc(2026, 10, 25, 0, 30)),
    (datetime(2026, 11, 1, 1, 30), "America/New_York", utc(2026, 11, 1, 5, 30)),
    (datetime(2026, 4, 5, 1, 45), "Australia/Lord_Howe", utc(2026, 4, 4, 14, 45)),
])
def test_a_time_that_comes_twice_means_the_first_pass(wall, zone, first):
    found = wall_time.moment(wall, zone)

    assert found.utc == first
    assert "comes twice" in found.note


def test_an_unknown_zone_is_refused_by_name():
    with pytest.raises(Invalid, match="Mars/Olympus"):
        wall_time.moment(datetime(2026, 1, 1), "Mars/Olympus")


@settings(max_examples=500, deadline=None)
@given(ANY_WALL, strategies.sampled_from(ZONES))
def test_the_clocks_show_the_time_asked_for_at_the_moment_it_means(wall, zone):
    found = wall_time.moment(wall, zone)
    shown = found.utc.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)

    assert shown == wall or ("does not exist" in found.note and f"{shown:%H:%M}" in found.note and shown > wall)


@settings(max_examples=200, deadline=None)
@given(ANY_WALL, strategies.sampled_from(ZONES))
def test_a_later_wall_time_never_means_an_earlier_moment(wall, zone):
    now, later = wall_time.moment(wall, zone), wall_time.moment(wall + timedelta(minutes=1), zone)

    assert later.utc >= now.utc


@pytest.mark.parametrize("typed, kept", [
    (" 2026-11-24T09:00 ", "2026-11-24T09:00"), ("2026-11-24 09:00", "2026-11-24T09:00"),
    ("2026-11-24T09:00:30", "2026-11-24T09:00:30"), ("2026-11-24T09:00:00", "2026-11-24T09:00"),
])
def test_a_written_time_is_read_and_kept_as_it_was_meant(typed, kept):
    assert wall_time.written(wall_time.parse(typed)) == kept


@pytest.mark.parametrize("typed", [
    "", "tomorrow", "2026-11-24", "09:00", "2026-02-30T09:00", "2026-11-24T25:00", "0001-01-01T00:00",
    "9999-12-31T23:59", "2026-11-24T09:00\0", "２０２６-11-24T09:00", "2026-11-24T09:00+01:00", "2026-W01-1T10:00",
])
def test_what_is_no_date_and_time_is_refused(typed):
    with pytest.raises(Invalid) as refusal:
        wall_time.parse(typed)

    assert refusal.value.field == "wall_time"


def test_a_moment_is_told_with_day_hour_and_place():
    assert wall_time.words(utc(2026, 11, 24, 8, 0), "America/Argentina/Buenos_Aires") == (
        "Tue 24 Nov 2026, 05:00 (Buenos Aires)")
