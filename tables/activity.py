"""Who did what, when, to what. Rows are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from tables.session import db
from tables.types import JsonColumn, UtcDateTime


class ActivityEntry(db.Model):
    """One act of a person or of the program."""

    __tablename__ = "activity"
    __table_args__ = (Index("ix_activity_subject", "subject_kind", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)
    actor_kind: Mapped[str] = mapped_column(String(20))  # user | system | command
    actor_name: Mapped[str] = mapped_column(String(120))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    verb: Mapped[str] = mapped_column(String(60), index=True)  # campaign.scheduled
    subject_kind: Mapped[str] = mapped_column(String(30), default="")
    subject_id: Mapped[int | None] = mapped_column()
    subject_name: Mapped[str] = mapped_column(String(200), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)
