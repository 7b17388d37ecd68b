"""Tags and custom fields that an import made go with it, when nobody and nothing uses them."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, exists, select

from core.actor import Actor
from models import BulkChange, Campaign, ContactField, ContactTag, Import, Segment, Tag, TemplateVersion, db
from services import contacts
from services.imports import memory


def remove(row: Import, *, by: Actor) -> None:
    """Inside the transaction that ends the undo."""
    named = set(_named_elsewhere())
    for tag in db.session.scalars(select(Tag).where(
            Tag.key.in_(row.made.get("tags", [])), ~exists().where(ContactTag.tag_id == Tag.id),
            ~exists().where(BulkChange.tag_id == Tag.id))).all():
        if not named & {tag.id, tag.key, tag.name}:
            db.session.execute(delete(Tag.__table__).where(Tag.id == tag.id))
    gone = {}
    for field in db.session.scalars(select(ContactField).where(ContactField.key.in_(row.made.get("fields", [])))).all():
        if not contacts.people_with(field) and not any(_is_about(field.key, name) for name in named):
            gone[field.key] = field.kind
            contacts.delete_field(field.id, by=by)
    if gone:
        memory.make_again(row, gone)


def _is_about(key: str, name: Any) -> bool:
    """Whether a word of a segment, campaign or template means this field."""
    return isinstance(name, str) and key in (name, name.rpartition(":")[2], name.rpartition(".")[2])


def _named_elsewhere() -> Iterator[Any]:
    """Every word and number in what segments, campaigns and templates keep."""
    for table in (Segment, Campaign, TemplateVersion):
        columns = [column for column in table.__table__.c if "JSON" in type(column.type).__name__.upper()]
        if columns:
            for row in db.session.execute(select(*columns)):
                yield from _leaves(list(row))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value
