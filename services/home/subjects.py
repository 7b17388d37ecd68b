"""Which of the things that were acted upon are still there, so that only those become links."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from models import Campaign, Channel, Contact, Import, MessageTemplate, User, db

TABLES: dict[str, Any] = {"contact": Contact, "campaign": Campaign, "template": MessageTemplate, "import": Import,
                          "user": User, "channel": Channel}


def still_there(subjects: Iterable[tuple[str, int | None]]) -> set[tuple[str, int]]:
    """The kinds and numbers among `subjects` that exist. At most one query for each kind."""
    wanted: dict[str, set[int]] = {}
    for kind, number in subjects:
        if kind in TABLES and number is not None:
            wanted.setdefault(kind, set()).add(number)
    found: set[tuple[str, int]] = set()
    for kind, numbers in wanted.items():
        table = TABLES[kind]
        found |= {(kind, number) for number in db.session.scalars(select(table.id).where(table.id.in_(numbers)))}
    return found
