"""Values for thousands of rows, as the driver wants them."""

from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from models import Message, db

MOMENTS = 256  # a batch knows a few; what never comes again would only stay in memory


@cache
def as_kept(is_lite: bool) -> Callable[[datetime | None], Any]:
    """How a moment is given to a statement. SQLite keeps it as text, and the same moment is handed over many times in
    thousands of rows: it is written once here, not by the driver again and again."""
    if not is_lite:
        return lambda at: at
    processor = Message.__table__.c.sent_at.type.dialect_impl(db.engine.dialect).bind_processor(db.engine.dialect)
    assert processor is not None
    return lru_cache(MOMENTS)(processor)
