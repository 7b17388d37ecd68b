"""What stands on each phone: every message of a talk, both ways, in order, with how far it came. Kept in the ledger."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core import clock
from simulator import ledger
from simulator.ledger import Ledger

BUSINESS, PERSON = "business", "person"
LAST = 100
_COLUMNS = ("at, number, side, wamid, kind, shown, quotes, arrives_at, read_at, code, waits, reaction_theirs, "
            "reaction_ours, edited_at, deleted_at, about")


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a talk. Times are Unix seconds; those still to come are in the future."""

    at: float
    number: str
    side: str  # BUSINESS | PERSON
    wamid: str
    kind: str
    shown: dict[str, Any]
    quotes: str = ""
    arrives_at: float | None = None  # on the phone; for what the person wrote: at the webhook
    read_at: float | None = None
    code: int = 0  # why it failed
    waits: bool = False  # for a connection
    reaction_theirs: str = ""
    reaction_ours: str = ""
    edited_at: float | None = None
    deleted_at: float | None = None
    about: str = ""  # JSON: echo, category, wa_id and user_id, as its statuses tell them

    def state(self, now: float) -> str:
        """waiting, sent, delivered, read or failed."""
        if self.code:
            return "failed"
        if self.side == PERSON and self.waits:
            return "waiting"
        if self.read_at is not None and self.read_at <= now:
            return "read"
        return "delivered" if self.arrives_at is not None and self.arrives_at <= now else "sent"

    def is_on_phone(self, now: float) -> bool:
        """Whether the person can see it."""
        return self.at <= now if self.side == PERSON else self.state(now) in ("delivered", "read")

    def told(self, now: float) -> dict[str, Any]:
        """For the control address."""
        shown: dict[str, Any] = {} if self.deleted_at else self.shown
        return {"id": self.wamid, "side": self.side, "at": self.at, "kind": self.kind, "state": self.state(now),
                "is_on_phone": self.is_on_phone(now), "shown": shown, "quotes": self.quotes, "code": self.code,
                "reaction_theirs": self.reaction_theirs, "reaction_ours": self.reaction_ours,
                "is_edited": self.edited_at is not None, "is_deleted": self.deleted_at is not None}

    def row(self) -> tuple[Any, ...]:
        """As ledger.SHOW wants it."""
        return (self.at, self.number, self.side, self.wamid, self.kind, json.dumps(self.shown), self.quotes,
                self.arrives_at, self.read_at, self.code, int(self.waits), self.about)


class Talk:
    """The talks of one simulated world."""

    def __init__(self, book: Ledger) -> None:
        self._book = book

    def lines(self, number: str, last: int = LAST) -> list[Line]:
        """The last messages with this person, oldest first. One query."""
        rows = self._book.rows(f"SELECT {_COLUMNS} FROM talk WHERE number = ? ORDER BY at DESC, id DESC LIMIT ?",
                               (number, last))
        return [_line(row) for row in reversed(rows)]

    def line(self, number: str, wamid: object) -> Line | None:
        """One message of this person's talk. One query."""
        if not isinstance(wamid, str):
            return None
        rows = self._book.rows(f"SELECT {_COLUMNS} FROM talk WHERE wamid = ? AND number = ?", (wamid, number))
        return _line(rows[0]) if rows else None

    def whose(self, wamid: str) -> str:
        """The number of the person whose talk holds this message; empty when none does. One query."""
        rows = self._book.rows("SELECT number FROM talk WHERE wamid = ?", (wamid,))
        return str(rows[0][0]) if rows else ""

    def unread(self, number: str, now: float) -> list[Line]:
        """What has arrived on the phone and was not looked at, oldest first."""
        return [line for line in self.lines(number, 10_000) if line.side == BUSINESS and line.state(now) == "delivered"]

    def waiting(self, number: str) -> list[Line]:
        """What waits for a connection, oldest first, either way."""
        rows = self._book.rows(f"SELECT {_COLUMNS} FROM talk WHERE number = ? AND waits = 1 ORDER BY at, id", (number,))
        return [_line(row) for row in rows]

    def put(self, *lines: Line) -> None:
        """Write messages down; those that are there stay as they are."""
        self._book.write([(ledger.SHOW, [line.row() for line in lines])])

    def mark(self, wamid: str, **marks: Any) -> None:
        """Change columns of one message."""
        names = ", ".join(f"{name} = ?" for name in marks)
        self._book.write([(f"UPDATE talk SET {names} WHERE wamid = ?", [(*marks.values(), wamid)])])

    def seen_by_us(self, wamid: str) -> str:
        """The business has read this message of a person, and those before it. The number of the person, or nothing."""
        if number := self.whose(wamid):
            self._book.write([(
                "UPDATE talk SET read_at = ? WHERE number = ? AND side = ? AND read_at IS NULL AND waits = 0 "
                "AND at <= (SELECT at FROM talk WHERE wamid = ?)", [(clock.seconds(), number, PERSON, wamid)])])
        return number

    def calls(self, number: str, last: int = 60) -> list[dict[str, Any]]:
        """The last calls between this person's side and the business, newest first. One query."""
        names = ("id", "at", "way", "what", "wamid", "status", "body")
        rows = self._book.rows(f"SELECT {', '.join(names)} FROM calls WHERE number = ? ORDER BY id DESC LIMIT ?",
                               (number, last))
        return [dict(zip(names, row, strict=True)) for row in rows]


def _line(row: Sequence[Any]) -> Line:
    """One row of the file."""
    line = Line(*row)
    return replace(line, shown=json.loads(row[5]), waits=bool(line.waits))
