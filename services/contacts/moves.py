"""Somebody moved at the carrier: from one number or id to another. Told in any order, the end is the same.

What is told late must not undo what happened after it. So every move is kept (`trail.py`), and whoever is told to be at a new
number is looked for where all moves together lead from there: they may have gone on since, and then only the numbers they left
are added to what they were known by.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core import clock
from core.actor import SYSTEM
from core.words import one_line
from models import Contact, Message, db, transaction
from services import activity
from services.contacts import addresses, inbound, suppression, trail
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
        now, had = _trail(wa_id, new_wa_id, at)
        person = addresses.by_user_id(former_user_id) or _known_before(wa_id, at)
        person = _one_of([person, *(_who_left(number, left) for number, left in had.items())])
        person, is_taken = _joined(person, now, user_id, at, has_gone_on=now not in ("", new_wa_id))
        if person is None:
            if is_taken or not (new_wa_id or user_id):
                return False
            number = now or wa_id  # where only the id is another one, the number is theirs still
            person = inbound.added(number, user_id, addresses.phone_of(number), "")
        changed = _gone_along(person, now, user_id, had.get(trail.spelled(person.wa_id or ""), at))
        _remember(person, had, former_user_id)
        if changed:
            db.session.flush()
            suppression.withdraw_suppressed([person.id])
            activity.record("contact.renumbered", by=SYSTEM, subject_kind="contact", subject_id=person.id,
                            subject_name=name_of(person), what=" and ".join(changed))
    return True


def _trail(wa_id: str, new_wa_id: str, at: datetime) -> tuple[str, dict[str, datetime]]:
    """Keep the move; where whoever made it is by now, and the numbers they had with when they left each for the last time."""
    if not new_wa_id:
        return "", {}
    trail.keep(wa_id, new_wa_id, at)
    moves = trail.around(wa_id, new_wa_id)
    now = trail.now_of(moves, new_wa_id, at, has_arrived=True)
    return new_wa_id if now == trail.spelled(new_wa_id) else now, trail.left_for(moves, now)


def _who_left(wa_id: str, at: datetime) -> Contact | None:
    """Whoever has a number that was left at that moment, and was there before: whoever only ever wrote later got it after."""
    person = addresses.by_number(wa_id, addresses.phone_of(wa_id), None)
    if person is None:
        return None
    first = _first_word(person)
    return None if person.source == "message" and first is not None and first > at else person


def _known_before(wa_id: str, at: datetime) -> Contact | None:
    """Whoever had the number at that moment by what was kept of moves before each of them was; also where only the id changed."""
    moves = trail.around(wa_id)
    if any(move.former == trail.spelled(wa_id) and move.at != at for move in moves):
        return None
    person = addresses.by_number(wa_id, addresses.phone_of(wa_id), at)
    return person if person is None or person.wa_id != wa_id or not moves else _who_left(wa_id, at)


def _one_of(people: Iterable[Contact | None]) -> Contact | None:
    """One person of all who turned out to be the same."""
    one: Contact | None = None
    for person in people:
        if person is None or (one is not None and person.id == one.id) or not _is_there(person):
            continue
        one = person if one is None else merge_by_itself(one.id, person.id)
    return one


def _is_there(person: Contact) -> bool:
    """Whether the row is still one of its own; merging may have taken it away meanwhile."""
    return db.session.scalar(select(Contact.id).where(Contact.id == person.id)) is not None


def _joined(person: Contact | None, wa_id: str, user_id: str, at: datetime, *, has_gone_on: bool) -> tuple[Contact | None, bool]:
    """The person together with whoever is there by now and is the same; whether somebody else has it."""
    is_taken = False
    by_number, by_id = addresses.by_number(wa_id, addresses.phone_of(wa_id), None), addresses.by_user_id(user_id)
    for there, is_same in ((by_number, has_gone_on), (by_id, bool(by_id and by_id.user_id != user_id))):
        if there is None or (person is not None and there.id == person.id) or not _is_there(there):
            continue
        if not is_same and not _came_after(there, at - _SLACK):
            is_taken = True
        elif person is None:
            person = there
        else:
            went_on = there.user_id
            person = merge_by_itself(person.id, there.id)
            _go_on(person, went_on)
    return person, is_taken


def _go_on(person: Contact, user_id: str | None) -> None:
    """Have somebody be known by the id that the other half of them has by now."""
    if user_id and user_id != person.user_id:
        addresses.keep(person.id, [(USER_ID, person.user_id)], source="carrier")
        addresses.drop([(USER_ID, user_id)])
        person.user_id = user_id
        db.session.flush()


def _gone_along(person: Contact, wa_id: str, user_id: str, at: datetime) -> list[str]:
    """Take the number and the id along; what changed. `at` is when they left the number they have in their row."""
    changed = []
    if wa_id and wa_id != person.wa_id and now_at(person, wa_id, source="carrier", at=at):
        changed.append("number")
    if user_id and user_id != person.user_id and addresses.by_user_id(user_id) is None:
        addresses.keep(person.id, [(USER_ID, person.user_id)], source="carrier")
        person.user_id = user_id
        changed.append("id")
    return changed


def _remember(person: Contact, had: Mapping[str, datetime], user_id: str) -> None:
    """What they had and until when, for what comes late."""
    for wa_id, left in had.items():
        addresses.left(person.id, _numbers(person, wa_id), source="carrier", until=left)
    if user_id and user_id != person.user_id:
        addresses.keep(person.id, [(USER_ID, user_id)], source="carrier")


def _numbers(person: Contact, wa_id: str) -> list[tuple[str, str | None]]:
    """This number as addresses, where it is not the one they have now."""
    phone = addresses.phone_of(wa_id)
    return [(WA_ID, wa_id if wa_id != person.wa_id else None), (PHONE, phone if phone != person.phone else None)]


def _came_after(person: Contact, moment: datetime) -> bool:
    """Whether we know them only because they wrote, and they first did so after that moment."""
    return person.source == "message" and (_first_word(person) or person.created_at) > moment


def _first_word(person: Contact) -> datetime | None:
    """When they first wrote; None when they never did."""
    return db.session.scalar(select(func.min(Message.created_at)).where(
        Message.contact_id == person.id, Message.direction == "in"))
