"""Sets of people on PostgreSQL: COPY into a table of this transaction, then one statement over the whole set."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from models import db
from services.contacts.bulk_rows import CHANGED, KNOWN, NEW

_TURN = 7_204_116_302  # the number of the lock under which imports take turns, so that they never wait in a circle
_KINDS = {"birthday": "date", "fields": "jsonb", "id": "integer"}


def take_turn() -> None:
    """Wait until no other import is writing; given back when the transaction ends."""
    _run("SELECT pg_advisory_xact_lock(%s)", (_TURN,))


def known(phones: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """Rows of KNOWN by phone, for those of these phones that are in the contacts; locked while we write."""
    columns = ", ".join("birthday::text" if name == "birthday" else name for name in KNOWN)
    lock = " ORDER BY id FOR NO KEY UPDATE" if db.session.connection().get_execution_options().get(
        "pigeonpost_write") else ""
    rows = _run(f"SELECT {columns} FROM contacts WHERE phone = ANY(%s){lock}", (list(phones),)).fetchall()
    return {row[1]: tuple(row) for row in rows}


def insert(rows: Sequence[tuple[Any, ...]], *, source: str, now: datetime) -> Mapping[str, int]:
    """Add rows of NEW; phone to id of those that nobody else added at the same moment."""
    _copy("incoming_people", NEW, NEW, rows)
    columns = ", ".join(NEW)
    found = _run(
        f"INSERT INTO contacts ({columns}, source, created_at, changed_at) "
        f"SELECT {columns}, %s, %s, %s FROM incoming_people ORDER BY place "
        "ON CONFLICT (phone) DO NOTHING RETURNING phone, id", (source, now, now))
    return {row[0]: row[1] for row in found}


def update(columns: Sequence[str], rows: Sequence[tuple[Any, ...]], *, now: datetime) -> None:
    """Write these columns of people; a row holds their values and then the id. All of them were changed now."""
    if rows:
        _copy("changed_people", (*CHANGED, "id"), (*columns, "id"), rows)
        own = "".join(f"{name} = new.{name}, " for name in columns)
        _run(f"UPDATE contacts SET {own}changed_at = %s FROM changed_people AS new WHERE contacts.id = new.id", (now,))


def tags_of(ids: Sequence[int], keys: Iterable[str]) -> set[tuple[int, str]]:
    """Who of these people has which of these tags, as (contact id, tag key)."""
    keys = list(keys)
    if not ids or not keys:
        return set()
    found = _run("SELECT ct.contact_id, t.key FROM contact_tags AS ct JOIN tags AS t ON t.id = ct.tag_id "
                 "WHERE ct.contact_id = ANY(%s) AND t.key = ANY(%s)", (list(ids), keys))
    return {(row[0], row[1]) for row in found}


def add_tags(pairs: Sequence[tuple[int, int]]) -> None:
    """Give people tags, as (contact id, tag id)."""
    if pairs:
        _run("INSERT INTO contact_tags (contact_id, tag_id) SELECT * FROM unnest(%s::int[], %s::int[]) "
             "ON CONFLICT DO NOTHING", tuple(map(list, zip(*pairs, strict=True))))


def add_tags_to_all(ids: Sequence[int], tag_ids: Sequence[int]) -> None:
    """Give each of these new people every one of these tags."""
    if ids and tag_ids:
        _run("INSERT INTO contact_tags (contact_id, tag_id) SELECT person, tag FROM unnest(%s::int[]) AS person "
             "CROSS JOIN unnest(%s::int[]) AS tag ON CONFLICT DO NOTHING", (list(ids), list(tag_ids)))


def add_consent(rows: Sequence[tuple[int, str, str]], *, how: str, by: str, now: datetime,
                lifts: bool = False, category: str = "marketing") -> None:
    """Lines for the ledger, as (contact id, state, proof); `lifts`: grants override a withdrawal."""
    if rows:
        _run("INSERT INTO consent_entries (contact_id, state, proof, category, how, overrides_withdrawal, by, at, "
             "recorded_at) SELECT id, state, proof, %s, %s, %s AND state = 'granted', %s, %s, %s "
             "FROM unnest(%s::int[], %s::text[], %s::text[]) AS line(id, state, proof)",
             (category, how, lifts, by, now, now, *map(list, zip(*rows, strict=True))))


def _copy(table: str, holds: Sequence[str], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Fill these columns of a table that lives as long as this transaction, and has those that it holds."""
    kinds = ", ".join(f"{name} {_KINDS.get(name, 'text')}" for name in holds)
    _run(f"CREATE TEMP TABLE IF NOT EXISTS {table} (place integer, {kinds}) ON COMMIT DELETE ROWS")
    _run(f"DELETE FROM {table}")
    driver: Any = db.session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} (place, {', '.join(columns)}) FROM STDIN") as copy:
        for place, row in enumerate(rows):
            copy.write_row((place, *row))


def _run(statement: str, values: Any = ()) -> Any:
    """One statement with its values."""
    return db.session.connection().exec_driver_sql(statement, values or None)
