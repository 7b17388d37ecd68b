"""Which number a person has now, and which they had."""

from datetime import datetime

from sqlalchemy import update

from core import clock
from core.phone import country_of
from core.spellings import other_spellings
from core.states import MessageState
from models import Contact, Message, db
from services.contacts import addresses, suppression
from services.contacts.addresses import PHONE, WA_ID
from services.contacts.details import derive


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
    if at:
        addresses.left(person.id, had, source=source, until=at)
    else:
        addresses.keep(person.id, had, source=source)
    db.session.execute(update(Message).where(Message.contact_id == person.id, Message.state == MessageState.QUEUED)
                       .values(phone=person.phone or ""))
    return True
