"""What was kept, for a person: a list, one body in full, and reading it again."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, literal_column, null, select, update

from core.actor import Actor
from core.background import Job, enqueue
from core.errors import Invalid, NotFound
from core.states import EventState
from models import WebhookEvent, after_commit, db, transaction
from services import activity

STATES = {"": "All", "new": "Waiting", "read": "Read", "dead": "Could not be read"}
PAGE = 50
MOST_AT_ONCE = 100_000
MOST_REASONS = 12
MOST_SHOWN = 200_000  # characters
FORGOTTEN_AT_ONCE = 1000
LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which notices are meant; whatever is empty narrows nothing. `start` and `end` are about when they came."""

    state: str = ""
    reason: str = ""  # exactly so, as `reasons` lists it
    start: datetime | None = None
    end: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same for a question. Raises Invalid for a period that ends before it begins."""
        if self.start and self.end and self.start >= self.end:
            raise Invalid("The period ends before it begins", field="end")
        # a literal, not a parameter: a partial index is used only when the statement itself says so
        found: list[ColumnElement[bool]] = []
        if self.state in set(EventState):
            found.append(WebhookEvent.state == literal_column(f"'{EventState(self.state)}'"))
        if self.reason:
            found.append(WebhookEvent.error == self.reason)
        if self.start:
            found.append(WebhookEvent.received_at >= self.start)
        if self.end:
            found.append(WebhookEvent.received_at < self.end)
        return found


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of what was kept, newest first. `next_before` leads to older ones; 0: there are none."""

    events: Sequence[Any]  # id, received_at, read_at, state, error, tries, retry_at, size in bytes
    next_before: int
    counts: dict[str, int]  # of all that is kept, by state; "" is all together
    found: int  # how many are meant, on every page together
    reasons: Sequence[tuple[str, int]]  # why some could not be read, the most frequent first


NOTHING = Wanted()  # in particular: all


def shelf(wanted: Wanted = NOTHING, *, before: int = 0, size: int = PAGE) -> Shelf:
    """The notices that are meant, older than the id `before`. Six queries. Raises Invalid, see Wanted."""
    conditions = wanted.conditions()
    asked = select(WebhookEvent.id, WebhookEvent.received_at, WebhookEvent.read_at, WebhookEvent.state, WebhookEvent.error,
                   WebhookEvent.tries, WebhookEvent.retry_at, func.length(WebhookEvent.body).label("size"))
    if before:
        asked = asked.where(WebhookEvent.id < before)
    rows = db.session.execute(asked.where(*conditions).order_by(WebhookEvent.id.desc()).limit(size + 1)).all()
    counts = {"": _count(), "new": _count(*Wanted("new").conditions()), "dead": _count(*Wanted("dead").conditions())}
    counts["read"] = counts[""] - counts["new"] - counts["dead"]
    found = _count(*conditions) if wanted.reason or wanted.start or wanted.end else counts.get(wanted.state, counts[""])
    return Shelf(rows[:size], rows[size - 1].id if len(rows) > size else 0, counts, found, _reasons())


def count_dead() -> int:
    """How many notices wait for a person because they could not be read. One quick query."""
    return _count(*Wanted("dead").conditions(), WebhookEvent.retry_at.is_(None))


def _count(*conditions: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(WebhookEvent).where(*conditions)) or 0


def _reasons() -> list[tuple[str, int]]:
    """The most frequent reasons why notices could not be read, with how many there are of each."""
    found = db.session.execute(
        select(WebhookEvent.error, func.count().label("n")).where(*Wanted("dead").conditions())
        .group_by(WebhookEvent.error).order_by(func.count().desc(), WebhookEvent.error).limit(MOST_REASONS)).all()
    return [(row.error, row.n) for row in found]


def get_event(event_id: int) -> WebhookEvent:
    """One notice with its body. Raises NotFound."""
    if 0 < event_id <= LARGEST_ID and (event := db.session.get(WebhookEvent, event_id)):
        return event
    raise NotFound("There is no such notice")


def body_in_words(event: WebhookEvent) -> str:
    """The body as indented JSON, or as it came where it is none; no more of it than a page can show."""
    text = event.body.decode("utf-8", "replace")
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}\n… the file has the rest"


def replay(event_ids: Sequence[int], *, by: Actor) -> int:
    """Have these bodies read again, harmlessly: every fact counts once. How many there were."""
    return _again([WebhookEvent.id.in_(event_ids)], by)


def replay_all(wanted: Wanted, *, by: Actor) -> int:
    """Have everything read again that is meant, in the order it came. How many there were.

    Raises Invalid for a period that ends before it begins, for nothing in particular, and for more than can be read again
    at once.
    """
    conditions = wanted.conditions()
    if not conditions:
        raise Invalid("Say which notices: a period, or those that could not be read", field="start")
    if (count := _count(*conditions)) > MOST_AT_ONCE:
        raise Invalid(f"That are {count:,} notices; choose at most {MOST_AT_ONCE:,}", field="end")
    return _again(conditions, by)


def forget(before: datetime) -> int:
    """Delete notices that were dealt with and came before this moment, a thousand a transaction; what waits to be read
    stays. How many there were."""
    old = (select(WebhookEvent.id).where(WebhookEvent.received_at < before, WebhookEvent.state != EventState.NEW)
           .order_by(WebhookEvent.received_at).limit(FORGOTTEN_AT_ONCE))
    count = 0
    while ids := list(db.session.scalars(old)):
        with transaction():
            count += int(db.session.execute(delete(WebhookEvent).where(
                WebhookEvent.id.in_(ids), WebhookEvent.state != EventState.NEW)).rowcount)
    return count


def _again(which: Sequence[ColumnElement[bool]], by: Actor) -> int:
    with transaction():
        count = int(db.session.execute(
            update(WebhookEvent).where(*which, WebhookEvent.state != EventState.NEW)
            .values(state=EventState.NEW, error="", tries=0, retry_at=null())
            .execution_options(synchronize_session=False)).rowcount)
        if count:
            activity.record("webhook.replayed", by=by, count=count)
        after_commit(lambda: enqueue(Job.READ_WEBHOOK_EVENTS))
    return count
