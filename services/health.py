"""Whether each part is alive: signs of life of the background, and the answer for /readyz."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select

from core import clock
from models import Channel, Message, WebhookEvent, WorkerBeat, db, is_sqlite, transaction
from services import channels, sending

STALE = timedelta(seconds=30)
FORGOTTEN = timedelta(days=30)
PARTS = ("scheduler", "sender")


@dataclass(frozen=True, slots=True)
class Health:
    """How one part is. `words` is fit for a person."""

    part: str
    is_well: bool
    words: str
    seen_at: datetime | None = None


def beat(part: str) -> None:
    """Say that `part` of this process works. `part` is one of PARTS."""
    now = clock.now()
    row = {"part": part, "process": f"{socket.gethostname()}:{os.getpid()}"[:60], "beat_at": now}
    with transaction():
        db.session.execute(_upsert(row))
        db.session.execute(delete(WorkerBeat).where(WorkerBeat.part.in_(PARTS), WorkerBeat.beat_at < now - FORGOTTEN))


def _upsert(row: Mapping[str, Any]) -> Any:
    """One row a part and process, its time moved forward."""
    if is_sqlite():
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    return insert(WorkerBeat).values(**row).on_conflict_do_update(
        index_elements=["part", "process"], set_={"beat_at": row["beat_at"]})


def report() -> list[Health]:
    """Every part: database, scheduler, sender, the webhook. Raises whatever the database raises when it is gone."""
    db.session.execute(select(1))
    beats = dict(db.session.execute(select(WorkerBeat.part, func.max(WorkerBeat.beat_at)).group_by(WorkerBeat.part)).all())
    return [Health("database", True, "answers"), *(_part(part, beats.get(part)) for part in PARTS), _webhook(),
            *map(_unheard, sending.unheard_channels(clock.now())), *_lines()]


def _part(part: str, seen: datetime | None) -> Health:
    """Alive when it was seen lately."""
    if seen is None:
        return Health(part, False, "has never been seen: is `flask worker` or the embedded worker running?")
    if clock.now() - seen > STALE:
        return Health(part, False, "has stopped; start the program again", seen)
    return Health(part, True, "works", seen)


def _webhook() -> Health:
    """When a carrier was last heard, and whether what it said waits to be read."""
    last = db.session.scalar(select(func.max(WebhookEvent.received_at)))
    waiting = db.session.scalar(select(func.count()).select_from(WebhookEvent).where(WebhookEvent.state == "new")) or 0
    if last is None:
        return Health("webhook", True, "nothing heard yet")
    return Health("webhook", True, f"last heard {last:%d %b %Y, %H:%M:%S} UTC; {waiting:,} waiting to be read", last)


def _lines() -> list[Health]:
    """What is wrong with each number, what stops it first; of each kind one line."""
    return [Health(f"{one.kind} of channel {one.channel_id}", not one.stops, f"{one.name}: {one.words}", one.at)
            for one in channels.troubles()]


def stopped_parts() -> list[Health]:
    """Scheduler and sender, where they worked once and have stopped. One query."""
    beats = dict(db.session.execute(select(WorkerBeat.part, func.max(WorkerBeat.beat_at)).group_by(WorkerBeat.part)).all())
    return [one for one in (_part(part, beats[part]) for part in PARTS if part in beats) if not one.is_well]


def _unheard(channel: Channel) -> Health:
    """A number whose messages are accepted while no status comes back."""
    return Health(f"news of channel {channel.id}", False,
                  f"{channel.name} sends and no status has come for ten minutes: look at its webhook", channel.last_news_at)


def queue_length() -> int:
    """Messages that wait to be sent."""
    return db.session.scalar(select(func.count()).select_from(Message).where(Message.state == "queued")) or 0


def paused_channels() -> list[tuple[str, str]]:
    """Name and reason of every business number that does not send."""
    rows = db.session.execute(select(Channel.name, Channel.paused_reason).where(Channel.paused_at.is_not(None)))
    return [(name, reason) for name, reason in rows]
