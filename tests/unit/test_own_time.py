"""When each place is due: own clocks, quiet hours, and what is too late. Pure parts."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings, strategies

from core import clock, country_zones
from services.campaigns.own_time import Plan, slot_of
from services.sending.hours import QuietHours, quiet_of, release, zone_of

NIGHT = QuietHours(time(21), time(8))
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ZONES = sorted(clock.zone_names())


def plan(**changes):
    given = {"wall": None, "begins": NOON, "start": NOON, "since": NOON, "tolerance": timedelta(hours=2), "zone": "UTC",
             "quiet": None}
    return Plan(**(given | changes))


@pytest.mark.parametrize("zone, country, found", [
    ("Africa/Lagos", "GB", "Africa/Lagos"),  # their own before their country's
    ("", "NG", "Africa/Lagos"), ("", "DE", "Europe/Berlin"),  # Büsingen's clocks agree with Berlin's
    ("", "US", "Asia/Tokyo"), ("", "", "Asia/Tokyo"), ("", "XX", "Asia/Tokyo"),  # several clocks, or none known
    ("Mars/Olympus", "KE", "Africa/Nairobi"), ("Mars/Olympus", "", "Asia/Tokyo")])
def test_people_live_by_their_own_zone_or_that_of_their_country_where_it_has_one(zone, country, found):
    assert zone_of(zone, country, "Asia/Tokyo") == found


def test_every_country_of_the_database_has_zones_we_know():
    assert country_zones.zones_of("US")[0] == "America/New_York"
    assert len({country for country in country_zones._listed() if country_zones.only_zone(country)}) > 200
    assert all(zone in clock.zone_names() for zones in country_zones._listed().values() for zone in zones)


@pytest.mark.parametrize("kept, found", [
    ({"is_on": False, "from": "21:00", "to": "08:00"}, None), ({"is_on": True, "from": "08:00", "to": "08:00"}, None),
    ({"is_on": True, "from": "21:00", "to": "08:00"}, NIGHT)])
def test_quiet_hours_are_read_from_what_the_operator_kept(kept, found):
    assert quiet_of(kept) == found


@pytest.mark.parametrize("at, zone, meant", [
    (datetime(2026, 11, 24, 12, 0), "UTC", datetime(2026, 11, 24, 12, 0)),  # not quiet
    (datetime(2026, 11, 24, 22, 0), "UTC", datetime(2026, 11, 25, 8, 0)),  # until tomorrow
    (datetime(2026, 11, 24, 3, 0), "UTC", datetime(2026, 11, 24, 8, 0)),  # until this morning
    (datetime(2026, 11, 24, 21, 0), "UTC", datetime(2026, 11, 25, 8, 0)),  # from its first minute
    (datetime(2026, 11, 24, 8, 0), "UTC", datetime(2026, 11, 24, 8, 0)),  # its end is not quiet
    (datetime(2026, 11, 24, 12, 0), "Asia/Tokyo", datetime(2026, 11, 24, 23, 0))])
def test_a_quiet_moment_waits_for_the_end_on_the_clock_of_the_person(at, zone, meant):
    assert release(at.replace(tzinfo=UTC), zone, NIGHT) == meant.replace(tzinfo=UTC)


@settings(max_examples=400, deadline=None)
@given(strategies.datetimes(datetime(2020, 1, 1), datetime(2036, 1, 1)), strategies.sampled_from(ZONES),
       strategies.times(), strategies.times())
def test_what_is_released_is_never_early_and_never_quiet_for_long(at, zone, start, end):
    at, quiet = at.replace(tzinfo=UTC), QuietHours(start.replace(microsecond=0), end.replace(microsecond=0))
    found = release(at, zone, quiet)

    assert found >= at
    assert found - at <= timedelta(hours=26)  # a night, and a clock change; a day at most was ever skipped
    assert found == at or quiet.hold(at.astimezone(clock.zone(zone)).time())


def test_a_second_pass_through_the_hour_waits_for_its_own_end():
    quiet = QuietHours(time(21), time(1, 30))
    at = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # London shows 01:15 for the second time

    assert release(at, "Europe/London", quiet) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_without_own_clocks_everybody_is_due_at_the_start():
    found = slot_of(plan(), "Asia/Tokyo")

    assert (found.due_at, found.latest_at, found.code) == (NOON, None, "")


def test_each_place_is_due_at_the_wall_time_on_its_own_clock():
    own = plan(wall=datetime(2026, 11, 25, 9, 0))
    due = {zone: slot_of(own, zone) for zone in ("Asia/Tokyo", "Africa/Lagos", "America/New_York")}

    assert {zone: slot.due_at.hour for zone, slot in due.items()} == {
        "Asia/Tokyo": 0, "Africa/Lagos": 8, "America/New_York": 14}
    assert all(slot.latest_at == slot.due_at + timedelta(hours=2) and not slot.code for slot in due.values())


@pytest.mark.parametrize("zone, due, code", [
    ("Asia/Tokyo", datetime(2026, 11, 24, 0, 0, tzinfo=UTC), "too_late"),  # its morning is long over
    ("Europe/Athens", datetime(2026, 11, 24, 7, 0, tzinfo=UTC), "too_late"),
    ("Atlantic/Azores", NOON, ""),  # two hours ago, still useful: at once
    ("America/New_York", datetime(2026, 11, 24, 14, 0, tzinfo=UTC), "")])
def test_a_place_whose_moment_passed_gets_it_at_once_or_not_at_all(zone, due, code):
    found = slot_of(plan(wall=datetime(2026, 11, 24, 9, 0)), zone)

    assert (found.due_at, found.code) == (due, code)


def test_what_passed_while_we_were_down_stays_in_the_queue_for_a_person_to_decide():
    late = plan(wall=datetime(2026, 11, 24, 9, 0), begins=NOON - timedelta(hours=12), since=NOON - timedelta(hours=12))
    found = slot_of(late, "Asia/Tokyo")

    assert found.code == ""
    assert found.due_at == NOON
    assert found.latest_at < NOON


def test_quiet_hours_put_off_or_take_out():
    evening = NOON + timedelta(hours=10)
    short = plan(begins=evening, start=evening, since=evening, quiet=NIGHT)
    patient = plan(begins=evening, start=evening, since=evening, quiet=NIGHT, tolerance=timedelta(hours=12))

    assert slot_of(short, "UTC").code == "quiet_hours"
    assert slot_of(short, "America/New_York") == slot_of(patient, "America/New_York").__class__(
        evening, evening + timedelta(hours=2))
    assert slot_of(patient, "UTC").code == ""
    assert slot_of(patient, "UTC").due_at == datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
