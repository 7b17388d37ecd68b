"""Schedules: every start exactly once, or said to be missed. CHAOS=1 runs the full sizes and prints the figures."""

import random
import time
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core import clock
from core.errors import DashboardError
from core.states import CampaignState, MessageState
from models import Campaign, Message, Schedule, db, transaction
from services import campaigns
from tests.factories.campaigns import FOLAKE
from tests.promises.clockwork import Clockwork
from tests.promises.figures import IS_FULL, show

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
TRIES = 200 if IS_FULL else 8


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """Four schedulers on a database of their own; they stay for all checks of this file."""
    made = Clockwork(tmp_path_factory.mktemp("clockwork"), processes=4)
    yield made
    made.close()


@pytest.fixture
def clockwork(four):
    """The four, at rest and with their clocks right."""
    yield four
    four.tell("halt")
    four.tell("right")


def a_pattern(clockwork, planned) -> int:
    """A campaign that repeats daily, whose next run is planned for this moment."""
    wall = planned.replace(second=0, microsecond=0)
    with clockwork.app.app_context(), transaction():
        pattern = Campaign(name="Daily", state=CampaignState.REPEATING, channel_id=clockwork.channel_id,
                           version_id=clockwork.version_id, audience={"tags": [clockwork.tag_id]},
                           variables={"first_name": {"from": "text", "text": "Ana"}})
        db.session.add(pattern)
        db.session.flush()
        db.session.add(Schedule(campaign_id=pattern.id, rule={"every": "day"}, wall_time=f"{wall:%H:%M}", zone="UTC",
                                starts_on=f"{wall:%Y-%m-%d}", latest_minutes=120, next_for=f"{wall:%Y-%m-%dT%H:%M}",
                                next_at=wall))
        return pattern.id


def test_the_same_start_claimed_by_four_processes_happens_once(clockwork):
    claimed, ids = [], []
    for _ in range(TRIES):
        ids += clockwork.scheduled([clock.now() - SECOND])
        claimed.append(clockwork.look_together())

    starts = clockwork.starts_of(ids)
    wrong = [one for one in starts.values() if one != (1, clockwork.size)]
    show("T1", "same start claimed by four processes, tries that started it otherwise than once", f"{len(wrong)} of {TRIES}", 0)
    assert claimed == [1] * TRIES
    assert wrong == []


def test_the_same_run_of_what_repeats_is_made_and_started_once(clockwork):
    patterns = []
    for _ in range(TRIES):
        patterns.append(a_pattern(clockwork, clock.now() - MINUTE))
        clockwork.look_together()
        clockwork.look_together()  # whoever lost the first race may have looked before the run was there

    with clockwork.app.app_context():
        runs = db.session.execute(select(Campaign.pattern_id, Campaign.id).where(Campaign.pattern_id.in_(patterns))).all()
    starts = clockwork.starts_of([run_id for _, run_id in runs])
    show("T1", "runs of what repeats, made or started otherwise than once", sum(
        one != (1, clockwork.size) for one in starts.values()) + len(runs) - TRIES, 0)
    assert Counter(pattern_id for pattern_id, _ in runs) == Counter(patterns)
    assert set(starts.values()) == {(1, clockwork.size)}


def test_many_schedules_in_a_short_time_start_once_each(clockwork):
    """T1: the full size spreads 200 over two minutes; the short one has the same races in two seconds."""
    many, span = (200, 120.0) if IS_FULL else (30, 2.0)
    chance = random.Random(1)
    begin = clock.now() + SECOND
    ids = clockwork.scheduled([begin + timedelta(seconds=chance.uniform(0, span)) for _ in range(many)])
    clockwork.tell("loop")
    clockwork.until_decided(ids, span + 60)

    starts = clockwork.starts_of(ids)
    wrong = [one for one in starts.values() if one != (1, clockwork.size)]
    show("T1", f"{many} schedules in {span:.0f} s, started otherwise than exactly once", len(wrong), 0)
    assert wrong == []


