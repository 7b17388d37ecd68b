"""What could not be read is set aside with the reason; where the reason is one that passes, it is read again by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import null, select, update
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from core.actor import SYSTEM
from core.background import Job, enqueue
from core.errors import Conflict
from core.states import EventState
from models import WebhookEvent, after_commit, db, transaction
from services import activity

# locked or full, a connection that broke, two who wrote the same row at once, a disk that did not answer
_PASSING = (OperationalError, InterfaceError, TimeoutError, Conflict, OSError)
WAITS = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200, 21600))  # after the first, second … try
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a notice could not be read whole; `passes`: another time it may."""

    reason: str
    passes: bool = False


def passes(error: Exception) -> bool:
    """Whether this error is of the moment, and not of what was told."""
    return isinstance(error, _PASSING)


def set_aside(event_id: int, trouble: Trouble, now: datetime) -> None:
    """Mark one notice as not read, until its next try or until a person looks. Joins the caller's transaction."""
    tries = db.session.scalar(select(WebhookEvent.tries).where(WebhookEvent.id == event_id)) or 0
    again = now + WAITS[tries] if trouble.passes and tries < len(WAITS) else None
    db.session.execute(update(WebhookEvent).where(WebhookEvent.id == event_id).values(
        state=EventState.DEAD, error=trouble.reason, tries=tries + 1, retry_at=again))
    if again is None:
        activity.record("webhook.dead", by=SYSTEM, subject_kind="webhook", subject_id=event_id, reason=trouble.reason)


def read_again_what_is_due(now: datetime) -> int:
    """Put what was set aside for a passing reason back among the unread once its time has come. How many."""
    due = select(WebhookEvent.id).where(WebhookEvent.retry_at <= now).order_by(WebhookEvent.retry_at).limit(AT_ONCE)
    ids = list(db.session.scalars(due))
    if ids:
        with transaction():
            db.session.execute(
                update(WebhookEvent).where(WebhookEvent.id.in_(ids), WebhookEvent.state == EventState.DEAD)
                .values(state=EventState.NEW, error="", retry_at=null()))
            after_commit(lambda: enqueue(Job.READ_WEBHOOK_EVENTS))
    return len(ids)
