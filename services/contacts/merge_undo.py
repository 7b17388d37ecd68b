"""A merge taken back: both people as they were, with what was theirs; what happened since stays where it belongs.

- A detail that was changed since stays with the person who stayed; all others are as before the merge.
- What was written to or came from the other number since goes with that number.
- A stop stays in force for both, whichever of the two it was said for.
- What was agreed to since in a message from the other's number lifts no stop of who stays.
- A message held back because it was there twice stays held back.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, insert, literal, select, update

from core import clock
from core.actor import Actor
from core.errors import Conflict, NotFound
from core.phone import international
from core.states import ConsentState, MessageState
from models import ActivityEntry, ConsentEntry, Contact, ContactMerge, ContactTag, Message, Tag, db, transaction
from services import activity
from services.contacts import merge_more, suppression
from services.contacts.details import derive, name_of
from services.contacts.ledger import CATEGORIES, derive_state

DAYS = 30  # how long a merge can be undone
_ONE_OWNER = {"phone": "number", "wa_id": "WhatsApp number", "user_id": "WhatsApp id", "export_key": "key of our exports"}
_THEIR_OWN = ("message", "preferences")  # how somebody speaks to us from a number
_SPEAK = ("phone", "wa_id", "user_id")  # as whom somebody writes to us
_FOLLOWS = ("name_key", "search", "marketing", "utility", "changed_at")  # from the rest, or from the ledger
_DERIVED = ("name", "first_name", "email", "company")
_people: Any = Contact.__table__
Ids = Sequence[int]


def snapshot(person: Contact) -> dict[str, Any]:
    """Every column of somebody as values JSON can hold, without the id."""
    return {column.name: _plain(getattr(person, column.name)) for column in _people.c if column.name != "id"}


def keep_merge(*, contact_id: int, other_id: int, other_name: str, before: dict[str, Any], after: dict[str, Any],
               other: dict[str, Any], moved: Mapping[str, Any], by: Actor) -> int:
    """Write down what a merge did, so that it can be undone; what is too old to be undone is forgotten. The number."""
    db.session.execute(delete(ContactMerge).where(ContactMerge.at < clock.now() - timedelta(days=DAYS)))
    row = ContactMerge(contact_id=contact_id, other_id=other_id, other_name=other_name[:200], before=before,
                       after=after, other=other, moved=dict(moved), by=by.name, at=clock.now())
    db.session.add(row)
    db.session.flush()
    return row.id


def open_merges(contact_id: int) -> Sequence[ContactMerge]:
    """Merges into this person that can still be undone, the newest first. One query."""
    return db.session.scalars(select(ContactMerge).where(
        ContactMerge.contact_id == contact_id, ContactMerge.undone_at.is_(None),
        ContactMerge.at >= clock.now() - timedelta(days=DAYS)).order_by(ContactMerge.id.desc())).all()


def undo_merge(merge_id: int, *, by: Actor) -> tuple[Contact, Contact]:
    """Make two people of one again: who stayed, and who came back.

    Raises NotFound when one of them was deleted since, Conflict when it was undone before, is too old, a later merge
    stands in the way, or a number belongs to somebody else by now.
    """
    with transaction():
        merge = _open(merge_id)
        keep = db.session.scalars(select(Contact).where(Contact.id == merge.contact_id).with_for_update()).one()
        back = {name: value for name, value in merge.before.items() if name not in _FOLLOWS
                and merge.after[name] != value and _plain(getattr(keep, name)) == merge.after[name]}
        _check_are_free(keep, back, merge.other)
        stops = _stops(keep.id)
        _write(keep.id, back)
        other_id = _bring_back(merge)
        _part_messages(merge, keep.id, other_id, back.get("phone", keep.phone))
        _part_rest(merge, keep.id, other_id)
        merge_more.part(merge.moved, keep.id, other_id)
        _part_ledger(merge, keep.id, other_id, stops, by)
        if any(back.get(name) for name in _SPEAK):
            _hold_to_stops(merge, keep.id, by)
        name, other_name = name_of(keep), merge.other_name
        for column in ("before", "after", "other", "moved"):
            setattr(merge, column, {})
        merge.undone_at, merge.other_name = clock.now(), ""
        activity.record("contact.merge_undone", by=by, subject_kind="contact", subject_id=keep.id, subject_name=name,
                        other=other_name)
        db.session.flush()
        db.session.expire_all()
    return keep, db.session.get_one(Contact, other_id)


def _open(merge_id: int) -> ContactMerge:
    """The merge, if it can be undone. Raises NotFound, Conflict."""
    merge = db.session.scalar(select(ContactMerge).where(ContactMerge.id == merge_id).with_for_update()) if (
        0 < merge_id < 2**31) else None
    if merge is None:
        raise NotFound("This merge cannot be undone any more: the person was deleted since, or it is too long ago")
    if merge.undone_at:
        raise Conflict("This merge has been undone already")
    if merge.at < clock.now() - timedelta(days=DAYS):
        raise Conflict(f"This merge is more than {DAYS} days old; it cannot be undone any more")
    later = db.session.scalar(select(ContactMerge.other_name).where(
        ContactMerge.contact_id == merge.contact_id, ContactMerge.id > merge.id, ContactMerge.undone_at.is_(None))
        .order_by(ContactMerge.id.desc()).limit(1))
    if later is not None:
        raise Conflict(f"{later} was merged into the same person later; undo that first")
    return merge


def _check_are_free(keep: Contact, back: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """Raise Conflict when a number or id of either belongs to somebody else by now."""
    for name, word in _ONE_OWNER.items():
        stays = back.get(name, getattr(keep, name))
        for value, is_others in ((other[name], True), (stays, False)):
            holder = value and db.session.scalar(select(Contact).where(getattr(Contact, name) == value,
                                                                       Contact.id != keep.id))
            if not holder and value and is_others and value == stays:
                holder = keep
            if holder:
                shown = international(value) if name == "phone" else value
                raise Conflict(f"The {word} {shown} belongs to {name_of(holder)} now. Change that first, then undo the merge")


def _write(contact_id: int, row: Mapping[str, Any]) -> None:
    """Give somebody these columns and what follows from them."""
    if row:
        db.session.execute(update(_people).where(_people.c.id == contact_id).values(_stored(row)))
    person = db.session.get_one(Contact, contact_id, populate_existing=True)
    for name, value in derive(country=person.country, phone=person.phone,
                              **{name: getattr(person, name) for name in _DERIVED}).items():
        setattr(person, name, value)
    person.changed_at = clock.now()
    db.session.flush()


def _bring_back(merge: ContactMerge) -> int:
    """The other person again, under the old number of their page where that is free. Their id."""
    row = _stored(merge.other)
    is_free = db.session.scalar(select(Contact.id).where(Contact.id == merge.other_id)) is None
    if is_free:
        row["id"] = merge.other_id
    return int(db.session.scalar(insert(_people).values(row).returning(_people.c.id)) or 0)


def _part_messages(merge: ContactMerge, keep_id: int, other_id: int, phone: str | None) -> None:
    """Each message goes to whom it was with; what is newer, to whom its number is."""
    moved, wanted = merge.moved, Message.contact_id == keep_id
    for ids in _parts(moved["messages"]):
        db.session.execute(update(Message).where(Message.id.in_(ids), wanted).values(contact_id=other_id))
    for ids, owner in ((moved["left_other"], other_id), (moved["left_keep"], keep_id)):
        for part in _parts(ids):
            db.session.execute(update(Message).where(Message.id.in_(part), Message.contact_id.is_(None), ~exists(
                select(literal(1)).select_from(mine := Message.__table__.alias()).where(
                    mine.c.campaign_id == Message.campaign_id, mine.c.contact_id == owner))).values(contact_id=owner))
    number = merge.other["phone"]
    if number and number != phone:
        db.session.execute(update(Message).where(wanted, Message.phone == number, Message.created_at >= merge.at)
                           .values(contact_id=other_id))
    for owner, theirs in ((keep_id, phone), (other_id, number)):
        db.session.execute(update(Message).where(Message.contact_id == owner, Message.state == MessageState.QUEUED)
                           .values(phone=theirs or ""))
    for owner, known in ((keep_id, merge.before), (other_id, merge.other)):
        heard = db.session.scalar(select(func.max(Message.created_at)).where(
            Message.contact_id == owner, Message.direction == "in", Message.created_at >= merge.at))
        at = heard or _moment(known["last_heard_at"])
        db.session.execute(update(_people).where(_people.c.id == owner).values(
            last_heard_at=at, changed_at=_people.c.changed_at))


def _part_rest(merge: ContactMerge, keep_id: int, other_id: int) -> None:
    """Tags, acts and earlier merges go back to whose they were."""
    moved = merge.moved
    db.session.execute(delete(ContactTag).where(ContactTag.contact_id == keep_id, ContactTag.tag_id.in_(moved["given"])))
    db.session.execute(insert(ContactTag.__table__).from_select(["contact_id", "tag_id"], select(
        literal(other_id), Tag.id).where(Tag.id.in_(moved["tags"]))))
    for ids in _parts(moved["acts"]):
        db.session.execute(update(ActivityEntry).where(ActivityEntry.id.in_(ids)).values(subject_id=other_id))
    db.session.execute(update(ContactMerge).where(ContactMerge.id.in_(moved["merges"])).values(contact_id=other_id))


def _stops(contact_id: int) -> dict[str, datetime]:
    """The categories in which the one person says stop now, with the moment of the last stop."""
    found = {}
    for category in CATEGORIES:
        lines = _lines(contact_id, category)
        if derive_state(lines) is ConsentState.WITHDRAWN:
            found[category] = max(line.at for line in lines if line.state is ConsentState.WITHDRAWN)
    return found


def _lines(contact_id: int, category: str) -> Sequence[ConsentEntry]:
    return db.session.scalars(select(ConsentEntry).where(ConsentEntry.contact_id == contact_id,
                                                         ConsentEntry.category == category)).all()


def _part_ledger(merge: ContactMerge, keep_id: int, other_id: int, stops: Mapping[str, datetime], by: Actor) -> None:
    """Lines go back to whose they were; stops said since are both's, and what was stopped stays so for both."""
    since = [(line.category, line.at) for line in db.session.scalars(select(ConsentEntry).where(
        ConsentEntry.contact_id == keep_id, ConsentEntry.state == ConsentState.WITHDRAWN,
        ConsentEntry.recorded_at >= merge.at, ConsentEntry.id.not_in(merge.moved["consent"])))]
    for ids in _parts(merge.moved["consent"]):
        db.session.execute(update(ConsentEntry).where(ConsentEntry.id.in_(ids), ConsentEntry.contact_id == keep_id)
                           .values(contact_id=other_id))
    for category, at in since:
        _stop(other_id, category, at, by)
    for contact_id in (keep_id, other_id):
        for category in CATEGORIES:
            state = derive_state(_lines(contact_id, category))
            if category in stops and state is not ConsentState.WITHDRAWN:
                _stop(contact_id, category, stops[category], by)
                state = derive_state(_lines(contact_id, category))
            db.session.execute(update(_people).where(_people.c.id == contact_id).values(
                {category: state, "changed_at": _people.c.changed_at}))
    db.session.expire_all()
    suppression.withdraw_suppressed([keep_id, other_id])


