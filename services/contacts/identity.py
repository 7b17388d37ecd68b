"""The carrier knows a person by another number or id from now on."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from core import clock
from core.actor import SYSTEM
from core.phone import country_of
from core.spellings import other_spellings
from core.states import MessageState
from core.words import one_line
from models import Contact, Message, db, transaction
from services import activity
from services.contacts import addresses, suppression
from services.contacts.addresses import PHONE, USER_ID, WA_ID
from services.contacts.details import derive, name_of
from services.contacts.merge import merge_by_itself

_SLACK = timedelta(hours=1)  # between the carrier's clock and ours


def known_by_another_id(*, wa_id: str = "", former_user_id: str = "", new_wa_id: str = "", user_id: str = "",
                        at: datetime | None = None) -> bool:
    """Somebody moved at `at` to another number or id. False when nobody we know is meant.

    The number goes along, so that what we write reaches them; the former one stays known for what came from it before.
    Whoever wrote from the new one already is the same person and is merged. An id that belongs to somebody we knew before
    is left there: numbers are given to others, and a person decides.
    """
    wa_id, new_wa_id, user_id = one_line(wa_id)[:20], one_line(new_wa_id)[:20], one_line(user_id)[:140]
    at = at or clock.now()
    with transaction():
        person = addresses.by_user_id(former_user_id) or addresses.by_number(wa_id, addresses.phone_of(wa_id), at)
        if person is None:
            return False
        _join_newcomer(person, new_wa_id, user_id, at)
        changed = []
        if new_wa_id and new_wa_id != person.wa_id and now_at(person, new_wa_id, source="carrier", at=at):
            changed.append("number")
        if user_id and user_id != person.user_id and addresses.by_user_id(user_id) is None:
            addresses.keep(person.id, [(USER_ID, person.user_id)], source="carrier")
            person.user_id = user_id
            changed.append("id")
        if changed:
            db.session.flush()
            suppression.withdraw_suppressed([person.id])
            activity.record("contact.renumbered", by=SYSTEM, subject_kind="contact", subject_id=person.id,
                            subject_name=name_of(person), what=" and ".join(changed))
    return True


def now_at(person: Contact, wa_id: str, *, source: str, at: datetime | None = None) -> bool:
    """Have this number be the person's; the one they had stays known, only for what is from before `at` where that is given.
    False when it is somebody else's. Inside a transaction."""
    phone = addresses.phone_of(wa_id)
    holder = addresses.by_number(wa_id, phone, None)
    if holder is not None and holder.id != person.id:
        return False
    had = [(WA_ID, person.wa_id if person.wa_id != wa_id else None)]
    if phone and phone != person.phone and person.phone not in other_spellings(phone):
        suppression.remember_withdrawn([person.id])
        had.append((PHONE, person.phone))
        follows = person.country in ("", country_of(person.phone) if person.phone else "")
        person.phone = phone
        for name, value in derive(phone=phone, name=person.name, first_name=person.first_name, email=person.email,
                                  company=person.company, country=None if follows else person.country).items():
            setattr(person, name, value)
    person.wa_id, person.changed_at = wa_id, clock.now()
    addresses.drop([(WA_ID, wa_id), (PHONE, phone)])
    db.session.flush()
    addresses.keep(person.id, had, source=source, until=at)
    db.session.execute(update(Message).where(Message.contact_id == person.id, Message.state == MessageState.QUEUED)
                       .values(phone=person.phone or ""))
    return True


def _join_newcomer(person: Contact, wa_id: str, user_id: str, at: datetime) -> None:
    """Whoever wrote from the new number before we heard of the move is this person."""
    for newcomer in (addresses.by_number(wa_id, addresses.phone_of(wa_id), None), addresses.by_user_id(user_id)):
        if newcomer is None or newcomer.id == person.id or newcomer.source != "message" or newcomer.created_at < at - _SLACK:
            continue
        if db.session.scalar(select(Contact.id).where(Contact.id == newcomer.id)) is not None:
            merge_by_itself(person.id, newcomer.id)
