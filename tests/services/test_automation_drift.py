"""A template that is not any more what it was stops the rules and flows that send it, before the next message."""

import pytest

from core.errors import Conflict
from core.states import RunState, TemplateState
from models import Flow, Rule, RuleRun, db
from services import automation, drift, flows
from tests.factories.automation import a_rule, a_writer, handle_all, sent_to, writes
from tests.factories.message_templates import a_template, in_state, newest
from transports.port import TemplateDrift, TemplateNews


@pytest.fixture
def version(app):
    """An approved utility text, as the carrier knows it."""
    return newest(a_template("visit", category="utility"))


def sends(version) -> list[dict]:
    return [{"kind": "template", "version_id": version.id}]


def told(version, state: str, reason: str = "") -> None:
    drift.template_told(TemplateNews(version.business_id, version.wire_id, version.wire_name, "en_GB", state, state.upper(), reason))


def drifted(version, **what) -> None:
    drift.template_drifted(TemplateDrift(version.business_id, version.wire_name, "en_GB", **what))


def rule_now(rule) -> Rule:
    db.session.expire_all()
    return db.session.get_one(Rule, rule.id)


@pytest.mark.parametrize(("happens", "why"), [
    (lambda version: told(version, "paused", "People blocked it"), "paused: People blocked it"),
    (lambda version: told(version, "disabled"), "disabled"),
    (lambda version: drifted(version, words="it counts as marketing now", category="marketing"), "it counts as marketing now"),
    (lambda version: drifted(version, words="its words were changed", is_reshaped=True, body="Buy!"), "its words were changed")])
def test_whatever_changes_stops_the_rule_and_says_what_changed(version, by, happens, why):
    person, channel = a_writer()
    using, other = a_rule(by, then=sends(version)), a_rule(by, name="Other", trigger={"kind": "message"})

    happens(version)
    writes(person, channel, "hello")
    handle_all()

    stopped = rule_now(using)
    assert (stopped.is_on, why in stopped.stopped_why, rule_now(other).is_on) == (False, True, True)
    assert [db.session.get_one(Rule, run.rule_id).name for run in db.session.scalars(db.select(RuleRun))] == ["Other"]


def test_a_rule_cannot_go_on_until_its_template_may_be_sent_again(version, by):
    rule = a_rule(by, then=sends(version))
    told(version, "paused")

    with pytest.raises(Conflict, match="paused"):
        automation.switch_on(rule.id, by=by)
    in_state(version, TemplateState.APPROVED)
    automation.switch_on(rule.id, by=by)

    assert (rule_now(rule).is_on, rule_now(rule).stopped_why) == (True, "")


def test_what_waits_in_the_middle_does_not_send_it_and_says_why(version, by, monkeypatch):
    person, channel = a_writer()
    rule = a_rule(by, then=[{"kind": "wait", "count": "1", "unit": "hours"}, *sends(version)])
    writes(person, channel, "hello")
    handle_all()
    told(version, "paused", "People blocked it")
    later = db.session.scalar(db.select(RuleRun.due_at))
    monkeypatch.setattr("core.clock.now", lambda: later)

    automation.go_on()

    run = db.session.scalars(db.select(RuleRun)).one()
    db.session.refresh(run)
    assert (run.state, run.reason, sent_to(person)) == (RunState.HELD, rule_now(rule).stopped_why, [])


def test_a_message_is_never_queued_with_a_template_that_may_not_be_sent(version, by):
    person, channel = a_writer()
    a_rule(by, then=sends(version))
    in_state(version, TemplateState.DISABLED)
    writes(person, channel, "hello")

    handle_all()

    run = db.session.scalars(db.select(RuleRun)).one()
    assert (run.state, "disabled" in run.reason, sent_to(person)) == (RunState.FAILED, True, [])


def test_nobody_begins_a_flow_that_sends_it(version, by):
    drawing = {"words": {"agent": ["agent"]}, "start": "a", "nodes": [
        {"id": "a", "kind": "do", "action": {"kind": "template", "version_id": version.id, "name": "visit"}, "next": "e"},
        {"id": "e", "kind": "end"}]}
    flow = flows.add_flow(name="Visit", drawing=drawing, by=by)
    flows.publish(flow.id, by=by)

    told(version, "paused", "People blocked it")

    kept = db.session.get_one(Flow, flow.id)
    assert (kept.is_on, "People blocked it" in kept.stopped_why) == (False, True)
    with pytest.raises(Conflict, match="paused"):
        flows.switch(flow.id, is_on=True, by=by)
