"""Rules: when something happens, if it fits, then what is done; and every run of every rule, step by step."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from core.states import RunState
from tables.session import db
from tables.types import JsonColumn, StateColumn, UtcDateTime

_WAITING = text("state = 'waiting'")


class Rule(db.Model):
    """One rule. Rules are asked in the order of `place`; one that was deleted stays for what it did."""

    __tablename__ = "rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    place: Mapped[int] = mapped_column(default=0)
    is_on: Mapped[bool] = mapped_column(default=False)
    stopped_why: Mapped[str] = mapped_column(String(300), default="", server_default="")  # by itself, until it is switched on
    trigger: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)  # {"kind": "keyword", "words": …}
    conditions: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)  # groups, as segments keep them
    actions: Mapped[list[dict[str, Any]]] = mapped_column(JsonColumn, default=list)  # [{"kind": "text", "text": …}]
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channels.id", ondelete="SET NULL"))  # empty: every number
    tolerance_minutes: Mapped[int] = mapped_column(default=1440)  # how late a time that was missed is still made up for
    on_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # what happened before is not acted on
    swept_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # times up to then have been looked after
    created_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RuleRun(db.Model):
    """One rule met one event, or one period of one person: once, whatever happens."""

    __tablename__ = "rule_runs"
    __table_args__ = (
        UniqueConstraint("rule_id", "event_id"),
        UniqueConstraint("rule_id", "contact_id", "period"),
        Index("ix_rule_runs_due", "due_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_rule_runs_rule", "rule_id", "id"),
        Index("ix_rule_runs_contact", "contact_id", "rule_id", "started_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("rules.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="SET NULL"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channels.id", ondelete="SET NULL"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"), index=True)
    period: Mapped[str | None] = mapped_column(String(60))  # birthday:2027, at:2026-12-01T09:00, hand:…; empty for events
    state: Mapped[RunState] = mapped_column(StateColumn(RunState))
    reason: Mapped[str] = mapped_column(String(300), default="")  # why it did not do all it says, in words
    said: Mapped[str] = mapped_column(String(300), default="")  # what set it off, in words
    seen: Mapped[list[list[Any]]] = mapped_column(JsonColumn, default=list)  # condition, what it saw, whether it was true
    # ^ [["Tag is patient", "patient, member", true], …]
    values: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)  # what the event brought along
    actions: Mapped[list[dict[str, Any]]] = mapped_column(JsonColumn, default=list)  # as the rule said when it began
    next_place: Mapped[int] = mapped_column(default=0)  # of the actions; -1: its conditions have not been asked yet
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # waits until then
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RuleStep(db.Model):
    """What one action of one run did."""

    __tablename__ = "rule_steps"
    __table_args__ = (UniqueConstraint("run_id", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("rule_runs.id", ondelete="CASCADE"))
    place: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(String(20))
    is_done: Mapped[bool] = mapped_column(default=True)
    words: Mapped[str] = mapped_column(String(300), default="")
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
