"""What happened meets the rules: each event once, in the order of each person's events, all in one transaction with what
the rules do. So a process that dies at any moment has either done it all, or nothing, and another does it."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import aliased

from core import clock
from core.collector import held_back
from models import BulkChanged, Contact, Event, ImportCreated, db, is_sqlite, transaction
from services import settings
from services.automation import acting, compiled, decide, gather, periods
from services.automation.compiled import Book
from services.automation.happening import Facts, Happening

log = logging.getLogger("app")
AT_ONCE = 200

First = Callable[[Sequence[Happening], Sequence[Facts]], set[int]]
_first: First | None = None


def install_first(ask: First | None) -> None:
    """Say who is asked before the rules: the flow that waits for this person. It answers with the places it took."""
    global _first
    _first = ask


def answer_events() -> int:
    """Hand what happened to the rules, some hundred at once; how many events were handled."""
    ids = _waiting()
    if not ids:
        return 0
    try:
        return _answer(ids)
    except OperationalError as error:  # the database is busy or away, and no event is at fault: the next look takes them
        log.warning("events wait for the database: %s", error.orig)
        return 0
    except Exception:  # noqa: BLE001  # one of them cannot be handled: find out which, so that the others are
        log.exception("a set of events could not be handled together")
    return sum(_answer_alone(event_id) for event_id in ids)


def _waiting() -> list[int]:
    """The oldest events nobody has handled, at most one of each person: theirs are handled in their order."""
    older = aliased(Event)
    is_next = ~exists().where(older.contact_id == Event.contact_id, older.handled_at.is_(None), older.id < Event.id)
    return list(db.session.scalars(select(Event.id).where(Event.handled_at.is_(None), is_next)
                                   .order_by(Event.id).limit(AT_ONCE)))


def _answer(ids: Sequence[int], *, is_careful: bool = False) -> int:
    """Claim these events and do what the rules say about them, or nothing at all."""
    now = clock.now()
    with held_back(), transaction():
        found = _claim(ids, now)
        book = compiled.book()
        heard = [one for one in found if not one.by_itself and book.of(one.kind) and one.contact_id]
        _expand([one for one in found if not one.by_itself and one.contact_id is None], book)
        taken: set[int] = set()
        if heard or _first:
            asked = heard if not _first else [one for one in found if not one.by_itself and one.contact_id]
            facts = gather.facts_of(asked, book_segments=book.segments,
                                    rules=[rule.id for rule in book.rules] if book.asks_when_ran else ())
            taken = _first(asked, facts) if _first else set()
            _ask_rules(asked, facts, taken, book, is_careful)
    return len(found)


def _ask_rules(asked: Sequence[Happening], facts: Sequence[Facts], taken: set[int], book: Book, is_careful: bool) -> None:
    """Each happening that no flow took meets the rules that listen for it."""
    mode, most = settings.get("rules_mode"), settings.get("automatic_an_hour")
    doing = acting.Acting(is_careful=is_careful)
    for place, (one, seen) in enumerate(zip(asked, facts, strict=True)):
        if place in taken:
            continue
        rules = [rule for rule in book.of_message(one.kind, seen.said.each)
                 if rule.on_since is None or (one.recorded_at or one.at) >= rule.on_since]
        for decision in decide.decide(rules, one, seen, mode=mode, most_an_hour=most):
            doing.run(decision, one, seen)
    doing.write()


def _expand(ranges: Sequence[Happening], book: Book) -> None:
    """What happened to many at once: a run for each of them and each rule it sets off, in one statement a rule."""
    for one in ranges:
        facts = Facts(at=one.at)
        for rule in book.of(one.kind):
            is_after = rule.on_since is None or (one.recorded_at or one.at) >= rule.on_since
            if is_after and (said := rule.meets(one, facts)) and (people := _people_of(one)) is not None:
                periods.for_people(rule, people, f"event:{one.event_id}", clock.now(), said)


def _people_of(one: Happening) -> Select[Any] | None:
    """The people a range event is about."""
    if bulk_id := one.details.get("bulk_id"):
        return select(BulkChanged.contact_id).where(BulkChanged.bulk_id == bulk_id)
    if import_id := one.details.get("import_id"):
        return select(Contact.id).join(ImportCreated, Contact.id.between(ImportCreated.first_id, ImportCreated.last_id) & (
            Contact.created_at == ImportCreated.at)).where(ImportCreated.import_id == import_id)
    return None


def _claim(ids: Sequence[int], now: datetime) -> list[Happening]:
    """Those of these events that nobody else handles meanwhile, marked as handled."""
    wanted = select(Event.id).where(gather.among(Event.id, ids), Event.handled_at.is_(None))
    if not is_sqlite():
        wanted = wanted.with_for_update(skip_locked=True)
    won = list(db.session.scalars(wanted))
    rows = db.session.execute(update(Event).where(gather.among(Event.id, won)).values(handled_at=now).returning(
        Event.id, Event.kind, Event.contact_id, Event.channel_id, Event.message_id, Event.at, Event.details,
        Event.by_itself, Event.recorded_at).execution_options(synchronize_session=False)).all()
    return [Happening(row.kind, row.at, row.contact_id, row.channel_id, row.message_id, row.details or {}, row.id,
                      row.by_itself, row.recorded_at) for row in sorted(rows, key=lambda row: row.id)]


def _answer_alone(event_id: int) -> int:
    """One event in a transaction of its own; one that breaks is put aside, so that it breaks nothing else."""
    try:
        return _answer([event_id], is_careful=True)
    except OperationalError as error:
        log.warning("event %s waits for the database: %s", event_id, error.orig)
        return 0
    except Exception:  # noqa: BLE001
        log.exception("event %s could not be handled and is left aside", event_id)
    with transaction():
        return db.session.execute(update(Event).where(Event.id == event_id, Event.handled_at.is_(None))
                                  .values(handled_at=clock.now())).rowcount
