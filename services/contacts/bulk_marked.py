"""People of a file who have no phone: known by the key of our own export, by Meta's user id, or by their e-mail address."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, exists, func, insert, select, update

from core.states import ConsentState
from core.words import folded
from models import Contact, db, is_sqlite
from services.contacts.bulk_rows import KNOWN, NEW, Incoming

KEY, USER, EMAIL = "key", "user", "email"
_people: Any = Contact.__table__
_BIRTHDAY = KNOWN.index("birthday")


def mark_of(kind: str, text: str) -> str:
    """How somebody is known: the kind of mark and the text, without case where case means nothing."""
    return f"{kind}:{folded(text) if kind == EMAIL else text}"


def known(people: Sequence[Incoming]) -> dict[str, tuple[Any, ...]]:
    """Rows of KNOWN by mark, for those of these people who are in the contacts. One query for each kind of mark.

    An address means somebody without a phone only, the first who was added; a key or user id means whoever has it.
    """
    wanted: dict[str, list[str]] = {}
    for person in people:
        if not person.phone:
            kind, _, text = person.mark.partition(":")
            wanted.setdefault(kind, []).append(text)
    found: dict[str, tuple[Any, ...]] = {}
    for kind, texts in wanted.items():
        column = {KEY: _people.c.export_key, USER: _people.c.user_id}.get(kind)
        rows = select(*(_people.c[name] for name in KNOWN), _people.c.email if column is None else column)
        rows = rows.where(_people.c.phone.is_(None), _people.c.email != "") if column is None else rows.where(
            column.in_(texts))
        asked = set(texts)
        for *row, text in db.session.execute(rows.order_by(_people.c.id)):
            if (folded(text) if kind == EMAIL else text) in asked:
                found.setdefault(mark_of(kind, text), _plain(row))
    return found


def _plain(row: list[Any]) -> tuple[Any, ...]:
    """The row as the quick statements read it: the birthday as text."""
    birthday = row[_BIRTHDAY].isoformat() if row[_BIRTHDAY] else None
    return (*row[:_BIRTHDAY], birthday, *row[_BIRTHDAY + 1:])


def insert_marked(people: Sequence[Incoming], rows: Sequence[tuple[Any, ...]], *, source: str,
                  now: datetime) -> Mapping[str, int]:
    """Add rows of NEW without a phone; mark to id."""
    kinds = _people.c
    values = []
    for person, row in zip(people, rows, strict=True):
        one = dict(zip(NEW, row, strict=True))
        kind, _, text = person.mark.partition(":")
        values.append(one | {"fields": person.fields, "birthday": _day(one["birthday"]), "source": source,
                             "export_key": text if kind == KEY else None, "created_at": now, "changed_at": now,
                             **{name: ConsentState(one[name]) for name in ("marketing", "utility")}})
    ids = db.session.scalars(insert(_people).returning(kinds.id, sort_by_parameter_order=True), values).all()
    return {person.mark: contact_id for person, contact_id in zip(people, ids, strict=True)}


def _day(text: str | None) -> Any:
    return datetime.strptime(text, "%Y-%m-%d").date() if text else None


def take_user_ids(people: Sequence[Incoming], ids: Mapping[str, int]) -> None:
    """Give new people the user ids of the file, unless somebody has them. One statement a person who has one."""
    for person in people:
        if person.user_id:
            is_taken = exists().where(_people.alias("others").c.user_id == person.user_id)
            db.session.execute(update(_people).where(_people.c.id == ids[person.known_by], ~is_taken).values(
                user_id=person.user_id, changed_at=_people.c.changed_at))


def give_keys() -> None:
    """Whoever has no phone gets a random key, by which a file of ours knows them again. One statement."""
    fresh = func.lower(func.hex(func.randomblob(12))) if is_sqlite() else func.replace(
        cast(func.gen_random_uuid(), String), "-", "")
    db.session.execute(update(_people).where(_people.c.phone.is_(None), _people.c.export_key.is_(None)).values(
        export_key=fresh, changed_at=_people.c.changed_at))
