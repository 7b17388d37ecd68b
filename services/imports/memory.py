"""How the columns of a file were chosen is remembered for the next file of the same shape."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from core import clock, csv_text
from core.states import ImportState
from models import Import, ImportMapping, db
from services import contacts
from services.imports import fields

OPEN = (ImportState.MAPPING, ImportState.CHECKING)  # nothing is written yet, everything may still be chosen
UNCHECKED: dict[str, Any] = {"state": ImportState.MAPPING, "foreseen": {}, "rows_checked": 0, "lease_token": "",
                             "lease_until": None}  # what was chosen changed: a check made before counts no more
_KEPT = ("country", "on_duplicate", "without_phone")


def remember(row: Import, mapping: dict[str, str]) -> None:
    """Keep this choice; it replaces an earlier one. Call it in the transaction that starts the import."""
    options = {name: row.options[name] for name in _KEPT if name in row.options}
    kept = {"mapping": mapping, "options": options, "file_name": row.file_name, "at": clock.now()}
    db.session.merge(ImportMapping(digest=_digest(row.columns), **kept))


def recall(columns: Sequence[str]) -> ImportMapping | None:
    """What was chosen for a file of this shape, without fields that are gone. One query, two when there is one."""
    found = db.session.get(ImportMapping, _digest(columns), populate_existing=True)
    if found is None:
        return None
    known = {fields.CUSTOM + field.key for field in contacts.all_fields()}
    mapping = {number: target for number, target in found.mapping.items()
               if not target.startswith(fields.CUSTOM) or target in known}
    return ImportMapping(digest=found.digest, mapping=mapping, options=found.options, file_name=found.file_name,
                         at=found.at) if {"phone", *fields.MARKS, "email"}.intersection(mapping.values()) else None


def known_heading(rows: Sequence[csv_text.Row]) -> int:
    """The number of the row that named the columns the last time a file began so; 0 when none did. One query."""
    by_digest = {_digest(columns): number for number, cells in reversed(rows) if (columns := csv_text.columns_of(cells))}
    newest = db.session.scalar(select(ImportMapping.digest).where(ImportMapping.digest.in_(by_digest))
                               .order_by(ImportMapping.at.desc(), ImportMapping.digest).limit(1))
    return by_digest.get(newest or "", 0)


def make_again(row: Import, kinds: Mapping[str, str]) -> None:
    """Fields that went with an undo, by key and kind, are proposed as new ones for the next file of this shape."""
    found = db.session.get(ImportMapping, _digest(row.columns), populate_existing=True)
    if found is not None:
        found.mapping = {number: f"{fields.NEW}{kind}:{row.columns[int(number)][:80]}"
                         if (kind := kinds.get(target.removeprefix(fields.CUSTOM))) and target.startswith(fields.CUSTOM)
                         else target for number, target in found.mapping.items()}


def _digest(columns: Sequence[str]) -> str:
    """One for all files whose headings differ in case, spaces and signs only."""
    return hashlib.sha256("\n".join(fields.plain(heading) or heading for heading in columns).encode()).hexdigest()
