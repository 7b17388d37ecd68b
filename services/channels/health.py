"""How a number does: when it was last heard, last accepted, how often it fails, how much of its limit is used."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core import clock
from models import Channel, Message, db
from services.channels.about import TIERS

DAY = timedelta(hours=24)
WAITED = timedelta(days=14)  # a message that leaves was queued no longer ago
WARN_AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Facts:
    """Figures of one number over the last 24 hours. `limit` is None while Meta did not say, 0 without limit."""

    tried: int
    failed: int
    opened: int  # different people written to by template, by all numbers of the account
    limit: int | None
    token_expires_at: datetime | None

    @property
    def error_rate(self) -> float:
        """Share of failures among what was tried, 0 to 1."""
        return self.failed / self.tried if self.tried else 0.0

    @property
    def left(self) -> int | None:
        """People that may still be opened today; None without a known limit."""
        return max(0, self.limit - self.opened) if self.limit else None


def facts_of(channel: Channel) -> Facts:
    """The figures of one number; people opened count over all numbers of its account, as Meta's limit does. Two queries
    over the last day."""
    since = clock.now() - DAY
    tried, failed = db.session.execute(
        select(func.count(), func.count().filter(Message.state == "failed"))
        .where(Message.channel_id == channel.id, Message.direction == "out", Message.attempted_at >= since,
               Message.created_at >= since - WAITED)).one()
    account = select(Channel.id).where(Channel.business_id == channel.business_id)
    opened = db.session.scalar(
        select(func.count(Message.contact_id.distinct()))
        .where(Message.channel_id.in_(account), Message.direction == "out", Message.kind == "template",
               Message.attempted_at >= since, Message.created_at >= since - WAITED,
               Message.state.not_in(["queued", "failed"]))) or 0
    return Facts(tried, failed, opened, TIERS.get(channel.tier), channel.token_expires_at)
