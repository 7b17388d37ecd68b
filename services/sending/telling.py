"""What became of messages, told to the rules that listen for it: each message and status once. A failure counts when nothing
is tried any more. Nothing is asked and nothing is written while no rule listens."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import clock
from core.states import MessageState
from models import DeliveryNews, Message, db
from services import events
from services.sending.matching import Found
from services.sending.results import Result
from transports.port import StatusNews

TOLD = ("delivered", "read", "failed")
KIND = "message.status"
Told = tuple[int, str, datetime]  # message, status, when


def told_of(channel_id: int, heard: Sequence[StatusNews], found: Mapping[str, Found]) -> list[Told]:
    """Those of these news that are told for the first time. Ask before they are kept."""
    if not events.is_listened(KIND):
        return []
    wanted = [item for item in heard if _is_told(item, found.get(item.wire_id))]
    known = {(row.wire_id, row.status) for row in db.session.execute(
        select(DeliveryNews.wire_id, DeliveryNews.status).where(
            DeliveryNews.channel_id == channel_id, DeliveryNews.wire_id.in_([item.wire_id for item in wanted])))}
    once = {(item.wire_id, item.status): item for item in wanted if (item.wire_id, item.status) not in known}
    return [(found[item.wire_id].message_id, item.status, item.at) for item in once.values()]


def joined_of(rows: Sequence[Any], found: Mapping[str, Found]) -> list[Told]:
    """News that were kept before their message was known, and have found it now."""
    wanted = [row for row in rows if _is_told(row, found[row.wire_id])]
    return [(found[row.wire_id].message_id, row.status, row.at) for row in wanted] if wanted and events.is_listened(
        KIND) else []


def _is_told(item: Any, match: Found | None) -> bool:
    return match is not None and item.status in TOLD and not (match.is_earlier_try and item.status == MessageState.FAILED)


def refused_of(done: Sequence[Result]) -> list[Told]:
    """Messages that WhatsApp would not even take. Tell them after they are written down."""
    refused = [one for one in done if one.outcome and one.outcome.state is MessageState.FAILED]
    return [(one.claim.message_id, "failed", clock.from_seconds(one.at)) for one in refused] if refused and events.is_listened(
        KIND) else []


def tell(told: Sequence[Told]) -> None:
    """Note them, but no failure of what is tried again or has arrived. What rules and flows sent themselves is marked, so
    that it starts no rule."""
    if not told:
        return
    rows = {row.id: row for row in db.session.execute(
        select(Message.id, Message.contact_id, Message.channel_id, Message.author_kind, Message.state)
        .where(Message.id.in_([message_id for message_id, _, _ in told])))}
    events.note_many(KIND, [
        {"contact_id": row.contact_id, "channel_id": row.channel_id, "message_id": message_id, "at": at,
         "details": {"status": status}, "by_itself": row.author_kind in ("rule", "flow")}
        for message_id, status, at in told if (row := rows.get(message_id)) and row.contact_id
        and (status != MessageState.FAILED or row.state == MessageState.FAILED)])
