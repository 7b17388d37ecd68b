"""Inserts that step aside when the row is there already, in the words of either database."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from models import db, is_sqlite


def insert_new(table: Any, rows: list[dict[str, Any]]) -> int:
    """Insert the rows that break no unique constraint, leave the others out, and say how many went in."""
    return len(_inserted(table, rows))


def insert_new_ids(table: Any, rows: list[dict[str, Any]]) -> list[int]:
    """As `insert_new`; the ids of those that went in, in no particular order."""
    return [row.id for row in _inserted(table, rows)]


def _inserted(table: Any, rows: list[dict[str, Any]]) -> Sequence[Any]:
    dialect = sqlite if is_sqlite() else postgresql
    columns = table.__table__
    wanted = dialect.insert(columns).values(rows).on_conflict_do_nothing().returning(*columns.primary_key)
    return db.session.execute(wanted).all()
