"""What was accepted, written down before the answer: the truth of every sending test. And what is still to come."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "simulator.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS accepted (id INTEGER PRIMARY KEY, at REAL, phone_number_id TEXT, recipient TEXT,
                                     attempt_id TEXT, wamid TEXT, kind TEXT, content TEXT DEFAULT '');
CREATE TABLE IF NOT EXISTS refused (id INTEGER PRIMARY KEY, at REAL, recipient TEXT, attempt_id TEXT, outcome TEXT);
CREATE TABLE IF NOT EXISTS news (id INTEGER PRIMARY KEY, due REAL, born REAL, tries INTEGER DEFAULT 0, owner TEXT,
                                 kind TEXT, recipient TEXT, payload TEXT, contact TEXT DEFAULT '');
CREATE INDEX IF NOT EXISTS news_due ON news (due);
CREATE TABLE IF NOT EXISTS templates (id TEXT PRIMARY KEY, name TEXT, language TEXT, category TEXT, format TEXT,
                                      components TEXT, verdict TEXT, reason TEXT, decided_at REAL, quality TEXT DEFAULT '',
                                      coming TEXT DEFAULT '', pause TEXT DEFAULT '',
                                      UNIQUE (name, language));
CREATE TABLE IF NOT EXISTS edits (template_id TEXT, at REAL);
CREATE TABLE IF NOT EXISTS files (id TEXT PRIMARY KEY, mime TEXT, size INTEGER, sha256 TEXT, at REAL,
                                  owner TEXT DEFAULT '');
CREATE TABLE IF NOT EXISTS customers (recipient TEXT PRIMARY KEY, heard_at REAL DEFAULT 0, stopped INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS people (number TEXT PRIMARY KEY, user_id TEXT UNIQUE, name TEXT, username TEXT DEFAULT '',
                                   hides_number INTEGER DEFAULT 0, has_whatsapp INTEGER DEFAULT 1,
                                   has_connection INTEGER DEFAULT 1, reads INTEGER DEFAULT 1,
                                   tells_read INTEGER DEFAULT 1, has_blocked INTEGER DEFAULT 0,
                                   news_late REAL DEFAULT 0, typing_until REAL DEFAULT 0, held_at REAL);
CREATE TABLE IF NOT EXISTS talk (id INTEGER PRIMARY KEY, at REAL, number TEXT, side TEXT, wamid TEXT UNIQUE, kind TEXT,
                                 shown TEXT, quotes TEXT DEFAULT '', arrives_at REAL, read_at REAL, code INTEGER DEFAULT 0,
                                 waits INTEGER DEFAULT 0, reaction_theirs TEXT DEFAULT '', reaction_ours TEXT DEFAULT '',
                                 edited_at REAL, deleted_at REAL, about TEXT DEFAULT '');
CREATE INDEX IF NOT EXISTS talk_number ON talk (number, at);
CREATE TABLE IF NOT EXISTS calls (id INTEGER PRIMARY KEY, at REAL, number TEXT, way TEXT, what TEXT, wamid TEXT,
                                  status INTEGER, body TEXT);
CREATE INDEX IF NOT EXISTS calls_number ON calls (number, id);
"""
TALK_KEPT, CALLS_KEPT = (1_000, 50_000), (300, 20_000)  # rows for one person, and for everybody
_TRIM = """
CREATE TRIGGER IF NOT EXISTS {table}_trim AFTER INSERT ON {table} BEGIN
    DELETE FROM {table} WHERE number = NEW.number AND {spared} AND id IN (
        SELECT id FROM {table} WHERE number = NEW.number ORDER BY {order} LIMIT -1 OFFSET {one});
    DELETE FROM {table} WHERE id <= NEW.id - {everybody} AND {spared};
END;
"""
_TRIMS = (_TRIM.format(table="talk", spared="waits = 0", order="at DESC, id DESC", one=TALK_KEPT[0], everybody=TALK_KEPT[1])
          + _TRIM.format(table="calls", spared="1", order="id DESC", one=CALLS_KEPT[0], everybody=CALLS_KEPT[1]))
_LATER = (("accepted", "content"), ("news", "contact"), ("files", "owner"), ("templates", "quality"),
          ("templates", "coming"), ("templates", "pause"))  # columns that files of before lack
ACCEPT = ("INSERT INTO accepted (at, phone_number_id, recipient, attempt_id, wamid, kind, content) "
          "VALUES (?, ?, ?, ?, ?, ?, ?)")
