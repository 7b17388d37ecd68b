"""Stop an import between two sets of rows, go on with it, or throw it away before it began."""

from sqlalchemy import delete, update

from core.actor import Actor
from core.background import Job, enqueue
from core.errors import Conflict
from core.states import ImportState, check_import_move
from models import Import, after_commit, db, transaction
from services import activity
from services.imports import files, memory, queries


def stop_import(*, import_id: int, by: Actor) -> None:
    """Stop after the rows that are written already; they stay. Raises NotFound, Conflict when it is not at work."""
    _move(import_id, ImportState.STOPPED, "import.stopped", by)


def resume_import(*, import_id: int, by: Actor) -> None:
    """Go on with the row after the last one. Raises NotFound, Conflict when it is not stopped."""
    _move(import_id, ImportState.QUEUED, "import.resumed", by)


def discard_import(*, import_id: int, by: Actor) -> None:
    """Throw away a file that was brought but not imported. Raises NotFound, Conflict when it has begun."""
    row = queries.get_import(import_id)
    name, stored_name = row.file_name, row.stored_name
    with transaction():
        gone = db.session.execute(delete(Import).where(
            Import.id == import_id, Import.state.in_(memory.OPEN))).rowcount
        if not gone:
            raise Conflict("This import has begun already; stop it instead")
        activity.record("import.discarded", by=by, subject_kind="import", subject_id=import_id, subject_name=name)
        after_commit(lambda: files.forget(stored_name))


def _move(import_id: int, wanted: ImportState, verb: str, by: Actor) -> None:
    """Change the state; whoever holds the lease notices at the next set."""
    with transaction():
        row = queries.get_import(import_id)
        check_import_move(row.state, wanted)
        moved = db.session.execute(update(Import).where(Import.id == import_id, Import.state == row.state).values(
            state=wanted, lease_token="", lease_until=None)).rowcount
        if not moved:  # it moved on between the two lines
            check_import_move(queries.get_import(import_id).state, wanted)
        activity.record(verb, by=by, subject_kind="import", subject_id=import_id, subject_name=row.file_name)
        if wanted is ImportState.QUEUED:
            after_commit(lambda: enqueue(Job.RUN_IMPORTS))
