"""What is older than the settings say goes: what happened and was handled, and runs that have ended; never what waits."""

from datetime import timedelta

from core import clock
from core.states import RunState
from models import Event, Message, RuleRun, RuleStep, db, transaction
from services import retention, settings
from tests.factories.automation import a_rule, a_writer, handle_all, writes


def count(table) -> int:
    return db.session.scalar(db.select(db.func.count()).select_from(table))


def test_runs_and_events_go_in_time_and_what_was_sent_stays(app, by):
    person, channel = a_writer()
    a_rule(by)
    writes(person, channel, "hello")
    handle_all()
    settings.change("keep_days", {"events": 60, "runs": 200}, by=by)

    left = []
    for days in (59, 61, 199, 201):
        retention.forget_what_is_old(clock.now() + timedelta(days=days))
        left.append((count(Event) > 0, count(RuleRun), count(RuleStep)))

    assert left == [(True, 1, 1), (False, 1, 1), (False, 1, 1), (False, 0, 0)]
    assert count(Message) == 2


def test_what_was_not_handled_and_what_waits_stays(app, by):
    person, channel = a_writer()
    rule = a_rule(by)
    writes(person, channel, "hello")
    with transaction():
        db.session.add(RuleRun(rule_id=rule.id, contact_id=person.id, period="birthday:2026", state=RunState.WAITING,
                               due_at=clock.now()))
    waiting = db.session.scalar(db.select(db.func.count()).select_from(Event).where(Event.handled_at.is_(None)))

    retention.forget_what_is_old(clock.now() + timedelta(days=3000))

    assert (count(Event), count(RuleRun)) == (waiting, 1) and waiting
