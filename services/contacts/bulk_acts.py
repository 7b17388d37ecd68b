"""One act on many people at once: give a tag, take a tag, delete; tags can be given back exactly."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, exists, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from models import BulkChange, BulkChanged, Contact, ContactTag, Tag, db, is_sqlite, transaction
from services import activity, events
from services.contacts import suppression
from services.contacts.tags import check_tag_name, find_tag, tag_named

TAG, UNTAG = "tag", "untag"
People = Sequence[int] | Select[Any]  # ids, or a question that answers with ids
_AT_ONCE = 5_000
_VERBS = {TAG: "contacts.tagged", UNTAG: "contacts.untagged"}
_UNDONE = {TAG: "contacts.tag_undone", UNTAG: "contacts.untag_undone"}


def tag_people(people: People, *, tag: str, by: Actor) -> BulkChange:
    """Give all these people a tag, made when it is new. `people` of the answer says how many did not have it.

    A fixed number of statements for a question, and for every five thousand ids. Raises Invalid for a name no tag
    can have.
    """
    name = check_tag_name(tag)
    with transaction():
        return _change(people, TAG, tag_named(name, by=by), by)


def untag_people(people: People, *, tag: str, by: Actor) -> BulkChange:
    """Take a tag from all these people. `people` of the answer says how many had it. Raises NotFound."""
    with transaction():
        known = find_tag(tag)
        if known is None:
            raise NotFound("There is no such tag; it may have been deleted")
        return _change(people, UNTAG, known, by)


def undo_bulk(bulk_id: int, *, by: Actor) -> BulkChange:
    """Put back exactly what this act changed. Raises NotFound, Conflict when it was put back before."""
    with transaction():
        change = get_bulk(bulk_id)
        won = db.session.execute(update(BulkChange).where(BulkChange.id == bulk_id, BulkChange.undone_at.is_(None))
                                 .values(undone_at=clock.now())).rowcount
        if not won:
            raise Conflict("This has been undone already")
        _take(change) if change.act == TAG else _give(change)
        tag = db.session.get_one(Tag, change.tag_id)
        activity.record(_UNDONE[change.act], by=by, subject_kind="tag", subject_id=tag.id, subject_name=tag.name,
                        count=change.people)
        db.session.expire_all()
    return change


def get_bulk(bulk_id: int) -> BulkChange:
    """One act. Raises NotFound. One query."""
    change = db.session.get(BulkChange, bulk_id)
    if change is None:
        raise NotFound("There is nothing to undo; the tag may have been deleted since")
    return change


def delete_people(people: People, *, by: Actor) -> int:
    """Remove all these people with tags and ledgers; their messages stay without names. How many there were.

    Who said stop stays out of marketing. A few statements five thousand people, each part in a transaction of its own,
    so that others can write meanwhile; after a crash what is deleted is deleted, and noted.
    """
    ids = list(db.session.scalars(people)) if isinstance(people, Select) else sorted(set(people))
    total = 0
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start:start + _AT_ONCE]
        with transaction():
            suppression.remember_withdrawn(part)
            count = db.session.execute(delete(Contact.__table__).where(Contact.id.in_(part))).rowcount
            if count:
                activity.record("contacts.deleted", by=by, subject_kind="contacts", count=count)
        total += count
    return total


def count_people(people: People) -> int:
    """How many of these people there are. One query, or one for every five thousand ids."""
    if isinstance(people, Select):
        return db.session.scalar(select(func.count()).select_from(people.order_by(None).subquery())) or 0
    wanted = sorted(set(people))
    return sum(db.session.scalar(select(func.count()).where(Contact.id.in_(wanted[start:start + _AT_ONCE]))) or 0
               for start in range(0, len(wanted), _AT_ONCE))


def _change(people: People, act: str, tag: Tag, by: Actor) -> BulkChange:
    """Write down who changes, then change them."""
    if not isinstance(people, Select) and not people:
        raise Invalid("Choose at least one person", field="id")
    change = BulkChange(act=act, tag_id=tag.id, by=by.name)
    db.session.add(change)
    db.session.flush()
    has_it = exists().where(ContactTag.contact_id == Contact.id, ContactTag.tag_id == tag.id)
    for chosen in _conditions(people):
        db.session.execute(insert(BulkChanged.__table__).from_select(
            ["bulk_id", "contact_id"],
            select(literal(change.id), Contact.id).where(chosen, has_it if act == UNTAG else ~has_it)
            .order_by(Contact.id)))
    change.people = db.session.scalar(select(func.count()).where(BulkChanged.bulk_id == change.id)) or 0
    _give(change) if act == TAG else _take(change)
    if change.people:
        activity.record(_VERBS[act], by=by, subject_kind="tag", subject_id=tag.id, subject_name=tag.name,
                        count=change.people)
        events.note("tag.added" if act == TAG else "tag.removed", contact_id=None,
                    details={"tag": tag.key, "bulk_id": change.id}, by_itself=by.is_program)
    db.session.expire_all()
    return change


def _conditions(people: People) -> list[Any]:
    """The people as conditions that a statement can hold, five thousand ids each; together everybody once."""
    if isinstance(people, Select):
        return [Contact.id.in_(people.order_by(None))]
    ids = sorted(set(people))
    return [Contact.id.in_(ids[start:start + _AT_ONCE]) for start in range(0, len(ids), _AT_ONCE)]


def _give(change: BulkChange) -> None:
    """The tag for everybody the act changed."""
    insert_once = (sqlite if is_sqlite() else postgresql).insert
    chosen = select(BulkChanged.contact_id, literal(change.tag_id)).where(BulkChanged.bulk_id == change.id)
    db.session.execute(insert_once(ContactTag.__table__).from_select(["contact_id", "tag_id"], chosen)
                       .on_conflict_do_nothing())


def _take(change: BulkChange) -> None:
    """The tag from everybody the act changed."""
    chosen = select(BulkChanged.contact_id).where(BulkChanged.bulk_id == change.id)
    db.session.execute(delete(ContactTag.__table__).where(
        ContactTag.tag_id == change.tag_id, ContactTag.contact_id.in_(chosen)))
