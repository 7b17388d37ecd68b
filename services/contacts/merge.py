"""Two rows that are one person: which value stays, and everything that hangs on either, brought together.

Of two messages of one campaign the one that got further stays with the person; the other stays in the campaign's
report, is no longer sent if it still waited, and is still told in the person's story.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, exists, insert, literal, select, update

from core import clock
from core.actor import SYSTEM, Actor
from core.delivery import RANK
from core.errors import Conflict, Invalid
from core.phone import international
from core.states import ConsentState, MessageState
from models import ActivityEntry, ConsentEntry, Contact, ContactMerge, ContactTag, Message, db, transaction
from services import activity
from services.contacts import addresses, merge_more, merge_undo, queries, suppression
from services.contacts.details import derive, name_of
from services.contacts.fields import all_fields, value_text
from services.contacts.ledger import CATEGORIES, derive_state

LABELS = {"phone": "Phone", "name": "Name", "first_name": "First name", "email": "E-mail", "company": "Company",
          "birthday": "Birthday", "language": "Language", "country": "Country", "zone": "Time zone", "notes": "Notes"}
KEEP, OTHER = "keep", "other"
_NEVER_LEFT = (MessageState.SKIPPED, MessageState.CANCELLED, MessageState.FAILED)
_DERIVED = ("phone", "name", "first_name", "email", "company")


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing two rows say differently. `default` is the side that is filled, or changed last."""

    key: str  # a column, or field:<key>
    label: str
    kept: str
    other: str
    default: str  # keep | other


@dataclass(frozen=True, slots=True)
class Plan:
    """What merging two people would mean."""

    keep: Contact
    other: Contact
    choices: tuple[Choice, ...]
    notes: tuple[str, ...]  # what else happens, in sentences


def plan_merge(keep_id: int, other_id: int) -> Plan:
    """What differs between two people and what would become of it. Raises NotFound, Conflict for the same person."""
    if keep_id == other_id:
        raise Conflict("Choose another person; this is the same one")
    keep, other = queries.get_contact(keep_id), queries.get_contact(other_id)
    rows = [(key, label, getattr(keep, key), getattr(other, key)) for key, label in LABELS.items()]
    rows += [(f"field:{field.key}", field.label, keep.fields.get(field.key), other.fields.get(field.key))
             for field in all_fields()]
    is_newer = other.changed_at > keep.changed_at
    choices = [Choice(key, label, _words(key, mine), _words(key, theirs), OTHER if _empty(mine) or (
        is_newer and not _empty(theirs)) else KEEP) for key, label, mine, theirs in rows if mine != theirs]
    return Plan(keep, other, tuple(choice for choice in choices if choice.kept or choice.other),
                tuple(_notes(keep, other)))


def merge_contacts(keep_id: int, other_id: int, *, choices: Mapping[str, str], by: Actor) -> Contact:
    """Make one person of two: `keep_id` stays, `other_id` is gone. `choices` are sides by key, as in `plan_merge`.

    What is not chosen takes the plan's default. Tags, ledger and messages come together; the consents follow from the
    whole ledger. Raises NotFound, Conflict for one person given twice, Invalid for a side that does not exist.
    """
    with transaction():
        db.session.execute(select(Contact.id).where(Contact.id.in_([keep_id, other_id])).order_by(Contact.id)
                           .with_for_update()).all()
        plan = plan_merge(keep_id, other_id)
        sides = {choice.key: choices.get(choice.key, choice.default) for choice in plan.choices}
        if wrong := next((key for key, side in sides.items() if side not in (KEEP, OTHER)), ""):
            raise Invalid("Choose one of the two values", field=wrong)
        suppression.remember_withdrawn([keep_id, other_id])
        had = suppression.identities([keep_id, other_id])
        kept_name, name = name_of(plan.keep), name_of(plan.other)
        values, before, other = _values(plan, sides), merge_undo.snapshot(plan.keep), merge_undo.snapshot(plan.other)
        moved = _of_other(keep_id, other_id)
        left_keep, left_other = _join_messages(keep_id, other_id)
        _join_rest(keep_id, other_id)
        moved |= merge_more.join(keep_id, other_id)
        known_as = [(kind, getattr(person, kind)) for person in (plan.keep, plan.other) for kind in addresses.KINDS]
        db.session.delete(plan.other)
        db.session.flush()
        _write(plan.keep, values)
        moved["known_as"] = addresses.keep(keep_id, [
            (kind, value) for kind, value in known_as if value != getattr(plan.keep, kind)], source="merge")
        suppression.remember_under(keep_id, had)
        left = sorted([*left_keep, *left_other])
        number = merge_undo.keep_merge(
            contact_id=keep_id, other_id=other_id, other_name=name, before=before, other=other, by=by,
            after=merge_undo.snapshot(plan.keep), moved=moved | {"left_keep": left_keep, "left_other": left_other})
        activity.record("contact.merged", by=by, subject_kind="contact", subject_id=keep_id,
                        subject_name=kept_name, other=name, messages=left, merge=number)
    return plan.keep


