"""The log beside a SQLite database (WAL): what is written stands there first, and is brought into the database later.

SQLite begins the log anew only at a moment when nobody reads from it. On a busy dashboard somebody always does, so it grows,
every commit drags it along, and everything becomes slow. `shorten` makes such a moment: writers wait for the readers of now,
for a second at most, and whoever comes meanwhile reads from the database itself.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from tables.session import db, is_sqlite

LIMIT = 8 * 2**20  # bytes that may stand in the log
PATIENCE = 1.0  # seconds for which writers may wait for readers
FAR_BEHIND = 2_000  # pages: somebody has been reading for long, and would not be done in time


def shorten(limit: int = LIMIT, patience: float = PATIENCE) -> bool:
    """Empty the log where it is longer than `limit` bytes. False where somebody who reads for long stands in the way.

    Does nothing on PostgreSQL. Safe at any time and from any number of processes.
    """
    file = db.engine.url.database if is_sqlite() else None
    if not file or _size(file) <= limit:
        return True
    with closing(sqlite3.connect(file, timeout=patience, isolation_level=None)) as link:
        _, written, moved = link.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()  # the bulk, while others go on
        if written - moved > FAR_BEHIND:
            return False
        is_busy, _, _ = link.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not is_busy


def _size(file: str) -> int:
    """Bytes in the log of this database."""
    log = Path(f"{file}-wal")
    return log.stat().st_size if log.exists() else 0