def test_what_was_due_while_everything_was_down_is_decided_by_its_tolerance(clockwork):
    many = 100 if IS_FULL else 20
    chance, now = random.Random(2), clock.now()
    ages = [timedelta(seconds=chance.uniform(5, 3600)) for _ in range(many)]
    ids = [one for age in ages for one in clockwork.scheduled(
        [now - age], minutes=20 if age < 30 * MINUTE else 90)]  # some of each age are still useful, some are not
    clockwork.look_together()
    clockwork.look_together()

    late = [age > (20 * MINUTE if age < 30 * MINUTE else 90 * MINUTE) for age in ages]
    states, starts = clockwork.states(ids), clockwork.starts_of(ids)
    silent = states["scheduled"]
    doubles = sum(noted > 1 or messages not in (0, clockwork.size) for noted, messages in starts.values())
    show("T2", f"{many} due while down for an hour: decided; silent drops; doubles",
         f"{states['sending'] + states['missed']}; {silent}; {doubles}", f"{many}; 0; 0")
    assert states == Counter({"sending": late.count(False), "missed": late.count(True)})
    assert all((noted, messages) == ((0, 0) if is_late else (1, clockwork.size))
               for is_late, (noted, messages) in zip(late, starts.values(), strict=True))


def test_steps_of_the_clock_start_nothing_twice_and_lose_nothing(clockwork):
    """T7: one hour on, one hour back, one day on, while schedules come due."""
    many = 50 if IS_FULL else 16
    now = clock.now()
    ids = clockwork.scheduled([now + number * (3 * HOUR / many) for number in range(many)], minutes=30)
    clockwork.tell("loop")
    moved = timedelta()
    for step in (HOUR, -HOUR, timedelta(days=1)):
        moved += step
        clockwork.tell(f"step {step.total_seconds()}")
        last = 0
        while (left := clockwork.states(ids)["scheduled"]) != last:  # until nothing more changes
            last = left
            time.sleep(0.3)

    states, starts = clockwork.until_decided(ids), clockwork.starts_of(ids)
    doubles = sum(noted > 1 or messages not in (0, clockwork.size) for noted, messages in starts.values())
    show("T7", f"clock steps +1 h, -1 h, +1 day during {many} schedules: doubles; lost (else {dict(states)})",
         f"{doubles}; {many - states['sending'] - states['missed']}", "0; 0")
    assert doubles == 0
    assert states["sending"] + states["missed"] == many
    assert states["sending"] == sum(noted for noted, _ in starts.values()) > 0


@pytest.mark.parametrize("act", ["cancel", "edit"])
def test_a_cancel_or_an_edit_at_the_last_moment_is_kept_once_it_is_confirmed(clockwork, act):
    """T9: within 100 ms of the due time; whoever was told that it is cancelled or a draft again finds it so."""
    trials, chance = (100, random.Random(act)) if IS_FULL else (10, random.Random(act))
    clockwork.tell("loop")
    confirmed, outcomes = [], Counter()
    for _ in range(trials):
        due = clock.now() + timedelta(milliseconds=120)
        [one] = clockwork.scheduled([due])
        moment = due.timestamp() + chance.uniform(-0.1, 0.1)
        while clock.seconds() < moment:
            time.sleep(0.001)
        with clockwork.app.app_context():
            try:
                campaigns.cancel(one, by=FOLAKE) if act == "cancel" else campaigns.unschedule(one, by=FOLAKE)
                confirmed.append(one)
                outcomes["confirmed"] += 1
            except DashboardError:
                outcomes["refused"] += 1
    time.sleep(0.3)  # the schedulers look on meanwhile

    with clockwork.app.app_context():
        leaving = db.session.scalar(select(func.count()).select_from(Message).where(
            Message.campaign_id.in_(confirmed), Message.state != MessageState.CANCELLED))
    show("T9", f"{act} within 100 ms of the due time, {trials} trials {dict(outcomes)}: messages that may leave", leaving, 0)
    assert leaving == 0
    assert set(clockwork.states(confirmed)) <= {"cancelled" if act == "cancel" else "draft"}


def test_a_run_that_is_due_while_the_last_one_runs_is_not_put_on_top(clockwork):
    """T11: two runs of one pattern due at one moment; one starts, the other says why not."""
    tries, tops, notes = (60 if IS_FULL else 6), 0, 0
    for _ in range(tries):
        pattern = a_pattern(clockwork, clock.now() + HOUR)
        ids = clockwork.scheduled([clock.now() - SECOND] * 2, pattern_id=pattern)
        clockwork.look_together()
        states = clockwork.states(ids)
        tops += states["sending"] > 1
        with clockwork.app.app_context():
            [said] = db.session.scalars(select(Campaign.paused_reason).where(
                Campaign.id.in_(ids), Campaign.state == CampaignState.MISSED)).all() or [""]
        notes += "is still being sent" in said
    show("T11", f"overlaps; visible notes in {tries} tries", f"{tops}; {notes}", f"0; {tries}")
    assert (tops, notes) == (0, tries)
