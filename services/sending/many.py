"""One statement for thousands of rows, as cheaply as the driver runs it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy.dialects import sqlite

from models import Message, db, is_sqlite


@cache
def as_kept(is_lite: bool) -> Callable[[datetime | None], Any]:
    """How a moment is given to a statement. SQLite keeps it as text, and the same moment is handed over many times in
    thousands of rows: it is written once here, not by the driver again and again."""
    if not is_lite:
        return lambda at: at
    processor = Message.__table__.c.sent_at.type.dialect_impl(db.engine.dialect).bind_processor(db.engine.dialect)
    assert processor is not None
    return lru_cache(10_000)(processor)


def run_many(statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run it once for each row, which has a value for every bound name. SQLite is handed the values as they are, so that
    moments and JSON must be text already: preparing each row would cost more than the statement itself."""
    if not is_sqlite():
        db.session.execute(statement, rows)
        return
    db.session.flush()
    text, values_of = _written(statement)
    db.session.connection().exec_driver_sql(text, [values_of(row) for row in rows])


@cache
def _written(statement: Any) -> tuple[str, Callable[[Mapping[str, Any]], Any]]:
    """The text of a statement, and how the values of a row are put in its order. Call it with kept statements only."""
    made = statement.compile(dialect=sqlite.dialect())
    return str(made), itemgetter(*made.positiontup)
