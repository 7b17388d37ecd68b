"""The import itself: thousands of rows at a time, each set in one transaction with its counts and the last row.

Whoever holds the lease works; every transaction checks that it still does. A process may die at any moment: what was
committed is done, what was not never happened, and the next holder goes on behind the last row that counts.
"""

import logging
import secrets
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.exc import DBAPIError

from core import clock
from core.actor import SYSTEM, Actor
from core.collector import held_back
from core.errors import DashboardError
from core.states import ImportState
from models import Import, ImportRow, after_commit, db, transaction
from services import activity, contacts, events
from services.imports import files, journal, queries, start, undo
from services.imports.check import Lost as CheckLost
from services.imports.check import known_already, sets_of
from services.imports.check import work as check_all
from services.imports.rows import GoodRow, RowReader
from services.imports.seen import SKIPPED, Problem, Seen, open_beside, sift

log = logging.getLogger("app")
LEASE = timedelta(seconds=20)
SET = 5_000  # rows a transaction
LONGEST_KEPT = 32_767  # characters of a rejected cell; a spreadsheet holds no more
COUNTS = ("created", "updated", "unchanged", "skipped", "failed", "kept_out")


class _Lost(Exception):
    """The import was stopped, or another process holds it now."""


def run_next(now: datetime) -> bool:
    """Take one import that waits, or that a dead process left behind, and work it to its end. False: none waits."""
    claim = _claim(now)
    if claim is None:
        return False
    _work(*claim)
    return True


def run_here(import_id: int) -> bool:
    """Work this one import to its end in this process. False when another process has it."""
    claim = _claim(clock.now(), import_id)
    if claim is None:
        return False
    _work(*claim)
    return True


def _claim(now: datetime, import_id: int | None = None) -> tuple[int, str] | None:
    """Take hold of an import: its id, and the token every write is checked against."""
    is_free = or_(Import.state == ImportState.QUEUED,
                  and_(Import.state == ImportState.RUNNING, Import.lease_until < now),
                  and_(Import.state.in_((ImportState.UNDOING, ImportState.CHECKING)),
                       or_(Import.lease_until.is_(None), Import.lease_until < now)))
    waiting = select(Import.id, Import.state, Import.started_at).where(is_free).order_by(Import.id).limit(1)
    found = db.session.execute(waiting if import_id is None else waiting.where(Import.id == import_id)).first()
    if found is None:
        db.session.rollback()  # so that the next look sees what others wrote meanwhile
        return None
    token, change = secrets.token_hex(16), {}
    if found.state in (ImportState.QUEUED, ImportState.RUNNING):
        change = {"state": ImportState.RUNNING, "started_at": found.started_at or now}
    with transaction():
        won = db.session.execute(update(Import).where(Import.id == found.id, Import.state == found.state, is_free)
                                 .values(lease_token=token, lease_until=now + LEASE, **change)).rowcount
    return (found.id, token) if won else None


def _work(import_id: int, token: str) -> None:
    """Every row that is left; the end, however it comes, is written down."""
    row = queries.get_import(import_id)
    try:
        if row.state == ImportState.UNDOING:
            undo.work(row, token)
            files.forget(row.stored_name)
        elif row.state == ImportState.CHECKING:
            check_all(row, token)
        else:
            _bring_in(row, token)
            _finish(row, token)
            files.forget(row.stored_name)
    except (_Lost, undo.Lost, CheckLost):
        log.info("import %s was stopped or taken over", import_id)
    except DashboardError as error:
        _fail(row, token, error.message)
    except DBAPIError:
        raise  # the database is away: the lease runs out and the import is taken up again
    except Exception:
        log.exception("import %s could not go on", import_id)
        _fail(row, token, "Something unexpected stood in the file; the log says more")


def _bring_in(row: Import, token: str) -> None:
    """Set after set from the row after the last one that counts."""
    reader, done = start.reader_of(row), row.rows_done
    seen = open_beside(files.path_of(row.stored_name), rows_done=done)
    try:
        with files.rows_for(row) as (_, body):
            is_noted = seen.rows_done() >= done
            for batch in sets_of(islice(body, done), SET):
                if not is_noted:  # what was noted beside the file is lost: read those rows again, write nothing
                    sift([reader.read(number, cells) for number, cells in batch], seen, rows_done=0)
            for batch in sets_of(body, SET):
                done += len(batch)
                with held_back():
                    _bring_set(row, token, reader, seen, batch, done)
    finally:
        seen.close()


