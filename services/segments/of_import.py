"""Tests about one import: whom it added, which stays known, and whom it changed, which its journal knows for thirty days."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from core.words import shortened
from models import Contact, Import, ImportChange, ImportCreated, db

Row = tuple[str, str, str, Callable[[str], ColumnElement[bool]]]  # about, words, what it takes, how it is asked


def _added(number: str) -> ColumnElement[bool]:
    """Everybody who came in with one of its sets: between its ids, at one of its moments. Two queries."""
    mine = ImportCreated.import_id == int(number)
    first, last = db.session.execute(select(func.min(ImportCreated.first_id), func.max(ImportCreated.last_id))
                                     .where(mine)).one()
    if first is None:
        return false()
    return and_(Contact.source == "import", Contact.id.between(first, last),
                Contact.created_at.in_(db.session.scalars(select(ImportCreated.at).where(mine)).all()))


def _changed(number: str) -> ColumnElement[bool]:
    return Contact.id.in_(select(ImportChange.contact_id).where(ImportChange.import_id == int(number)))


def shown(number: str) -> str:
    """The name of its file, and its number."""
    name = db.session.scalar(select(Import.file_name).where(Import.id == int(number)))
    return f"{shortened(name)} ({number})" if name else f"number {number}"


TESTS: dict[str, Row] = {
    "import.of": ("Import", "… added or changed them (changes: last 30 days)", "import",
                  lambda number: or_(_added(number), _changed(number))),
    "import.added": ("Import", "… added them", "import", _added),
    "import.changed": ("Import", "… changed them (last 30 days)", "import", _changed),
}
