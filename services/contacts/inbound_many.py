"""Who wrote to us, of many messages at once: found by a few questions, new people added as one set."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from core import clock
from core.actor import SYSTEM
from core.spellings import other_spellings
from core.words import one_line, seen_line
from models import Contact, ContactAddress, db, transaction
from services import activity, events
from services.contacts import addresses, suppression, trail, writing
from services.contacts.details import name_of
from services.contacts.inbound import person_of, row_of

_AT_ONCE = 500  # people a statement
_people = Contact.__table__


class Sender(NamedTuple):
    """What the carrier says of the person behind a message, and when it was written."""

    wa_id: str
    user_id: str
    profile_name: str
    at: datetime | None = None
    source: str = "message"  # where they come from when they are new: message | app
    is_news: bool = True  # whether rules hear that they are new; history and address books are quiet


class Person(NamedTuple):
    """Who is behind a message, and their number (E.164, or empty)."""

    id: int
    phone: str


Ids = tuple[str, str]  # WhatsApp id and user id, as they are kept


def people_of(senders: Sequence[Sender]) -> list[Person]:
    """The people behind many messages, in their order; as `person_of` for each. A few statements for those who are known
    whole and for those who are new; whoever is known in part, or twice among the new, is looked at alone."""
    with transaction():
        late = _written_before_moves(senders)
        wanted = {_ids_of(sender): sender for place, sender in enumerate(senders) if place not in late}
        alone: dict[Ids, Person] = {}
        known = _known_whole(wanted)
        missing = {ids: sender for ids, sender in wanted.items() if ids not in known}
        if missing:
            new = _added(missing)
            alone = _looked_at(missing, missing.keys() - new)
            known = _known_whole(wanted)  # two who were known may have turned out to be one
            alone |= _looked_at(wanted, wanted.keys() - known.keys() - alone.keys())  # another process was quicker
    return [late.get(place) or known.get(ids) or alone[ids] for place, ids in enumerate(map(_ids_of, senders))]


def _written_before_moves(senders: Sequence[Sender]) -> dict[int, Person]:
    """Those of a number that was left since they wrote, by their place; each is looked at by itself. One question."""
    left = trail.last_left({sender.wa_id for sender in senders if sender.at})
    moved = [place for place, sender in enumerate(senders) if left and sender.at
             and (moment := left.get(trail.spelled(sender.wa_id))) and moment >= sender.at]
    people = {place: _person_of(senders[place]) for place in moved}
    return {place: Person(person.id, person.phone or "") for place, person in people.items()}


def _looked_at(wanted: Mapping[Ids, Sender], which: Iterable[Ids]) -> dict[Ids, Person]:
    """Each of these by themselves."""
    found = {ids: _person_of(wanted[ids]) for ids in sorted(which)}
    return {ids: Person(person.id, person.phone or "") for ids, person in found.items()}


def _person_of(sender: Sender) -> Contact:
    return person_of(wa_id=sender.wa_id, user_id=sender.user_id, profile_name=sender.profile_name, at=sender.at,
                     source=sender.source, is_news=sender.is_news)


def _ids_of(sender: Sender) -> Ids:
    return one_line(sender.wa_id)[:20], one_line(sender.user_id)[:140]


def _known_whole(wanted: Mapping[Ids, Sender]) -> dict[Ids, Person]:
    """Those whose row says exactly what the carrier says, by both ids. Two questions for each five hundred."""
    c, found = _people.c, dict[Ids, Person]()
    for part in _parts(list(wanted)):
        for place, column in enumerate((c.wa_id, c.user_id)):
            values = [ids[place] for ids in part if ids[place] and (place == 0 or not ids[0])]
            rows = {getattr(row, column.name): row for row in db.session.execute(
                select(c.id, c.phone, c.wa_id, c.user_id, c.name).where(column.in_(values)))} if values else {}
            for ids in part:
                row = rows.get(ids[0] or ids[1])
                if row is not None and ids[1] in ("", row.user_id) and (
                        row.name or not seen_line(wanted[ids].profile_name)):
                    found[ids] = Person(row.id, row.phone or "")
    return found


def _added(new: Mapping[Ids, Sender]) -> set[Ids]:
    """Add, as one set, those of them whom nobody knows by any sign and who share none with another; who they are. Where
    another process was quicker, its row stays."""
    signs = {ids: (ids[0], addresses.phone_of(ids[0]) or "", ids[1]) for ids in new}
    times = Counter((place, value) for of in signs.values() for place, value in enumerate(of) if value)
    apart = {ids: of for ids, of in signs.items() if any(of) and not other_spellings(of[1] or f"+{ids[0]}")
             and all(times[place, value] == 1 for place, value in enumerate(of) if value)}
    taken = _taken({value for of in apart.values() for value in of if value})
    apart = {ids: of for ids, of in apart.items() if taken.isdisjoint(of)}
    made: list[int] = []
    for part in _parts(sorted(apart)):
        made += writing.insert_new_ids(Contact, [
            row_of(ids[0], ids[1], apart[ids][1] or None, new[ids].profile_name, new[ids].source) for ids in part])
    if made:
        suppression.withdraw_suppressed(made)
        _tell(made, {ids for ids in apart if not new[ids].is_news})
    return set(apart)


def _taken(values: Iterable[str]) -> set[str]:
    """Which of these signs somebody has already, in their row or as a further address."""
    found: set[str] = set()
    for part in _parts(sorted(values)):
        for column in (_people.c.wa_id, _people.c.phone, _people.c.user_id, ContactAddress.value):
            found |= set(db.session.scalars(select(column).where(column.in_(part))))
    return found


def _tell(ids: Sequence[int], quiet: Set[Ids]) -> None:
    """Note that these people are new, for people and for rules; of the `quiet` ones rules hear nothing."""
    added: list[Contact] = []
    for part in _parts(sorted(ids)):
        added += db.session.scalars(select(Contact).where(Contact.id.in_(part)).order_by(Contact.id))
    for person in added:
        activity.record("contact.added", by=SYSTEM, subject_kind="contact", subject_id=person.id,
                        subject_name=name_of(person), source=person.source)
    now = clock.now()
    events.note_many("contact.added", [
        {"contact_id": person.id, "channel_id": None, "message_id": None, "at": now, "details": {"source": person.source}}
        for person in added if (person.wa_id or "", person.user_id or "") not in quiet])


def _parts(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (rows[start:start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))
