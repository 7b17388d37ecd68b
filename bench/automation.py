"""Rows 125 to 127: one message against 500 rules; store → match → act beside store alone; a birthday sweep over a million.

What is beside ours: the bare drain, which stores the same messages and events and marks the events as handled in the same
sets, without a rule.
"""

import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import insert, select, update

from core import clock
from core.actor import COMMAND
from core.states import MessageState
from models import Channel, Contact, Conversation, Event, Message, RuleRun, db, transaction

Line = tuple[str, float, float, float, str]
RULES = 500
MESSAGES = int(os.environ.get("MESSAGES", "4000"))
PEOPLE = int(os.environ.get("PEOPLE", "1000000"))


@contextmanager
def installation() -> Iterator[Flask]:
    """An app with an empty database in a throw-away folder, its context open."""
    import config
    from app import create_app
    from tables.session import Base

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(config.read({"INSTANCE_DIR": folder, "SECRET_KEY": "only-for-benchmarks-5d1f0c9b8a7e6d",
                                      "LOG_LEVEL": "ERROR"}))
        with app.app_context():
            Base.metadata.create_all(db.engine)
            yield app
            db.session.remove()
            db.engine.dispose()


def rules(count: int, *, is_met: bool = True) -> None:
    """So many rules with words of their own; the last one answers “hello”."""
    from services import automation
    from services.segments import Shape

    with transaction():
        for number in range(count):
            words = ["hello"] if is_met and number == count - 1 else [f"word{number}", f"a phrase of {number}"]
            rule = automation.add_rule(
                name=f"Rule {number}", trigger={"kind": "keyword", "how": "word", "words": words}, shape=Shape(),
                done=[{"kind": "text", "text": "Hello {{first_name}}"}], by=COMMAND)
            automation.switch_on(rule.id, by=COMMAND)


def people(count: int, **more: Any) -> tuple[int, list[int]]:
    """A number and so many people with open windows; its id and theirs."""
    now = clock.now()
    with transaction():
        channel = Channel(name="Bench", kind="simulation", phone_number_id="1", business_id="2", send_rate=1000)
        db.session.add(channel)
        db.session.flush()
        ids = list(db.session.scalars(insert(Contact).returning(Contact.id), [
            {"phone": f"+4477{number:09}", "name": f"Person {number}", "first_name": "Ana", "zone": "UTC", **more}
            for number in range(count)]))
        db.session.execute(insert(Conversation), [
            {"contact_id": one, "channel_id": channel.id, "last_at": now, "window_ends_at": now + timedelta(days=1)}
            for one in ids])
    return channel.id, ids


def write(channel_id: int, ids: list[int], stamp: str) -> None:
    """Everybody writes: messages and their events, 200 in a transaction, as a reader of notices would."""
    for start in range(0, len(ids), 200):
        now = clock.now()
        with transaction():
            rows = db.session.execute(insert(Message.__table__).returning(Message.id, Message.contact_id), [
                {"direction": "in", "kind": "text", "channel_id": channel_id, "contact_id": one, "phone": "",
                 "text": "Well, hello there", "state": MessageState.RECEIVED, "priority": 10, "tries": 0, "reason": "",
                 "reason_code": "", "variables": {}, "due_at": now, "created_at": now, "wire_id": f"{stamp}.{one}"}
                for one in ids[start:start + 200]]).all()
            db.session.execute(insert(Event.__table__), [
                {"kind": "message.received", "contact_id": contact_id, "channel_id": channel_id, "message_id": message_id,
                 "at": now, "details": {}, "by_itself": False, "recorded_at": now} for message_id, contact_id in rows])


def bare_drain() -> None:
    """Take events in the same sets and mark them, with nothing in between."""
    while ids := list(db.session.scalars(select(Event.id).where(Event.handled_at.is_(None)).order_by(Event.id).limit(200))):
        with transaction():
            db.session.execute(update(Event.__table__).where(Event.id.in_(ids)).values(handled_at=clock.now()))


def our_drain() -> None:
    """The same with rules."""
    from services import automation

    while automation.answer_events():
        pass


def timed(work: Callable[[], object]) -> float:
    """Seconds it takes."""
    begin = clock.monotonic()
    work()
    return clock.monotonic() - begin


