"""What happened to people, kept for whoever acts on it by itself. Written in the transaction in which it happened, so that
nothing acts on what was undone and nothing that happened is passed over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from core import clock
from models import Event, Setting, transaction
from models import db as database

AT_ONCE = 1000
LISTENED = "events_listened"  # the setting that holds the kinds some rule acts on

KINDS: dict[str, str] = {  # kind → what it says, for people
    "contact.added": "somebody new",
    "contact.changed": "a field changed",
    "tag.added": "a tag was given",
    "tag.removed": "a tag was taken",
    "consent.granted": "somebody agreed to marketing",
    "consent.withdrawn": "somebody said stop",
    "message.received": "a message came",
    "message.status": "a message of ours was delivered, read or failed",
    "conversation.closed": "a conversation was closed",
    "hook.called": "another system called",
}


def note(kind: str, *, contact_id: int | None, at: datetime | None = None, channel_id: int | None = None,
         message_id: int | None = None, details: Mapping[str, Any] | None = None, by_itself: bool = False) -> None:
    """Keep that something happened. Join it to the transaction that does it. KeyError for a kind nobody knows.

    `by_itself`: a rule or a flow did it, so it starts no other rule. `at` is when it happened, now unless given.
    """
    KINDS[kind]
    now = clock.now()
    with transaction():
        database.session.execute(insert(Event.__table__).values(
            kind=kind, contact_id=contact_id, channel_id=channel_id, message_id=message_id, at=at or now,
            details=dict(details or {}), by_itself=by_itself, recorded_at=now))



def note_many(kind: str, happened: Sequence[Mapping[str, Any]]) -> None:
    """Keep that something happened to many, in one statement: `contact_id`, `channel_id`, `message_id`, `at`, `details` of
    each. As `note` otherwise."""
    KINDS[kind]
    now = clock.now()
    if happened:
        with transaction():
            database.session.execute(insert(Event.__table__), [
                {"kind": kind, "by_itself": False, "recorded_at": now, **one} for one in happened])


def forget(before: datetime) -> int:
    """Delete what happened before this moment and was handled, a thousand a transaction; how much there was."""
    old = select(Event.id).where(Event.recorded_at < before, Event.handled_at.is_not(None)).order_by(Event.id).limit(AT_ONCE)
    count = 0
    while ids := list(database.session.scalars(old)):
        with transaction():
            count += int(database.session.execute(delete(Event).where(Event.id.in_(ids))).rowcount)
    return count


def is_listened(kind: str) -> bool:
    """Whether some rule that is on acts on this kind: what happens by the thousand is noted only then. One small query."""
    heard = database.session.scalar(select(Setting.value).where(Setting.name == LISTENED))
    return kind in (heard or ())


def listen(kinds: Sequence[str]) -> None:
    """Say which kinds rules that are on act on. Join it to the transaction that switches them."""
    with transaction():
        wanted = sorted(set(kinds))
        if not database.session.execute(update(Setting).where(Setting.name == LISTENED).values(value=wanted)).rowcount:
            database.session.add(Setting(name=LISTENED, value=wanted))
            database.session.flush()
