"""Calls between other systems and us: addresses they call, places we call, and the log of both."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from core.states import CallState
from tables.session import db
from tables.types import JsonColumn, StateColumn, UtcDateTime

_WAITING = text("state = 'waiting'")


class Hook(db.Model):
    """An address of ours that another system calls. The token in it is kept as a digest only."""

    __tablename__ = "hooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    sealed_secret: Mapped[str] = mapped_column(Text, default="")  # of its signature; empty: none is asked for
    mapping: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)  # {"phone": "customer.phone", …}
    is_on: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class HookCall(db.Model):
    """One call of another system, as it came, and what became of it."""

    __tablename__ = "hook_calls"
    __table_args__ = (
        UniqueConstraint("hook_id", "idempotency_key"),
        Index("ix_hook_calls_hook", "hook_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    hook_id: Mapped[int] = mapped_column(ForeignKey("hooks.id", ondelete="CASCADE"))
    idempotency_key: Mapped[str | None] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text, default="")
    is_taken: Mapped[bool] = mapped_column(default=True)
    reason: Mapped[str] = mapped_column(String(300), default="")  # why it was not, in words
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class CallTarget(db.Model):
    """A place of another system that rules and flows may call; each has a secret its calls are signed with."""

    __tablename__ = "call_targets"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    url: Mapped[str] = mapped_column(String(500))
    sealed_secret: Mapped[str] = mapped_column(Text, default="")
    off_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    off_reason: Mapped[str] = mapped_column(String(300), default="")
    created_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class OutgoingCall(db.Model):
    """One call to another system: waits in the queue until it is answered, given up, or its target is switched off."""

    __tablename__ = "outgoing_calls"
    __table_args__ = (
        Index("ix_outgoing_calls_due", "due_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_outgoing_calls_target", "target_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("call_targets.id", ondelete="CASCADE"))
    wire_id: Mapped[str] = mapped_column(String(60), unique=True)  # the same at every try, so that they know it again
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    author: Mapped[str] = mapped_column(String(120), default="")  # the rule or flow that calls
    body: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[CallState] = mapped_column(StateColumn(CallState), default=CallState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[int | None] = mapped_column()  # of the last answer
    answer: Mapped[str] = mapped_column(Text, default="")  # its beginning
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CallTry(db.Model):
    """One try of one call, as it went."""

    __tablename__ = "call_tries"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("outgoing_calls.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    status: Mapped[int | None] = mapped_column()
    words: Mapped[str] = mapped_column(String(300), default="")
    milliseconds: Mapped[int] = mapped_column(default=0)