def one_message(rounds: int) -> list[Line]:
    """Matching one message against 500 rules, in microseconds, beside five."""
    from services.automation import compiled, decide
    from services.automation.happening import Facts, Happening
    from services.automation.keywords import said

    found: dict[int, list[float]] = {}
    for count in (5, RULES):
        with installation():
            rules(count)
            book, happening = compiled.book(), Happening("message.received", clock.now(), 1)
            facts = [Facts(at=clock.now(), said=said(f"Well, hello there number {number}"), message_kind="text")
                     for number in range(200)]
            for _ in range(rounds):
                took = timed(lambda book=book, facts=facts, happening=happening: [decide.decide(
                    book.of_message("message.received", one.said.each), happening, one, mode="answer",
                    most_an_hour=10) for one in facts])
                found.setdefault(count, []).append(took / len(facts) * 1e6)
    ours = found[RULES]
    return [("one message against 500 rules, microseconds", min(ours), statistics.median(ours), max(ours),
             f"against five rules {statistics.median(found[5]):.0f}")]


def a_thousand_a_second(rounds: int) -> list[Line]:
    """Store → match → act beside store → mark, in the same run; and how many a second that is."""
    ratios, rates = [], []
    with installation():
        rules(RULES)
        channel_id, ids = people(MESSAGES)
        for number in range(rounds):
            bare = timed(lambda number=number: (write(channel_id, ids, f"b{number}"), bare_drain()))
            with transaction():
                db.session.execute(update(Message).where(Message.author_kind == "rule").values(
                    created_at=clock.now() - timedelta(hours=2)))
            ours = timed(lambda number=number: (write(channel_id, ids, f"o{number}"), our_drain()))
            ratios.append(bare / ours)
            rates.append(MESSAGES / ours)
    return [("store, match 500 rules, act / store and mark", min(ratios), statistics.median(ratios), max(ratios), ""),
            ("the same, messages a second", min(rates), statistics.median(rates), max(rates), "")]


def birthdays(rounds: int) -> list[Line]:
    """A sweep over a million people whose birthdays are spread over the year, at the minute of their hour."""
    from services import automation
    from services.segments import Shape

    lines = []
    with installation():
        now = datetime(2027, 5, 3, 9, 0, 30, tzinfo=UTC)
        _million()
        for field, words in (("birthday", "birthday sweep"), ("renewal", "the same by a field of their own, yearly")):
            rule = automation.add_rule(name=field, trigger={
                "kind": "date", "field": field, "days": "0", "when": "before", "at": "09:00", "repeats": "yearly"},
                shape=Shape(), done=[{"kind": "tag", "tag": "wished"}], by=COMMAND)
            automation.switch_on(rule.id, by=COMMAND)
            seconds = [_swept(rule, now) for _ in range(rounds)]
            lines.append((f"{words} over {PEOPLE:,} people, seconds", min(seconds), statistics.median(seconds), max(seconds),
                          f"{db.session.query(RuleRun).count():,} runs made"))
            automation.switch_off(rule.id, by=COMMAND)
    return lines


def _swept(rule: Any, now: datetime) -> float:
    """Seconds of one sweep, with nothing made before."""
    from services import automation

    with transaction():
        db.session.execute(RuleRun.__table__.delete())
        rule.swept_until = rule.on_since = now - timedelta(minutes=1)
    return timed(lambda: automation.sweep(now))


def _million() -> None:
    first = date(1990, 1, 1)
    with transaction():
        for start in range(0, PEOPLE, 20_000):
            db.session.execute(insert(Contact.__table__), [
                {"phone": f"+44{number:010}", "name": "Ana", "first_name": "Ana", "name_key": "ana", "zone": "Europe/London"
                 if number % 3 else "UTC", "birthday": first + timedelta(days=number % 365),
                 "fields": {"renewal": (first + timedelta(days=number % 365)).isoformat()}, "email": "",
                 "company": "", "language": "", "country": "", "notes": "", "source": "import", "search": "",
                 "marketing": "granted", "utility": "unknown", "created_at": clock.now(), "changed_at": clock.now()}
                for number in range(start, min(PEOPLE, start + 20_000))])


ROWS = {125: one_message, 126: a_thousand_a_second, 127: birthdays}
