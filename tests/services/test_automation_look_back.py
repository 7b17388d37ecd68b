"""Looking back on the last days: what flows took, what rules would have changed themselves, and who was silent."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.states import RunState
from models import RuleRun, db
from services import automation, flows, inbox, sending
from tests.factories.automation import a_rule, a_writer, handle_all, writes
from tests.factories.contacts import a_contact
from tests.factories.inbox import a_talk, they_said, we_said
from tests.factories.sending import make_channel

MORNING = datetime(2027, 5, 3, 8, tzinfo=UTC)
OURS = {"kind": "silence", "who": "us", "count": "1", "unit": "hours"}
THEIRS = {"kind": "silence", "who": "them", "count": "1", "unit": "hours"}


@pytest.fixture
def at(monkeypatch):
    """Sets the clock to so many hours after the morning, also for what is written down by itself."""
    shown = [MORNING]

    class Turned(datetime):
        """A time that stands still."""

        @classmethod
        def now(cls, tz=None):
            return shown[0]

    monkeypatch.setattr(clock, "datetime", Turned)

    def set_to(hours: float) -> datetime:
        shown[0] = MORNING + timedelta(hours=hours)
        return shown[0]

    set_to(0)
    return set_to


def fired(rule) -> list[float]:
    """Hours after the morning at which it would have acted."""
    return [(one.happening.at - MORNING) / timedelta(hours=1) for one in automation.look_back(automation.of_rule(rule)).fired]


def test_what_the_rule_says_itself_ends_the_silence_of_ours(app, by, at):
    talk = a_talk()
    they_said(talk, at=at(0))
    they_said(talk, at=at(3))  # answered by the rule at 1, so they wait again
    rule = a_rule(by, trigger=OURS, is_on=False)
    at(9)

    assert fired(rule) == [1, 4]


def test_a_silence_of_theirs_is_met_once_and_begins_with_the_first_line_that_stayed_alone(app, by, at):
    talk = a_talk(at=at(0))
    they_said(talk, at=at(0))
    we_said(talk, at=at(1))
    we_said(talk, at=at(5))
    rule = a_rule(by, trigger=THEIRS, then=[{"kind": "tag", "tag": "silent"}], is_on=False)
    at(9)

    assert fired(rule) == [2]


def test_what_was_closed_or_put_off_waits_for_nobody(app, by, at):
    talk, other = a_talk(), a_talk("Bo Li")
    they_said(talk, at=at(0))
    they_said(other, at=at(0))
    at(0.5)
    inbox.close(talk.id, by=by)
    inbox.snooze(other.id, until=at(0.5) + timedelta(days=2), by=by)
    rule = a_rule(by, trigger=OURS, is_on=False)
    at(9)

    assert fired(rule) == []


def test_a_tag_that_the_rule_gives_counts_from_then_on(app, by, at):
    person, channel = a_writer()
    for hour in (1, 2, 3):
        writes(person, channel, "hello", at=at(hour))
    rule = a_rule(by, conditions=[["tag.is_not", "greeted"]], then=[{"kind": "tag", "tag": "Greeted"}], is_on=False)

    assert fired(rule) == [1]


def test_where_somebody_of_the_team_answers_it_would_have_kept_silent(app, by, at):
    talk = a_talk()
    they_said(talk, "hello", at=at(1))
    at(2)
    inbox.reply(talk.id, text="Good day", author=sending.Author("user", "Amina"))
    they_said(talk, "hello", at=at(3))
    at(4)
    inbox.close(talk.id, by=by)
    they_said(talk, "hello", at=at(5))
    rule = a_rule(by, is_on=False)
    at(6)

    past = automation.look_back(automation.of_rule(rule))

    assert ([one.happening.at for one in past.fired], past.held) == ([MORNING + timedelta(hours=1), MORNING + timedelta(hours=5)], 1)


def test_what_a_flow_waited_for_and_took_is_no_message_for_rules(app, by):
    person, channel = a_writer()
    flow = flows.add_flow(name="Feedback", drawing=flows.EXAMPLES["feedback"][2], by=by)
    flows.publish(flow.id, by=by)
    flows.start(flow.id, contact_id=person.id, channel_id=channel.id, by=by)
    writes(person, channel, "5")
    writes(person, channel, "hello")
    handle_all()
    rule = a_rule(by, trigger={"kind": "message"}, is_on=False)

    past = automation.look_back(automation.of_rule(rule))

    assert [one.said for one in past.fired] == ["they wrote “hello”"]


class TestRulesOfClocks:
    def tick(self):
        automation.sweep(clock.now())
        while automation.go_on():
            pass

    def test_this_rule_has_not_run_lately_does_not_see_the_run_that_asks(self, app, by, at):
        talk = a_talk(last_in_at=None, window_ends_at=at(0) + timedelta(hours=24), waiting_since=at(0))
        a_rule(by, trigger=OURS, conditions=[["ran.not_within_hours", "24"]])
        at(1)
        self.tick()

        assert [run.state for run in db.session.scalars(select(RuleRun))] == [RunState.DONE]
        assert talk.contact_id

    def test_when_they_wrote_last_is_known_also_where_no_message_sets_it_off(self, app, by, at):
        a_talk(waiting_since=at(0))
        a_rule(by, trigger=OURS, conditions=[["heard.within_hours", "2"]])
        at(1)
        self.tick()

        assert [run.state for run in db.session.scalars(select(RuleRun))] == [RunState.DONE]

    def test_a_rule_of_one_number_keeps_to_it(self, app, by, at):
        one, two = make_channel(), make_channel(number_id="100000000000002")
        person = a_contact()
        for channel in (one, two):
            a_talk(person=person, channel=channel, waiting_since=at(0))
        a_rule(by, trigger=OURS, channel_id=two.id)
        at(1)
        self.tick()

        assert [run.channel_id for run in db.session.scalars(select(RuleRun))] == [two.id]

    def test_of_two_whose_time_has_come_the_second_sees_what_the_first_did(self, app, by, at):
        talk = a_talk(waiting_since=at(0))
        person = talk.contact_id
        a_rule(by, name="First", trigger=OURS, then=[{"kind": "tag", "tag": "late"}])
        a_rule(by, name="Second", trigger=OURS, conditions=[["tag.is_not", "late"]])
        at(1)
        self.tick()

        runs = db.session.scalars(select(RuleRun).order_by(RuleRun.rule_id)).all()
        assert [(run.contact_id, run.state) for run in runs] == [(person, RunState.DONE), (person, RunState.UNMET)]


def test_rules_that_meet_are_looked_for_in_the_newest_messages_only(app, by):
    a_rule(by, name="First")
    a_rule(by, name="Second")
    person, channel = a_writer()
    for _ in range(3):
        writes(person, channel, "hello")

    assert [(one.upper.name, one.lower.name, one.count) for one in automation.meetings()] == [("First", "Second", 3)]
    assert [one.count for one in automation.meetings(most=1)] == [1]
