"""T6 and T10: next runs of random rules, and every local day exactly once across every zone's clock changes. No database."""

import random
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from core import clock, recurrence, wall_time
from tests.promises.figures import IS_FULL, show

ZONES = sorted(clock.zone_names())
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TIMES = [time(0, 0), time(0, 30), time(1, 30), time(2, 0), time(2, 30), time(3, 15), time(9, 0), time(23, 30)]


def random_rule(chance: random.Random) -> dict:
    """One rule of any kind."""
    kind = chance.choice(["day", "week", "month", "nth"])
    rule = {"every": "month" if kind == "nth" else kind, "interval": chance.randint(1, 4)}
    if kind == "week":
        rule["weekdays"] = chance.sample(range(7), chance.randint(1, 4))
    if kind == "month":
        rule |= {"day": chance.randint(1, 31), "short_month": chance.choice(["last", "skip"])}
    if kind == "nth":
        rule |= {"nth": chance.choice([1, 2, 3, 4, -1]), "weekday": chance.randint(0, 6)}
    return rule


def belongs(day: date, kept: dict, begin: date) -> bool:
    """Whether a day is one of the rule, asked of each day by itself."""
    interval, end_of_month = kept["interval"], (day.replace(day=28) + 4 * DAY).replace(day=1) - DAY
    months = (day.year - begin.year) * 12 + day.month - begin.month
    if kept["every"] == "day":
        return (day - begin).days % interval == 0
    if kept["every"] == "week":
        weeks = ((day - day.weekday() * DAY) - (begin - begin.weekday() * DAY)).days // 7
        return day.weekday() in kept["weekdays"] and weeks % interval == 0
    if months % interval:
        return False
    if "nth" in kept:
        is_last = (day + 7 * DAY).month != day.month
        return day.weekday() == kept["weekday"] and (is_last if kept["nth"] == -1 else (day.day - 1) // 7 + 1 == kept["nth"])
    return day.day == kept["day"] or (kept["short_month"] == "last" and day == end_of_month and day.day < kept["day"])


def first_minute_that_shows(wall: datetime, zone: str) -> datetime:
    """The first minute whose clocks show this wall time or a later one, found by walking there."""
    clocks, at = clock.zone(zone), wall.replace(tzinfo=UTC) - 16 * timedelta(hours=1)
    while (at + 15 * MINUTE).astimezone(clocks).replace(tzinfo=None) < wall:
        at += 15 * MINUTE
    while at.astimezone(clocks).replace(tzinfo=None) < wall:
        at += MINUTE
    return at


def changes(zone: str, begin: date, days: int) -> bool:
    """Whether the clocks of a zone change in this time."""
    midnights = (datetime.combine(begin + number * DAY, time(), clock.zone(zone)) for number in range(0, days, 7))
    return len({midnight.utcoffset() for midnight in midnights}) > 1


def test_next_runs_of_random_rules_are_what_walking_through_the_calendar_finds():
    chance, rules = random.Random(6), 200 if IS_FULL else 60
    each = 10_000 // 200 if IS_FULL else 5
    wrong, seen = [], 0
    for _ in range(rules):
        kept, zone, at = random_rule(chance), chance.choice(ZONES), chance.choice(TIMES)
        begin = date(2026, 1, 1) + chance.randint(0, 700) * DAY
        rule = recurrence.read(kept, starts_on=begin.isoformat())
        expected = (day for day in (begin + number * DAY for number in range(20_000)) if belongs(day, kept, begin))
        after = datetime.combine(begin, time(), UTC) - 3 * DAY
        for day in islice(expected, each):
            run = recurrence.next_after(rule, zone, at, after)
            seen += 1
            if run is None or run.wall != datetime.combine(day, at) or run.utc != first_minute_that_shows(run.wall, zone):
                wrong.append((kept, zone, at, day, run))
            after = run.utc if run else after

    show("T6", f"next runs of {rules} random rules that are wrong", f"{len(wrong)} of {seen:,}", 0)
    assert not wrong, wrong[:3]
    assert seen == rules * each


def test_every_local_day_comes_exactly_once_in_two_years_across_every_zones_clock_changes():
    begin, days = date(2026, 1, 1), 731
    daily = recurrence.read({"every": "day"}, starts_on=begin.isoformat(), ends_on=(begin + days * DAY).isoformat())
    walls = TIMES if IS_FULL else [time(2, 30)]
    zones = [zone for zone in ZONES if IS_FULL or changes(zone, begin, days)]  # where nothing changes, little can go wrong
    wrong, seen = [], 0
    for zone in zones:
        for at in walls:
            found = list(recurrence.runs(daily, zone, at, datetime(2025, 1, 1, tzinfo=UTC)))
            seen += len(found)
            if [run.wall.date() for run in found] != [begin + number * DAY for number in range(days + 1)]:
                wrong.append((zone, at))
            if any(first.utc >= second.utc for first, second in zip(found, found[1:], strict=False)):
                wrong.append((zone, at, "order"))

    show("T6", f"days left out or doubled in {len(zones)} zones and two years", f"{len(wrong)} of {seen:,}", 0)
    assert not wrong, wrong[:5]


def test_a_run_asked_for_again_and_again_moves_on_through_every_change_of_a_decade():
    chance, asked = random.Random(1021), 40 if IS_FULL else 6
    for zone in ["Pacific/Apia", "America/Nuuk", "Africa/Cairo", "Australia/Lord_Howe", *chance.sample(ZONES, asked)]:
        daily = recurrence.read({"every": "day"}, starts_on="2010-01-01", ends_on="2020-01-01" if IS_FULL else "2012-02-01")
        for at in chance.sample(TIMES, 2):
            after, seen = datetime(2009, 12, 1, tzinfo=UTC), []
            while run := recurrence.next_after(daily, zone, at, after):
                seen.append(run.wall.date())
                after = run.utc
            span = {seen[0] + number * DAY for number in range((seen[-1] - seen[0]).days + 1)}
            assert len(seen) == len(set(seen))
            assert span - set(seen) == ({date(2011, 12, 30)} if zone == "Pacific/Apia" else set()), zone


def test_what_is_shown_is_when_it_starts():
    """T10: random pairs of zone and time; the words on the page against the clocks at the moment itself."""
    chance, wrong = random.Random(10), []
    for _ in range(500):
        zone = chance.choice(ZONES)
        wall = datetime(2026, 1, 1) + timedelta(minutes=chance.randint(0, 3 * 365 * 1440))
        meant = wall_time.moment(wall, zone)
        shown = wall_time.words(meant.utc, zone)
        at = meant.utc.astimezone(clock.zone(zone))
        stands = at.replace(tzinfo=None) == wall or "does not exist" in meant.note
        if not stands or not shown.startswith(f"{at:%a} {at.day} {at:%b} {at.year}, {at:%H:%M}"):
            wrong.append((zone, wall, shown))

    show("T10", "zone and time pairs shown otherwise than they start", f"{len(wrong)} of 500", 0)
    assert not wrong
