"""Withdrawals that outlive a person: only a keyed hash of their numbers stays, so that they are known if they return."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import case, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core import clock
from core.spellings import other_spellings
from core.states import ConsentState
from core.words import folded
from models import ConsentEntry, Contact, Setting, Suppression, db, is_sqlite, transaction
from services.contacts import addresses, writing
from services.contacts.ledger import CATEGORIES, DELETED, ERASED, derive_state
from services.contacts.namesakes import share_withdrawals

_AT_ONCE = 5_000
_SALT = "suppression_salt"
_PROOFS = {DELETED: "Whoever had this number here before said stop",
           ERASED: "Erased on {day}; asked again only by their own word"}


class _Kept(NamedTuple):
    """What we still know of somebody who was removed."""

    at: datetime
    why: str


def remember_withdrawn(contact_ids: Sequence[int]) -> None:
    """Before these people are deleted, or lose their number: keep that they withdrew, whoever of them did.

    Four queries five thousand people.
    """
    with transaction():
        for ids in _parts(contact_ids):
            stops = _last_stops(ids)
            if not stops:
                continue
            people = {row.id: row for row in identities({contact_id for contact_id, _ in stops})}
            _keep([(digest, category, DELETED, at) for (contact_id, category), at in stops.items()
                   for digest in _digests(people[contact_id])])


def remember_under(contact_id: int, had: Sequence[Any]) -> None:
    """Where this person has withdrawn, keep it under these numbers and ids, too, which were theirs before."""
    with transaction():
        _keep([(digest, category, DELETED, at) for (_, category), at in _last_stops([contact_id]).items()
               for row in had for digest in _digests(row)])


def remember_erased(contact_id: int) -> None:
    """Keep that this person was erased: marketing reaches them again only by their own word."""
    with transaction():
        remember_withdrawn([contact_id])
        now = clock.now()
        for row in identities([contact_id]):
            _keep([(digest, "marketing", ERASED, now) for digest in _digests(row)])


def is_suppressed(phone: str) -> bool:
    """Whether a number (E.164) is kept from somebody who said stop or was erased. Two queries."""
    digests = _hashed(_names_of(phone), _salt())
    return db.session.scalar(select(Suppression.id).where(Suppression.digest.in_(digests)).limit(1)) is not None


def erased_since(people: Sequence[Any], since: datetime) -> set[str]:
    """Which of these people of a file, by what they are known by, were erased after `since`. One query while nobody was."""
    digests = set(db.session.scalars(select(Suppression.digest).where(Suppression.why == ERASED, Suppression.at >= since)))
    if not digests:
        return set()
    salt = _salt()
    return {person.known_by for person in people if not digests.isdisjoint(_digests(_Marked.of(person), salt))}


class _Marked(NamedTuple):
    """Somebody of a file, by the names of the columns."""

    phone: str
    wa_id: str
    user_id: str
    export_key: str
    email: str
    further: Sequence[tuple[str, str]] = ()

    @classmethod
    def of(cls, person: Any) -> "_Marked":
        """From a row that was read."""
        kind, _, text = person.mark.partition(":")
        return cls(person.phone, "", person.user_id, text if kind == "key" else "", person.values.get("email", ""))


def kept_out(people: Sequence[Any], *, may_lift: bool) -> int:
    """How many of these people of a file, who are not in the contacts, said stop before they were removed, where the file's
    word that they agreed does not count: always for who was erased, for others unless it may lift. Two queries, one
    while nobody is known."""
    if not people or db.session.scalar(select(Suppression.id).limit(1)) is None:
        return 0
    marked = [_Marked.of(person) for person in people]
    known = _known(_Identity(place, one.phone, one.wa_id, one.user_id, one.export_key, one.email)
                   for place, one in enumerate(marked))
    return sum(category == "marketing" and not (may_lift and kept.why != ERASED)
               for (_, category), kept in known.items())


def withdraw_suppressed(contact_ids: Sequence[int]) -> int:
    """Give whoever of these people is known from before a withdrawal in their ledger, and whoever has the number of
    somebody who withdrew. How many are known from before.

    Call it in the transaction that adds people or gives them a number or id. Three queries while nobody is known.
    """
    share_withdrawals(contact_ids)
    if not contact_ids or db.session.scalar(select(Suppression.id).limit(1)) is None:
        return 0
    with transaction():
        return sum(_withdraw(ids) for ids in _parts(contact_ids))


def _withdraw(ids: Sequence[int]) -> int:
    """Lines for those of a few thousand people who are known, and the state that follows."""
    known = _known(identities(ids))
    if not known:
        return 0
    who = sorted({contact_id for contact_id, _ in known})
    db.session.execute(select(Contact.id).where(Contact.id.in_(who)).order_by(Contact.id).with_for_update()).all()
    ledger = _ledger(who)
    new = []
    for (contact_id, category), kept in sorted(known.items()):
        lines = ledger.setdefault((contact_id, category), [])
        if not any(_says_so(line, kept) for line in lines):
            row = _line(contact_id, category, kept)
            new.append(row)
            lines.append(ConsentEntry(**row))
    if new:
        db.session.execute(insert(ConsentEntry.__table__), new)
    present: dict[tuple[str, ConsentState], list[int]] = {}
    for contact_id, category in known:
        present.setdefault((category, derive_state(ledger[contact_id, category])), []).append(contact_id)
    for (category, state), changed in present.items():
        db.session.execute(update(Contact.__table__).where(Contact.id.in_(changed)).values({category: state}))
    db.session.expire_all()  # people loaded before would still show the old state
    return len(who)


def _says_so(line: Any, kept: _Kept) -> bool:
    """Whether the ledger holds this withdrawal, or a later one of the same weight, already."""
    return (line.state is ConsentState.WITHDRAWN and line.at >= kept.at
            and (kept.why != ERASED or line.how == ERASED))


def _line(contact_id: int, category: str, kept: _Kept) -> dict[str, Any]:
    """One line of the ledger."""
    day = f"{kept.at.day} {kept.at:%B %Y}"
    return {"contact_id": contact_id, "category": category, "state": ConsentState.WITHDRAWN, "how": kept.why,
            "proof": _PROOFS[kept.why].replace("{day}", day), "overrides_withdrawal": False, "by": "Pigeonpost",
            "at": kept.at, "recorded_at": clock.now()}


def _ledger(ids: Sequence[int]) -> dict[tuple[int, str], list[Any]]:
    """The lines of these people, by person and category."""
    found: dict[tuple[int, str], list[Any]] = {}
    for line in db.session.execute(select(
            ConsentEntry.contact_id, ConsentEntry.category, ConsentEntry.state, ConsentEntry.how, ConsentEntry.at,
            ConsentEntry.overrides_withdrawal).where(ConsentEntry.contact_id.in_(ids))):
        found.setdefault((line.contact_id, line.category), []).append(line)
    return found


def _last_stops(ids: Sequence[int]) -> dict[tuple[int, str], datetime]:
    """When those of these people who have withdrawn did so last, by person and category."""
    withdrawn = select(Contact.id).where(Contact.id.in_(ids), (Contact.marketing == ConsentState.WITHDRAWN) | (
        Contact.utility == ConsentState.WITHDRAWN))
    found = {}
    for (contact_id, category), lines in _ledger(list(db.session.scalars(withdrawn))).items():
        if category in CATEGORIES and derive_state(lines) is ConsentState.WITHDRAWN:
            found[contact_id, category] = max(line.at for line in lines if line.state is ConsentState.WITHDRAWN)
    return found


def _known(people: Iterable[Any]) -> dict[tuple[int, str], _Kept]:
    """What is kept of these people, the latest of each category; an erasure outweighs a deletion."""
    salt = _salt()
    owners: dict[str, list[int]] = {}
    for person in people:
        for digest in _digests(person, salt):
            owners.setdefault(digest, []).append(person.id)
    found: dict[tuple[int, str], _Kept] = {}
    for part in _parts(list(owners)):
        for row in db.session.execute(select(Suppression.digest, Suppression.category, Suppression.at, Suppression.why)
                                      .where(Suppression.digest.in_(part))):
            for contact_id in owners[row.digest]:
                key, kept = (contact_id, row.category), _Kept(row.at, row.why)
                other = found.get(key, kept)
                found[key] = _Kept(max(kept.at, other.at), ERASED if ERASED in (kept.why, other.why) else kept.why)
    return found


class _Identity(NamedTuple):
    """What somebody is known by."""

    id: int
    phone: str | None
    wa_id: str | None
    user_id: str | None
    export_key: str | None
    email: str
    further: Sequence[tuple[str, str]] = ()  # kind and value of their further addresses


def identities(ids: Iterable[int]) -> Sequence[Any]:
    """Ids, numbers, WhatsApp ids, user ids, keys, e-mail and further addresses of these people. Two queries."""
    wanted = list(ids)
    further = addresses.of_people(wanted)
    return [_Identity(*row, further=further.get(row.id, ())) for row in db.session.execute(
        select(Contact.id, Contact.phone, Contact.wa_id, Contact.user_id, Contact.export_key, Contact.email)
        .where(Contact.id.in_(wanted)))]


def _keep(rows: Sequence[tuple[str, str, str, datetime]]) -> None:
    """Add what is new; what is known keeps the later time, and an erasure stays one."""
    keyed: dict[tuple[str, str], dict[str, Any]] = {}
    for digest, category, why, at in rows:
        row = {"digest": digest, "category": category, "why": why, "at": at}
        if (digest, category) not in keyed or keyed[digest, category]["at"] < at:
            keyed[digest, category] = row
    if not keyed:
        return
    new = (sqlite if is_sqlite() else postgresql).insert(Suppression.__table__)
    old = Suppression.__table__.c
    db.session.execute(new.on_conflict_do_update(index_elements=["digest", "category"], set_={
        "at": case((new.excluded.at > old.at, new.excluded.at), else_=old.at),
        "why": case((new.excluded.why == ERASED, ERASED), else_=old.why)}), [keyed[key] for key in sorted(keyed)])


def _digests(person: Any, salt: bytes = b"") -> set[str]:
    """The hashes by which somebody is known again: of their number, however it is kept or written, and of their user id.

    Who has none of these is known by their e-mail address and by the key our exports gave them.
    """
    salt = salt or _salt()
    names = {*_names_of(person.phone), *_names_of(person.wa_id), f"user:{person.user_id or ''}"}
    for kind, value in person.further:
        names |= {f"user:{value}"} if kind == addresses.USER_ID else _names_of(value)
    if not (person.phone or person.wa_id or person.user_id or person.further):
        names |= {f"key:{person.export_key or ''}", f"email:{folded(person.email or '')}"}
    return _hashed(names, salt)


def _names_of(number: str | None) -> set[str]:
    """A number, with or without its plus, in every spelling."""
    plain = (number or "").lstrip("+")
    return {f"number:{way.lstrip('+')}" for way in (plain, *other_spellings(f"+{plain}"))}


def _hashed(names: Iterable[str], salt: bytes) -> set[str]:
    return {hmac.digest(salt, name.encode(), hashlib.sha256).hex() for name in names if not name.endswith(":")}


def _salt() -> bytes:
    """A random key of this installation's own, made once; it outlives a change of the secret key."""
    if (kept := db.session.get(Setting, _SALT)) is None:
        with transaction():
            writing.insert_new(Setting, [{"name": _SALT, "value": secrets.token_hex(32), "changed_at": clock.now()}])
            kept = db.session.get(Setting, _SALT)
    return bytes.fromhex(kept.value) if kept else b""


def count_suppressed() -> int:
    """How many numbers and ids are kept out of marketing though their people are gone. One query."""
    return db.session.scalar(select(func.count(Suppression.digest.distinct()))) or 0


def _parts(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Slices a statement can hold."""
    return (rows[start:start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))
