"""Keys for programs that read and write by address, and what they asked for once."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from tables.session import db
from tables.types import JsonColumn, UtcDateTime


class ApiKey(db.Model):
    """One key. It is shown once, when it is made; the table holds only its hash."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))  # which program uses it
    start: Mapped[str] = mapped_column(String(12))  # its first letters, to know it again by
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256
    scopes: Mapped[list[str]] = mapped_column(JsonColumn, default=list)  # read | send | admin
    created_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # empty: never
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    free_at: Mapped[float] = mapped_column(default=0.0)  # Unix seconds: how far its calls reach ahead, over all processes


class ApiRequest(db.Model):
    """An act that a program named by an Idempotency-Key, with the answer it got: asking again gets the same answer."""

    __tablename__ = "api_requests"
    __table_args__ = (UniqueConstraint("key_id", "idempotency_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"))
    idempotency_key: Mapped[str] = mapped_column(String(128))
    digest: Mapped[str] = mapped_column(String(64))  # of what was asked
    status: Mapped[int] = mapped_column()
    answer: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)
