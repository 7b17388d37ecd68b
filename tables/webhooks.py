"""What carriers told us, byte for byte."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from core.states import EventState
from tables.session import db
from tables.types import StateColumn, UtcDateTime

_NEW = text("state = 'new'")
_DEAD = text("state = 'dead'")
_WAITS = text("retry_at IS NOT NULL")


class WebhookEvent(db.Model):
    """One body as it came, kept once by digest; read later, and again when asked."""

    __tablename__ = "webhook_events"
    __table_args__ = (
        Index("ix_webhook_events_new", "id", sqlite_where=_NEW, postgresql_where=_NEW),
        Index("ix_webhook_events_dead", "id", sqlite_where=_DEAD, postgresql_where=_DEAD),
        Index("ix_webhook_events_retry", "retry_at", sqlite_where=_WAITS, postgresql_where=_WAITS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[EventState] = mapped_column(StateColumn(EventState), default=EventState.NEW)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str] = mapped_column(Text, default="")  # why it, or a part of it, could not be read
    tries: Mapped[int] = mapped_column(default=0)  # how often it was read in vain
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # read again by itself then: the reason passes


class CarrierFact(db.Model):
    """One piece of news of a template, a number or an account that was acted on. Heard again, it is passed over; older
    than what is known of its subject, too."""

    __tablename__ = "carrier_facts"
    __table_args__ = (Index("ix_carrier_facts_subject_at", "subject", "at"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(String(200))  # template winter_offer en_GB category
    at: Mapped[datetime] = mapped_column(UtcDateTime)
