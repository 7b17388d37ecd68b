"""What clocks set off: birthdays on each person's own clock, schedules, silence, waits."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from core import clock
from core.errors import Invalid
from core.states import RunState
from models import Conversation, RuleRun, db, transaction
from services import automation, contacts, segments
from services.segments import Condition, all_of
from tests.factories.automation import a_rule, a_writer, handle_all, sent_to, writes
from tests.factories.contacts import a_contact
from tests.factories.sending import leave, make_channel

BIRTHDAY = {"kind": "date", "field": "birthday", "days": "0", "when": "before", "at": "09:00", "repeats": "yearly"}
TAG = [{"kind": "tag", "tag": "wished"}]


@pytest.fixture
def at(monkeypatch):
    """Sets the clock: at(2027, 3, 1, 8)."""
    def set_to(*moment: int) -> datetime:
        now = moment[0] if isinstance(moment[0], datetime) else datetime(*moment, tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda: now)
        monkeypatch.setattr(clock, "seconds", now.timestamp)
        return now

    return set_to


def tick() -> None:
    """What the job does."""
    automation.sweep(clock.now())
    while automation.go_on():
        pass


def run_through(at, begin: datetime, end: datetime, step: timedelta) -> None:
    while begin <= end:
        at(begin)
        tick()
        begin += step


def done():
    db.session.expire_all()
    return db.session.scalars(select(RuleRun).where(RuleRun.state == RunState.DONE).order_by(RuleRun.id)).all()


class TestBirthdays:
    def test_everybody_from_apia_to_honolulu_once_on_their_own_day(self, app, by, at):
        at(2027, 2, 27)
        make_channel()
        zones = ["Pacific/Apia", "Asia/Kolkata", "Africa/Lagos", "Europe/London", "America/New_York", "Pacific/Honolulu"]
        people = [a_contact(birthday=date(1990, 3, 1), zone=zone) for zone in zones]
        a_rule(by, trigger=BIRTHDAY, then=TAG)

        run_through(at, datetime(2027, 2, 28, tzinfo=UTC), datetime(2027, 3, 3, tzinfo=UTC), timedelta(minutes=20))

        found = {run.contact_id: run.started_at.astimezone(clock.zone(zone)) for run in done()
                 for person, zone in zip(people, zones, strict=True) if run.contact_id == person.id}
        assert [(one.date(), one.hour) for one in found.values()] == [(date(2027, 3, 1), 9)] * 6

    def test_a_day_of_downtime_is_made_up_for_once(self, app, by, at):
        at(2027, 2, 27)
        make_channel()
        for zone in ("Pacific/Apia", "Europe/London", "Pacific/Honolulu"):
            a_contact(birthday=date(1990, 3, 1), zone=zone)
        a_rule(by, trigger=BIRTHDAY, then=TAG)
        at(2027, 2, 28, 18)
        tick()

        run_through(at, datetime(2027, 3, 1, 18, tzinfo=UTC), datetime(2027, 3, 3, tzinfo=UTC), timedelta(minutes=20))

        assert len(done()) == 3

    def test_too_late_is_said_and_nothing_sent(self, app, by, at):
        at(2027, 2, 27)
        make_channel()
        a_contact(birthday=date(1990, 3, 1), zone="Europe/London")
        a_rule(by, trigger=BIRTHDAY, then=TAG, tolerance_minutes=60)

        at(2027, 3, 1, 12)
        tick()

        assert [run.state for run in db.session.scalars(select(RuleRun))] == [RunState.MISSED]

    @pytest.mark.parametrize(("year", "day"), [(2027, 28), (2028, 29)])
    def test_29_february_is_the_28th_in_other_years(self, app, by, at, year, day):
        at(year, 2, 20)
        make_channel()
        a_contact(birthday=date(1992, 2, 29), zone="UTC")
        a_rule(by, trigger=BIRTHDAY, then=TAG)

        run_through(at, datetime(year, 2, 27, tzinfo=UTC), datetime(year, 3, 2, tzinfo=UTC), timedelta(hours=1))

        assert [run.started_at.day for run in done()] == [day]

    def test_an_hour_the_clocks_skip_is_the_first_after_it(self, app, by, at):
        at(2027, 3, 27)
        make_channel()
        a_contact(birthday=date(1990, 3, 28), zone="Europe/Berlin")
        a_rule(by, trigger=BIRTHDAY | {"at": "02:30"}, then=TAG)

        run_through(at, datetime(2027, 3, 27, 22, tzinfo=UTC), datetime(2027, 3, 29, tzinfo=UTC), timedelta(minutes=30))

        assert [run.started_at for run in done()] == [datetime(2027, 3, 28, 1, 0, tzinfo=UTC)]

    def test_somebody_who_moves_west_that_day_is_not_wished_twice(self, app, by, at):
        at(2027, 2, 27)
        make_channel()
        person = a_contact(birthday=date(1990, 3, 1), zone="Pacific/Apia")
        a_rule(by, trigger=BIRTHDAY, then=TAG)
        run_through(at, datetime(2027, 2, 28, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC), timedelta(hours=1))

        contacts.change_contact(person.id, zone="Pacific/Honolulu", by=by)
        run_through(at, datetime(2027, 3, 1, 1, tzinfo=UTC), datetime(2027, 3, 3, tzinfo=UTC), timedelta(hours=1))

        assert len(done()) == 1

    def test_three_days_before_a_date_of_their_own(self, app, by, at):
        at(2027, 5, 1)
        make_channel()
        key = contacts.add_field(label="Appointment", kind="date", by=by)
        a_contact(fields={key: "2027-05-10"}, zone="UTC")
        a_rule(by, trigger={"kind": "date", "field": key, "days": "3", "when": "before", "at": "10:00", "repeats": "once"},
               then=TAG)

        run_through(at, datetime(2027, 5, 6, tzinfo=UTC), datetime(2027, 5, 11, tzinfo=UTC), timedelta(hours=1))

        assert [run.started_at for run in done()] == [datetime(2027, 5, 7, 10, tzinfo=UTC)]


class TestSchedules:
    def a_segment(self, by):
        return segments.add_segment(name="Patients", shape=all_of([Condition("tag.is", "patient")]), by=by)

    @pytest.mark.parametrize(("more", "times"), [
        ({"every": "once", "starts_on": "2027-05-03", "at": "10:00"}, 1), ({"every": "day", "starts_on": "2027-05-01", "at": "10:00"}, 7),
        ({"every": "week", "weekdays": "Mon, Thu", "starts_on": "2027-05-01", "at": "10:00"}, 2),
        ({"every": "month", "day": "3", "starts_on": "2027-05-01", "at": "10:00"}, 1), ({"every": "cron", "cron": "0 9 * * mon-fri"}, 5)])
    def test_everybody_of_a_segment_at_each_of_its_times(self, app, by, at, more, times):
        at(2027, 5, 1)
        make_channel()
        a_contact(tags=["patient"])
        a_contact()
        a_rule(by, trigger={"kind": "schedule", "segment_id": str(self.a_segment(by).id)} | more, then=TAG)

        run_through(at, datetime(2027, 5, 1, 1, tzinfo=UTC), datetime(2027, 5, 7, 23, tzinfo=UTC), timedelta(hours=2))

        assert len(done()) == times

    def test_a_time_that_was_missed_is_noted_once_for_everybody(self, app, by, at):
        at(2027, 5, 1)
        make_channel()
        a_contact(tags=["patient"])
        a_rule(by, then=TAG, tolerance_minutes=60, trigger={"kind": "schedule", "segment_id": str(self.a_segment(by).id),
                                                            "every": "once", "starts_on": "2027-05-03", "at": "10:00"})

        at(2027, 5, 4)
        tick()

        assert [(one.run.state, one.person) for one in automation.runs().items] == [(RunState.MISSED, "Everybody it is for")]

    def test_on_the_clock_that_was_chosen_also_where_clocks_change(self, app, by, at):
        at(2027, 10, 29, 12)
        make_channel()
        a_contact(tags=["patient"])
        a_rule(by, then=TAG, trigger={"kind": "schedule", "segment_id": str(self.a_segment(by).id), "every": "day",
                                      "starts_on": "2027-10-01", "at": "10:00", "zone": "Europe/Madrid"})

        run_through(at, datetime(2027, 10, 30, tzinfo=UTC), datetime(2027, 10, 31, 23, tzinfo=UTC), timedelta(minutes=30))

        assert [(run.started_at.day, run.started_at.hour) for run in done()] == [(30, 8), (31, 9)]

    def test_a_clock_nobody_knows_is_refused(self, app, by):
        with pytest.raises(Invalid) as refused:
            a_rule(by, then=TAG, trigger={"kind": "schedule", "segment_id": str(self.a_segment(by).id), "every": "day",
                                          "starts_on": "2027-10-01", "at": "10:00", "zone": "Europe/Atlantis"})

        assert refused.value.field == "trigger.zone"

    @pytest.mark.parametrize("line", ["", "* * * *", "61 * * * *", "5-1 * * * *", "x * * * *", "* * * * 9"])
    def test_a_cron_line_that_cannot_be_is_refused(self, app, by, line):
        with pytest.raises(Invalid):
            a_rule(by, trigger={"kind": "schedule", "every": "cron", "cron": line, "segment_id": "1"}, then=TAG)


class TestSilence:
    def test_one_follow_up_for_each_silence_of_theirs(self, app, by, at):
        at(2027, 5, 1, 8)
        person, _ = a_writer()
        a_rule(by, trigger={"kind": "silence", "who": "them", "count": "2", "unit": "hours"})
        with transaction():
            db.session.execute(db.update(Conversation).values(last_in_at=clock.now(), last_out_at=clock.now() + timedelta(minutes=5)))

        run_through(at, datetime(2027, 5, 1, 9, tzinfo=UTC), datetime(2027, 5, 1, 20, tzinfo=UTC), timedelta(minutes=30))

        assert len(sent_to(person)) == 1

    def test_a_follow_up_on_what_a_rule_said(self, app, by, at):
        start = at(2027, 5, 1, 8)
        person, channel = a_writer()
        a_rule(by)
        a_rule(by, trigger={"kind": "silence", "who": "them", "count": "2", "unit": "hours"}, name="Follow-up",
               then=[{"kind": "text", "text": "Are you there?"}])
        with transaction():
            db.session.execute(db.update(Conversation).values(last_in_at=start - timedelta(seconds=1)))
        writes(person, channel, "hello")
        handle_all()
        leave(channel.id)

        run_through(at, datetime(2027, 5, 1, 9, tzinfo=UTC), datetime(2027, 5, 1, 20, tzinfo=UTC), timedelta(minutes=30))

        assert sent_to(person)[1:] == ["Are you there?"]

    def test_what_nobody_of_us_answered(self, app, by, at):
        at(2027, 5, 1, 8)
        a_writer()
        a_rule(by, trigger={"kind": "silence", "who": "us", "count": "30", "unit": "minutes"}, then=TAG)
        with transaction():
            db.session.execute(db.update(Conversation).values(waiting_since=clock.now()))

        run_through(at, datetime(2027, 5, 1, 8, 10, tzinfo=UTC), datetime(2027, 5, 1, 12, tzinfo=UTC), timedelta(minutes=10))

        assert [run.started_at.minute for run in done()] == [30]


class TestWaiting:
    def test_what_comes_after_a_wait_is_done_after_it(self, app, by, at):
        at(2027, 5, 1, 8)
        person, channel = a_writer()
        a_rule(by, then=[{"kind": "text", "text": "One"}, {"kind": "wait", "count": "2", "unit": "hours"},
                         {"kind": "text", "text": "Two"}])
        writes(person, channel, "hello")
        handle_all()

        before = sent_to(person)
        run_through(at, datetime(2027, 5, 1, 8, 30, tzinfo=UTC), datetime(2027, 5, 1, 12, tzinfo=UTC), timedelta(minutes=30))

        assert (before, sent_to(person)) == (["One"], ["One", "Two"])

    def test_a_rule_that_is_switched_off_meanwhile_does_not_go_on(self, app, by, at):
        at(2027, 5, 1, 8)
        person, channel = a_writer()
        rule = a_rule(by, then=[{"kind": "wait", "count": "2", "unit": "hours"}, {"kind": "text", "text": "Two"}])
        writes(person, channel, "hello")
        handle_all()

        automation.switch_off(rule.id, by=by)
        run_through(at, datetime(2027, 5, 1, 9, tzinfo=UTC), datetime(2027, 5, 1, 12, tzinfo=UTC), timedelta(hours=1))

        assert sent_to(person) == []


def test_a_tag_given_to_many_at_once_reaches_each_of_them_once(app, by):
    make_channel()
    people = [a_contact() for _ in range(30)]
    handle_all()
    a_rule(by, trigger={"kind": "tag_added", "tag": "patient"}, then=TAG)

    contacts.tag_people([person.id for person in people], tag="Patient", by=by)
    handle_all()
    tick()

    assert db.session.scalar(select(func.count()).select_from(RuleRun).where(RuleRun.state == RunState.DONE)) == 30
