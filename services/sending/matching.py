"""Which message a status speaks of: by Meta's id, else by our echo, else, for a failure, by the person and the hour."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, or_, select, text

from core.states import MessageState
from models import Contact, Message, MessageAttempt, db, is_sqlite

NEAR = timedelta(minutes=10)

_m = Message.__table__.c
_a = MessageAttempt.__table__.c
_COLUMNS = (_m.id, _m.contact_id, _m.attempted_at)


class Found(NamedTuple):
    """A message. `is_earlier_try`: the status speaks of a try that was followed by another. `attempted_at` is as the
    database keeps it, or a moment: only for `newest_of`."""

    message_id: int
    contact_id: int | None
    attempted_at: Any
    is_earlier_try: bool = False
    has_wire_id: bool = False  # it is kept with the wire id it was found by


_BY_WIRE_ID = "SELECT wire_id, id, contact_id, attempted_at FROM messages WHERE channel_id = :channel AND wire_id "
_BY_WIRE_ID_SQLITE = text(_BY_WIRE_ID + "IN (SELECT value FROM json_each(:wires))")
_BY_WIRE_ID_POSTGRES = text(_BY_WIRE_ID + "= ANY(:wires)")


def find(channel_id: int, heard: Sequence[Any]) -> dict[str, Found]:
    """The message of each wire id that can be told. `heard` has wire_id, attempt_id, status, recipient and at.

    At most four queries, and one for each failure that came without an echo.
    """
    wires = list({item.wire_id for item in heard})
    asked, listed = (_BY_WIRE_ID_SQLITE, json.dumps(wires)) if is_sqlite() else (_BY_WIRE_ID_POSTGRES, wires)
    rows: Any = db.session.execute(asked, {"channel": channel_id, "wires": listed})
    found = {wire_id: Found(message_id, contact_id, attempted_at, False, True)
             for wire_id, message_id, contact_id, attempted_at in rows}
    if len(found) == len(wires):
        return found
    for search in (_by_echo, _by_earlier_echo, _by_earlier_wire_id):
        left = [item for item in heard if item.wire_id not in found]
        if left:
            taken = {match.message_id for match in found.values()}
            found |= {wire_id: match for wire_id, match in search(channel_id, left)
                      if match.is_earlier_try or match.message_id not in taken}
    for item in heard:
        is_bare_failure = item.status == "failed" and not item.attempt_id and item.recipient
        if is_bare_failure and item.wire_id not in found and (match := _by_person(channel_id, item)):
            found[item.wire_id] = match
    return found


def newest_of(found: Iterable[Found]) -> datetime | None:
    """When the newest of these tries began. SQLite keeps moments as texts that stand in the order of time."""
    kept = [match.attempted_at for match in found]
    texts = max((at for at in kept if type(at) is str), default=None)
    moments = [at for at in kept if isinstance(at, datetime)]
    if texts is not None:
        moments.append(datetime.fromisoformat(texts).replace(tzinfo=UTC))
    return max(moments, default=None)


def _by_echo(channel_id: int, left: Sequence[Any]) -> list[tuple[str, Found]]:
    """Messages whose present try has the id that came back. It says itself which message it is of."""
    wires = {item.attempt_id: item.wire_id for item in left if item.attempt_id}
    ids = {message_id for attempt_id in wires if (message_id := message_of(attempt_id))}
    if not ids:
        return []
    rows = db.session.execute(select(*_COLUMNS, _m.attempt_id).where(_m.id.in_(ids), _m.channel_id == channel_id))
    return [(wires[row.attempt_id], Found(row.id, row.contact_id, row.attempted_at))
            for row in rows if row.attempt_id in wires]


def message_of(attempt_id: str) -> int:
    """The message that an attempt id of ours ends with; 0 when it is not ours."""
    _token, _dot, number = attempt_id.rpartition(".")
    is_ours = number.isascii() and number.isdigit() and len(number) <= 10
    return int(number) if is_ours and int(number) < 2**31 else 0


def _by_earlier_echo(channel_id: int, left: Sequence[Any]) -> list[tuple[str, Found]]:
    """Messages that had the try that came back before their present one."""
    wires = {item.attempt_id: item.wire_id for item in left if item.attempt_id}
    return [(wires[row.attempt_id], _earlier(row)) for row in _earlier_tries(channel_id, _a.attempt_id, wires)]


def _by_earlier_wire_id(channel_id: int, left: Sequence[Any]) -> list[tuple[str, Found]]:
    """Messages of which an earlier try was accepted under this id."""
    wires = {item.wire_id for item in left}
    return [(row.wire_id, _earlier(row)) for row in _earlier_tries(channel_id, _a.wire_id, wires)]


def _earlier(row: Row[Any]) -> Found:
    return Found(row.id, row.contact_id, row.attempted_at, is_earlier_try=True)


def _earlier_tries(channel_id: int, column: Any, wanted: Iterable[str]) -> Sequence[Row[Any]]:
    """Tries that were followed by another, with the messages they belong to."""
    keys = list(wanted)
    if not keys:
        return []
    return db.session.execute(
        select(_m.id, _m.contact_id, _a.attempted_at, _a.attempt_id, _a.wire_id)
        .join(MessageAttempt, _a.message_id == _m.id)
        .where(column.in_(keys), _m.channel_id == channel_id)).all()


def _by_person(channel_id: int, item: Any) -> Found | None:
    """The only message to this person whose fate is open and whose time fits; None when there is more than one."""
    digits = item.recipient.lstrip("+")
    person = select(Contact.id).where(or_(Contact.phone == f"+{digits}", Contact.wa_id == digits))
    rows = db.session.execute(select(*_COLUMNS).where(
        _m.contact_id.in_(person), _m.channel_id == channel_id, _m.wire_id.is_(None),
        or_(_m.state == MessageState.UNKNOWN, _m.state == MessageState.SENDING),
        _m.attempted_at > item.at - NEAR, _m.attempted_at < item.at + NEAR).limit(2)).all()
    return Found(rows[0].id, rows[0].contact_id, rows[0].attempted_at) if len(rows) == 1 else None
