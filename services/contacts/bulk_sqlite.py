"""Sets of people on SQLite: statements run many times over plain rows, which is as fast as it gets there."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from models import db
from services.contacts.bulk_rows import KNOWN, NEW

# columns that often nobody in a set fills: they stand in the statement once, and are not handed over row by row
_USUAL = {"company": "", "birthday": None, "language": "", "notes": "", "fields": "{}", "marketing": "unknown",
          "zone": "", "utility": "unknown"}
_SPELLED = {"": "''", None: "NULL", "{}": "'{}'", "unknown": "'unknown'"}
_LOOK = (f"SELECT {', '.join(f'c.{name}' for name in KNOWN)} FROM json_each(?) AS wanted "
         "CROSS JOIN contacts AS c ON c.phone = wanted.value")


def take_turn() -> None:
    """Nothing to do: a write on SQLite has the whole database to itself."""


def known(phones: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """Rows of KNOWN by phone, for those of these phones that are in the contacts."""
    driver: Any = db.session.connection().connection.driver_connection  # whose rows are plain tuples
    rows = driver.execute(_LOOK, (json.dumps(phones),)).fetchall()
    return {row[1]: (*row[:9], json.loads(row[9]) if row[9] != "{}" else {}, *row[10:]) for row in rows}


def insert(rows: Sequence[tuple[Any, ...]], *, source: str, now: datetime) -> Mapping[str, int]:
    """Add rows of NEW; phone to the id each got: the next ones, because nobody else writes meanwhile."""
    first = (_run("SELECT max(id) FROM contacts").scalar() or 0) + 1
    usual = {name: value for name, value in _USUAL.items() if rows[0][NEW.index(name)] == value and (
        set(map(itemgetter(NEW.index(name)), rows)) == {value})}
    columns = [name for name in NEW if name not in usual]
    statement = (
        f"INSERT INTO contacts ({', '.join([*columns, *usual])}, source, created_at, changed_at) VALUES "
        f"({', '.join(['?'] * len(columns) + [_SPELLED[value] for value in usual.values()])}, '{_word(source)}', "
        f"'{_stored(now)}', '{_stored(now)}')")
    _run(statement, list(map(itemgetter(*map(NEW.index, columns)), rows)) if usual else rows)
    return dict(zip(map(itemgetter(0), rows), range(first, first + len(rows)), strict=True))


def update(columns: Sequence[str], rows: Sequence[tuple[Any, ...]], *, now: datetime) -> None:
    """Write these columns of people; a row holds their values and then the id. All of them were changed now."""
    if rows:
        own = "".join(f"{name} = ?, " for name in columns)
        _run(f"UPDATE contacts SET {own}changed_at = '{_stored(now)}' WHERE id = ?", rows)


def tags_of(ids: Sequence[int], keys: Iterable[str]) -> set[tuple[int, str]]:
    """Who of these people has which of these tags, as (contact id, tag key)."""
    keys = list(keys)
    if not ids or not keys:
        return set()
    found = _run(
        "SELECT wanted.value, t.key FROM json_each(?) AS wanted CROSS JOIN contact_tags AS ct "
        "ON ct.contact_id = wanted.value JOIN tags AS t ON t.id = ct.tag_id "
        "WHERE t.key IN (SELECT value FROM json_each(?))", (json.dumps(ids), json.dumps(keys)))
    return {(row[0], row[1]) for row in found}


def add_tags(pairs: Sequence[tuple[int, int]]) -> None:
    """Give people tags, as (contact id, tag id)."""
    if pairs:
        _run("INSERT OR IGNORE INTO contact_tags (contact_id, tag_id) VALUES (?, ?)", pairs)


def add_tags_to_all(ids: Sequence[int], tag_ids: Sequence[int]) -> None:
    """Give each of these new people, whose ids follow each other, every one of these tags."""
    if ids and tag_ids:
        _run("INSERT INTO contact_tags (contact_id, tag_id) SELECT c.id, tag.value FROM contacts AS c "
             "CROSS JOIN json_each(?) AS tag WHERE c.id BETWEEN ? AND ? ORDER BY c.id",
             (json.dumps(tag_ids), min(ids), max(ids)))


def add_consent(rows: Sequence[tuple[int, str, str]], *, how: str, by: str, now: datetime,
                lifts: bool = False, category: str = "marketing") -> None:
    """Lines for the ledger, as (contact id, state, proof); `lifts`: grants override a withdrawal."""
    if rows:
        at = _stored(now)
        _run("INSERT INTO consent_entries (contact_id, state, proof, category, how, overrides_withdrawal, by, at, "
             "recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
             [(*row, category, how, lifts and row[1] == "granted", by, at, at) for row in rows])


def _run(statement: str, values: Any = ()) -> Any:
    """One statement, with one row of values or a list of rows."""
    return db.session.connection().exec_driver_sql(statement, values or None)


def _stored(moment: datetime) -> str:
    """A UTC time as the database keeps it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def _word(text: str) -> str:
    """A word of ours that may stand in a statement."""
    if not text.isalpha():
        raise ValueError(f"{text!r} is not a word")
    return text
