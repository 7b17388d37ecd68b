"""Read what was kept: in batches, oldest first, each item in a transaction of its own; what cannot be read is set aside
with the reason."""

import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import func, literal_column, select, update

from core import clock, collector
from core.states import EventState
from models import WebhookEvent, db, transaction
from services import inbox, sending, whatsapp_service
from services.webhooks import retries
from services.webhooks.apply import apply
from services.webhooks.retries import Trouble
from transports.port import BadItem, IncomingMessage, Item, OtherNews, StatusNews

BATCH = 500
MOST_BYTES = 4_000_000  # of the bodies of one batch: one is 3 MB at most
Errors = dict[int, Trouble]  # by event

log = logging.getLogger("whatsapp")


def read_events(limit: int = BATCH) -> int:
    """Read up to `limit` stored bodies, oldest first; how many there were.

    Every application is safe to repeat, so a death between applying and marking only reads them again.
    """
    ids = _next(limit)
    if not ids:
        return 0
    events = db.session.execute(select(WebhookEvent.id, WebhookEvent.body).where(WebhookEvent.id.in_(ids))
                                .order_by(WebhookEvent.id)).all()
    reader = whatsapp_service.reader()
    with collector.held_back():
        errors = _apply([(event, item) for event, body in events for item in reader.read(body)])
    _mark(ids, errors)
    return len(ids)


def _next(limit: int) -> list[int]:
    """The oldest that nobody has read: as many as fit into memory at once, and one at least."""
    asked = select(WebhookEvent.id, func.length(WebhookEvent.body)).where(
        WebhookEvent.state == literal_column("'new'")).order_by(WebhookEvent.id).limit(limit)
    ids: list[int] = []
    size = 0
    for event, length in db.session.execute(asked):
        size += length
        if ids and size > MOST_BYTES:
            break
        ids.append(event)
    return ids


def _apply(items: Sequence[tuple[int, Item]]) -> Errors:
    """Apply items: statuses first and together, messages that follow one another together, the rest one by one; what
    could not be read or applied, by event."""
    errors: Errors = {event: Trouble(item.reason) for event, item in items if isinstance(item, BadItem)}
    _together([pair for pair in items if type(pair[1]) is StatusNews], sending.apply_news, errors)
    rest = [pair for pair in items if not isinstance(pair[1], BadItem | StatusNews)]
    for are_messages, group in groupby(rest, key=lambda pair: isinstance(pair[1], IncomingMessage)):
        if are_messages:
            _together(list(group), inbox.receive_many, errors)
            continue
        for event, item in group:
            if isinstance(item, OtherNews):
                log.info("webhook event %d: kept news of field %s", event, item.field)
            else:
                _guarded(event, item, errors)
    return errors


def _together(found: Sequence[tuple[int, Any]], apply_all: Callable[[list[Any]], object], errors: Errors) -> None:
    """Items of one kind as one set; when the set fails, one by one, so that one poisoned item spoils no other."""
    if not found:
        return
    try:
        apply_all([item for _, item in found])
    except Exception:
        log.exception("a set of %d items could not be applied at once", len(found))
        for event, item in found:
            _guarded(event, item, errors)


def _guarded(event: int, item: Item, errors: Errors) -> None:
    """Apply one item in a transaction of its own."""
    try:
        apply(item)
    except Exception as error:
        log.exception("an item of webhook event %d could not be applied", event)
        passes = retries.passes(error) or (event in errors and errors[event].passes)
        errors[event] = Trouble(f"{type(item).__name__}: {type(error).__name__}", passes)


def _mark(event_ids: Sequence[int], errors: Mapping[int, Trouble]) -> None:
    """Note what was read, and what could not be."""
    now = clock.now()
    with transaction():
        db.session.execute(
            update(WebhookEvent).where(WebhookEvent.id.in_(event_ids), WebhookEvent.state == EventState.NEW)
            .values(state=EventState.READ, read_at=now))
        for event, trouble in errors.items():
            retries.set_aside(event, trouble, now)
