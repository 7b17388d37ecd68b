"""Custom fields as a business keeps them in order: how often each is filled, other words, new choices, gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB

from core import clock
from core.actor import Actor
from core.errors import Conflict
from models import Contact, ContactField, db, is_sqlite, transaction
from services import activity
from services.contacts.field_indexes import forget_index
from services.contacts.fields import all_fields, check_choices, check_label, get_field

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class FieldCount:
    """A field, and how many people have a value in it."""

    field: ContactField
    people: int


def field_counts() -> list[FieldCount]:
    """Every custom field with its number of people, oldest first. Two queries."""
    fields = all_fields()
    if not fields:
        return []
    counts = db.session.execute(select(*(func.count(_value(field.key)) for field in fields))).one()
    return [FieldCount(field, people) for field, people in zip(fields, counts, strict=True)]


def people_with(field: ContactField) -> int:
    """How many people have a value in this field. One query."""
    return db.session.scalar(select(func.count(_value(field.key)))) or 0


def change_field(field_id: int, *, label: str, choices: Sequence[str] = (), by: Actor) -> ContactField:
    """Give a field another label, and a choice other choices; what people have stays under the same key.

    Raises NotFound, Invalid for words that cannot be, Conflict for a label that is taken or a choice people have.
    """
    label = check_label(label)
    with transaction():
        field = get_field(field_id)
        if any(other.id != field.id and other.label.casefold() == label.casefold() for other in all_fields()):
            raise Conflict(f"There is a field “{label}” already", field="label")
        if field.kind == "choice":
            wanted = check_choices(choices)
            _check_unused(field, [choice for choice in field.choices if choice not in wanted])
            field.choices = wanted
        field.label = label
        activity.record("field.changed", by=by, subject_kind="field", subject_name=label)
    return field


def delete_field(field_id: int, *, by: Actor) -> int:
    """Remove a field and what people have in it. How many people had something. Raises NotFound."""
    with transaction():
        field = get_field(field_id)
        key, label, total = field.key, field.label, 0
        has_it = _value(key).is_not(None)
        while ids := db.session.scalars(select(Contact.id).where(has_it).order_by(Contact.id).limit(_AT_ONCE)).all():
            without: Any = (func.json_remove(Contact.fields, f'$."{key}"') if is_sqlite()
                            else cast(Contact.fields, JSONB).op("-")(literal(key, String)))
            db.session.execute(update(Contact.__table__).where(Contact.id.in_(ids)).values(
                fields=without, changed_at=clock.now()))
            total += len(ids)
        db.session.delete(field)
        forget_index(key)
        activity.record("field.deleted", by=by, subject_kind="field", subject_name=label, people=total)
        db.session.expire_all()
    return total


def _check_unused(field: ContactField, gone: Sequence[str]) -> None:
    """Raise Conflict when somebody has one of these choices."""
    for choice in gone:
        if count := db.session.scalar(select(func.count()).where(_value(field.key) == choice)):
            raise Conflict(f"{count:,} {'person has' if count == 1 else 'people have'} “{choice}”; change them first",
                           field="choices")


def _value(key: str) -> ColumnElement[Any]:
    """What people have under this key; NULL for nothing."""
    if is_sqlite():
        return func.json_extract(Contact.fields, f'$."{key}"')
    return Contact.fields[key].as_string()
