"""Cells corrected on the check page: kept beside the file, which stays as it was brought."""

from collections.abc import Mapping

from sqlalchemy import update

from core.errors import Conflict, Invalid
from models import Import, db, transaction
from services.imports import memory, queries, start

_MOST_ROWS = 5_000
_LONGEST = 2_000


def mend(*, import_id: int, cells: Mapping[tuple[int, int], str]) -> Import:
    """Keep what stands in these cells now, by (row, column); a check made before counts no more.

    Raises NotFound, Invalid for cells the file does not have, Conflict when the import has begun.
    """
    row = queries.get_import(import_id)
    if row.state not in memory.OPEN:
        raise Conflict("This import has begun already; mend the rows that were left out and bring them again")
    if start.is_unread(row):
        raise Conflict("This file is still being read; look again in a moment")
    corrections = {number: dict(change) for number, change in row.corrections.items()}
    for (number, column), text in cells.items():
        if not 0 < number <= 2**31 or not 0 <= column < max(len(row.columns), 1):
            raise Invalid("There is no such cell in this file")
        if len(text) > _LONGEST:
            raise Invalid(f"Row {number:,}: a corrected cell can have {_LONGEST:,} characters at most")
        corrections.setdefault(str(number), {})[str(column)] = text.replace("\0", "")
    if len(corrections) > _MOST_ROWS:
        raise Invalid(f"{_MOST_ROWS:,} rows are the most that can be mended here; mend the file and bring it again")
    with transaction():
        db.session.execute(update(Import).where(Import.id == import_id, Import.state.in_(memory.OPEN))
                           .values(corrections=corrections, **memory.UNCHECKED))
    return queries.get_import(import_id)
