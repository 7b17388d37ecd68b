"""From conditions to people: one SELECT of ids for lists, counts, exports, bulk acts and campaigns."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true

from core.errors import Invalid
from core.words import folded
from models import Contact, ContactTag, Segment, Tag, db, is_sqlite
from services import contacts
from services.segments import conditions, starts
from services.segments.queries import all_segments
from services.segments.shape import Condition, Group, Shape, from_json

SAMPLE = 10
_MOST_ASKED = 200  # segments in one question


def where(*shapes: Shape) -> ColumnElement[bool]:
    """What must be true of a person, of every shape. Raises Invalid for a condition that cannot be."""
    return and_(true(), *map(_of_shape, shapes))


def _of_shape(shape: Shape) -> ColumnElement[bool]:
    tests = conditions.tests_for(shape.conditions)
    groups = [_of_group(group, tests) for group in shape.groups if group.conditions]
    if not groups:
        return true()
    return or_(*groups) if shape.is_any else and_(*groups)


def _of_group(group: Group, tests: Any) -> ColumnElement[bool]:
    asked = [conditions.asked(one, tests) for one in group.conditions]
    return or_(*asked) if group.is_any else and_(*asked)


def ids_matching(*shapes: Shape) -> Select[int]:
    """The ids of everybody of whom every shape is true. Raises Invalid for a condition that cannot be.

    It starts from a small group that an index names, where there is one; else, where everybody must have a tag, from
    those who have the rarest, so that few people of a large book are found quickly.
    """
    wanted = [one for shape in shapes for one in _of_everybody(shape)]
    if few := starts.few_of(wanted):
        is_all = few.is_all and len(wanted) == sum(1 for shape in shapes for _ in shape.conditions)
        return select(Contact.id).where(few.condition) if is_all else select(Contact.id).where(few.condition, where(*shapes))
    first = _rarest_tag(shapes) if is_sqlite() else None  # PostgreSQL has figures of its own to start from
    for number, shape in enumerate(shapes):
        if first and first in _of_everybody(shape):
            rest = (*shapes[:number], _without(shape, first), *shapes[number + 1:])
            return (select(Contact.id).select_from(ContactTag).join(Contact, Contact.id == ContactTag.contact_id)
                    .join(Tag, Tag.id == ContactTag.tag_id).where(Tag.key == folded(first.value), where(*rest)))
    return select(Contact.id).where(where(*shapes))


def members_select(segment: Segment) -> Select[int]:
    """The ids of everybody in a segment, now."""
    return ids_matching(from_json(segment.conditions))


def count(*shapes: Shape) -> int:
    """How many people they mean, exactly. One query over the book."""
    return db.session.scalar(select(func.count()).select_from(ids_matching(*shapes).subquery())) or 0


def sample(*shapes: Shape, size: int = SAMPLE) -> list[contacts.ContactRow]:
    """Some of them, the newest first. Three queries."""
    return contacts.people_in(db.session.scalars(
        ids_matching(*shapes).order_by(Contact.id.desc()).limit(size)).all())


def holding(contact_id: int) -> list[Segment]:
    """The segments somebody is in now, by name, of the first two hundred; one that cannot be asked holds nobody.

    Two queries, and one for each tag a segment names.
    """
    asked = []
    for segment in all_segments()[:_MOST_ASKED]:
        with suppress(Invalid):
            asked.append((segment, where(from_json(segment.conditions))))
    if not asked:
        return []
    answer = db.session.execute(select(*(case((condition, 1), else_=0) for _, condition in asked))
                                .select_from(Contact).where(Contact.id == contact_id)).first()
    return [segment for (segment, _), is_in in zip(asked, answer or (), strict=False) if is_in]


def _rarest_tag(shapes: Iterable[Shape]) -> Condition | None:
    """Of the tags everybody must have, where there are any, the one that fewest people have."""
    tags = [one for shape in shapes for one in _of_everybody(shape) if one.what == "tag.is" and one.value]
    if len(tags) < 2:
        return next(iter(tags), None)
    people = {folded(tag.name): tag.people for tag in contacts.all_tags()}
    return min(tags, key=lambda one: people.get(folded(one.value), 0))


def _of_everybody(shape: Shape) -> Iterator[Condition]:
    """The conditions that are true of everybody it means, whatever else is."""
    if not shape.is_any or len(shape.groups) < 2:
        for group in shape.groups:
            if not group.is_any or len(group.conditions) == 1:
                yield from group.conditions


def _without(shape: Shape, gone: Condition) -> Shape:
    """The shape without a condition that is asked elsewhere."""
    return Shape(tuple(Group(tuple(one for one in group.conditions if one != gone), group.is_any)
                       if not group.is_any or len(group.conditions) == 1 else group
                       for group in shape.groups), shape.is_any)
