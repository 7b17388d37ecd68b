"""Whatever happens in whatever order: what the look back says rules would have done is what they did. Every trigger there is."""

import os
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import or_, select, update

from core import clock
from core.actor import Actor
from core.states import ConsentState, MessageState, RunState
from models import Conversation, Message, Rule, RuleRun, db, transaction
from services import automation, contacts, hooks, inbox, segments, sending
from services import settings as kept_settings
from services.automation import compiled, replay
from services.segments import Condition, all_of
from tests import database
from tests.factories.automation import a_rule, handle_all
from tests.factories.contacts import a_contact, consent_of
from tests.factories.sending import make_campaign, make_channel
from transports.port import IncomingMessage, StatusNews

BY = Actor("user", "Folake Adeyemi")
START = datetime(2027, 5, 3, 8, tzinfo=UTC)
TICK = timedelta(minutes=30)  # everything happens at full and half hours: nothing is between two looks of the clocks
WORDS = ("hello", "Hello there", "price?", "Hi, what is the PRICE", "thanks", "👋", "…")
TAG, UNTAG, TEXT = {"kind": "tag", "tag": "patient"}, {"kind": "untag", "tag": "patient"}, {"kind": "text", "text": "…"}
CHOICE = {"choice": {"kind": "button", "id": "Confirm", "title": "Confirm"}}
AD = {"referral": {"source_type": "ad", "source_id": "77", "headline": "Flu days"}}


def _date(**more):
    return {"kind": "date", "field": "birthday", "days": "0", "when": "before", "at": "09:30", "repeats": "yearly"} | more


def _silence(who, number, unit="hours"):
    return {"kind": "silence", "who": who, "count": str(number), "unit": unit}


RULES = (
    dict(trigger={"kind": "keyword", "how": "word", "words": ["hello"]}, conditions=[["tag.is", "patient"]]),
    dict(trigger={"kind": "keyword", "how": "contains", "words": ["price"]}, then=[TEXT, TAG]),
    dict(trigger={"kind": "message"}, conditions=[["ran.not_within_hours", "1"]]),
    dict(trigger={"kind": "first_today"}, then=[UNTAG]),
    dict(trigger={"kind": "message"}, conditions=[["marketing.granted", ""]], then=[TAG, {"kind": "stop_rules"}]),
    dict(trigger={"kind": "keyword", "how": "exact", "words": ["thanks"]}, conditions=[["heard.within_hours", "2"]],
         then=[TEXT, {"kind": "close"}]),
    dict(trigger={"kind": "tag_added", "tag": "patient"}, conditions=[["window.open", ""]]),
    dict(trigger={"kind": "tag_removed", "tag": "patient"}, conditions=[["talk.open", ""]]),
    dict(trigger={"kind": "opt_in"}, then=[TAG]), dict(trigger={"kind": "opt_out"}, then=[UNTAG]),
    dict(trigger={"kind": "choice", "words": ["confirm"]}, then=[{"kind": "field", "field": "company", "value": "{{text}} Ltd"}]),
    dict(trigger={"kind": "ad", "words": []}, then=[{"kind": "opt_in"}]),
    dict(trigger={"kind": "campaign_reply"}, then=[{"kind": "opt_out"}, TEXT]),
    dict(trigger={"kind": "contact"}, then=[TAG, TEXT]),
    dict(trigger={"kind": "field", "field": "company", "value": ""}, conditions=[["tag.is_not", "patient"]]),
    dict(trigger={"kind": "status", "status": "read"}), dict(trigger={"kind": "status", "status": "failed"}, then=[UNTAG]),
    dict(trigger={"kind": "closed"}, conditions=[["heard.not_within_hours", "1"]]),
    dict(trigger={"kind": "hook"}, conditions=[["value.is", "total>9"], ["company.is", "New Ltd"]]),
    dict(trigger=_date(), conditions=[["heard.within_hours", "24"]]),
    dict(trigger=_date(days="1", when="before"), then=[TAG, TEXT]),
    dict(trigger={"kind": "schedule", "every": "day", "starts_on": "2027-05-01", "at": "12:00"},
         conditions=[["tag.is", "patient"], ["ran.not_within_hours", "30"]]),
    dict(trigger=_silence("us", 1), conditions=[["marketing.unknown", ""]]), dict(trigger=_silence("us", 90, "minutes")),
    dict(trigger=_silence("them", 2), then=[TEXT, {"kind": "wait", "count": "1", "unit": "hours"}, TAG, TEXT]),
    dict(trigger=_silence("them", 1, "days"), then=[TAG]),
    dict(trigger={"kind": "message"}, conditions=[["company.is", "Confirm Ltd"], ["talk.open", ""]], then=[
        {"kind": "wait", "count": "60", "unit": "minutes"}, TEXT]),
    dict(trigger={"kind": "message"}, conditions=[["text.starts_not", "thank, hello"], ["text.pattern_not", "^x{2,}$"]]),
    dict(trigger={"kind": "message"}, conditions=[["text.pattern", "pric(e|es)\\b"]], then=[TAG]),
)
ACTS = ("tag", "untag", "agrees", "stops", "chooses", "from an ad", "answers a campaign", "is new", "moves", "moves back",
        "reads", "fails", "is answered", "is closed", "is snoozed", "is opened", "shop calls")