def _hold_to_stops(merge: ContactMerge, keep_id: int, by: Actor) -> None:
    """Whoever stays gets back the number they had: what was said from the other's does not lift their stops."""
    for category in CATEGORIES:
        lines = _lines(keep_id, category)
        own = [line for line in lines if line.state is ConsentState.WITHDRAWN or line.how not in _THEIR_OWN
               or line.recorded_at < merge.at]
        if derive_state(own) is ConsentState.WITHDRAWN and derive_state(lines) is ConsentState.GRANTED:
            _stop(keep_id, category, max(line.at for line in lines), by)
            db.session.execute(update(_people).where(_people.c.id == keep_id).values(
                {category: ConsentState.WITHDRAWN, "changed_at": _people.c.changed_at}))
    db.session.expire_all()


def _stop(contact_id: int, category: str, at: datetime, by: Actor) -> None:
    """A line that says stop, from the time when the two were one."""
    db.session.execute(insert(ConsentEntry.__table__), {
        "contact_id": contact_id, "category": category, "state": ConsentState.WITHDRAWN, "how": "staff",
        "proof": "Said stop on a page that was one for two people", "overrides_withdrawal": False, "by": by.name,
        "at": at, "recorded_at": clock.now()})


def _plain(value: Any) -> Any:
    """A value JSON can hold."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _stored(row: Mapping[str, Any]) -> dict[str, Any]:
    """Columns as the database takes them."""
    times = {name: _moment(row[name]) for name in ("last_heard_at", "created_at", "changed_at") if name in row}
    birthday = {"birthday": date.fromisoformat(row["birthday"]) if row["birthday"] else None} if "birthday" in row else {}
    states = {name: ConsentState(row[name]) for name in CATEGORIES if name in row}
    return {**row, **times, **birthday, **states}


def _parts(ids: Ids) -> Iterable[Ids]:
    """Slices a statement can hold."""
    return (ids[start:start + 5_000] for start in range(0, len(ids), 5_000))
