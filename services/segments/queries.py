"""Questions about segments. Never writes; says what it costs."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from core.errors import Invalid, NotFound
from models import Segment, db
from services.segments import conditions
from services.segments.conditions import Said
from services.segments.shape import Condition, Shape, from_json

_LARGEST_ID = 2**31 - 1


def get_segment(segment_id: int) -> Segment:
    """One segment. Raises NotFound. One query."""
    row = db.session.get(Segment, segment_id) if 0 < segment_id <= _LARGEST_ID else None
    if row is None:
        raise NotFound("There is no such segment; it may have been deleted")
    return row


def all_segments() -> Sequence[Segment]:
    """Every segment, by name. One query."""
    return db.session.scalars(select(Segment).order_by(Segment.key)).all()


def count_segments() -> int:
    """How many there are. One query."""
    return db.session.scalar(select(func.count(Segment.id))) or 0


def shape_of(segment: Segment) -> Shape:
    """Its conditions as a value."""
    return from_json(segment.conditions)


def in_words(shape: Shape) -> list[tuple[bool, list[Said]]]:
    """Group by group: whether any is enough, and the conditions in words. One query at most."""
    tests = conditions.tests_for(shape.conditions)
    return [(group.is_any, [_said(one, tests) for one in group.conditions]) for group in shape.groups]


def _said(condition: Condition, tests: Mapping[str, conditions.Test]) -> Said:
    """The words of a condition, also of one whose field is gone."""
    try:
        return conditions.said(condition, tests)
    except (Invalid, ValueError):
        return Said("Unknown", condition.text)
