"""What both people have of which one may have only one, when two become one: a run of a rule for the same period, a flow in
whose middle they are. The other's stays for what it did, under a name of its own, and does nothing more; undoing gives it back
as it was.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from core import clock
from core.states import RunState
from models import FlowSession, RuleRun, db

_WHY = "Two people turned out to be one: the same goes on, or was done, for them already"
_COLUMNS: dict[str, tuple[str, ...]] = {"runs": ("period", "state", "reason", "due_at", "ended_at"),
                                        "flows": ("ended", "reason", "due_at", "waits_for", "ended_at")}
_TABLES: dict[str, Any] = {"runs": RuleRun, "flows": FlowSession}


def join(keep_id: int, other_id: int) -> dict[str, list[dict[str, Any]]]:
    """Give the first what is left of the other's runs and flows; each as it was before."""
    now, kept = clock.now(), {}
    for kind, table in _TABLES.items():
        columns = [getattr(table, name) for name in ("id", *_COLUMNS[kind])]
        kept[kind] = [_plain(row._asdict()) for row in db.session.execute(
            select(*columns).where(table.contact_id == other_id).order_by(table.id))]
    for row in kept["runs"]:
        waits = {"state": RunState.HELD, "reason": _WHY, "due_at": None, "ended_at": now} if row["state"] == "waiting" else {}
        _write(RuleRun, row["id"], {"contact_id": keep_id, "period": f"{row['period'][:40]} #{row['id']}", **waits})
    for row in kept["flows"]:
        _write(FlowSession, row["id"], {"contact_id": keep_id, "ended": "stopped", "reason": _WHY, "due_at": None,
                                        "waits_for": "", "ended_at": now})
    return kept


def part(kept: Mapping[str, Iterable[Mapping[str, Any]]], keep_id: int, other_id: int) -> None:
    """Give back what `join` renamed, as it was."""
    for kind, table in _TABLES.items():
        for row in kept.get(kind, ()):
            was = {name: datetime.fromisoformat(row[name]) if name.endswith("_at") and row[name] else row[name]
                   for name in _COLUMNS[kind]}
            is_theirs = db.session.scalar(select(func.count()).where(table.id == row["id"], table.contact_id == keep_id))
            if is_theirs:
                _write(table, row["id"], {"contact_id": other_id, **was})


def _write(table: Any, number: int, values: Mapping[str, Any]) -> None:
    db.session.execute(update(table.__table__).where(table.__table__.c.id == number).values(**values))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON keeps it."""
    return {name: value.isoformat() if isinstance(value, datetime) else value if value is None or isinstance(value, int)
            else str(value) for name, value in row.items()}
