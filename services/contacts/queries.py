"""Every question about people. Never writes; says what it costs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, func, select

from core.errors import Invalid, NotFound
from core.letters import searched
from core.phone import Phone
from core.spellings import other_spellings
from core.states import ConsentState, MessageState
from core.words import folded, one_line
from models import Campaign, Contact, ContactTag, Message, MessageTemplate, Tag, TemplateVersion, db
from services.contacts import tallies
from services.contacts.details import name_of
from services.contacts.listing import Order, PeoplePage, list_people
from services.contacts.rows import LARGEST_ID

_MOST_WORDS = 8
_PHONE_LIKE = re.compile(r"[+(]?[\d][\d\s()./\-‐-―−]*")


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag and how many people carry it."""

    id: int
    name: str
    people: int


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message in a person's story. `text` is empty for templates, which are named instead."""

    id: int
    direction: str
    text: str
    state: MessageState
    reason: str
    campaign_id: int | None
    campaign_name: str | None
    template_name: str | None
    created_at: datetime


def get_contact(contact_id: int) -> Contact:
    """One person. Raises NotFound. One query."""
    person = db.session.get(Contact, contact_id) if 0 < contact_id <= LARGEST_ID else None
    if person is None:
        raise NotFound("There is no such person; they may have been deleted")
    return person


def names_of(ids: Sequence[int]) -> dict[int, str]:
    """What these people are called, by id. One query, none for nobody."""
    found = db.session.scalars(select(Contact).where(Contact.id.in_(list(ids)))) if ids else ()
    return {one.id: name_of(one) for one in found}


def contact_by_phone(phone: Phone | str) -> Contact | None:
    """Whoever has this number, written as E.164, or another spelling of it. One query."""
    ways = [str(phone), *other_spellings(str(phone))]
    found = db.session.scalars(select(Contact).where(Contact.phone.in_(ways))).all()
    return min(found, key=lambda one: one.phone != ways[0], default=None)


def search_contacts(text: str = "", *, tag: str = "", consent: str = "", sort: str = "name", descending: bool = False,
                    page: int = 1, size: int = 50) -> PeoplePage:
    """People by any part of name, number, e-mail or company, with this tag and this marketing consent.

    Five queries at most, whatever the size. A page past the end gives the last one. Raises Invalid for a `sort` or
    `consent` that does not exist.
    """
    wanted = conditions_of(text, tag=tag, consent=consent)
    return list_people(and_(*wanted) if wanted else None, order=Order(sort, descending), page=page, size=size)


def count_contacts(text: str = "", *, tag: str = "", consent: str = "") -> int:
    """How many people `search_contacts` finds, exactly. One query."""
    wanted = conditions_of(text, tag=tag, consent=consent)
    if not wanted:
        return tallies.everybody()
    return db.session.scalar(select(func.count(Contact.id)).where(*wanted)) or 0


def conditions_of(text: str = "", *, tag: str = "", consent: str = "") -> list[ColumnElement[bool]]:
    """What must be true of the people these filters mean. Raises Invalid for a `consent` that does not exist."""
    wanted = holds(text)
    if consent:
        if consent not in set(ConsentState):
            raise Invalid(f"There is no consent state “{one_line(consent)[:40]}”", field="consent")
        wanted.append(Contact.marketing == ConsentState(consent))
    if tag:
        with_tag = select(ContactTag.contact_id).join(Tag, Tag.id == ContactTag.tag_id).where(Tag.key == _tag_key(tag))
        wanted.append(Contact.id.in_(with_tag))
    return wanted


def holds(text: str) -> list[ColumnElement[bool]]:
    """Each word somewhere in the person, whatever its case and accents, or the digits of a number however it is written."""
    plain = one_line(text)[:200]
    if digits := _digits_meant(plain):
        return [_has(digits) if plain.lstrip("+0") == digits else _has(digits) | _has(searched(plain))]
    words = searched(plain).split()[:_MOST_WORDS]
    return [false()] if plain and not words else [_has(word) for word in words]


def parts_meant(text: str) -> list[str]:
    """Parts that `holds` asks for in every case; none where one of two is enough."""
    plain = one_line(text)[:200]
    if digits := _digits_meant(plain):
        return [digits] if plain.lstrip("+0") == digits else []
    return searched(plain).split()[:_MOST_WORDS]


def _has(part: str) -> ColumnElement[bool]:
    return Contact.search.contains(part, autoescape=True)


def _digits_meant(plain: str) -> str:
    """The digits of a typed number without its leading zeros and spaces; empty when it is not one."""
    if not _PHONE_LIKE.fullmatch(plain):
        return ""
    return re.sub(r"\D", "", folded(plain).replace("(0)", "")).lstrip("0")


def _tag_key(name: str) -> str:
    return folded(" ".join(one_line(name).split()))[:200]


def all_tags() -> Sequence[TagCount]:
    """Every tag with its number of people, by name. Two queries, three for a large book."""
    people = tallies.by_tag()
    rows = db.session.execute(select(Tag.id, Tag.name).order_by(Tag.key))
    return [TagCount(number, name, people.get(number, 0)) for number, name in rows]


def tag_names() -> Sequence[str]:
    """The name of every tag, in order. One query."""
    return db.session.scalars(select(Tag.name).order_by(Tag.key)).all()


def messages_of(contact_id: int, limit: int = 50) -> list[MessageLine]:
    """The latest messages from and to this person, newest first. One query."""
    columns = (Message.id, Message.direction, Message.text, Message.state, Message.reason, Message.campaign_id,
               Campaign.name, MessageTemplate.name, Message.created_at)
    rows = db.session.execute(
        select(*columns).select_from(Message)
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .outerjoin(TemplateVersion, TemplateVersion.id == Message.version_id)
        .outerjoin(MessageTemplate, MessageTemplate.id == TemplateVersion.template_id)
        .where(Message.contact_id == contact_id).order_by(Message.id.desc()).limit(limit))
    return [MessageLine(*row) for row in rows]