def merge_by_itself(keep_id: int, other_id: int) -> Contact:
    """Make one of two whom the carrier says to be one: what the first has stays, what it lacks comes from the other. Noted
    in the activity; it can be undone like any merge."""
    with transaction():
        plan = plan_merge(keep_id, other_id)
        sides = {choice.key: KEEP if choice.kept else OTHER for choice in plan.choices}
        return merge_contacts(keep_id, other_id, choices=sides, by=SYSTEM)


def unattached_messages(contact_id: int) -> list[int]:
    """Messages of this person that a merge could not attach, because another of the same campaign stayed. Two queries."""
    details = db.session.scalars(select(ActivityEntry.details).join(
        Contact, Contact.id == ActivityEntry.subject_id).where(
        ActivityEntry.verb == "contact.merged", ActivityEntry.subject_kind == "contact",
        ActivityEntry.subject_id == contact_id, ActivityEntry.at >= Contact.created_at))
    left = [number for entry in details for number in entry.get("messages", [])]
    if not left:
        return []
    return list(db.session.scalars(select(Message.id).where(Message.id.in_(left), Message.contact_id.is_(None))))


def _notes(keep: Contact, other: Contact) -> Iterable[str]:
    """What a person should know before they merge."""
    if keep.phone and other.phone:
        yield (f"Only one number can stay: {international(keep.phone)} or {international(other.phone)}. Whoever writes "
               "from the other one later is still this person.")
    if keep.wa_id and other.wa_id and keep.wa_id != other.wa_id:
        yield "Both have written to us from WhatsApp; the account of the number that stays is kept."
    if keep.user_id and other.user_id and keep.user_id != other.user_id:
        yield "WhatsApp knows them under two ids; the one of the number that stays is kept."
    if ConsentState.WITHDRAWN in (keep.marketing, other.marketing):
        yield ("One of them said stop to marketing. Both ledgers become one, and only their own later word counts "
               "against a stop.")


def _values(plan: Plan, sides: Mapping[str, str]) -> dict[str, Any]:
    """The columns of the person who stays."""
    keep, other = plan.keep, plan.other
    taken = [key for key, side in sides.items() if side == OTHER and key in LABELS]
    values: dict[str, Any] = {key: getattr(other, key) for key in taken}
    fields = {**other.fields, **keep.fields}
    for key, side in sides.items():
        if key.startswith("field:"):
            own, place = (other if side == OTHER else keep).fields, key.removeprefix("field:")
            fields = {**fields, place: own[place]} if place in own else {k: v for k, v in fields.items() if k != place}
    first, second = (other, keep) if sides.get("phone") == OTHER else (keep, other)
    heard = [at for at in (keep.last_heard_at, other.last_heard_at) if at]
    return values | {
        "fields": fields, "wa_id": first.wa_id or second.wa_id, "user_id": first.user_id or second.user_id,
        "export_key": keep.export_key or other.export_key,
        "last_heard_at": max(heard) if heard else None, "created_at": min(keep.created_at, other.created_at),
        "source": min(keep, other, key=lambda person: person.created_at).source}