who = st.integers(0, 1)
happenings = st.lists(st.one_of(
    st.tuples(st.just("writes"), who, st.sampled_from(WORDS)), st.tuples(st.just("writes"), who, st.sampled_from(WORDS)),
    st.tuples(st.sampled_from(ACTS), who, st.just("")), st.tuples(st.sampled_from(ACTS), who, st.just("")),
    st.tuples(st.just("waits"), st.integers(1, 8), st.just("")),
    st.tuples(st.just("waits"), st.integers(40, 60), st.just(""))), min_size=1, max_size=14)


class World:
    """Two people, one number, and a clock that is turned."""

    def __init__(self, now) -> None:
        self.now, self.wires = now, count(1)
        self.channel = make_channel()
        self.people = [a_contact(name=name, phone=f"+23480312345{place}0", birthday=date(1990, 5, 4 + place), zone="Africa/Lagos")
                       for place, name in enumerate(("Ana Mo", "Bo Li"))]
        self.segment = segments.add_segment(name="Ours", shape=all_of([Condition("country.is", "NG")]), by=BY)
        self.hook, self.token, _ = hooks.add_hook(name="Shop", mapping={"phone": "phone"}, by=BY)
        self.campaign = make_campaign(0, channel=self.channel, people=[])
        handle_all()

    def rule(self, number: int):
        """One of the rules, switched on."""
        given = dict(RULES[number])
        more = {"hook": {"hook_id": self.hook.id}, "schedule": {"segment_id": self.segment.id}}
        given["trigger"] = given["trigger"] | more.get(given["trigger"]["kind"], {})
        return a_rule(BY, name=f"Rule {number}", **given)

    def goes_on(self, steps) -> None:
        """Let it happen, each thing handled at its moment."""
        for what, which, text in steps:
            for _ in range(which if what == "waits" else 1):
                self.now["at"] += TICK
                automation.sweep(clock.now())
                while automation.go_on():
                    pass
                self.leaves()
            if what != "waits":
                self.does(what, self.people[which], text)
                handle_all()
                self.leaves()

    def does(self, what, person, text) -> None:
        """One thing that happens."""
        talk = inbox.conversation_of(person.id, self.channel.id)
        if what in ("writes", "chooses", "from an ad", "answers a campaign"):
            if what == "answers a campaign":
                self.reaches(person)
            told = {"chooses": ("button", "Confirm", CHOICE), "from an ad": ("text", "Hi", AD)}.get(what, ("text", text or "yes", {}))
            inbox.receive(IncomingMessage(self.channel.phone_number_id, f"wamid.in{next(self.wires)}", clock.now(), told[0],
                                          wa_id=person.phone[1:], text=told[1], content=told[2]))
        elif what in ("tag", "untag"):
            (contacts.give_tag if what == "tag" else contacts.take_tag)(person.id, "Patient", by=BY)
        elif what in ("agrees", "stops"):
            consent_of(person, ConsentState.GRANTED if what == "agrees" else ConsentState.WITHDRAWN)
        elif what == "is new":
            a_contact(name="Cy Wu")
        elif what in ("moves", "moves back"):
            contacts.change_contact(person.id, company="New Ltd" if what == "moves" else "", by=BY)
        elif what in ("reads", "fails"):
            self.hears_of(person, "read" if what == "reads" else "failed")
        elif what == "shop calls":
            hooks.take(self.token, b'{"phone": "%s", "total": 12}' % person.phone.encode())
        elif talk:
            self.treats(what, talk)

    def treats(self, what, talk) -> None:
        """What somebody of the team does."""
        if what == "is answered" and inbox.is_open(talk):
            inbox.reply(talk.id, text="Good day", author=sending.Author("user", BY.name))
        elif what == "is closed":
            inbox.close(talk.id, by=BY)
        elif what == "is snoozed":
            inbox.snooze(talk.id, until=clock.now() + timedelta(days=30), by=BY)
        elif what == "is opened":
            inbox.reopen(talk.id, by=BY)

    def hears_of(self, person, status) -> None:
        """The carrier says what became of the newest message to somebody, whoever sent it."""
        newest = select(Message.wire_id).where(Message.contact_id == person.id, Message.direction == "out", Message.wire_id != "")
        if wire_id := db.session.scalar(newest.order_by(Message.id.desc()).limit(1)):
            sending.apply_news([StatusNews(self.channel.phone_number_id, wire_id, status, clock.now())])

    def reaches(self, person) -> None:
        """The campaign reaches somebody, once."""
        known = select(Message.id).where(Message.campaign_id == self.campaign.id, Message.contact_id == person.id)
        if db.session.scalar(known) is None:
            self.row(person, campaign_id=self.campaign.id, accepted_at=clock.now() - TICK / 2)

    def row(self, person, **columns) -> None:
        """A message that has left."""
        with transaction():
            db.session.add(Message(direction="out", kind="template", channel_id=self.channel.id, contact_id=person.id, text="…",
                                   state=MessageState.ACCEPTED, created_at=clock.now(), due_at=clock.now(),
                                   wire_id=f"wamid.out{next(self.wires)}", **columns))

    def leaves(self) -> None:
        """What is queued leaves, free text only within 24 hours after they wrote."""
        waiting = db.session.execute(select(Message.id, Conversation.window_ends_at).outerjoin(
            Conversation, Conversation.contact_id == Message.contact_id).where(Message.state == MessageState.QUEUED)).all()
        with transaction():
            for row in waiting:
                is_taken = row.window_ends_at is not None and row.window_ends_at > clock.now()
                db.session.execute(update(Message).where(Message.id == row.id).values(
                    state=MessageState.ACCEPTED if is_taken else MessageState.SKIPPED, accepted_at=clock.now() if is_taken else None,
                    wire_id=f"wamid.left{row.id}"))
            inbox.departed([row.id for row in waiting if row.window_ends_at and row.window_ends_at > clock.now()])

    def did(self) -> Counter:
        """What rules did: which, for whom, when."""
        ran = or_(RuleRun.state == RunState.DONE, RuleRun.next_place > 0)
        return Counter((run.rule_id, run.contact_id, run.started_at) for run in db.session.scalars(select(RuleRun).where(ran)))


