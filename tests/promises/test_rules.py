"""Rules under kill -9: nothing is done twice and nothing is left undone. CHAOS=1 runs 10,000 runs."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from core import clock
from core.actor import COMMAND
from core.states import MessageState
from models import Channel, Contact, Event, Message, RuleRun, RuleStep, db, transaction
from tables.session import Base
from tests import database
from tests.conftest import settings_for
from tests.factories import sending as make
from tests.factories.automation import a_rule

IS_FULL = bool(os.environ.get("CHAOS"))
RUNS, KILLS, PROCESSES = (10_000, 40, 2) if IS_FULL else (600, 4, 2)
SCRIPT = Path(__file__).with_name("rules_process.py")
PATIENCE = 900.0


@pytest.fixture
def place(tmp_path):
    """How all its people write “hello” at once to an installation whose rule answers, tags and notes; its settings."""
    from app import create_app

    values = {"database_url": database.own_database(f"rules_{os.urandom(4).hex()}")}
    app = create_app(settings_for(tmp_path, **values))
    with app.app_context():
        Base.metadata.create_all(db.engine)
        channel = make.make_channel()
        a_rule(COMMAND, then=[{"kind": "text", "text": "Hello"}, {"kind": "tag", "tag": "greeted"},
                              {"kind": "note", "text": "Said hello"}])
        people = make.make_people(RUNS)
        yield lambda: everybody_writes(channel, people), values | {"instance_dir": str(tmp_path)}
        db.session.remove()
        db.engine.dispose()
        database.drop(values["database_url"])


def everybody_writes(channel: Channel, people: list[int]) -> None:
    now = clock.now()
    with transaction():
        for contact_id in people:
            make.open_window(contact_id, channel.id)
        ids = db.session.execute(insert(Message.__table__).returning(Message.id, Message.contact_id), [
            {"direction": "in", "kind": "text", "channel_id": channel.id, "contact_id": one, "phone": "", "text": "hello",
             "state": MessageState.RECEIVED, "priority": 10, "tries": 0, "reason": "", "reason_code": "", "variables": {},
             "due_at": now, "created_at": now, "wire_id": f"wamid.{one}"} for one in people]).all()
        db.session.execute(insert(Event.__table__), [
            {"kind": "message.received", "contact_id": contact_id, "channel_id": channel.id, "message_id": message_id,
             "at": now, "details": {}, "by_itself": False, "recorded_at": clock.now()} for message_id, contact_id in ids])


def start(values) -> subprocess.Popen:
    environment = os.environ | {name.upper(): str(value) for name, value in values.items()} | {
        "SECRET_KEY": "a-key-for-tests-only-9f8e7d6c5b4a3f2e1d0c", "LOG_LEVEL": "ERROR"}
    process = subprocess.Popen([sys.executable, str(SCRIPT)], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def waiting() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Event).where(Event.handled_at.is_(None)))


def count(table, *where) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table).where(*where))


def test_kill_9_in_the_middle_of_rules_repeats_nothing_and_loses_nothing(place):
    write, values = place
    chance, kills = random.Random(7), 0
    processes = [start(values) for _ in range(PROCESSES)]
    write()  # only now is there anything to do, so the first kill comes in the middle however fast they are
    deadline = time.monotonic() + PATIENCE
    while ((left := waiting()) or not kills) and time.monotonic() < deadline:
        if kills < KILLS and left <= RUNS * (1 - kills / KILLS):
            time.sleep(chance.uniform(0.0, 0.1))
            victim = chance.randrange(PROCESSES)
            processes[victim].kill()
            processes[victim].wait()
            processes[victim] = start(values)
            kills += 1
        else:
            time.sleep(0.02)
    for process in processes:
        process.kill()
        process.wait()

    sent = (Message.direction == "out",)
    assert (waiting(), count(RuleRun), count(Message, *sent), count(RuleStep)) == (0, RUNS, RUNS, 3 * RUNS)
    assert db.session.scalar(select(func.count(func.distinct(Message.contact_id))).where(*sent)) == RUNS
    assert kills and count(Contact) == RUNS