def _write(keep: Contact, values: Mapping[str, Any]) -> None:
    """Give the person who stays the values, what follows from them, and the consent of the whole ledger."""
    for key, value in values.items():
        setattr(keep, key, value)
    for key, value in derive(country=keep.country, phone=keep.phone, **{
            name: getattr(keep, name) for name in _DERIVED[1:]}).items():
        setattr(keep, key, value)
    keep.changed_at = clock.now()
    db.session.flush()
    lines = db.session.scalars(select(ConsentEntry).where(ConsentEntry.contact_id == keep.id)).all()
    for category in CATEGORIES:
        setattr(keep, category, derive_state(line for line in lines if line.category == category))
    db.session.flush()
    suppression.withdraw_suppressed([keep.id])
    db.session.execute(update(Message).where(Message.contact_id == keep.id, Message.state == MessageState.QUEUED)
                       .values(phone=keep.phone or ""))
    db.session.expire(keep, ["tags"])


def _of_other(keep_id: int, other_id: int) -> dict[str, Any]:
    """Ids of what hangs on the other person, by kind, and the tags the first one did not have."""
    wanted = {
        "messages": select(Message.id).where(Message.contact_id == other_id),
        "consent": select(ConsentEntry.id).where(ConsentEntry.contact_id == other_id),
        "acts": select(ActivityEntry.id).where(ActivityEntry.subject_kind == "contact",
                                               ActivityEntry.subject_id == other_id),
        "tags": select(ContactTag.tag_id).where(ContactTag.contact_id == other_id),
        "merges": select(ContactMerge.id).where(ContactMerge.contact_id == other_id)}
    found = {kind: sorted(db.session.scalars(question)) for kind, question in wanted.items()}
    had = set(db.session.scalars(select(ContactTag.tag_id).where(ContactTag.contact_id == keep_id)))
    return found | {"given": [tag_id for tag_id in found["tags"] if tag_id not in had]}


def _join_messages(keep_id: int, other_id: int) -> tuple[list[int], list[int]]:
    """Bring the messages together; the ids of those that stay unattached: of the first person, of the other."""
    mine, theirs = Message.__table__.alias("mine"), Message.__table__.alias("theirs")
    pairs = db.session.execute(
        select(mine.c.id, mine.c.state, theirs.c.id, theirs.c.state)
        .join(theirs, theirs.c.campaign_id == mine.c.campaign_id)
        .where(mine.c.contact_id == keep_id, theirs.c.contact_id == other_id).with_for_update()).all()
    keeps = [mine_id for mine_id, state, _, other_state in pairs if _reach(state) < _reach(other_state)]
    others = [their_id for _, state, their_id, other_state in pairs if _reach(state) >= _reach(other_state)]
    if left := [*keeps, *others]:
        db.session.execute(update(Message).where(Message.id.in_(left), Message.state == MessageState.QUEUED).values(
            state=MessageState.SKIPPED, reason_code="repeated", reason="Is on this list twice; gets the message once"))
        db.session.execute(update(Message).where(Message.id.in_(left)).values(contact_id=None))
    db.session.execute(update(Message).where(Message.contact_id == other_id).values(contact_id=keep_id))
    return sorted(keeps), sorted(others)


def _reach(state: str) -> int:
    """How far a message has come; what failed or was skipped never left."""
    return -1 if state in _NEVER_LEFT else RANK[MessageState(state)]


def _join_rest(keep_id: int, other_id: int) -> None:
    """Ledger, tags, earlier merges and what was noted about the other person become this person's."""
    db.session.execute(update(ContactMerge).where(ContactMerge.contact_id == other_id).values(contact_id=keep_id))
    db.session.execute(update(ConsentEntry).where(ConsentEntry.contact_id == other_id).values(contact_id=keep_id))
    db.session.execute(update(ActivityEntry).where(
        ActivityEntry.subject_kind == "contact", ActivityEntry.subject_id == other_id).values(subject_id=keep_id))
    theirs = ContactTag.__table__.alias("theirs")
    has_it = exists().where(ContactTag.contact_id == keep_id, ContactTag.tag_id == theirs.c.tag_id)
    db.session.execute(insert(ContactTag.__table__).from_select(
        ["contact_id", "tag_id"],
        select(literal(keep_id), theirs.c.tag_id).where(theirs.c.contact_id == other_id, ~has_it)))
    db.session.execute(delete(ContactTag).where(ContactTag.contact_id == other_id))


def _empty(value: Any) -> bool:
    return value is None or value == ""


def _words(key: str, value: Any) -> str:
    """A value as people read it."""
    if key == "phone" and value:
        return international(value)
    if isinstance(value, date):
        return value.isoformat()
    return value_text(value)