@settings(max_examples=400 if os.environ.get("CHAOS") else 5, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck), phases=list(Phase) if os.environ.get("CHAOS") else (Phase.generate,))
@given(steps=happenings, chosen=st.sets(st.integers(0, len(RULES) - 1), min_size=1),
       mode=st.sampled_from(("answer", "first", "all")), most=st.sampled_from((2, 10)))
def look_back_and_live_run_agree(now, met, steps, chosen, mode, most):
    agree(now, met, steps, chosen, mode, most)


def agree(now, met, steps, chosen, mode, most) -> None:
    """Let these rules live through these steps, then look back."""
    database.empty()
    now["at"] = START
    kept_settings.change("rules_mode", mode, by=BY)
    kept_settings.change("automatic_an_hour", most, by=BY)
    world = World(now)
    rules = [world.rule(number) for number in sorted(chosen)]
    kinds = {rule.id: rule.trigger["kind"] for rule in rules}
    names = {rule.id: rule.name for rule in rules}
    world.goes_on(steps)

    book = compiled.book_of(automation.of_rule(db.session.get(Rule, rule.id)) for rule in rules)
    past = replay.replay(book, START, now["at"], mode=mode)
    did, would = world.did(), Counter((one.rule.id, one.happening.contact_id, one.happening.at) for one in past.fired)
    met |= {kinds[rule_id] for rule_id, _, _ in did}
    assert told(did - would, names) == told(would - did, names) == []


def told(those: Counter, names) -> list[str]:
    """For whoever reads why it failed."""
    return sorted(f"{names[rule_id]} for {contact_id} at {at:%d %H:%M}" for rule_id, contact_id, at in those.elements())


@pytest.fixture
def now(monkeypatch):
    """The time of the story, also for what is written down by itself."""
    shown = {"at": START}

    class Turned(datetime):
        """A time that is turned."""

        @classmethod
        def now(cls, tz=None):
            return shown["at"]

    monkeypatch.setattr(clock, "datetime", Turned)
    yield shown
    database.empty()


def test_the_look_back_and_the_live_run_agree_on_any_sequence_of_events(app, now):
    met = set()

    look_back_and_live_run_agree(now, met)

    assert met


def test_they_agree_where_everything_happens_and_every_trigger_is_met(app, now):
    acts, met = [(what, 0, "") for what in ACTS], set()
    story = [("writes", 0, "hello"), ("writes", 1, "price?"), ("waits", 3, ""), *acts, ("moves", 0, ""), ("shop calls", 0, ""),
             ("waits", 5, ""), ("writes", 0, "thanks"), ("waits", 52, ""), *reversed(acts), ("writes", 1, "Hello there"),
             ("waits", 50, "")]

    for first in range(0, len(RULES), 5):
        agree(now, met, story, {number % len(RULES) for number in range(first, first + 5)}, "all", 10)

    assert met == set(automation.TRIGGERS)


@pytest.mark.parametrize("steps", [
    [("writes", 1, "hello"), ("fails", 1, ""), ("waits", 2, "")],
    [("writes", 1, "hello"), ("waits", 3, ""), ("fails", 1, ""), ("waits", 8, "")],
    [("writes", 1, "hello"), ("is answered", 1, ""), ("fails", 1, ""), ("waits", 8, "")],
    [("writes", 1, "hello"), ("writes", 1, "hello"), ("is answered", 1, ""), ("fails", 1, ""), ("is closed", 1, ""), ("waits", 8, "")],
])
@pytest.mark.parametrize("chosen", [{2, 23}, {22, 23}, {22, 23, 24}])
def test_they_agree_about_who_waits_again_when_an_answer_fails(app, now, steps, chosen):
    agree(now, set(), steps, chosen, "all", 10)
