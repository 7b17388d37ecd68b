"""What was loaded, by id, so that exactly that is taken away again."""

from collections.abc import Mapping
from typing import Any

from models import Setting, db

NAME = "samples"  # the row of settings that says so


def kept() -> dict[str, Any]:
    """Ids of tags, segments, templates, fields and campaigns that were loaded; empty when nothing is. One query."""
    row = db.session.get(Setting, NAME, populate_existing=True)
    return dict(row.value) if row else {}


def keep(value: Mapping[str, Any]) -> None:
    """Write it. A second loading at the same moment is refused by the table."""
    row = db.session.get(Setting, NAME)
    if row:
        row.value = dict(value)
    else:
        db.session.add(Setting(name=NAME, value=dict(value)))
    db.session.flush()


def forget() -> None:
    """Nothing is loaded any more."""
    if row := db.session.get(Setting, NAME):
        db.session.delete(row)
        db.session.flush()
