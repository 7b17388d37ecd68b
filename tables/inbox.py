"""What people write to us, and what is said about it: conversations, notes, the files they send."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock
from core.states import ConversationState, FileState
from tables.channels import Channel
from tables.contacts import Contact
from tables.session import db
from tables.types import JsonColumn, StateColumn, UtcDateTime

_UNREAD = text("unread > 0")
_WAITING = text("waiting_since IS NOT NULL")
_DUE = text("state = 'waiting'")


class Conversation(db.Model):
    """All that one person and one business number of ours say to each other; its messages are those of both."""

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("contact_id", "channel_id"),
        Index("ix_conversations_state", "state", "last_at", "id"),
        Index("ix_conversations_assigned", "assigned_to", "state", "last_at", "id"),
        Index("ix_conversations_unread", "last_at", "id", "unread", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
        Index("ix_conversations_waiting", "waiting_since", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id"))
    state: Mapped[ConversationState] = mapped_column(StateColumn(ConversationState), default=ConversationState.OPEN)
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    snoozed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)  # of the newest line, either way, by Meta's time
    last_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of the newest line of the person
    last_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of the newest line of ours
    window_ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # free text may be sent until then
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the first line nobody has answered
    read_up_to: Mapped[datetime | None] = mapped_column(UtcDateTime)  # lines up to then were seen by somebody of the team
    unread: Mapped[int] = mapped_column(default=0)  # lines of the person after that
    preview: Mapped[str] = mapped_column(String(200), default="")  # the newest line, in words
    preview_is_ours: Mapped[bool] = mapped_column(default=False)
    taken_over_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # a person answers: rules and flows keep silent
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    contact: Mapped[Contact] = relationship()
    channel: Mapped[Channel] = relationship()


class ConversationNote(db.Model):
    """What the team tells itself about a conversation; the person never sees it."""

    __tablename__ = "conversation_notes"
    __table_args__ = (Index("ix_conversation_notes_conversation", "conversation_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(120), default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class ConversationPresence(db.Model):
    """Who of the team has a conversation open, and whether they are writing."""

    __tablename__ = "conversation_presences"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    wrote_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when they last typed


class ReplyDraft(db.Model):
    """What somebody typed and has not sent: never lost by leaving."""

    __tablename__ = "reply_drafts"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class ReadMark(db.Model):
    """That somebody of the team has read, or writes, not yet told to the person's phone; a job tells and deletes it."""

    __tablename__ = "read_marks"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True,
                                                 autoincrement=False)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    wire_id: Mapped[str] = mapped_column(String(255))  # of the newest message they sent
    is_typing: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class CannedReply(db.Model):
    """A text the team uses again and again, called by / and its shortcut. Gaps as in templates."""

    __tablename__ = "canned_replies"

    id: Mapped[int] = mapped_column(primary_key=True)
    shortcut: Mapped[str] = mapped_column(String(40), unique=True)
    text: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class ReceivedFile(db.Model):
    """A file somebody sent us: fetched in the background, kept as a MediaFile when its content is what it should be."""

    __tablename__ = "received_files"
    __table_args__ = (
        Index("ix_received_files_due", "due_at", "message_id", sqlite_where=_DUE, postgresql_where=_DUE),)

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True,
                                            autoincrement=False)
    wire_id: Mapped[str] = mapped_column(String(80))  # the carrier's id of the file, good for 7 days
    kind: Mapped[str] = mapped_column(String(12))  # image | video | audio | voice | document | sticker
    mime: Mapped[str] = mapped_column(String(100), default="")  # as announced
    name: Mapped[str] = mapped_column(String(200), default="")  # as announced; never used as a path
    sha256: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[FileState] = mapped_column(StateColumn(FileState), default=FileState.WAITING)
    reason: Mapped[str] = mapped_column(String(300), default="")  # why it was not fetched, in words
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)  # not tried before
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media_files.id", ondelete="SET NULL"), index=True)
    fetched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ContactAddress(db.Model):
    """One more way a person is known, beside the columns of Contact: a number they had or in another spelling, a former
    WhatsApp or user id. Each is one person's."""

    __tablename__ = "contact_addresses"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10))  # phone | wa_id | user_id
    value: Mapped[str] = mapped_column(String(140))
    source: Mapped[str] = mapped_column(String(20), default="")  # message | merge | carrier | form | import
    details: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class NumberMove(db.Model):
    """That whoever had one number had another from then on, as the carrier told it. Numbers are given to others and taken back:
    only all moves together say where somebody is. Digits without plus, in one spelling."""

    __tablename__ = "number_moves"
    __table_args__ = (UniqueConstraint("former", "at", "current"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    former: Mapped[str] = mapped_column(String(20))
    current: Mapped[str] = mapped_column(String(20), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
