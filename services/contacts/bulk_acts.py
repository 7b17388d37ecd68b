"""One act on many people at once: give a tag, take a tag, delete; tags can be given back exactly."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, exists, func, insert, literal, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.states import BulkState
from models import BulkAct, BulkChange, BulkChanged, Contact, ContactTag, Tag, db, is_sqlite, transaction
from services import activity, events
from services.contacts import suppression
from services.contacts.tags import find_tag, tag_named

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
    return _change(people, TAG, tag, by)


def untag_people(people: People, *, tag: str, by: Actor) -> BulkChange:
    """Take a tag from all these people. `people` of the answer says how many had it. Raises NotFound."""
    return _change(people, UNTAG, tag, by)


def undo_bulk(bulk_id: int, *, by: Actor) -> BulkChange:
    """Put back exactly what this act changed. Raises NotFound, Conflict when it was put back before."""
    with transaction():
        change = claim_undo(bulk_id)
        undo_some(change)
        note_undone(change, by=by)
        db.session.expire_all()
    return change


def claim_undo(bulk_id: int) -> BulkChange:
    """Within a transaction: take hold of putting this back. Raises NotFound, Conflict when it was, or is not done yet."""
    change = get_bulk(bulk_id)
    if db.session.scalar(select(BulkAct.id).where(BulkAct.change_id == bulk_id, BulkAct.state == BulkState.RUNNING,
                                                  BulkAct.act == change.act)):
        raise Conflict("This is still being done; stop it first")
    won = db.session.execute(update(BulkChange).where(BulkChange.id == bulk_id, BulkChange.undone_at.is_(None))
                             .values(undone_at=clock.now())).rowcount
    if not won:
        raise Conflict("This has been undone already")
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
            count = delete_some(part)
            note_deleted(count, by=by)
        total += count
    return total


def delete_some(ids: Sequence[int]) -> int:
    """Within a transaction: remove these people; whoever of them said stop stays out of marketing. How many there were."""
    suppression.remember_withdrawn(ids)
    return db.session.execute(delete(Contact.__table__).where(Contact.id.in_(ids))).rowcount


def note_deleted(count: int, *, by: Actor) -> None:
    """Write down that so many people were deleted, if anybody was."""
    if count:
        activity.record("contacts.deleted", by=by, subject_kind="contacts", count=count)


def count_people(people: People) -> int:
    """How many of these people there are. One query, or one for every five thousand ids."""
    if isinstance(people, Select):
        return db.session.scalar(select(func.count()).select_from(people.order_by(None).subquery())) or 0
    wanted = sorted(set(people))
    return sum(db.session.scalar(select(func.count()).where(Contact.id.in_(wanted[start:start + _AT_ONCE]))) or 0
               for start in range(0, len(wanted), _AT_ONCE))


def ids_of(people: People) -> list[int]:
    """The ids of those who are meant and there at this moment, in order. One query, or one for every five thousand ids."""
    if isinstance(people, Select):
        return sorted(set(db.session.scalars(people.order_by(None))))
    return [number for chosen in _conditions(people)
            for number in db.session.scalars(select(Contact.id).where(chosen).order_by(Contact.id))]


def begin_change(act: str, tag: str, *, by: Actor) -> BulkChange:
    """Within a transaction: an act that has changed nobody yet. Raises Invalid for a name no tag can have, NotFound."""
    found = tag_named(tag, by=by) if act == TAG else find_tag(tag)
    if found is None:
        raise NotFound("There is no such tag; it may have been deleted")
    change = BulkChange(act=act, tag_id=found.id, people=0, by=by.name)
    db.session.add(change)
    db.session.flush()
    return change


def change_some(change: BulkChange, ids: Sequence[int]) -> int:
    """Within a transaction: these people, too. How many of them did change."""
    count = _write_down(change, Contact.id.in_(ids))
    some = BulkChanged.contact_id.in_(ids)
    _give(change, some) if change.act == TAG else _take(change, some)
    change.people += count
    return count


def undo_some(change: BulkChange, ids: Sequence[int] | None = None) -> None:
    """Within a transaction: put back everybody the act changed, or those of them with these ids."""
    some = true() if ids is None else BulkChanged.contact_id.in_(ids)
    _take(change, some) if change.act == TAG else _give(change, some)


def note_changed(change: BulkChange, *, by: Actor) -> None:
    """Write down what the act did, and tell the rules, if it changed anybody."""
    if not change.people:
        return
    tag = db.session.get_one(Tag, change.tag_id)
    activity.record(_VERBS[change.act], by=by, subject_kind="tag", subject_id=tag.id, subject_name=tag.name,
                    count=change.people)
    events.note("tag.added" if change.act == TAG else "tag.removed", contact_id=None,
                details={"tag": tag.key, "bulk_id": change.id}, by_itself=by.is_program)


def note_undone(change: BulkChange, *, by: Actor) -> None:
    """Write down that the act was put back."""
    tag = db.session.get_one(Tag, change.tag_id)
    activity.record(_UNDONE[change.act], by=by, subject_kind="tag", subject_id=tag.id, subject_name=tag.name,
                    count=change.people)


def _change(people: People, act: str, tag: str, by: Actor) -> BulkChange:
    """Write down who changes, then change them."""
    with transaction():
        change = begin_change(act, tag, by=by)
        if not isinstance(people, Select) and not people:
            raise Invalid("Choose at least one person", field="id")
        change.people = sum(_write_down(change, chosen) for chosen in _conditions(people))
        _give(change) if act == TAG else _take(change)
        note_changed(change, by=by)
        db.session.expire_all()
    return change


def _write_down(change: BulkChange, chosen: Any) -> int:
    """Who of the chosen will change. How many."""
    has_it = exists().where(ContactTag.contact_id == Contact.id, ContactTag.tag_id == change.tag_id)
    return db.session.execute(insert(BulkChanged.__table__).from_select(
        ["bulk_id", "contact_id"],
        select(literal(change.id), Contact.id).where(chosen, has_it if change.act == UNTAG else ~has_it)
        .order_by(Contact.id)), execution_options={"preserve_rowcount": True}).rowcount


def _conditions(people: People) -> list[Any]:
    """The people as conditions that a statement can hold, five thousand ids each; together everybody once."""
    if isinstance(people, Select):
        return [Contact.id.in_(people.order_by(None))]
    ids = sorted(set(people))
    return [Contact.id.in_(ids[start:start + _AT_ONCE]) for start in range(0, len(ids), _AT_ONCE)]


def _give(change: BulkChange, some: Any = true()) -> None:  # noqa: B008 - a constant
    """The tag for everybody the act changed, or some of them."""
    insert_once = (sqlite if is_sqlite() else postgresql).insert
    chosen = select(BulkChanged.contact_id, literal(change.tag_id)).where(BulkChanged.bulk_id == change.id, some)
    db.session.execute(insert_once(ContactTag.__table__).from_select(["contact_id", "tag_id"], chosen)
                       .on_conflict_do_nothing())


def _take(change: BulkChange, some: Any = true()) -> None:  # noqa: B008 - a constant
    """The tag from everybody the act changed, or some of them."""
    chosen = select(BulkChanged.contact_id).where(BulkChanged.bulk_id == change.id, some)
    db.session.execute(delete(ContactTag.__table__).where(
        ContactTag.tag_id == change.tag_id, ContactTag.contact_id.in_(chosen)))
