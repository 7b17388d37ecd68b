"""What a field holds, as the database reads it, and the indexes by which few people are found by it.

On SQLite those that are compared by size, numbers and dates, have one; words are found by their letters. On PostgreSQL
the first ten fields have one. They are made with the field, and at the start of the program for fields that lack theirs.
"""

from typing import Any

from sqlalchemy import Numeric, String, case, cast, func, literal_column, select, text

from models import Contact, ContactField, db, is_sqlite, transaction

MOST = 10  # on PostgreSQL: every index makes an import slower
LONGEST_COMPARED = 100  # letters of a text that an index holds
_BY_SIZE = ("number", "date")
_WORDS = ("text", "choice")


def index_fields() -> None:
    """See that every field that wants an index has one. Safe to repeat."""
    with transaction():
        for key, kind in db.session.execute(select(ContactField.key, ContactField.kind).order_by(ContactField.id)).all():
            index_field(key, kind)


def index_field(key: str, kind: str) -> None:
    """Make the index of one field, where it wants one. Inside the caller's transaction."""
    if kind in _BY_SIZE if is_sqlite() else key in _first_keys():
        what = compared_by(key, kind).compile(
            db.engine, compile_kwargs={"literal_binds": True, "include_table": False})
        is_there = not is_sqlite() and db.session.scalar(select(func.to_regclass(_name(key)))) is not None
        db.session.execute(text(f"CREATE INDEX IF NOT EXISTS {_name(key)} ON contacts (({what}))"))
        if not is_sqlite() and not is_there:  # or it guesses how many have a value, and may take seconds where tens of ms do
            db.session.execute(text("ANALYZE contacts"))


def forget_index(key: str) -> None:
    """Take away the index of a field that is going. Inside the caller's transaction."""
    db.session.execute(text(f"DROP INDEX IF EXISTS {_name(key)}"))


def stored_value(key: str) -> Any:
    """The value of a field as text, NULL where there is none. Keys are ours: letters, digits and underscores."""
    if is_sqlite():  # the path stands in the statement itself, so that the index of the field is seen to fit
        return func.json_extract(Contact.fields, literal_column(f"'$.\"{key}\"'"))
    return Contact.fields.op("->>", return_type=String())(literal_column(f"'{key}'"))


def stored_kind(key: str) -> Any:
    """What kind of value it is, in the database's words."""
    if is_sqlite():
        return func.json_type(Contact.fields, literal_column(f"'$.\"{key}\"'"))
    return func.jsonb_typeof(Contact.fields.op("->")(literal_column(f"'{key}'")))


def compared_by(key: str, kind: str) -> Any:
    """What the index of a field holds of a value, so that whoever asks by this may be answered by the index."""
    value = stored_value(key)
    if is_sqlite():
        return value
    if kind == "number":
        return case((stored_kind(key) == literal_column("'number'"), cast(value, Numeric)))
    return func.left(func.lower(value), literal_column(str(LONGEST_COMPARED))) if kind in _WORDS else value


def _first_keys() -> list[str]:
    """The keys of the oldest fields."""
    return list(db.session.scalars(select(ContactField.key).order_by(ContactField.id).limit(MOST)))


def _name(key: str) -> str:
    return f"ix_contacts_field_{key}"
