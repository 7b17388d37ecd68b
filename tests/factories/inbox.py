"""Conversations for tests: a person, a number, and lines both ways, as receiving and sending leave them."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from core import clock
from core.states import ConversationState, FileState, MessageState
from models import Channel, Contact, Conversation, MediaFile, Message, ReceivedFile, db, transaction
from tests.factories.contacts import a_contact

_wires = count(1)
NOW = clock.from_seconds(1794994200)


def a_talk(name: str = "Adaeze Okafor", *, channel: Channel | None = None, person: Contact | None = None,
           at: datetime | None = None, **columns: Any) -> Conversation:
    """A conversation whose window is open unless said."""
    from services import channels

    channel = channel or channels.ensure_first()
    person = person or a_contact(name)
    at = at or clock.now()
    values: dict[str, Any] = {"last_at": at, "last_in_at": at, "window_ends_at": at + timedelta(hours=24)} | columns
    with transaction():
        talk = Conversation(contact_id=person.id, channel_id=channel.id, **values)
        db.session.add(talk)
    return talk


def they_said(talk: Conversation, text: str = "Hello", *, at: datetime | None = None, kind: str = "text", reply_to: str = "",
              content: dict[str, Any] | None = None, unread: bool = True, **columns: Any) -> Message:
    """One more line of theirs, counted in its conversation."""
    at = at or clock.now()
    with transaction():
        message = Message(direction="in", kind=kind, channel_id=talk.channel_id, contact_id=talk.contact_id, text=text,
                          content=content or {}, reply_to=reply_to, state=MessageState.RECEIVED, created_at=at, due_at=at,
                          wire_id=f"wamid.in{next(_wires)}", **columns)
        db.session.add(message)
        known = db.session.get_one(Conversation, talk.id)
        known.last_at, known.last_in_at, known.window_ends_at = at, at, at + timedelta(hours=24)
        known.preview, known.preview_is_ours = text, False
        known.waiting_since = known.waiting_since or at
        known.unread += int(unread)
        known.state = ConversationState.OPEN
    return message


def we_said(talk: Conversation, text: str = "Good morning", *, at: datetime | None = None, kind: str = "text",
            state: MessageState = MessageState.DELIVERED, by: str = "Amina Bello", **columns: Any) -> Message:
    """One more line of ours, which left at `at`."""
    at = at or clock.now()
    values = {"author_kind": "user", "author_name": by, "wire_id": f"wamid.out{next(_wires)}"} | columns
    with transaction():
        message = Message(direction="out", kind=kind, channel_id=talk.channel_id, contact_id=talk.contact_id, text=text,
                          state=state, created_at=at, due_at=at, accepted_at=at, **values)
        db.session.add(message)
    return message


def file_of(message: Message, *, kind: str = "image", state: FileState = FileState.WAITING, media: MediaFile | None = None,
            **columns: Any) -> ReceivedFile:
    """The file of a line of theirs, fetched when it is given."""
    with transaction():
        file = ReceivedFile(message_id=message.id, wire_id="991", kind=kind, media_id=media.id if media else None,
                            state=FileState.FETCHED if media else state, **columns)
        db.session.add(file)
    return file


def again(talk: Conversation) -> Conversation:
    """The conversation as it is now."""
    db.session.expire_all()
    return db.session.get_one(Conversation, talk.id)
