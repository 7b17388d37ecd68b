"""People as lines of a list: plain rows, their tags with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from core.states import ConsentState
from models import Contact, ContactTag, Tag, db

LARGEST_ID = 2**31 - 1

# built once, out of tables rather than classes: every list of people asks these
_people, _links, _tags = Contact.__table__.c, ContactTag.__table__.c, Tag.__table__.c
_PEOPLE = select(
    _people.id, _people.phone, _people.name, _people.name_key, _people.email, _people.company, _people.source,
    _people.marketing, _people.last_heard_at, _people.created_at,
).where(_people.id.in_(bindparam("ids", expanding=True)))
_DETAILS = select(
    _people.id, _people.email, _people.company, _people.birthday, _people.language, _people.country, _people.zone,
    _people.utility, _people.source, _people.fields,
).where(_people.id.in_(bindparam("ids", expanding=True)))
_TAGS = (select(_links.contact_id, _tags.name).join(Tag.__table__, _tags.id == _links.tag_id)
         .where(_links.contact_id.in_(bindparam("ids", expanding=True))).order_by(_links.contact_id, _tags.key))


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One line of the list."""

    id: int
    phone: str | None
    name: str
    name_key: str
    email: str
    company: str
    source: str
    marketing: ConsentState
    last_heard_at: datetime | None
    created_at: datetime
    tags: tuple[str, ...]


def people_in(ids: Sequence[int]) -> list[ContactRow]:
    """These people, in this order; who is gone is left out. Two queries, none for nobody."""
    if not ids:
        return []
    tags = tags_of(ids)
    found: Any = db.session.execute(_PEOPLE, {"ids": list(ids)})
    rows = {row[0]: ContactRow(*(*row, tags.get(row[0], ()))) for row in found}
    return [rows[number] for number in ids if number in rows]


def details_in(ids: Sequence[int]) -> dict[int, Any]:
    """Further details of these people, as rows by id; who is gone is left out. One query, none for nobody."""
    return {row.id: row for row in db.session.execute(_DETAILS, {"ids": list(ids)})} if ids else {}


def tags_of(contact_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The names of these people's tags, in order. One query."""
    if not contact_ids:
        return {}
    found: dict[int, tuple[str, ...]] = {}
    for contact_id, name in db.session.execute(_TAGS, {"ids": list(contact_ids)}):
        found[contact_id] = (*found.get(contact_id, ()), name)
    return found
