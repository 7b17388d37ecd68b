"""Row 26: the inbox with a million messages in fifty thousand conversations, as a browser asks for its pages.

The list of chats (also filtered, and deep in), a thread (the newest and older lines, one person writes a fiftieth
of all) and searches (rare, common, two words, a script without spaces), each asked for in turn; what counts is the slowest of
twenty (p95), in milliseconds by the clock; the note has what of it was this process at work, which a busy machine does not
lengthen. `TEST_DATABASE_URL` (an empty PostgreSQL) adds the lines for PostgreSQL, INBOX_ON=PostgreSQL leaves out the others;
INBOX_MESSAGES and INBOX_ASKED are other numbers of messages, and of questions of each sort.
"""

import os
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import insert, text

import config
from app import create_app
from core.actor import COMMAND
from models import Contact, Conversation, Message, db
from services import auth, channels, contacts
from tables import session

Line = tuple[str, float, float, float, str]
MESSAGES = int(os.environ.get("INBOX_MESSAGES", "1000000"))
TALKS = max(10, MESSAGES // 20)
ASKED = int(os.environ.get("INBOX_ASKED", "100"))  # questions of each sort
ON = os.environ.get("INBOX_ON", "")  # SQLite or PostgreSQL; both where it is empty
END = datetime(2026, 11, 23, 9, tzinfo=UTC)
AT_ONCE = 20_000
WORDS = ("can i come for the flu jab today please doctor my results are late and thank you very much see you on monday order "
         "photo address number open saturday closed when where price delivery").split()
RARE = "zanzibar"
NAMES = ("Adaeze", "Tunde", "Ngozi", "Ibrahim", "Grace", "Halima", "Samuel", "Folake")


def row_26(rounds: int) -> list[Line]:
    """The pages on SQLite, and on PostgreSQL where there is one."""
    lines = []
    for name, address in (("SQLite", ""), ("PostgreSQL", os.environ.get("TEST_DATABASE_URL", ""))):
        if (name == "SQLite" or address) and ON in ("", name):
            with tempfile.TemporaryDirectory() as folder:
                ask = _filled(Path(folder), address)
                lines += [_measured(f"{what}, {name}", ask, addresses, rounds) for what, addresses in _questions().items()]
    return lines


def _questions() -> dict[str, Callable[[], str]]:
    """What is asked for: a sort of page → the address of one of them."""
    chance = random.Random(7)
    lists = ("/inbox/list", "/inbox/list?show=unanswered&sort=waiting", "/inbox/list?show=unread", "/inbox/list?show=mine",
             "/inbox/list?after=2026-11-10T09:00:00%2B00:00~1", "/inbox/list?tag=vip", "/inbox/list?show=closed")
    words = (*WORDS, RARE, "flu jab monday", "预约", "thank y", "doctor results")

    def talk() -> int:
        return 1 if chance.random() < 0.1 else chance.randrange(2, TALKS + 1)

    return {"the list of chats": lambda: chance.choice(lists),
            "a thread, its newest lines": lambda: f"/inbox/{talk()}/lines",
            "a thread, older lines": lambda: f"/inbox/{talk()}/lines?before=2026-11-12T09:00:00~1",
            "a search": lambda: f"/inbox/list?q={chance.choice(words)}",
            "the whole page of a chat": lambda: f"/inbox/{talk()}"}


def _measured(label: str, ask: Callable[[str], None], address: Callable[[], str], rounds: int) -> Line:
    """The time below which 95 of 100 answers lie, in milliseconds, round by round."""
    for _ in range(5):
        ask(address())
    worst, busy = [], []
    for _ in range(max(3, rounds)):
        taken, worked = [], []
        for _ in range(ASKED):
            wanted = address()
            before, at_work = time.perf_counter(), time.process_time()
            ask(wanted)
            taken.append((time.perf_counter() - before) * 1e3)
            worked.append((time.process_time() - at_work) * 1e3)
        worst.append(_p95(taken))
        busy.append(_p95(worked))
    note = f"{MESSAGES:,} messages; at work {statistics.median(busy):.0f} ms"
    return f"inbox: {label}, p95 ms", min(worst), statistics.median(worst), max(worst), note


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95) - 1]


