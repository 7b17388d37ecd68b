"""Flows: conversations with memory. What is drawn, what was published, who stands where, and what happened on the way."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from tables.session import db
from tables.types import JsonColumn, UtcDateTime

_GOING = text("ended_at IS NULL")
_DUE = text("ended_at IS NULL AND due_at IS NOT NULL")


class Flow(db.Model):
    """One flow: its drawing as it is being worked on. What people go through is a published version."""

    __tablename__ = "flows"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    drawing: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)  # docs/flows.schema.json
    is_on: Mapped[bool] = mapped_column(default=False)  # whether somebody may start it
    stopped_why: Mapped[str] = mapped_column(String(300), default="", server_default="")  # by itself, until it is switched on
    created_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FlowVersion(db.Model):
    """A drawing as it was published. Never changed: whoever is in the middle of it goes on in it."""

    __tablename__ = "flow_versions"
    __table_args__ = (UniqueConstraint("flow_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    flow_id: Mapped[int] = mapped_column(ForeignKey("flows.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column()  # 1, 2, 3 …
    drawing: Mapped[dict[str, Any]] = mapped_column(JsonColumn)
    published_by: Mapped[str] = mapped_column(String(120), default="")
    published_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class FlowSession(db.Model):
    """One person going through one flow with one number of ours; at most one at a time."""

    __tablename__ = "flow_sessions"
    __table_args__ = (
        Index("uq_flow_sessions_going", "contact_id", "channel_id", unique=True, sqlite_where=_GOING, postgresql_where=_GOING),
        Index("ix_flow_sessions_due", "due_at", "id", sqlite_where=_DUE, postgresql_where=_DUE),
        Index("ix_flow_sessions_flow", "flow_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    flow_id: Mapped[int] = mapped_column(ForeignKey("flows.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("flow_versions.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    node: Mapped[str] = mapped_column(String(40), default="")
    memory: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)
    trail: Mapped[list[str]] = mapped_column(JsonColumn, default=list)  # the questions they passed
    tries: Mapped[int] = mapped_column(default=0)  # answers to this question that were none
    waits_for: Mapped[str] = mapped_column(String(10), default="")  # answer | time | call
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when a wait ends, or nobody has answered
    call_id: Mapped[int | None] = mapped_column(ForeignKey("outgoing_calls.id", ondelete="SET NULL"), index=True)
    started_by: Mapped[str] = mapped_column(String(120), default="")  # the rule, flow or person
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    ended: Mapped[str] = mapped_column(String(20), default="")  # done | handed_over | timed_out | went_on | stopped | broken
    reason: Mapped[str] = mapped_column(String(300), default="")  # why it was stopped, in words
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FlowStep(db.Model):
    """One thing that happened at one node."""

    __tablename__ = "flow_steps"
    __table_args__ = (Index("ix_flow_steps_node", "version_id", "node", "what"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("flow_sessions.id", ondelete="CASCADE"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("flow_versions.id", ondelete="CASCADE"))
    node: Mapped[str] = mapped_column(String(40))
    what: Mapped[str] = mapped_column(String(12))  # entered | answered | asked_again | failed | timed_out | back | sent …
    words: Mapped[str] = mapped_column(String(300), default="")
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
