"""What each set of an import changed, written down with it, so that it can be put back."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import insert

from core.words import folded
from models import ImportCreated, db, is_sqlite
from services.contacts import Change, Outcomes

_text = json.encoder.encode_basestring_ascii
FIELD = "field:"  # begins the name of a custom field in `before` and `after`
_SQLITE = ("INSERT INTO import_changes (import_id, contact_id, before, after, tags, at) "
           "VALUES (%d, ?, ?, ?, ?, '%s')")
_POSTGRES = ("INSERT INTO import_changes (import_id, contact_id, before, after, tags, at) "
             "SELECT %s, id, before::jsonb, after::jsonb, tags::jsonb, %s "
             "FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[]) AS line(id, before, after, tags)")


def keep(import_id: int, outcomes: Outcomes) -> None:
    """Write down this set, inside its transaction: one row for all who are new, one for each who changed."""
    at = outcomes.at
    if at is None:
        return
    new = [outcomes.ids[place] for place, kind in enumerate(outcomes.kinds) if kind == "created"]
    if new:
        db.session.execute(insert(ImportCreated.__table__), {
            "import_id": import_id, "first_id": min(new), "last_id": max(new), "people": len(new),
            "tags": sorted(outcomes.tag_ids.values()), "at": at})
    if outcomes.changes:
        _keep_changes(import_id, [_line(outcomes.ids[place], change, outcomes.tag_ids)
                                  for place, change in outcomes.changes.items()], at)


def _keep_changes(import_id: int, lines: list[tuple[int, str, str, str]], at: datetime) -> None:
    """One statement."""
    run = db.session.connection().exec_driver_sql
    if is_sqlite():
        run(_SQLITE % (import_id, at.strftime("%Y-%m-%d %H:%M:%S.%f")), lines)
    else:
        run(_POSTGRES, (import_id, at, *map(list, zip(*lines, strict=True))))


def _line(contact_id: int, change: Change, tag_ids: dict[str, int]) -> tuple[int, str, str, str]:
    """Contact, old values, new values and the tags given, as they are stored."""
    before, after = change.before, change.after
    if "fields" in after:
        before, after = _apart(before, after)
    tags = json.dumps([tag_ids[folded(name)] for name in change.new_tags]) if change.new_tags else "[]"
    return contact_id, _as_json(before), _as_json(after), tags


def _as_json(values: dict[str, Any]) -> str:
    """As `json.dumps` writes it; texts alone, as nearly always, in a fraction of its time."""
    try:
        return _form(tuple(values)) % tuple(map(_text, values.values()))
    except TypeError:  # one of them is no text
        return json.dumps(values)


@lru_cache(maxsize=256)
def _form(names: tuple[str, ...]) -> str:
    """An object of these names with a place for each text; most lines of a set have the same ones."""
    return "{" + ", ".join(_text(name).replace("%", "%%") + ": %s" for name in names) + "}"


def _apart(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Custom fields one by one, and only those that changed."""
    old, new = before["fields"], after["fields"]
    keys = [key for key in new if old.get(key) != new[key]]
    return ({name: value for name, value in before.items() if name != "fields"}
            | {FIELD + key: old.get(key) for key in keys},
            {name: value for name, value in after.items() if name != "fields"} | {FIELD + key: new[key] for key in keys})
