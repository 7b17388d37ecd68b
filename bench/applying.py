"""Row 10: applying stored notices (read, match by the id of our try, move forward, commit) beside a bare loop of the same
statements: the body parsed with `json`, each statement by itself through `sqlite3`, a commit for each thousand."""

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
from bench.webhooks import NUMBER, body

Line = tuple[str, float, float, float, str]
EVENTS = int(os.environ.get("EVENTS", "20000"))
EACH = 10  # statuses a notice
WORDS = ("sent", "delivered", "read")
FIND = "SELECT id, contact_id, attempted_at FROM messages WHERE channel_id = ? AND wire_id = ?"
KEEP = """INSERT INTO delivery_news (channel_id, wire_id, status, at, attempt_id, recipient, code, reason, details, message_id,
    heard_at) VALUES (?, ?, ?, ?, ?, ?, '', '', '{}', ?, ?) ON CONFLICT (channel_id, wire_id, status) DO UPDATE
    SET at = min(at, excluded.at), message_id = coalesce(message_id, excluded.message_id)"""
RANK = ("CASE state WHEN 'accepted' THEN 3 WHEN 'sent' THEN 4 WHEN 'failed' THEN 5 "
        "WHEN 'delivered' THEN 6 WHEN 'read' THEN 7 ELSE 0 END")
MOVE = (f"UPDATE messages SET state = CASE WHEN {RANK} < :rank THEN :state ELSE state END, "  # noqa: S608  # our own words
        "{column} = min(coalesce({column}, :at), :at) WHERE id = :id")
RANKS = {"sent": 4, "delivered": 6, "read": 7}


def row_10(rounds: int) -> list[Line]:
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
    return [("applying stored events / the same statements one by one", min(ratios), statistics.median(ratios), max(ratios),
             note)]


@contextlib.contextmanager
def _place(folder: Path):
    """A database with accepted messages and stored notices of what became of each, in a random order."""
    app = bare_app.make(str(folder), WHATSAPP_MODE="cloud", WHATSAPP_TOKEN="t", PHONE_NUMBER_ID=NUMBER, BUSINESS_ID="2",  # noqa: S106
                        APP_SECRET="s", WEBHOOK_VERIFY_TOKEN="w")  # noqa: S106
    from models import Message, db, transaction
    from services import webhooks
    from tests.factories import sending as make

    with app.app_context():
        people = EVENTS // len(WORDS)
        make.make_campaign(people, channel=make.make_channel(number_id=NUMBER))
        told = [(number, word) for number in range(1, people + 1) for word in WORDS]
        random.Random(5).shuffle(told)
        sample = json.loads(body(1))["entry"][0]["changes"][0]["value"]["statuses"][0]["id"]
        with transaction():
            db.session.execute(db.update(Message).values(
                state="accepted", wire_id=db.literal(sample[:-20]) + db.func.printf("%020d", Message.id)))
        bodies = [_notice(told[start:start + EACH]) for start in range(0, len(told), EACH)]
        for start in range(0, len(bodies), 500):
            webhooks.keep(*bodies[start:start + 500])
        db.session.remove()
        yield app, len(told)
        db.session.remove()
        db.engine.dispose()


def _notice(told: list[tuple[int, str]]) -> bytes:
    """One notice that tells these."""
    data = json.loads(body(*(number for number, _ in told)))
    for status, (_, word) in zip(data["entry"][0]["changes"][0]["value"]["statuses"], told, strict=True):
        status["status"] = word
    return json.dumps(data).encode()


def _ours(folder: Path) -> float:
    """Events a second, as shipped."""
    from services import webhooks

    with _place(folder) as (_, count):
        began = time.perf_counter()
        while webhooks.read_events():
            pass
        spent = time.perf_counter() - began
    _check(folder, count)
    return count / spent


def _bare(folder: Path) -> float:
    """Events a second, in a loop anybody would write."""
    with _place(folder) as (_, count), contextlib.closing(sqlite3.connect(folder / "pigeonpost.sqlite")) as db:
        db.isolation_level = None
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON", "cache_size=-16000", "temp_store=MEMORY"):
            db.execute(f"PRAGMA {pragma}")
        began = time.perf_counter()
        moves = {word: MOVE.format(column=f"{word}_at") for word in WORDS}
        channel = db.execute("SELECT id FROM channels").fetchone()[0]
        while events := db.execute("SELECT id, body FROM webhook_events WHERE state = 'new' ORDER BY id LIMIT 100").fetchall():
            db.execute("BEGIN IMMEDIATE")
            for _event, text in events:
                for change in json.loads(text)["entry"][0]["changes"]:
                    for status in change["value"]["statuses"]:
                        _one(db, moves, channel, status)
            db.executemany("UPDATE webhook_events SET state = 'read' WHERE id = ?", [(event,) for event, _ in events])
            db.execute("COMMIT")
        spent = time.perf_counter() - began
    _check(folder, count)
    return count / spent


def _one(db: sqlite3.Connection, moves: dict[str, str], channel: int, status: dict) -> None:
    """One status: match, keep, move."""
    at = time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime(int(status["timestamp"])))
    found = db.execute(FIND, (channel, status["id"])).fetchone()
    db.execute(KEEP, (channel, status["id"], status["status"], at, status["biz_opaque_callback_data"], status["recipient_id"],
                      found[0] if found else None, at))
    if found:
        db.execute(moves[status["status"]], {"rank": RANKS[status["status"]], "state": status["status"], "at": at,
                                             "id": found[0]})


def _check(folder: Path, count: int) -> None:
    """Complain unless everybody has read and every event is kept once."""
    with contextlib.closing(sqlite3.connect(folder / "pigeonpost.sqlite")) as look:
        read = look.execute("SELECT count(*) FROM messages WHERE state = 'read' AND sent_at <= read_at").fetchone()[0]
        kept = look.execute("SELECT count(*) FROM delivery_news WHERE message_id IS NOT NULL").fetchone()[0]
    if (read, kept) != (count // len(WORDS), count):
        raise RuntimeError(f"{count} events were told; {kept} are kept, {read} messages are read")


ROWS = {10: row_10}
