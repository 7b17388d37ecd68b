"""Somebody moved at the carrier: from one number or id to another. Told in any order, the end is the same.

What is told late must not undo what happened after it. So whoever is told to be at a new number is looked for at the moment of
the move: they may have gone on from there since, and then only the number they left is added to what they were known by.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from core import clock
from core.actor import SYSTEM
from core.words import one_line
from models import Contact, Message, db, transaction
from services import activity
from services.contacts import addresses, inbound, suppression
from services.contacts.addresses import PHONE, USER_ID, WA_ID
from services.contacts.details import name_of
from services.contacts.identity import now_at
from services.contacts.merge import merge_by_itself

_SLACK = timedelta(hours=1)  # between the carrier's clock and ours


def known_by_another_id(*, wa_id: str = "", former_user_id: str = "", new_wa_id: str = "", user_id: str = "",
                        at: datetime | None = None) -> bool:
    """Somebody moved at `at` to another number or id. False when nothing is known of them and nothing new is told.

    The number goes along, so that what we write reaches them; the former one stays known for what came from it before.
    Whoever wrote from the new one already is the same person and is merged; somebody nobody knows is added, so that what they
    wrote before finds them. A number or id of somebody we knew before is left there: numbers are given to others, and a person
    decides.
    """
    wa_id, new_wa_id, user_id = one_line(wa_id)[:20], one_line(new_wa_id)[:20], one_line(user_id)[:140]
    former_user_id, at = one_line(former_user_id)[:140], at or clock.now()
    with transaction():
        person = addresses.by_user_id(former_user_id) or addresses.by_number(wa_id, addresses.phone_of(wa_id), at)
        person, is_taken = _joined(person, new_wa_id, user_id, at)
        if person is None:
            if is_taken or not (new_wa_id or user_id):
                return False
            number = new_wa_id or wa_id  # where only the id is another one, the number is theirs still
            person = inbound.added(number, user_id, addresses.phone_of(number), "")
        changed = _gone_along(person, wa_id, new_wa_id, user_id, at)
        _remember(person, wa_id, former_user_id, at, has_moved=bool(new_wa_id or user_id))
        if changed:
            db.session.flush()
            suppression.withdraw_suppressed([person.id])
            activity.record("contact.renumbered", by=SYSTEM, subject_kind="contact", subject_id=person.id,
                            subject_name=name_of(person), what=" and ".join(changed))
    return True


def _joined(person: Contact | None, wa_id: str, user_id: str, at: datetime) -> tuple[Contact | None, bool]:
    """The person together with whoever was there at that moment and is the same; whether somebody else has it."""
    is_taken = False
    by_number, by_id = addresses.by_number(wa_id, addresses.phone_of(wa_id), at), addresses.by_user_id(user_id)
    for there, has_gone_on in ((by_number, bool(by_number and addresses.left_at(by_number.id, wa_id))),
                               (by_id, bool(by_id and by_id.user_id != user_id))):
        if there is None or (person is not None and there.id == person.id):
            continue
        if not has_gone_on and not _came_after(there, at - _SLACK):
            is_taken = True
        elif person is None:
            person = there
        elif db.session.scalar(select(Contact.id).where(Contact.id == there.id)) is not None:
            went_on = there.wa_id, there.user_id
            person = merge_by_itself(person.id, there.id)
            _go_on(person, *went_on, at)
    return person, is_taken


def _go_on(person: Contact, wa_id: str | None, user_id: str | None, at: datetime) -> None:
    """Have somebody be where the other half of them is by now."""
    if wa_id and wa_id != person.wa_id:
        now_at(person, wa_id, source="carrier", at=at)
    if user_id and user_id != person.user_id:
        addresses.keep(person.id, [(USER_ID, person.user_id)], source="carrier")
        addresses.drop([(USER_ID, user_id)])
        person.user_id = user_id
        db.session.flush()


def _gone_along(person: Contact, wa_id: str, new_wa_id: str, user_id: str, at: datetime) -> list[str]:
    """Take the number and the id along, unless they have gone on from there since; what changed."""
    changed = []
    left = [moment for one in (wa_id, new_wa_id) if one and (moment := addresses.left_at(person.id, one))]
    if new_wa_id and new_wa_id != person.wa_id:
        if any(moment >= at for moment in left):
            addresses.left(person.id, _numbers(person, new_wa_id), source="carrier", until=at)
        elif now_at(person, new_wa_id, source="carrier", at=at):
            changed.append("number")
    if user_id and user_id != person.user_id and addresses.by_user_id(user_id) is None:
        addresses.keep(person.id, [(USER_ID, person.user_id)], source="carrier")
        person.user_id = user_id
        changed.append("id")
    return changed


def _remember(person: Contact, wa_id: str, user_id: str, at: datetime, *, has_moved: bool) -> None:
    """What they had until then, for what comes late."""
    if has_moved and wa_id:
        addresses.left(person.id, _numbers(person, wa_id), source="carrier", until=at)
    if user_id and user_id != person.user_id:
        addresses.keep(person.id, [(USER_ID, user_id)], source="carrier")


def _numbers(person: Contact, wa_id: str) -> list[tuple[str, str | None]]:
    """This number as addresses, where it is not the one they have now."""
    phone = addresses.phone_of(wa_id)
    return [(WA_ID, wa_id if wa_id != person.wa_id else None), (PHONE, phone if phone != person.phone else None)]


def _came_after(person: Contact, moment: datetime) -> bool:
    """Whether we know them only because they wrote, and they first did so after that moment."""
    if person.source != "message":
        return False
    first = db.session.scalar(select(func.min(Message.created_at)).where(
        Message.contact_id == person.id, Message.direction == "in"))
    return (first or person.created_at) > moment
