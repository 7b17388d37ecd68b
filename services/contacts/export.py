"""People out as CSV: streamed, exactly what is filtered, safe for spreadsheets, and read back unchanged."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from core.actor import Actor
from core.csv_text import escape_cell
from core.states import ConsentState
from models import Contact, db, transaction
from services import activity
from services.contacts import bulk_marked, queries, tallies
from services.contacts.fields import all_fields, value_text
from services.contacts.rows import tags_of

COLUMNS = ("phone", "name", "first name", "email", "company", "birthday", "language", "country", "time zone", "notes",
           "tags", "marketing consent", "utility consent")
_LAST = ("whatsapp user id", "person key", "created")
_AT_ONCE = 1_000
_CONSENT = {ConsentState.GRANTED: "yes", ConsentState.WITHDRAWN: "no", ConsentState.UNKNOWN: ""}


def export_contacts(text: str = "", *, tag: str = "", consent: str = "", where: ColumnElement[bool] | None = None,
                    by: Actor) -> Iterator[str]:
    """The people of these filters as pieces of CSV, oldest first, a thousand at a time; the first holds the headings.

    Who has no phone is given a key that the file says, so that an import knows them again.
    `where` narrows further. Noted in the activity before the first piece. Two queries a thousand people. Raises
    Invalid for a wrong filter.
    """
    wanted = queries.conditions_of(text, tag=tag, consent=consent)
    if where is not None:
        wanted.append(where)
    count = (db.session.scalar(select(func.count(Contact.id)).where(*wanted)) or 0) if wanted else tallies.everybody()
    with transaction():
        bulk_marked.give_keys()
        activity.record("contacts.exported", by=by, subject_kind="contacts", count=count)
    return _pieces(wanted)


def _pieces(wanted: list[ColumnElement[bool]]) -> Iterator[str]:
    fields = all_fields()
    keys = [field.key for field in fields]
    yield _csv([[*COLUMNS, *(field.label for field in fields), *_LAST]])
    last_id = 0
    while rows := _next(wanted, last_id):
        last_id = rows[-1].id
        tags = tags_of([row.id for row in rows])
        yield _csv([_cells(row, tags.get(row.id, ()), keys) for row in rows])


def _next(wanted: list[ColumnElement[bool]], last_id: int) -> list[Row[Any]]:
    """The thousand people after `last_id`."""
    columns = select(Contact.id, Contact.phone, Contact.name, Contact.first_name, Contact.email, Contact.company,
                     Contact.birthday, Contact.language, Contact.country, Contact.zone, Contact.notes,
                     Contact.marketing, Contact.utility, Contact.fields, Contact.created_at, Contact.user_id,
                     Contact.export_key)
    return list(db.session.execute(
        columns.where(*wanted, Contact.id > last_id).order_by(Contact.id).limit(_AT_ONCE)))


def _cells(row: Row[Any], tags: tuple[str, ...], keys: list[str]) -> list[str]:
    """One person, column by column."""
    return [
        row.phone or "", row.name, row.first_name, row.email, row.company,
        row.birthday.isoformat() if row.birthday else "", row.language, row.country, row.zone, row.notes,
        "; ".join(tags), _CONSENT[row.marketing], _CONSENT[row.utility],
        *(value_text(row.fields.get(key)) for key in keys),
        row.user_id or "", row.export_key if row.export_key and not row.phone else "",
        row.created_at.isoformat(timespec="seconds"),
    ]


def _csv(rows: list[list[str]]) -> str:
    """Rows as CSV, each cell made harmless."""
    out = io.StringIO()
    csv.writer(out).writerows([escape_cell(cell) for cell in row] for row in rows)
    return out.getvalue()