REFUSE = "INSERT INTO refused (at, recipient, attempt_id, outcome) VALUES (?, ?, ?, ?)"
ANNOUNCE = "INSERT INTO news (due, born, owner, kind, recipient, payload, contact) VALUES (?, ?, ?, ?, ?, ?, ?)"
SHOW = ("INSERT OR IGNORE INTO talk (at, number, side, wamid, kind, shown, quotes, arrives_at, read_at, code, waits, "
        "about) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
CALL = "INSERT INTO calls (at, number, way, what, wamid, status, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
HEAR = ("INSERT INTO customers (recipient, heard_at) VALUES (?, ?) "
        "ON CONFLICT (recipient) DO UPDATE SET heard_at = max(heard_at, excluded.heard_at)")
PREFER = ("INSERT INTO customers (recipient, stopped) VALUES (?, ?) "
          "ON CONFLICT (recipient) DO UPDATE SET stopped = excluded.stopped")


@dataclass(frozen=True, slots=True)
class Accepted:
    """One message the simulator took in. `at` is Unix seconds; `recipient` is the `to` of the request."""

    at: float
    phone_number_id: str
    recipient: str
    attempt_id: str
    wamid: str
    kind: str
    content: str = ""  # JSON: the object named like `kind`


@dataclass(frozen=True, slots=True)
class Refused:
    """One message it did not take in; `outcome` is Meta's code or the fault that was played."""

    at: float
    recipient: str
    attempt_id: str
    outcome: str


class Ledger:
    """The file of one simulated world. Several processes may hold it; every write is one short transaction."""

    def __init__(self, folder: Path | str) -> None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._link = sqlite3.connect(Path(folder) / FILE, timeout=10, isolation_level=None, check_same_thread=False)
        self._link.execute("PRAGMA journal_mode=WAL")
        self._link.execute("PRAGMA synchronous=NORMAL")
        self._link.execute("PRAGMA wal_autocheckpoint=8000")  # pages; each checkpoint waits for the disk
        self._link.executescript(_SCHEMA + _TRIMS)
        for table, column in _LATER:
            if column not in {row[1] for row in self.rows(f"PRAGMA table_info({table})")}:
                with contextlib.suppress(sqlite3.OperationalError):  # another process was quicker
                    self._link.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT DEFAULT ''")

    def accepted(self) -> list[Accepted]:
        """Every message taken in, oldest first."""
        return [Accepted(*row) for row in self.rows(
            "SELECT at, phone_number_id, recipient, attempt_id, wamid, kind FROM accepted ORDER BY id")]

    def shown_to(self, recipient: str, last: int = 100) -> list[Accepted]:
        """The last messages one person got, with what they hold, newest first."""
        return [Accepted(*row) for row in self.rows(
            "SELECT at, phone_number_id, recipient, attempt_id, wamid, kind, content FROM accepted WHERE recipient = ? "
            "ORDER BY id DESC LIMIT ?", (recipient, last))]

    def refused(self) -> list[Refused]:
        """Every message not taken in, oldest first."""
        return [Refused(*row) for row in self.rows(
            "SELECT at, recipient, attempt_id, outcome FROM refused ORDER BY id")]

    def pending(self) -> int:
        """How many pieces of news are still to be told."""
        return int(self.rows("SELECT count(*) FROM news")[0][0])

    def rows(self, question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The answer to one question."""
        return self._link.execute(question, values).fetchall()

    def write(self, batches: Iterable[tuple[str, Sequence[Sequence[Any]]]]) -> None:
        """Run each statement for each of its rows, all in one transaction."""
        self._link.execute("BEGIN IMMEDIATE")
        try:
            for statement, rows in batches:
                self._link.executemany(statement, rows)
        except BaseException:
            self._link.execute("ROLLBACK")
            raise
        self._link.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._link.close()


class Pen:
    """Writes for many requests at once: whoever waits for `committed()` shares one transaction with the others."""

    def __init__(self, ledger: Ledger, on_news: Callable[[float], None] | None = None) -> None:
        """`on_news` is called with the moment the next news is due; without it news is not kept."""
        self._ledger = ledger
        self._on_news = on_news
        self._batches: dict[str, list[Sequence[Any]]] = {}
        self._waiting: list[asyncio.Future[None]] = []

    def note(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows to the next transaction."""
        if statement is ANNOUNCE and not self.keeps_news:
            return
        self._batches.setdefault(statement, []).extend(rows)

    @property
    def keeps_news(self) -> bool:
        """Whether anybody is told."""
        return self._on_news is not None

    async def committed(self) -> None:
        """Return when everything noted so far is in the file. Raises sqlite3.Error when it could not be written."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self.flush)
        waiter = loop.create_future()
        self._waiting.append(waiter)
        await waiter

    def flush(self) -> None:
        """Write now, and wake everybody who waits."""
        batches, waiting = self._batches, self._waiting
        self._batches, self._waiting = {}, []
        trouble: Exception | None = None
        try:
            if batches:
                self._ledger.write(batches.items())
        except (sqlite3.Error, ValueError, OverflowError) as error:  # whoever waits must hear of it
            trouble = error
        if not trouble and self._on_news and (news := batches.get(ANNOUNCE)):
            self._on_news(min(row[0] for row in news))
        for waiter in waiting:
            if waiter.done():
                continue
            if trouble:
                waiter.set_exception(trouble)
            else:
                waiter.set_result(None)
