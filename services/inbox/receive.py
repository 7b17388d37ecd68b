"""Lines that reach us by the carrier: each stored once, its person found or made, STOP and START obeyed first, its
conversation brought up to date. All in one transaction, in whatever order they come and however often.

`lines.py` says how a received message is kept.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import String, bindparam, literal_column
from sqlalchemy.dialects import postgresql, sqlite

from core import clock
from core.states import MessageState
from models import Channel, Message, db, is_sqlite, transaction
from services import channels, contacts, events, sending
from services.inbox import files, lines, upkeep, words
from services.inbox.upkeep import Line
from transports.port import IncomingMessage

FRESH = timedelta(minutes=10)  # older ones start no rule and no flow: whoever wrote them has moved on
_STATES = {"delivered": MessageState.DELIVERED, "read": MessageState.READ, "played": MessageState.READ,
           "error": MessageState.FAILED, "failed": MessageState.FAILED}
_BY_APP = "WhatsApp Business app"
_BOUND = ("direction", "kind", "channel_id", "contact_id", "phone", "text", "content", "reply_to", "state", "wire_id",
          "author_kind", "author_name", "created_at", "sent_at")


def receive(message: IncomingMessage) -> bool:
    """Keep one line. False when it was known already or is not for one of our numbers."""
    return receive_many([message]) == 1


def receive_many(messages: Sequence[IncomingMessage]) -> int:
    """Keep lines in one transaction, all or none; how many were new. Safe to repeat."""
    with transaction():
        ours = {channel.phone_number_id: channel for channel in channels.all_channels()}
        wanted = [one for one in messages if one.phone_number_id in ours and (one.wa_id or one.user_id)]
        kept = _stored(_with_people(wanted, ours))
        known = words.meanings() if kept else {}
        for line in kept:
            if not line.message.is_ours and not line.message.is_history:
                words.obey(line.message, channel=line.channel, contact_id=line.contact_id, known=known)
        files.expect(kept)
        upkeep.bring_up_to_date(kept)
        _tell(kept)
    return len(kept)


def _with_people(messages: Sequence[IncomingMessage], ours: dict[str, Channel]) -> list[Line]:
    """Each message with its number of ours and its person, in one order for all: two readers never wait in a ring."""
    people = contacts.people_of([_sender(one) for one in messages])
    found = [Line(one, ours[one.phone_number_id], person.id, person.phone)
             for one, person in zip(messages, people, strict=True)]
    return sorted(found, key=lambda line: (line.channel.id, line.message.wire_id))


def _sender(message: IncomingMessage) -> contacts.Sender:
    """What the carrier says of a person. Whoever is asked for their number and shares it has it from now on."""
    wa_id = message.wa_id
    cards: list[Any] = message.content.get("cards") or []
    if not wa_id and message.content.get("origin") == "contact_request" and len(cards) == 1:
        wa_id = next((way["wa_id"] for way in cards[0].get("phones", ()) if way.get("wa_id")), "")
    return contacts.Sender(wa_id, message.user_id, message.profile_name, message.at, is_news=not message.is_history)


def _stored(found: Sequence[Line]) -> list[Line]:
    """Insert those whose carrier's id is new; these, with their ids. A call that ended says how long it was."""
    once: dict[tuple[int, str], Line] = {}
    for line in found:
        once.setdefault((line.channel.id, line.message.wire_id), line)
    if not once:
        return []
    moment = sending.as_kept(is_sqlite())
    new: Any = db.session.connection().execute(_storing(is_sqlite()), [_row(line, moment) for line in once.values()])
    for message_id, channel_id, wire_id in new:
        once[channel_id, wire_id].id = message_id
    upkeep.end_calls([line for line in found if line.message.kind == "call"])
    return [line for line in once.values() if line.id]


@cache
def _storing(is_lite: bool) -> Any:
    """The statement that keeps one line. What SQLite keeps as text is given to it as text."""
    c, table = Message.__table__.c, Message.__table__
    texts = ("content", "created_at", "sent_at") if is_lite else ()
    binds = {name: bindparam(f"b_{name}", type_=String() if name in texts else c[name].type) for name in _BOUND}
    empty: dict[str, Any] = {name: literal_column("''") for name in ("reason_code", "reason")}
    made = (sqlite.insert if is_lite else postgresql.insert)(table).values(
        **binds, **empty, due_at=bindparam("b_created_at", type_=String() if is_lite else c.due_at.type),
        variables=literal_column("'{}'"), priority=literal_column("10"), tries=literal_column("0"))
    return made.on_conflict_do_nothing(index_elements=["channel_id", "wire_id"]).returning(c.id, c.channel_id, c.wire_id)


def _row(line: Line, moment: Callable[[datetime | None], Any]) -> dict[str, Any]:
    """One line as the values of the statement."""
    told, at, content = line.message, moment(line.message.at), line.message.content
    row = {"b_direction": "in", "b_kind": told.kind[:20], "b_channel_id": line.channel.id, "b_contact_id": line.contact_id,
           "b_phone": line.phone, "b_text": told.text.replace("\0", ""), "b_reply_to": told.reply_to,
           "b_content": (json.dumps(content) if content else "{}") if is_sqlite() else dict(content),
           "b_state": "received", "b_wire_id": told.wire_id[:255], "b_author_kind": "", "b_author_name": "",
           "b_created_at": at, "b_sent_at": None}
    if told.is_ours:
        row |= {"b_direction": "out", "b_author_kind": "app", "b_author_name": _BY_APP, "b_sent_at": at,
                "b_state": str(_STATES.get(told.status, MessageState.SENT))}
    return row


def _tell(kept: Sequence[Line]) -> None:
    """Note what is new for rules and flows, and that these people and the carrier were heard."""
    now = clock.now()
    live = [line for line in kept if not line.message.is_ours and not line.message.is_history]
    contacts.heard_from_many({line.contact_id: line.message.at for line in sorted(
        live, key=lambda line: line.message.at) if line.message.kind != "system"})
    for channel_id in sorted({line.channel.id for line in kept}):
        channels.heard(channel_id, at=now)
    events.note_many("message.received", [
        {"contact_id": line.contact_id, "channel_id": line.channel.id, "message_id": line.id, "at": line.message.at,
         "details": {"kind": line.message.kind}} for line in live
        if line.message.kind not in lines.SILENT and now - line.message.at < FRESH])
