"""What happened, for whoever acts on it by itself: rules and flows."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from tables.session import db
from tables.types import JsonColumn, UtcDateTime

_NEW = text("handled_at IS NULL")


class Event(db.Model):
    """One thing that happened to one person, written in the transaction in which it happened; handled once."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_new", "id", sqlite_where=_NEW, postgresql_where=_NEW),
        Index("ix_events_kind", "kind", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))  # message.received, contact.added, tag.added …
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)  # when it happened
    details: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)
    by_itself: Mapped[bool] = mapped_column(default=False)  # a rule or flow did it: starts no other rule
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
