"""How many people a business account may still open today: Meta counts different people in rolling 24 hours.

The first number of an account holds the purse: how many campaigns may still open. A claim takes from it; now and then
the people are counted anew, which gives back who was opened twice or more than a day ago.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from core import clock
from core.states import MessageState
from models import Channel, Message, db
from services import channels

DAY = timedelta(hours=24)
WAITED = timedelta(days=14)  # a message that leaves was queued no longer ago
COUNTED = timedelta(seconds=60)  # so long the count is good enough
EMPTY = timedelta(seconds=10)  # an empty purse is counted anew after
_ch, _m = Channel.__table__.c, Message.__table__.c


@dataclass(frozen=True, slots=True)
class Allowance:
    """What Meta allows an account: `limit` people in 24 hours (0: any number, None: not known), of whom so many were
    opened."""

    limit: int | None
    opened: int = 0

    @property
    def left(self) -> int | None:
        """People that may still be opened now; None without a known limit."""
        return max(0, self.limit - self.opened) if self.limit else None


def allowance(channel: Channel) -> Allowance:
    """What the account of this number may still do. One query, none without a limit."""
    limit = channels.limit_of(channel.tier)
    return Allowance(limit, _opened(channel.business_id, clock.now()) if limit else 0)


def is_spent(channel: Channel) -> bool:
    """Whether campaigns of this number wait because the account has opened as many people as it may. One query, none
    without a limit."""
    if not channels.limit_of(channel.tier):
        return False
    left = db.session.scalar(select(_ch.openable).where(_ch.business_id == channel.business_id)
                             .order_by(_ch.id).limit(1))
    return left is not None and left <= 0


def room(business_id: str, limit: int, now: datetime) -> int:
    """How many people campaigns may open now; the purse is held until the transaction ends."""
    purse = _purse(business_id)
    left, counted_at = purse.openable, purse.opened_counted_at
    age = now - counted_at if counted_at else COUNTED
    if left is None or age >= COUNTED or (left <= 0 and age >= EMPTY):
        left = max(0, limit - _opened(business_id, now))
        db.session.execute(update(Channel.__table__).where(_ch.id == purse.id).values(openable=left, opened_counted_at=now))
    return max(0, left)


def spend(business_id: str, count: int) -> None:
    """Take so many from the purse that `room` holds."""
    db.session.execute(update(Channel.__table__).where(_ch.id == _purse(business_id).id).values(
        openable=_ch.openable - count))


def _purse(business_id: str) -> Any:
    """The row that counts for all numbers of the account."""
    return db.session.execute(
        select(_ch.id, _ch.openable, _ch.opened_counted_at).where(_ch.business_id == business_id)
        .order_by(_ch.id).limit(1).with_for_update()).one()


def _opened(business_id: str, now: datetime) -> int:
    """Different people who were written to by template in the last 24 hours, over all numbers of the account. Those in
    an open conversation count, too: rather too few today than refused."""
    return db.session.scalar(
        select(func.count(_m.contact_id.distinct()))
        .where(_m.channel_id.in_(select(_ch.id).where(_ch.business_id == business_id)), _m.direction == "out",
               _m.kind == "template", _m.attempted_at > now - DAY, _m.created_at > now - DAY - WAITED,
               _m.state.not_in([MessageState.QUEUED, MessageState.FAILED]))) or 0
