"""What we tell many at once."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock
from core.states import CampaignState, RehearsalState
from tables.channels import Channel
from tables.message_templates import TemplateVersion
from tables.session import db
from tables.types import JsonColumn, StateColumn, UtcDateTime


class Campaign(db.Model):
    """Whom, what and when. Its recipients are the messages that carry its id, one each."""

    __tablename__ = "campaigns"
    __table_args__ = (UniqueConstraint("pattern_id", "planned_for"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    state: Mapped[CampaignState] = mapped_column(StateColumn(CampaignState), default=CampaignState.DRAFT, index=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id"))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("template_versions.id"))
    audience: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)
    # {"tags": [id, …], "segments": [id, …], "list": true,
    #  "without_tags": [id, …], "without_segments": [id, …], "without_campaigns": [id, …]}
    variables: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)  # name → where its value comes from
    wall_time: Mapped[str] = mapped_column(String(19), default="")  # 2026-11-24T09:00, seconds may follow; empty: now
    zone: Mapped[str] = mapped_column(String(60), default="")
    local_time: Mapped[bool] = mapped_column(default=False)  # the wall time on each person's own clock
    start_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    latest_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # later than this: missed, a person decides
    latest_minutes: Mapped[int] = mapped_column(default=120)  # how late is still useful, for the start and each message
    unknown_policy: Mapped[str] = mapped_column(String(10), default="hold")  # hold | resend
    paused_reason: Mapped[str] = mapped_column(String(300), default="")
    failures_seen: Mapped[bool] = mapped_column(default=False)  # it was stopped once because most failed
    opt_outs_seen: Mapped[bool] = mapped_column(default=False)  # it was stopped once because many said stop
    canary: Mapped[int] = mapped_column(default=0)  # only so many leave until there is news of them; 0: everybody
    pattern_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id", ondelete="SET NULL"))  # what repeats
    planned_for: Mapped[str | None] = mapped_column(String(19))  # the wall time it was made for, once a pattern
    copy_of: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id", ondelete="SET NULL"))
    created_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    channel: Mapped[Channel] = relationship(lazy="joined")
    version: Mapped[TemplateVersion | None] = relationship(lazy="joined")


class CampaignList(db.Model):
    """Numbers pasted or a file sent for one campaign only, with columns of its own."""

    __tablename__ = "campaign_lists"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    file_name: Mapped[str] = mapped_column(String(200), default="")  # empty: pasted
    columns: Mapped[list[str]] = mapped_column(JsonColumn, default=list)  # headings, in their order
    phone_column: Mapped[int] = mapped_column(default=0)  # place in `columns`
    country: Mapped[str] = mapped_column(String(2), default="")  # numbers without a plus were read under it
    rows: Mapped[int] = mapped_column(default=0)
    bad: Mapped[int] = mapped_column(default=0)  # rows without a usable number
    repeated: Mapped[int] = mapped_column(default=0)  # rows whose number stands further up
    added_by: Mapped[str] = mapped_column(String(120), default="")
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class CampaignListRow(db.Model):
    """One row of such a list. Its person is found by the number, when it is asked."""

    __tablename__ = "campaign_list_rows"
    __table_args__ = (Index("ix_campaign_list_rows_campaign_id_phone", "campaign_id", "phone"),
                      UniqueConstraint("campaign_id", "number"))

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column()  # the row of the spreadsheet, headings being row 1
    phone: Mapped[str] = mapped_column(String(20), default="")  # E.164; empty when it cannot be read
    code: Mapped[str] = mapped_column(String(40), default="")  # bad_number, repeated; empty: usable
    problem: Mapped[str] = mapped_column(Text, default="")  # the same in words
    cells: Mapped[dict[str, str]] = mapped_column(JsonColumn, default=dict)  # heading → cell as it came


class Schedule(db.Model):
    """When a repeating campaign makes its next one. Wall time and zone are what was asked for; moments are worked out."""

    __tablename__ = "schedules"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), unique=True)  # the pattern
    rule: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)
    # {"every": "day" | "week" | "month", "interval": 1, "weekdays": [0, …], "day": 31, "short_month": "last" | "skip"}
    wall_time: Mapped[str] = mapped_column(String(8))  # 09:00
    zone: Mapped[str] = mapped_column(String(60))
    starts_on: Mapped[str] = mapped_column(String(10))  # 2026-11-24
    ends_on: Mapped[str] = mapped_column(String(10), default="")
    latest_minutes: Mapped[int] = mapped_column(default=120)
    next_for: Mapped[str] = mapped_column(String(19), default="")  # 2026-11-24T09:00; empty: over
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class Rehearsal(db.Model):
    """A whole campaign run in a database of its own against the simulator; nobody is written to."""

    __tablename__ = "rehearsals"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), index=True)
    state: Mapped[RehearsalState] = mapped_column(StateColumn(RehearsalState), default=RehearsalState.QUEUED)
    reason: Mapped[str] = mapped_column(String(300), default="")
    figures: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)  # the expected report, as Report.figures()
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
