"""A business number and how to reach it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from tables.session import db
from tables.types import JsonColumn, UtcDateTime


class Channel(db.Model):
    """One business number. Its secrets come from the environment, or are kept here sealed."""

    __tablename__ = "channels"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))  # simulation | cloud
    display_phone: Mapped[str] = mapped_column(String(20), default="")
    phone_number_id: Mapped[str] = mapped_column(String(40), unique=True)
    business_id: Mapped[str] = mapped_column(String(40), default="")
    send_rate: Mapped[float] = mapped_column(default=20.0)  # messages a second
    next_slot: Mapped[float] = mapped_column(default=0.0)  # Unix seconds: when the next message may leave
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_reason: Mapped[str] = mapped_column(String(300), default="")
    last_news_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # last webhook heard
    last_accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    news_of_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # newest attempt a status was heard of
    switched_off_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # nothing is sent from it
    graph_url: Mapped[str] = mapped_column(String(200), default="")  # empty: as the start-up settings say
    graph_version: Mapped[str] = mapped_column(String(10), default="")
    sealed_token: Mapped[str] = mapped_column(Text, default="")
    sealed_app_secret: Mapped[str] = mapped_column(Text, default="")
    sealed_verify_token: Mapped[str] = mapped_column(Text, default="")
    sealed_former_secret: Mapped[str] = mapped_column(Text, default="")  # the app secret before this one
    former_secret_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # what Meta said when it was asked last; Meta's own words
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JsonColumn, default=list)  # part, step, says, advice
    verified_name: Mapped[str] = mapped_column(String(120), default="")
    quality: Mapped[str] = mapped_column(String(12), default="")  # GREEN | YELLOW | RED
    number_status: Mapped[str] = mapped_column(String(30), default="")  # CONNECTED …
    tier: Mapped[str] = mapped_column(String(24), default="")  # TIER_2K …: people opened in 24 hours, the whole portfolio
    throughput: Mapped[str] = mapped_column(String(20), default="")  # STANDARD: 80 a second | HIGH: 1,000
    # the pace beyond `send_rate`, shared by all processes
    slow_share: Mapped[float] = mapped_column(default=1.0)  # of the rate, when it was last told to slow down
    slowed_at: Mapped[float] = mapped_column(default=0.0)  # Unix seconds of that moment
    reply_slot: Mapped[float] = mapped_column(default=0.0)  # Unix seconds: when the next reply may leave beside campaigns
    openable: Mapped[int | None] = mapped_column()  # people campaigns may still open today; empty: not counted
    opened_counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when that was counted
    token_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # the account's list of templates, kept at the first number of each account
    templates_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # one process asks at a time
    templates_synced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when its answer was taken in
    templates_trouble: Mapped[str] = mapped_column(String(300), default="")  # why the last try failed
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class ChannelNotice(db.Model):
    """Something the carrier told of a number or its account by itself. A warning waits until somebody has seen it."""

    __tablename__ = "channel_notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)  # when the carrier says it happened, else when we heard it
    words: Mapped[str] = mapped_column(String(500))
    is_warning: Mapped[bool] = mapped_column(default=False)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
