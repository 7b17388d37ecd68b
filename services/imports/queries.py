"""Every question about imports. Never writes."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, select

from core.csv_text import escape_cell
from core.errors import NotFound
from core.pages import Page
from core.states import ImportState
from models import Contact, Import, ImportKept, ImportRow, db

_BIGGEST_ID = 2**31 - 1


def get_import(import_id: int) -> Import:
    """One import as it is now. Raises NotFound. One query."""
    row = None
    if 0 < import_id <= _BIGGEST_ID:
        row = db.session.scalar(select(Import).where(Import.id == import_id).execution_options(populate_existing=True))
    if row is None:
        raise NotFound("There is no such import")
    return row


def is_at_work() -> bool:
    """Whether people are being brought in, or taken back, just now. One query."""
    return db.session.scalar(select(Import.id).where(
        Import.state.in_((ImportState.RUNNING, ImportState.UNDOING))).limit(1)) is not None


def recent_imports(*, page: int = 1, size: int = 25) -> Page[Import]:
    """Imports, newest first. Two queries."""
    total = db.session.scalar(select(func.count()).select_from(Import)) or 0
    number = max(1, min(page, -(-total // size) or 1))
    items = db.session.scalars(
        select(Import).order_by(Import.id.desc()).limit(size).offset((number - 1) * size)).all()
    return Page(items, number, size, total)


def same_file_before(import_id: int) -> Import | None:
    """The last finished import of exactly this file, if there was one. Two queries."""
    row = get_import(import_id)
    return db.session.scalar(
        select(Import).where(Import.digest == row.digest, Import.id != row.id, Import.state == ImportState.FINISHED)
        .order_by(Import.id.desc()).limit(1))


def problem_rows(import_id: int, *, outcome: str = "", page: int = 1, size: int = 50) -> Page[ImportRow]:
    """Rows that did not come in, in the order of the file; only failed or only skipped ones on demand. Two queries."""
    wanted = select(ImportRow).where(ImportRow.import_id == import_id)
    if outcome in ("failed", "skipped"):
        wanted = wanted.where(ImportRow.outcome == outcome)
    total = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    number = max(1, min(page, -(-total // size) or 1))
    rows = wanted.order_by(ImportRow.row_number).limit(size).offset((number - 1) * size)
    return Page(db.session.scalars(rows).all(), number, size, total)


def kept_people(import_id: int, *, page: int = 1, size: int = 50) -> Page[Any]:
    """Whom the undo left as they are, or in part: id, name, phone and reason. Two queries."""
    total = db.session.scalar(select(func.count()).where(ImportKept.import_id == import_id)) or 0
    number = max(1, min(page, -(-total // size) or 1))
    rows = db.session.execute(
        select(Contact.id, Contact.name, Contact.phone, ImportKept.reason)
        .join(Contact, Contact.id == ImportKept.contact_id).where(ImportKept.import_id == import_id)
        .order_by(ImportKept.contact_id).limit(size).offset((number - 1) * size)).all()
    return Page(rows, number, size, total)


def unfinished() -> Sequence[Import]:
    """Imports at work or waiting to be, oldest first. One query."""
    return db.session.scalars(select(Import).where(
        Import.state.in_((ImportState.QUEUED, ImportState.RUNNING, ImportState.UNDOING))).order_by(Import.id)).all()


def rejected_csv(import_id: int) -> Iterator[str]:
    """The rows that did not come in, line by line: row number, what became of it, why, then the cells as they were.

    Cells that a spreadsheet would take for a formula carry an apostrophe, which our import takes off again.
    """
    row = get_import(import_id)
    yield "\ufeff" + csv_line(["Row", "Outcome", "Reason", *row.columns])
    found = db.session.execute(
        select(ImportRow.row_number, ImportRow.outcome, ImportRow.reason, ImportRow.cells)
        .where(ImportRow.import_id == import_id).order_by(ImportRow.row_number).execution_options(yield_per=1000))
    for number, outcome, reason, cells in found:
        yield csv_line([str(number), outcome, reason, *cells])


def csv_line(cells: Sequence[str]) -> str:
    """One line of CSV with every cell made harmless."""
    line = io.StringIO()
    csv.writer(line).writerow([escape_cell(cell) for cell in cells])
    return line.getvalue()
