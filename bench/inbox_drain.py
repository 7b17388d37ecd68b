"""Row 21: draining stored messages of people (read, find the person, keep the line, follow the conversation, tell the rules,
commit) beside a bare loop of the same statements: the body parsed with `json`, each statement by itself through `sqlite3`, a
commit for each hundred notices."""

import contextlib
import json
import os
import random
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from bench import bare_app
from core.letters import letters_apart

Line = tuple[str, float, float, float, str]
EVENTS = int(os.environ.get("EVENTS", "20000"))
PEOPLE = int(os.environ.get("PEOPLE", "2000"))
NUMBER = "100000000000001"
FIRST = 447_700_000_000
FIND = "SELECT id, phone, wa_id, user_id, name FROM contacts WHERE wa_id = ?"
KEEP = """INSERT INTO messages (direction, kind, channel_id, contact_id, phone, text, variables, content, reply_to, author_kind,
    author_name, state, reason_code, reason, priority, due_at, tries, wire_id, created_at)
    VALUES ('in', 'text', ?, ?, ?, ?, '{}', '{}', '', '', '', 'received', '', '', 10, ?, 0, ?, ?)
    ON CONFLICT (channel_id, wire_id) DO NOTHING RETURNING id"""
FOLLOW = """INSERT INTO conversations (contact_id, channel_id, state, last_at, last_in_at, window_ends_at, waiting_since, unread,
    preview, preview_is_ours, created_at) VALUES (?, ?, 'open', ?, ?, ?, ?, 1, ?, 0, ?)
    ON CONFLICT (contact_id, channel_id) DO UPDATE SET last_at = max(last_at, excluded.last_at),
    preview = CASE WHEN excluded.last_at >= last_at THEN excluded.preview ELSE preview END, preview_is_ours = 0,
    last_in_at = max(coalesce(last_in_at, excluded.last_in_at), excluded.last_in_at),
    window_ends_at = max(coalesce(window_ends_at, excluded.window_ends_at), excluded.window_ends_at),
    waiting_since = min(coalesce(waiting_since, excluded.waiting_since), excluded.waiting_since), unread = unread + 1,
    state = CASE WHEN state <> 'open' THEN 'open' ELSE state END"""
HEARD = "UPDATE contacts SET last_heard_at = ? WHERE id = ? AND (last_heard_at IS NULL OR last_heard_at < ?)"
TELL = """INSERT INTO events (kind, contact_id, channel_id, message_id, at, details, by_itself, recorded_at)
    VALUES ('message.received', ?, ?, ?, ?, '{"kind": "text"}', 0, ?)"""


def row_21(rounds: int) -> list[Line]:
    """Each round on two copies of one database."""
    mine, floors = [], []
    with tempfile.TemporaryDirectory(prefix="pigeonpost-bench-") as folder:
        for number in range(rounds):
            for name, side, found in (("ours", _ours, mine), ("bare", _bare, floors)):
                place = Path(folder) / f"{name}{number}"
                place.mkdir()
                found.append(side(place))
    ratios = [one / other for one, other in zip(mine, floors, strict=True)]
    note = f"{statistics.median(mine):,.0f}/s beside {statistics.median(floors):,.0f}/s"
    return [(f"draining {EVENTS:,} messages of {PEOPLE:,} people / the same statements one by one", min(ratios),
             statistics.median(ratios), max(ratios), note)]


@contextlib.contextmanager
def _place(folder: Path):
    """A database with people and the stored notices of what they wrote just now, in a random order."""
    app = bare_app.make(str(folder), WHATSAPP_MODE="cloud", WHATSAPP_TOKEN="t", PHONE_NUMBER_ID=NUMBER, BUSINESS_ID="2",  # noqa: S106
                        APP_SECRET="s", WEBHOOK_VERIFY_TOKEN="w")  # noqa: S106
    from models import Contact, db, transaction
    from services import channels, webhooks

    with app.app_context():
        channels.ensure_first()
        with transaction():
            db.session.execute(db.insert(Contact.__table__), [
                {"phone": f"+{FIRST + one}", "wa_id": str(FIRST + one), "user_id": f"GB.{FIRST + one}", "name": f"Person {one}",
                 "fields": {}} for one in range(PEOPLE)])
        now, chance = int(time.time()), random.Random(5)
        bodies = [_notice(number, chance.randrange(PEOPLE), now - chance.randrange(60)) for number in range(EVENTS)]
        for start in range(0, len(bodies), 500):
            webhooks.keep(*bodies[start:start + 500])
        db.session.remove()
        yield app
        db.session.remove()
        db.engine.dispose()


