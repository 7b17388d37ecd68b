"""Whatever happens in whatever order: what the look back says rules would have done is what they did."""

import os
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core import clock
from core.actor import Actor
from core.states import ConsentState, RunState
from models import Rule, RuleRun, db
from services import automation, contacts
from services import settings as kept_settings
from services.automation import compiled, replay
from tests import database
from tests.factories.automation import a_rule, a_writer, handle_all, writes
from tests.factories.contacts import consent_of

BY = Actor("user", "Folake Adeyemi")
START = datetime(2027, 5, 3, 8, tzinfo=UTC)
WORDS = ("hello", "Hello there", "price?", "Hi, what is the PRICE", "bye", "👋", "…")
TAG = {"kind": "tag", "tag": "patient"}

RULES = (
    dict(trigger={"kind": "keyword", "how": "word", "words": ["hello"]}, conditions=[["tag.is", "patient"]]),
    dict(trigger={"kind": "keyword", "how": "contains", "words": ["price"]}, then=[{"kind": "text", "text": "…"}, TAG]),
    dict(trigger={"kind": "message"}, conditions=[["ran.not_within_hours", "1"]]),
    dict(trigger={"kind": "first_today"}, then=[{"kind": "untag", "tag": "patient"}]),
    dict(trigger={"kind": "message"}, conditions=[["marketing.granted", ""]], then=[TAG, {"kind": "stop_rules"}]),
    dict(trigger={"kind": "keyword", "how": "exact", "words": ["bye"]}, conditions=[["heard.within_hours", "2"]]),
    dict(trigger={"kind": "tag_added", "tag": "patient"}),
)
who = st.integers(0, 1)
happenings = st.lists(st.one_of(
    st.tuples(st.just("writes"), who, st.sampled_from(WORDS)), st.tuples(st.just("writes"), who, st.sampled_from(WORDS)),
    st.tuples(st.just("tag"), who, st.just("")), st.tuples(st.just("untag"), who, st.just("")),
    st.tuples(st.just("agrees"), who, st.just("")), st.tuples(st.just("stops"), who, st.just("")),
    st.tuples(st.just("waits"), st.integers(1, 1500), st.just(""))), min_size=1, max_size=25)


def live(steps, now) -> None:
    """Let it happen, each thing handled at its moment."""
    people = [a_writer(name="Ana Mo")]
    people.append(a_writer(people[0][1], name="Bo Li"))
    for what, which, text in steps:
        now["at"] += timedelta(seconds=7) if what != "waits" else timedelta(minutes=which)
        person, channel = people[which % 2]
        if what == "writes":
            writes(person, channel, text)
        elif what == "tag":
            contacts.give_tag(person.id, "Patient", by=BY)
        elif what == "untag":
            contacts.take_tag(person.id, "Patient", by=BY)
        elif what in ("agrees", "stops"):
            consent_of(person, ConsentState.GRANTED if what == "agrees" else ConsentState.WITHDRAWN)
        handle_all()


@settings(max_examples=400 if os.environ.get("CHAOS") else 12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(steps=happenings, chosen=st.sets(st.integers(0, len(RULES) - 1), min_size=1),
       mode=st.sampled_from(("answer", "first", "all")), most=st.sampled_from((2, 10)))
def look_back_and_live_run_agree(now, steps, chosen, mode, most):
    now["at"] = START
    kept_settings.change("rules_mode", mode, by=BY)
    kept_settings.change("automatic_an_hour", most, by=BY)
    rules = [a_rule(BY, name=f"Rule {number}", **RULES[number]) for number in sorted(chosen)]
    live(steps, now)

    book = compiled.book_of(automation.of_rule(db.session.get(Rule, rule.id)) for rule in rules)
    past = replay.replay(book, START, now["at"], mode=mode)
    did = [(run.rule_id, run.contact_id, run.started_at) for run in db.session.scalars(
        select(RuleRun).where(RuleRun.state == RunState.DONE).order_by(RuleRun.id))]
    would = [(one.rule.id, one.happening.contact_id, one.happening.at) for one in past.fired]
    database.empty()
    assert did == would


def test_the_look_back_and_the_live_run_agree_on_any_sequence_of_events(app, monkeypatch):
    now = {"at": START}
    monkeypatch.setattr(clock, "now", lambda: now["at"])

    look_back_and_live_run_agree(now)