def _filled(folder: Path, address: str) -> Callable[[str], None]:
    """The program with that many messages, and a browser of somebody signed in."""
    app = create_app(config.read({"INSTANCE_DIR": str(folder), "SECRET_KEY": "only-for-benchmarks-5d1f0c9b8a7e6d",
                                  "LOG_LEVEL": "WARNING", "DATABASE_URL": address}))
    with app.app_context():
        session.Base.metadata.create_all(db.engine)
        user_id = auth.add_user(email="bench@example.com", name="Bench", role="admin", by=COMMAND,
                                password="a long password for benches")
        channel_id = channels.ensure_first().id
        contacts.add_contact(phone=None, name="Tagged", tags=["vip"], by=COMMAND)
        began = time.perf_counter()
        _fill(channel_id, user_id)
        print(f"     filled with {MESSAGES:,} messages in {time.perf_counter() - began:.0f} s", flush=True)
        token = auth.start_session(user_id=user_id)
    client = FlaskClient(app)
    with client.session_transaction() as kept:
        kept.update({"_user_id": token, "_fresh": True})
    return lambda wanted: _answered(client, wanted)


def _answered(client: FlaskClient, address: str) -> None:
    answer = client.get(address, headers={"X-Live": "1"})
    if answer.status_code != 200 or not re.search(rb"<", answer.get_data()):
        raise SystemExit(f"{address} answers {answer.status_code}")


def _fill(channel_id: int, user_id: int) -> None:
    """People, conversations and messages as receiving and sending leave them."""
    chance = random.Random(20)
    first = 1000  # ids of people, beyond those that are there
    for table, rows in ((Contact, _people(first, chance)), (Conversation, _talks(first, channel_id, user_id, chance)),
                        (Message, _messages(first, channel_id, user_id, chance))):
        batch: list[dict[str, Any]] = []
        for row in rows:
            batch.append(row)
            if len(batch) == AT_ONCE:
                _write(table, batch)
        _write(table, batch)
    with session.transaction():
        db.session.execute(text("INSERT INTO contact_tags (contact_id, tag_id) SELECT id, 1 FROM contacts WHERE id % 97 = 0"))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _write(table: Any, batch: list[dict[str, Any]]) -> None:
    if batch:
        with session.transaction():
            db.session.execute(insert(table.__table__), batch)
        batch.clear()


def _people(first: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(TALKS):
        name = f"{chance.choice(NAMES)} {number}"
        phone = f"+234{8030000000 + number}"
        yield {"id": first + number, "phone": phone, "source": "message", "name": name, "marketing": "unknown",
               "utility": "unknown", "zone": "", "notes": "", "language": "en", "fields": {}, "company": "", "email": "",
               **contacts.derive(phone=phone, name=name, country="NG")}


def _talks(first: int, channel_id: int, user_id: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(TALKS):
        last = END - timedelta(seconds=number * 60)
        waits = chance.random() < 0.1
        yield {"id": number + 1, "contact_id": first + number, "channel_id": channel_id,
               "state": "closed" if chance.random() < 0.5 else "open", "assigned_to": user_id if chance.random() < 0.2 else None,
               "last_at": last, "last_in_at": last, "window_ends_at": last + timedelta(hours=24), "unread": int(waits),
               "waiting_since": last - timedelta(minutes=chance.randrange(600)) if waits else None,
               "preview": "can I come today", "preview_is_ours": False}


def _messages(first: int, channel_id: int, user_id: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(1, MESSAGES + 1):
        whom = 0 if number % 50 == 0 else chance.randrange(TALKS)
        at = END - timedelta(seconds=(MESSAGES - number) * 2)
        is_ours = number % 2 == 0
        words = " ".join(chance.choices(WORDS, k=8))
        words = f"{words} {RARE}" if number % 20_011 == 0 else "明天可以预约吗" if number % 5_003 == 0 else words
        yield {"direction": "out" if is_ours else "in", "kind": "text", "channel_id": channel_id, "contact_id": first + whom,
               "phone": "", "text": words, "state": "read" if is_ours else "received", "created_at": at, "due_at": at,
               "accepted_at": at if is_ours else None, "sent_at": at if is_ours else None, "read_at": at if is_ours else None,
               "wire_id": f"wamid.{number}", "author_kind": "user" if is_ours else "", "author_name": "Bench" if is_ours else "",
               "author_id": user_id if is_ours else None}


ROWS = {26: row_26}