def _bring_set(row: Import, token: str, reader: RowReader, seen: Seen, batch: list[Any], done: int) -> None:
    """Read and write one set; what was read is gone from memory at the end."""
    good, problems = sift([reader.read(number, cells) for number, cells in batch], seen, rows_done=done)
    batch.clear()
    _write(row, token, good, problems, done)


def _write(row: Import, token: str, good: list[GoodRow], problems: list[Problem], done: int) -> None:
    """One set: people, problems, counts and cursor, all or nothing. Raises _Lost when somebody else has the import."""
    with transaction():
        good, problems = _without_erased(row, good, problems)
        outcomes = contacts.add_or_update_many([one.person for one in good], by=Actor("user", row.created_by),
                                               on_duplicate=row.options["on_duplicate"],
                                               lift=row.options.get("lift", ""))
        journal.keep(row.id, outcomes)
        problems = problems + known_already(good, outcomes)
        if problems:
            db.session.execute(insert(ImportRow), [_problem_row(row.id, problem) for problem in problems])
        counts = Counter(kind for kind in outcomes.kinds if kind != SKIPPED)
        counts.update(problem.outcome for problem in problems)
        counts["kept_out"] = outcomes.kept_out
        held = db.session.execute(
            update(Import).where(Import.id == row.id, Import.lease_token == token, Import.state == ImportState.RUNNING)
            .values(rows_done=done, lease_until=clock.now() + LEASE, **_made(row.id, outcomes),
                    **{name: getattr(Import, name) + counts[name] for name in COUNTS})).rowcount
        if not held:
            raise _Lost


def _without_erased(row: Import, good: list[GoodRow], problems: list[Problem]) -> tuple[list[GoodRow], list[Problem]]:
    """Nobody who was erased since this import began comes back by it; of their row only the number is kept."""
    contacts.take_turn()
    gone = contacts.erased_since([one.person for one in good], row.started_at) if row.started_at else set()
    if not gone:
        return good, problems
    left = [Problem(one.number, SKIPPED, "Erased while this file came in", []) for one in good
            if one.person.known_by in gone]
    problems = [replace(one, cells=[]) if one.known_by in gone else one for one in problems]
    return [one for one in good if one.person.known_by not in gone], problems + left


def _made(import_id: int, outcomes: contacts.Outcomes) -> dict[str, Any]:
    """The tags that the cells of this set made, for the undo."""
    if not outcomes.new_tags:
        return {}
    made = db.session.scalar(select(Import.made).where(Import.id == import_id)) or {}
    return {"made": made | {"tags": sorted({*made.get("tags", []), *outcomes.new_tags})}}


def _problem_row(import_id: int, problem: Problem) -> dict[str, Any]:
    """A row that needs attention, as it is stored: no NUL, which PostgreSQL refuses."""
    return {"import_id": import_id, "row_number": problem.number, "outcome": problem.outcome,
            "reason": problem.reason.replace("\0", ""), "cells": [storable(cell) for cell in problem.cells]}


def storable(cell: str) -> str:
    """A cell every database can keep."""
    return cell[:LONGEST_KEPT].replace("\0", "").encode("utf-8", "replace").decode()


def _finish(row: Import, token: str) -> None:
    """Every row is done: say so, once."""
    with transaction():
        if not _end(row.id, token, ImportState.FINISHED, ""):
            raise _Lost
        undo.forget_old()
        events.note("contact.added", contact_id=None, details={"import_id": row.id, "source": "import"})
        counts = queries.get_import(row.id)
        activity.record("import.finished", by=Actor("user", row.created_by), subject_kind="import", subject_id=row.id,
                        subject_name=row.file_name, **{name: getattr(counts, name) for name in COUNTS})


def _fail(row: Import, token: str, why: str) -> None:
    """It cannot go on; what came in so far stays and is counted."""
    stored_name = row.stored_name
    with transaction():
        if _end(row.id, token, ImportState.FAILED, why):
            activity.record("import.failed", by=SYSTEM, subject_kind="import", subject_id=row.id,
                            subject_name=row.file_name, reason=why)
            after_commit(lambda: files.forget(stored_name))


def _end(import_id: int, token: str, state: ImportState, error: str) -> bool:
    """Let go of the import in its last state; False when it is no longer ours."""
    return bool(db.session.execute(
        update(Import).where(Import.id == import_id, Import.lease_token == token,
                             Import.state.in_((ImportState.RUNNING, ImportState.CHECKING)))
        .values(state=state, error=error, lease_token="", lease_until=None, finished_at=clock.now(), foreseen={},
                corrections={})).rowcount)
