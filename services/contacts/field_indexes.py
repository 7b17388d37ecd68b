"""Indexes for fields that are compared by size, numbers and dates, on SQLite; PostgreSQL reads its table quickly enough.

They are made with the field, and at the start of the program for fields that lack theirs.
"""

from sqlalchemy import select, text

from models import ContactField, db, is_sqlite, transaction

_KINDS = ("number", "date")


def index_fields() -> None:
    """See that every field that wants an index has one. Safe to repeat."""
    if is_sqlite():
        with transaction():
            for key, kind in db.session.execute(select(ContactField.key, ContactField.kind).order_by(ContactField.id)):
                index_field(key, kind)


def index_field(key: str, kind: str) -> None:
    """Make the index of one field, where its kind wants one. Inside the caller's transaction."""
    if kind in _KINDS and is_sqlite():
        db.session.execute(text(f"CREATE INDEX IF NOT EXISTS {_name(key)} ON contacts (json_extract(fields, '$.\"{key}\"'))"))


def forget_index(key: str) -> None:
    """Take away the index of a field that is going. Inside the caller's transaction."""
    if is_sqlite():
        db.session.execute(text(f"DROP INDEX IF EXISTS {_name(key)}"))


def _name(key: str) -> str:
    """Keys are ours: small letters, digits and underscores."""
    return f"ix_contacts_field_{key}"
