"""A person who is erased leaves the files that were brought and not imported yet; files of imports that are over go.

An import that runs at this very moment still reads the file as it was: whoever it brings in is known as erased and
stays out of marketing.
"""

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from core.states import ImportState
from models import Import, db, transaction
from services import settings

GONE = "(erased)"
OVER = (ImportState.FINISHED, ImportState.FAILED, ImportState.UNDONE)
_OPEN = (ImportState.MAPPING, ImportState.CHECKING)
_SHEET = "xlsx"  # written down from a spreadsheet: every row begins with its number


def strike_from_files(is_theirs: Callable[[str], bool]) -> int:
    """Blank the rows of waiting files in which a cell is theirs, and let a check made before count no more.

    How many rows. One look through every waiting file; the rows keep their numbers. What was put aside of a
    spreadsheet goes whole, so that its other sheets can no longer be chosen.
    """
    struck = 0
    for row in db.session.execute(select(Import.id, Import.stored_name, Import.state, Import.encoding,
                                         Import.delimiter)).all():
        path = Path(settings.start_up().instance) / "uploads" / row.stored_name
        if row.state in OVER:
            _forget(path.parent.glob(f"{path.stem}.*"))
        elif row.encoding and path.is_file():
            try:
                found = _rewrite(path, row, is_theirs)
            except (UnicodeError, LookupError, csv.Error):  # it was damaged: nobody can import it any more
                _forget(path.parent.glob(f"{path.stem}.*"))
                continue
            _forget_beside(path, row, is_changed=found > 0)
            struck += found
    return struck


def forget_check(import_id: int) -> None:
    """What a check showed of a file counts no more; it is made again when somebody looks."""
    with transaction():
        db.session.execute(update(Import).where(Import.id == import_id, Import.state.in_(_OPEN)).values(
            state=ImportState.MAPPING, foreseen={}, rows_checked=0, lease_token="", lease_until=None))


def _forget_beside(path: Path, row: Any, *, is_changed: bool) -> None:
    """The spreadsheet itself, the numbers noted beside a stopped file, and a check that showed their rows."""
    if row.encoding == _SHEET and (book := path.with_suffix(".xlsx")).exists():
        book.unlink()
        with transaction():
            db.session.execute(update(Import).where(Import.id == row.id).values(sheets=[]))
    if is_changed:
        if row.state == ImportState.STOPPED:
            _forget(path.parent.glob(f"{path.stem}.seen*"))
        forget_check(row.id)


def _rewrite(path: Path, row: Any, is_theirs: Callable[[str], bool]) -> int:
    """Write the file anew without their rows, when it has any."""
    first, encoding = (1, "utf-8") if row.encoding == _SHEET else (0, row.encoding)
    found = sum(any(map(is_theirs, cells[first:])) for cells in _rows(path, encoding, row.delimiter))
    if found:
        new = path.with_suffix(".new")
        with open(new, "w", encoding=encoding, newline="") as out:
            csv.writer(out, delimiter=row.delimiter).writerows(
                [*cells[:first], GONE] if any(map(is_theirs, cells[first:])) else cells
                for cells in _rows(path, encoding, row.delimiter))
        os.replace(new, path)
    return found


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[list[str]]:
    """Every row as it stands. Raises UnicodeError, LookupError or csv.Error when it cannot be read any more."""
    with open(path, encoding=encoding, newline="") as file:
        yield from csv.reader(file, delimiter=delimiter)


def _forget(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
