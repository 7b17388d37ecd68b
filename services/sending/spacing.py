"""One message a person every six seconds: whoever just got one from the same number waits for the next."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, text, update

from core.states import MessageState
from models import Message, db, is_sqlite
from services.sending.claim import Queued
from services.sending.pacing import HORIZON

APART = timedelta(seconds=6)  # Meta: one message a pair of numbers every six seconds
LEEWAY = timedelta(seconds=HORIZON + 1.0)  # a message leaves so long after its claim at most, unless the number is held
_m = Message.__table__.c


def apart(rows: Sequence[Queued], channel_id: int, now: datetime) -> list[Queued]:
    """Those whose people may get it now; the others are put off. Join it to a claim. One query, over the index of
    people's messages."""
    ids = [row.contact_id for row in rows if row.contact_id is not None]
    if not ids:
        return list(rows)
    busy = _busy(ids, [row.id for row in rows], channel_id, now)
    if not busy and len(set(ids)) == len(ids):
        return list(rows)
    good: list[Queued] = []
    for row in rows:
        free_at = busy.get(row.contact_id) if row.contact_id is not None else None
        if free_at is not None and free_at > now:
            db.session.execute(update(Message.__table__).where(_m.id == row.id, _m.state == MessageState.QUEUED)
                               .values(due_at=free_at))
            busy[row.contact_id] = free_at + APART  # a third one comes after the second
            continue
        good.append(row)
        if row.contact_id is not None:
            busy[row.contact_id] = now + APART + LEEWAY
    return good


# by person alone: SQLite would rather walk through every message of the channel, if it were named here
_TRIED = """
    SELECT id, contact_id, attempted_at, state, channel_id FROM messages
    WHERE contact_id {these} AND attempted_at > :since AND attempt_id IS NOT NULL"""
_since = bindparam("since", type_=_m.attempted_at.type)
_columns = (_m.id, _m.contact_id, _m.attempted_at, _m.state, _m.channel_id)
_TRIED_SQLITE: Any = text(_TRIED.replace("{these}", "IN (SELECT value FROM json_each(:ids))")).bindparams(
    _since).columns(*_columns)
_TRIED_POSTGRES: Any = text(_TRIED.replace("{these}", "= ANY(:ids)")).bindparams(_since).columns(*_columns)


def _busy(contact_ids: Sequence[int], but: Sequence[int], channel_id: int, now: datetime) -> dict[int | None, datetime]:
    """When those may get the next one who had a try, other than these messages, a moment ago."""
    found: dict[int | None, datetime] = {}
    mine = set(but)
    statement, ids = (_TRIED_SQLITE, json.dumps(contact_ids)) if is_sqlite() else (_TRIED_POSTGRES, list(contact_ids))
    for message_id, contact_id, attempted_at, state, by_channel in db.session.execute(
            statement, {"ids": ids, "since": now - APART - LEEWAY}):
        if by_channel == channel_id and message_id not in mine:
            since = now if state == MessageState.SENDING else attempted_at
            found[contact_id] = max(found.get(contact_id, since), since + APART + LEEWAY)
    return found
