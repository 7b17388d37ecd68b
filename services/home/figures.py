"""Today in figures, beside the same weekday last week up to the same hour. Days are those of the viewer's zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select

from core.states import MessageState
from models import Message, db

# news of a message older than this is not looked for: it lets one index range answer
_OLDEST = timedelta(days=7)
NAMES = ("sent", "delivered", "read", "failed", "replies")


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of one stretch of time."""

    sent: int
    delivered: int
    read: int
    failed: int
    replies: int

    def of(self, name: str) -> int:
        """One count by its name."""
        return int(getattr(self, name))

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all happened."""
        return not any(self.of(name) for name in NAMES)


def today_against_last_week(zone: ZoneInfo, now: datetime) -> tuple[Figures, Figures]:
    """Figures since midnight in `zone`, and from the midnight a week before to the same wall time. Two queries."""
    local = now.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return (_between(midnight, now),
            _between(midnight - timedelta(days=7), local - timedelta(days=7)))


def _between(start: datetime, end: datetime) -> Figures:
    """What happened from `start` (included) to `end` (excluded); one pass over the messages of about a week.

    Whoever failed after the carrier took the message counts as failed and not as sent, as in a campaign's report.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    is_out = Message.direction == "out"

    has_failed = Message.state == MessageState.FAILED

    def happened(column: Any, *also: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(and_(is_out, column >= start, column < end, *also))

    row = db.session.execute(
        select(happened(func.coalesce(Message.accepted_at, Message.sent_at), ~has_failed), happened(Message.delivered_at),
               happened(Message.read_at), happened(Message.failed_at, has_failed),
               func.count().filter(Message.direction == "in", Message.created_at >= start))
        .where(Message.created_at >= start - _OLDEST, Message.created_at < end,
               or_(Message.direction == "in", Message.attempted_at.is_not(None)),
               Message.test_of.is_(None))).one()
    return Figures(*row)
