"""How else a person is known beside the columns of their row: other numbers, ids they had. Asked after the columns.

A number somebody moved away from is theirs for what was written before they moved; later it may be somebody else's.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, or_, select

from core import clock
from core.phone import InvalidPhone, Phone
from core.spellings import other_spellings
from models import Contact, ContactAddress, db
from services.contacts import writing

PHONE, WA_ID, USER_ID = KINDS = ("phone", "wa_id", "user_id")
_UNTIL = "until"  # among the details: when they moved away


def phone_of(wa_id: str) -> str | None:
    """E.164 when these digits, or another spelling of them, are a number people can have."""
    for e164 in (f"+{wa_id}", *other_spellings(f"+{wa_id}")) if wa_id.isdecimal() else ():
        try:
            return Phone.parse(e164).e164
        except InvalidPhone:
            continue
    return None


def by_number(wa_id: str, phone: str | None, at: datetime | None) -> Contact | None:
    """Whoever has this number, the surest sign first: WhatsApp id, phone, another spelling, a further address."""
    numbers = list(dict.fromkeys(filter(None, (phone, f"+{wa_id}" if wa_id else "", *other_spellings(f"+{wa_id}"),
                                               *other_spellings(phone or "")))))
    digits = [number[1:] for number in numbers]
    if not numbers:
        return None
    found = list(db.session.scalars(select(Contact).where(or_(Contact.wa_id.in_(digits), Contact.phone.in_(numbers)))))
    if found:
        signs = (lambda one: one.wa_id == wa_id, lambda one: one.phone == phone, lambda one: True)
        return next(one for sign in signs for one in found if sign(one))
    return _holder([(WA_ID, digits), (PHONE, numbers)], at)


def by_user_id(user_id: str) -> Contact | None:
    """Whoever has this id at the carrier, or had it."""
    if not user_id:
        return None
    person = db.session.scalar(select(Contact).where(Contact.user_id == user_id))
    return person or _holder([(USER_ID, [user_id])], None)


def _holder(signs: Sequence[tuple[str, list[str]]], at: datetime | None) -> Contact | None:
    """Whose further address this is; one they left only for what is from before."""
    wanted = or_(*(and_(ContactAddress.kind == kind, ContactAddress.value.in_(values)) for kind, values in signs))
    for row in db.session.scalars(select(ContactAddress).where(wanted).order_by(ContactAddress.id)):
        until = row.details.get(_UNTIL)
        if until is None or (at is not None and at <= datetime.fromisoformat(until)):
            return db.session.get(Contact, row.contact_id)
    return None


def left_at(contact_id: int, wa_id: str) -> datetime | None:
    """When this person moved away from this number; None when they did not."""
    rows = db.session.scalars(select(ContactAddress.details).where(
        ContactAddress.contact_id == contact_id,
        or_(and_(ContactAddress.kind == WA_ID, ContactAddress.value == wa_id),
            and_(ContactAddress.kind == PHONE, ContactAddress.value == phone_of(wa_id)))))
    return max((datetime.fromisoformat(details[_UNTIL]) for details in rows if _UNTIL in details), default=None)


def is_former(contact_id: int, wa_id: str) -> bool:
    """Whether this person has moved away from this number."""
    return left_at(contact_id, wa_id) is not None


def left(contact_id: int, known_as: Iterable[tuple[str, str | None]], *, source: str, until: datetime) -> None:
    """This person had these (kind, value) until then, or longer where that is known already."""
    known_as = [(kind, value) for kind, value in known_as if value]
    keep(contact_id, known_as, source=source, until=until)
    for kind, value in known_as:
        row = db.session.scalar(select(ContactAddress).where(
            ContactAddress.contact_id == contact_id, ContactAddress.kind == kind, ContactAddress.value == value))
        if row is not None and (_UNTIL not in row.details or datetime.fromisoformat(row.details[_UNTIL]) < until):
            row.details = row.details | {_UNTIL: until.isoformat()}


def keep(contact_id: int, known_as: Iterable[tuple[str, str | None]], *, source: str, until: datetime | None = None) -> list[int]:
    """Remember further ways (kind, value) to know somebody; `until`: they have left these. The ids of those that are new."""
    details: dict[str, Any] = {_UNTIL: until.isoformat()} if until else {}
    rows = [{"contact_id": contact_id, "kind": kind, "value": value, "source": source, "details": details,
             "added_at": clock.now()} for kind, value in dict.fromkeys(known_as) if value]
    if not rows:
        return []
    before = set(db.session.scalars(select(ContactAddress.id).where(ContactAddress.contact_id == contact_id)))
    writing.insert_new(ContactAddress, rows)
    return sorted(set(db.session.scalars(select(ContactAddress.id).where(ContactAddress.contact_id == contact_id))) - before)


def drop(known_as: Iterable[tuple[str, str | None]]) -> None:
    """Forget these as further addresses: they stand in somebody's row now."""
    for kind, value in known_as:
        if value:
            db.session.execute(delete(ContactAddress).where(ContactAddress.kind == kind, ContactAddress.value == value))


def of_people(contact_ids: Iterable[int]) -> dict[int, list[tuple[str, str]]]:
    """The further addresses (kind, value) of these people. One query."""
    found: dict[int, list[tuple[str, str]]] = {}
    for row in db.session.execute(
            select(ContactAddress.contact_id, ContactAddress.kind, ContactAddress.value)
            .where(ContactAddress.contact_id.in_(list(contact_ids))).order_by(ContactAddress.id)):
        found.setdefault(row.contact_id, []).append((row.kind, row.value))
    return found
