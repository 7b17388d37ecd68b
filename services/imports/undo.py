"""Take an import back: what it changed gets its old value, who it added goes, unless somebody did something since.

Each set is put back in one transaction that also removes its lines of the journal: what is left in the journal is what
is left to do, so that a killed undo goes on where it was. The rules:

- a value that is no longer what the import wrote stays as it is now, and is said;
- somebody the import added stays, and is said, when they were changed, tagged, written to or heard from since;
- tags and fields that the import made go when nobody and nothing uses them;
- that people agreed, because this file said so, does not count any more; who said stop in this file stays out.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from core import clock
from core.actor import Actor
from core.background import Job, enqueue
from core.errors import Conflict
from core.states import ImportState, check_import_move
from models import Import, ImportChange, ImportCreated, ImportKept, after_commit, db, transaction
from services import activity
from services.imports import queries, undo_added, undo_changed, undo_made

DAYS = 30  # how long an import can be undone
SET = 2_000  # changed people a transaction
_LEASE = timedelta(seconds=20)


class Lost(Exception):
    """Another process holds it now."""


def undo_import(*, import_id: int, by: Actor) -> Import:
    """Let everything be put back in the background. The import as it is now.

    Raises NotFound, Conflict when it has not ended, was undone before, or ended more than thirty days ago.
    """
    row = queries.get_import(import_id)
    check_import_move(row.state, ImportState.UNDOING)
    if not can_be_undone(row):
        raise Conflict(f"This import ended more than {DAYS} days ago; it cannot be undone any more")
    with transaction():
        won = db.session.execute(update(Import).where(Import.id == import_id, Import.state == row.state).values(
            state=ImportState.UNDOING, undo_total=people_of(import_id), restored=0, kept=0, undone_by=by.name,
            lease_token="", lease_until=None)).rowcount
        if not won:
            raise Conflict("Somebody else was quicker; look again")
        activity.record("import.undo_started", by=by, subject_kind="import", subject_id=import_id,
                        subject_name=row.file_name)
        after_commit(lambda: enqueue(Job.RUN_IMPORTS))
    return queries.get_import(import_id)


def can_be_undone(row: Import) -> bool:
    """Whether the button makes sense: it ended, wrote something, and not too long ago."""
    ended = row.finished_at or row.started_at
    return (row.state in (ImportState.FINISHED, ImportState.STOPPED, ImportState.FAILED) and ended is not None
            and clock.now() - ended < timedelta(days=DAYS) and row.created + row.updated > 0)


def people_of(import_id: int) -> int:
    """How many people the journal of an import still holds. Two queries."""
    added = db.session.scalar(select(func.sum(ImportCreated.people)).where(ImportCreated.import_id == import_id))
    changed = db.session.scalar(select(func.count()).where(ImportChange.import_id == import_id))
    return (added or 0) + (changed or 0)


def work(row: Import, token: str) -> None:
    """Set after set until the journal is empty. Raises Lost when another process has it."""
    by = Actor("user", row.undone_by)
    while _put_back_one(row, token, by):
        pass
    with transaction():
        undo_made.remove(row, by=by)
        ended = db.session.execute(update(Import).where(*_mine(row.id, token)).values(
            state=ImportState.UNDONE, made={}, lease_token="", lease_until=None)).rowcount
        if not ended:
            raise Lost
        counts = queries.get_import(row.id)
        activity.record("import.undone", by=by, subject_kind="import", subject_id=row.id, subject_name=row.file_name,
                        restored=counts.restored, kept=counts.kept)


def forget_old() -> None:
    """What imports changed that cannot be undone any more. Whom they added stays known: a row for a set. One statement."""
    too_old = select(Import.id).where(Import.finished_at < clock.now() - timedelta(days=DAYS),
                                      Import.state.in_((ImportState.FINISHED, ImportState.FAILED)))
    db.session.execute(delete(ImportChange.__table__).where(ImportChange.import_id.in_(too_old)))


def _put_back_one(row: Import, token: str, by: Actor) -> bool:
    """One set: first who changed, then who was added, the last first. False when nothing is left."""
    with transaction():
        changes = db.session.execute(
            select(ImportChange.contact_id, ImportChange.before, ImportChange.after, ImportChange.tags, ImportChange.at)
            .where(ImportChange.import_id == row.id).order_by(ImportChange.contact_id).limit(SET)).all()
        added = None if changes else db.session.execute(
            select(ImportCreated.id, ImportCreated.first_id, ImportCreated.last_id, ImportCreated.tags, ImportCreated.at)
            .where(ImportCreated.import_id == row.id).order_by(ImportCreated.first_id.desc()).limit(1)).first()
        if not changes and added is None:
            return False
        if changes:
            done, kept = undo_changed.put_back(changes, file_name=row.file_name, by=by), ImportChange.contact_id.in_(
                [change.contact_id for change in changes])
            db.session.execute(delete(ImportChange.__table__).where(ImportChange.import_id == row.id, kept))
        else:
            done = undo_added.remove(added)
            db.session.execute(delete(ImportCreated.__table__).where(ImportCreated.id == added.id))  # type: ignore[union-attr]
        _count(row.id, token, *done)
    return True


def _count(import_id: int, token: str, restored: int, kept: Sequence[tuple[int, str]]) -> None:
    """Write down who was put back and who was kept, and hold the lease."""
    if kept:
        db.session.execute(insert(ImportKept.__table__), [
            {"import_id": import_id, "contact_id": contact_id, "reason": reason} for contact_id, reason in kept])
    held = db.session.execute(update(Import).where(*_mine(import_id, token)).values(
        restored=Import.restored + restored, kept=Import.kept + len(kept), lease_until=clock.now() + _LEASE)).rowcount
    if not held:
        raise Lost


def _mine(import_id: int, token: str) -> tuple[Any, ...]:
    return Import.id == import_id, Import.lease_token == token, Import.state == ImportState.UNDOING