def _notice(number: int, person: int, at: int) -> bytes:
    """One notice with one message, as Meta sends it."""
    wa_id = str(FIRST + person)
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "2", "changes": [{"field": "messages", "value": {
        "messaging_product": "whatsapp", "metadata": {"display_phone_number": "447700900000", "phone_number_id": NUMBER},
        "contacts": [{"profile": {"name": f"Person {person}"}, "wa_id": wa_id, "user_id": f"GB.{wa_id}"}],
        "messages": [{"from": wa_id, "from_user_id": f"GB.{wa_id}", "id": f"wamid.HBgMNDQ3NzAwOTAwMTIzFQIAEhgU{number:020}",
                      "timestamp": str(at), "type": "text", "text": {"body": f"Is my bike ready? This is question {number}."}}],
    }}]}]}).encode()


def _ours(folder: Path) -> float:
    """Messages a second, as shipped."""
    from services import webhooks

    with _place(folder):
        began = time.perf_counter()
        while webhooks.read_events():
            pass
        spent = time.perf_counter() - began
    _check(folder)
    return EVENTS / spent


def _bare(folder: Path) -> float:
    """Messages a second, in a loop anybody would write."""
    with _place(folder), contextlib.closing(sqlite3.connect(folder / "pigeonpost.sqlite")) as db:
        db.isolation_level = None
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON", "cache_size=-16000", "temp_store=MEMORY"):
            db.execute(f"PRAGMA {pragma}")
        db.create_function("letters_apart", 1, letters_apart, deterministic=True)  # both sides learn the words of a text
        began = time.perf_counter()
        channel = db.execute("SELECT id FROM channels").fetchone()[0]
        while events := db.execute("SELECT id, body FROM webhook_events WHERE state = 'new' ORDER BY id LIMIT 100").fetchall():
            db.execute("BEGIN IMMEDIATE")
            for _event, text in events:
                for change in json.loads(text)["entry"][0]["changes"]:
                    for message in change["value"]["messages"]:
                        _one(db, channel, message)
            db.executemany("UPDATE webhook_events SET state = 'read' WHERE id = ?", [(event,) for event, _ in events])
            db.execute("COMMIT")
        spent = time.perf_counter() - began
    _check(folder)
    return EVENTS / spent


def _one(db: sqlite3.Connection, channel: int, message: dict) -> None:
    """One message: find who it is, keep it, follow the conversation, tell the rules."""
    seconds = int(message["timestamp"])
    at = time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime(seconds))
    ends = time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime(seconds + 86_400))
    person, phone, *_ = db.execute(FIND, (message["from"],)).fetchone()
    text = message["text"]["body"]
    kept = db.execute(KEEP, (channel, person, phone, text, at, message["id"], at)).fetchone()
    if kept:
        db.execute(HEARD, (at, person, at))
        db.execute(FOLLOW, (person, channel, at, at, ends, at, text[:200], at))
        db.execute(TELL, (person, channel, kept[0], at, at))


def _check(folder: Path) -> None:
    """Complain unless every message is kept, counted and told once."""
    with contextlib.closing(sqlite3.connect(folder / "pigeonpost.sqlite")) as look:
        kept = look.execute("SELECT count(*) FROM messages").fetchone()[0]
        unread = look.execute("SELECT sum(unread) FROM conversations").fetchone()[0]
        told = look.execute("SELECT count(*) FROM events WHERE kind = 'message.received'").fetchone()[0]
    if (kept, unread, told) != (EVENTS,) * 3:
        raise RuntimeError(f"{EVENTS} messages came; {kept} are kept, {unread} unread, {told} told")


ROWS = {21: row_21}
