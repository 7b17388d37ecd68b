"""Messages, both ways; tries that came before; every status as it came."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock
from core.states import MessageState
from tables.contacts import Contact
from tables.session import db
from tables.types import JsonColumn, StateColumn, UtcDateTime

_QUEUED = text("state = 'queued'")
_OVERTAKING = text("state = 'queued' AND priority = 0")
_HELD = text("state = 'sending'")
_RECEIVED = text("direction = 'in'")
_LISTED = text("list_row_id IS NOT NULL")
_REFERS = text("reply_to <> ''")
_SINGLE = text("campaign_id IS NULL AND attempted_at IS NOT NULL")


class Message(db.Model):
    """One message to or from one person. For a campaign it is the recipient's row: its state and its reason."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("campaign_id", "contact_id"),
        UniqueConstraint("channel_id", "wire_id"),
        Index("ix_messages_queue", "channel_id", "campaign_id", "due_at", "id",
              sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_messages_overtaking", "channel_id", "due_at", "id",
              sqlite_where=_OVERTAKING, postgresql_where=_OVERTAKING),
        Index("ix_messages_held", "lease_until", sqlite_where=_HELD, postgresql_where=_HELD),
        Index("ix_messages_campaign_state", "campaign_id", "state"),
        Index("ix_messages_contact", "contact_id", "id"),
        Index("ix_messages_created_at", "created_at"),
        Index("ix_messages_received", "created_at", "contact_id", sqlite_where=_RECEIVED, postgresql_where=_RECEIVED),
        Index("ix_messages_reply_to", "channel_id", "reply_to", sqlite_where=_REFERS, postgresql_where=_REFERS),
        Index("ix_messages_list_row", "list_row_id", sqlite_where=_LISTED, postgresql_where=_LISTED),
        Index("ix_messages_single", "campaign_id", "attempted_at", sqlite_where=_SINGLE, postgresql_where=_SINGLE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    direction: Mapped[str] = mapped_column(String(3), default="out")  # out | in
    kind: Mapped[str] = mapped_column(String(20), default="template")  # template | text | image …
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id"))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("template_versions.id"))
    phone: Mapped[str] = mapped_column(String(20), default="")  # E.164 of the person, as it was when queued
    text: Mapped[str] = mapped_column(Text, default="")  # free text, or what they wrote
    variables: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)  # filled when the audience was frozen
    content: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict, server_default="{}")
    # ^ what it holds beyond its text: services/sending/contents.py
    reply_to: Mapped[str] = mapped_column(String(255), default="", server_default="")
    # ^ the wire id of what it quotes, reacts to, changes or takes back
    author_kind: Mapped[str] = mapped_column(String(12), default="", server_default="")
    # ^ user | rule | flow | api | app; empty: a campaign, or the person themselves
    author_id: Mapped[int | None] = mapped_column()
    author_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    state: Mapped[MessageState] = mapped_column(StateColumn(MessageState))
    reason_code: Mapped[str] = mapped_column(String(40), default="")  # opted_out, missing_variable, 131026 …
    reason: Mapped[str] = mapped_column(String(300), default="")  # the same in words
    priority: Mapped[int] = mapped_column(default=10)  # 0 overtakes: replies before campaigns
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    latest_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of no use after this; empty: its campaign decides
    list_row_id: Mapped[int | None] = mapped_column(ForeignKey("campaign_list_rows.id", ondelete="SET NULL"))
    test_of: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id", ondelete="SET NULL"), index=True)
    tries: Mapped[int] = mapped_column(default=0)
    attempt_id: Mapped[str | None] = mapped_column(String(64))  # random, then a dot and the id; comes back in every status
    attempted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    wire_id: Mapped[str | None] = mapped_column(String(255))  # Meta's wamid
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    contact: Mapped[Contact | None] = relationship()


class MessageAttempt(db.Model):
    """A try that was followed by another, so that a late echo still finds its message."""

    __tablename__ = "message_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    attempt_id: Mapped[str] = mapped_column(String(64), unique=True)
    attempted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(20))
    reason_code: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")
    wire_id: Mapped[str | None] = mapped_column(String(255), index=True)


class DeliveryNews(db.Model):
    """One status of one message, once, as it came; `message_id` is empty until its message is known."""

    __tablename__ = "delivery_news"
    __table_args__ = (UniqueConstraint("channel_id", "wire_id", "status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id"))
    wire_id: Mapped[str] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(20))  # Meta's word
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempt_id: Mapped[str] = mapped_column(String(512), default="", index=True)  # the echo
    recipient: Mapped[str] = mapped_column(String(40), default="")
    code: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)  # pricing and the like
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    heard_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
