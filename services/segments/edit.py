"""Save, rename, change and delete segments."""

from sqlalchemy import select

from core.actor import Actor
from core.errors import Conflict, Invalid
from core.words import folded, one_line
from models import Segment, db, transaction
from services import activity
from services.segments import conditions, queries
from services.segments.shape import MOST_CONDITIONS, MOST_GROUPS, Group, Shape, as_json

LONGEST_NAME = 80
MOST = 500


def add_segment(*, name: str, shape: Shape, by: Actor) -> Segment:
    """Keep these conditions under a name. Raises Invalid (name, value, what or conditions), Conflict for a known name."""
    with transaction():
        row = Segment(conditions=as_json(checked(shape)), created_by=by.name)
        _name(row, name)
        if queries.count_segments() >= MOST:
            raise Conflict(f"There can be {MOST} segments at most", field="name")
        db.session.add(row)
        db.session.flush()
        activity.record("segment.added", by=by, subject_kind="segment", subject_id=row.id, subject_name=row.name)
    return row


def change_segment(segment_id: int, *, name: str, shape: Shape, by: Actor) -> Segment:
    """Another name or other conditions. Raises NotFound, Invalid and Conflict as `add_segment` does."""
    with transaction():
        row = queries.get_segment(segment_id)
        stored, before = as_json(checked(shape)), (row.name, row.conditions)
        _name(row, name)
        row.conditions = stored
        if before != (row.name, stored):
            activity.record("segment.changed", by=by, subject_kind="segment", subject_id=row.id, subject_name=row.name)
    return row


def delete_segment(segment_id: int, *, by: Actor) -> str:
    """Forget a segment; its people stay. Gives its name back. Raises NotFound, Conflict while something needs it."""
    row = queries.get_segment(segment_id)
    name = row.name
    try:
        with transaction():
            row = queries.get_segment(segment_id)
            db.session.delete(row)
            db.session.flush()  # here the database refuses while a campaign needs it
            activity.record("segment.deleted", by=by, subject_kind="segment", subject_id=segment_id, subject_name=name)
    except Conflict:
        raise Conflict(f"“{name}” is used by a campaign, so it stays") from None
    return name


def checked(shape: Shape) -> Shape:
    """The shape in one spelling, empty groups left out. Raises Invalid, naming what is wrong."""
    groups = [group for group in shape.groups if group.conditions]
    if not groups:
        raise Invalid("Add at least one condition", field="conditions")
    if len(groups) > MOST_GROUPS or any(len(group.conditions) > MOST_CONDITIONS for group in groups):
        raise Invalid(f"A segment has {MOST_GROUPS} groups of {MOST_CONDITIONS} conditions at most", field="conditions")
    tests = conditions.tests_for(shape.conditions)
    return Shape(tuple(Group(tuple(conditions.check(one, tests) for one in group.conditions), group.is_any)
                       for group in groups), shape.is_any)


def _name(row: Segment, typed: str) -> None:
    """Give a row its name. Raises Invalid and Conflict."""
    name = " ".join(one_line(typed).split())
    key = folded(name)
    if not name or max(len(name), len(key)) > LONGEST_NAME:
        raise Invalid(f"A segment needs a name of 1 to {LONGEST_NAME} characters", field="name")
    with db.session.no_autoflush:
        known = db.session.scalar(select(Segment.id).where(Segment.key == key))
    if known is not None and known != row.id:
        raise Conflict(f"There is a segment “{name}” already", field="name")
    row.name, row.key = name, key
