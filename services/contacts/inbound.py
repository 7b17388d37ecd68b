"""Who wrote to us: found by what the carrier knows of them, added when they are new."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from core import clock
from core.actor import SYSTEM
from core.spellings import other_spellings
from core.words import one_line, seen_line
from models import Contact, db, transaction
from services import activity, events
from services.contacts import addresses, suppression, trail, writing
from services.contacts.details import derive, name_of
from services.contacts.identity import now_at
from services.contacts.merge import merge_by_itself


def person_of(*, wa_id: str = "", user_id: str = "", profile_name: str = "", at: datetime | None = None,
              source: str = "message", is_news: bool = True) -> Contact:
    """The person behind a WhatsApp id, a business-scoped user id, or both; added when nobody knows them.

    `wa_id` is digits; where they are a number people can have, they become the phone. Somebody with a `user_id`
    only gets no phone; once one comes, they are merged with whoever has it. `at` is when they wrote: a number somebody left
    is theirs for what is older. The profile name is kept only while we know no other. `source` and `is_news` are about somebody
    new: where they come from, and whether rules hear of it. Raises ValueError when both are empty.
    """
    wa_id, user_id = one_line(wa_id)[:20], one_line(user_id)[:140]
    if not wa_id and not user_id:
        raise ValueError("a message from nobody")
    phone = addresses.phone_of(wa_id)
    with transaction():
        if moved := _who_moved(wa_id, at):
            _complete(moved, "", user_id, profile_name)
            return moved
        person = _known(wa_id, user_id, phone, at) or added(wa_id, user_id, phone, profile_name, source, is_news=is_news)
        is_newest = at is None or person.last_heard_at is None or at > person.last_heard_at
        _complete(person, wa_id if is_newest or person.wa_id is None else "", user_id, profile_name)
    return person


def heard_from(contact_id: int, at: datetime) -> None:
    """Note that this person wrote to us at `at`; older news than we have changes nothing."""
    heard_from_many({contact_id: at})


def heard_from_many(heard: Mapping[int, datetime]) -> None:
    """As `heard_from` for many people, in one statement."""
    if heard:
        with transaction():
            db.session.connection().execute(_HEARD, [{"b_id": key, "b_at": heard[key]} for key in sorted(heard)])


_people = Contact.__table__
_HEARD = update(_people).where(
    _people.c.id == bindparam("b_id"),
    or_(_people.c.last_heard_at.is_(None), _people.c.last_heard_at < bindparam("b_at", type_=_people.c.last_heard_at.type)),
).values(last_heard_at=bindparam("b_at", type_=_people.c.last_heard_at.type))


def _who_moved(wa_id: str, at: datetime | None) -> Contact | None:
    """Whoever had this number when they wrote and has another by now, where the moves of numbers say so and they are known to
    have had it."""
    if not wa_id or at is None:
        return None
    now = trail.now_of(trail.around(wa_id), wa_id, at)
    if now == trail.spelled(wa_id):
        return None
    person = addresses.by_number(now, addresses.phone_of(now), None)
    return person if person is not None and addresses.is_former(person.id, trail.spelled(wa_id)) else None


def _known(wa_id: str, user_id: str, phone: str | None, at: datetime | None) -> Contact | None:
    """Whoever fits. Two who turn out to be one are merged; the number is the surer sign where they are not."""
    here, there = addresses.by_number(wa_id, phone, at), addresses.by_user_id(user_id)
    if here is None or there is None or here.id == there.id:
        return here or there
    ways = {phone, *other_spellings(phone or f"+{wa_id}")}
    if (there.phone is None and there.wa_id is None) or there.phone in ways:
        return merge_by_itself(here.id, there.id)
    return here


def added(wa_id: str, user_id: str, phone: str | None, profile_name: str, source: str = "message", *,
          is_news: bool = True) -> Contact:
    """A new person; where another process was quicker, theirs."""
    is_new = writing.insert_new(Contact, [row_of(wa_id, user_id, phone, profile_name, source)])
    person = _known(wa_id, user_id, phone, None)
    if person is None:
        raise LookupError("a person was neither added nor found")
    if is_new:
        suppression.withdraw_suppressed([person.id])
        activity.record("contact.added", by=SYSTEM, subject_kind="contact", subject_id=person.id,
                        subject_name=name_of(person), source=source)
        if is_news:
            events.note("contact.added", contact_id=person.id, details={"source": source})
    return person


def row_of(wa_id: str, user_id: str, phone: str | None, profile_name: str, source: str = "message") -> dict[str, Any]:
    """Somebody nobody knew, as the columns of a person."""
    name, now = seen_line(profile_name)[:200], clock.now()
    return {
        "phone": phone, "wa_id": wa_id or None, "user_id": user_id or None, "name": name, "source": source,
        "fields": {}, "email": "", "company": "", "language": "", "zone": "", "notes": "",
        "marketing": "unknown", "utility": "unknown", "created_at": now, "changed_at": now,
        **derive(phone=phone, name=name),
    }


def _complete(person: Contact, wa_id: str, user_id: str, profile_name: str) -> None:
    """Fill in what we did not know. Who writes from a further number of theirs is answered there from now on."""
    had = (person.phone, person.name)
    is_more_known = False
    if wa_id and wa_id != person.wa_id and not _is_spelling(person, wa_id) and not addresses.is_former(person.id, wa_id):
        is_more_known = now_at(person, wa_id, source="message")
    if user_id and user_id != person.user_id and (person.user_id is None or addresses.by_user_id(user_id) is None):
        addresses.keep(person.id, [(addresses.USER_ID, person.user_id)], source="message")
        if db.session.scalar(select(Contact.id).where(Contact.user_id == user_id)) is None:
            person.user_id, is_more_known = user_id, True
    if is_more_known:
        db.session.flush()
        suppression.withdraw_suppressed([person.id])
    if not person.name and (name := seen_line(profile_name)[:200]):
        person.name = name
    if (person.phone, person.name) != had:
        derived = derive(phone=person.phone, name=person.name, first_name=person.first_name, email=person.email,
                         company=person.company, country=person.country or None)
        for column, value in derived.items():
            setattr(person, column, value)


def _is_spelling(person: Contact, wa_id: str) -> bool:
    """Whether their row has this number already, written another way."""
    return person.wa_id is not None and f"+{person.wa_id}" in other_spellings(f"+{wa_id}")
