"""Two people become one: what rules did for either stays, what both wait for is done once, and undoing gives it back."""

from datetime import timedelta

import pytest

from core import clock
from core.states import RunState
from models import Contact, ContactMerge, FlowSession, RuleRun, RuleStep, db, transaction
from services import automation, contacts, flows
from tests.factories.automation import a_rule, a_writer, handle_all, sent_to, writes
from tests.unit.test_flows_engine import BOOKING

PERIOD = "birthday:2027"


@pytest.fixture
def two(app):
    """Two rows of one person, both of whom wrote to one number; and the number."""
    ada, channel = a_writer(name="Ada Obi")
    return ada, a_writer(channel, name="Ada O.")[0], channel


def a_run(rule, person, state: RunState, **more) -> int:
    with transaction():
        run = RuleRun(rule_id=rule.id, contact_id=person.id, period=PERIOD, state=state, actions=list(rule.actions),
                      next_place=0, **more)
        db.session.add(run)
        db.session.flush()
        db.session.add(RuleStep(run_id=run.id, place=9, kind="tag", words="wished"))
        return run.id


def runs():
    db.session.expire_all()
    return db.session.scalars(db.select(RuleRun).order_by(RuleRun.id)).all()


def undone(by):
    """The merge taken back: both people."""
    return contacts.undo_merge(db.session.scalar(db.select(ContactMerge.id)), by=by)


def merged(two, by) -> Contact:
    return contacts.merge_contacts(two[0].id, two[1].id, choices={}, by=by)


def test_runs_of_the_same_period_both_stay_with_their_steps(two, by):
    rule = a_rule(by)
    a_run(rule, two[0], RunState.DONE, ended_at=clock.now())
    a_run(rule, two[1], RunState.DONE, ended_at=clock.now())

    keep = merged(two, by)

    assert [(run.contact_id, run.state) for run in runs()] == [(keep.id, RunState.DONE)] * 2
    assert db.session.scalar(db.select(db.func.count()).select_from(RuleStep)) == 2


def test_what_both_waited_for_is_done_once(two, by):
    rule = a_rule(by)
    for person in two[:2]:
        a_run(rule, person, RunState.WAITING, due_at=clock.now() - timedelta(seconds=1))
    keep = merged(two, by)

    automation.go_on()

    assert len(sent_to(keep)) == 1 and [run.state for run in runs()] == [RunState.DONE, RunState.HELD]


def test_undoing_gives_the_other_their_run_back_as_it_was(two, by):
    rule, due = a_rule(by), clock.now() + timedelta(hours=1)
    for person in two[:2]:
        a_run(rule, person, RunState.WAITING, due_at=due)
    before = [(run.contact_id, run.period, run.state, run.due_at, run.ended_at, run.reason) for run in runs()]
    merged(two, by)

    undone(by)

    assert [(run.contact_id, run.period, run.state, run.due_at, run.ended_at, run.reason) for run in runs()] == before


def test_of_two_flows_in_the_middle_one_goes_on_and_undoing_brings_both_back(two, by):
    flow = flows.add_flow(name="Booking", drawing=BOOKING, by=by)
    flows.publish(flow.id, by=by)
    for person in two[:2]:
        flows.start(flow.id, contact_id=person.id, channel_id=two[2].id, by=by)
    keep = merged(two, by)

    db.session.expire_all()
    there = db.session.scalars(db.select(FlowSession).order_by(FlowSession.id)).all()
    assert [(one.contact_id, bool(one.ended_at)) for one in there] == [(keep.id, False), (keep.id, True)]
    _, other = undone(by)
    db.session.expire_all()
    assert [(one.contact_id, one.ended_at, one.waits_for) for one in there] == [
        (keep.id, None, "answer"), (other.id, None, "answer")]


def test_what_a_rule_did_for_a_message_of_the_other_goes_along(two, by):
    a_rule(by)
    writes(two[1], two[2], "hello")
    handle_all()

    keep = merged(two, by)

    assert [run.contact_id for run in runs()] == [keep.id]
