"""What a person is known by outside the contacts, and the rows of files and lists that hold it."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, or_, select, type_coerce

from core.phone import InvalidPhone, Phone
from models import CampaignList, CampaignListRow, Contact, ImportRow, Message, db
from services.contacts import addresses
from services.contacts.addresses import USER_ID
from services.contacts.merge import unattached_messages
from services.contacts.merge_undo import open_merges

_AT_ONCE = 5_000
_NO_DIGITS = re.compile(r"\D+")
_ENDS = 8  # digits at the end of a number that are the same in every spelling
IsTheirs = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Signs:
    """Numbers and words that mean one person."""

    digits: frozenset[str]  # numbers without plus
    words: frozenset[str]  # user id and e-mail address, lower case

    @property
    def all(self) -> frozenset[str]:
        """Numbers and words together."""
        return self.digits | self.words

    @property
    def phones(self) -> list[str]:
        """The numbers as E.164."""
        return [f"+{number}" for number in sorted(self.digits)]


def signs_of(person: Contact) -> Signs:
    """Numbers and ids, those that old messages went to and those before a merge included. Three queries."""
    phones = set(db.session.scalars(select(Message.phone).where(Message.contact_id == person.id).distinct()))
    further = addresses.of_people([person.id]).get(person.id, [])
    former = [one for merge in open_merges(person.id) for one in (merge.other, merge.before)]
    numbers = {(text or "").lstrip("+") for text in (
        person.phone, person.wa_id, *phones, *(one[name] for one in former for name in ("phone", "wa_id")),
        *(value for kind, value in further if kind != USER_ID))}
    words = {(text or "").lower() for text in (person.user_id, person.email, person.export_key, *(
        one[name] for one in former for name in ("user_id", "email")), *(
        value for kind, value in further if kind == USER_ID))}
    return Signs(frozenset(numbers - {""}), frozenset(words - {""}))


def their_cells(person: Contact, signs: Signs) -> IsTheirs:
    """Whether a cell holds the person's number in any spelling, their address or their user id."""
    ends, country = _ends(signs), person.country or ""

    def is_theirs(cell: str) -> bool:
        text = str(cell)
        if text.strip().lower() in signs.words:
            return True
        digits = _NO_DIGITS.sub("", text)
        if len(digits) < _ENDS or digits[-_ENDS:] not in ends:
            return False
        try:
            return Phone.parse(text, country).e164.lstrip("+") in signs.digits
        except InvalidPhone:
            return True  # it ends as theirs does, and nobody can be reached by it

    return is_theirs


def messages_with(contact_id: int, signs: Signs) -> ColumnElement[bool]:
    """The condition for their messages: their own, those a merge left to nobody, and those to their numbers that
    belong to nobody."""
    nobodys = Message.contact_id.is_(None)
    return or_(Message.contact_id == contact_id, Message.id.in_(unattached_messages(contact_id)),
               and_(nobodys, Message.phone.in_(signs.phones)))


def import_rows_with(is_theirs: IsTheirs) -> list[int]:
    """Refused and skipped rows of imports with a cell that is theirs. One look through all of them."""
    rows = db.session.execute(select(ImportRow.id, ImportRow.cells).execution_options(yield_per=_AT_ONCE))
    return [row.id for row in rows if any(map(is_theirs, row.cells))]


def list_rows_with(signs: Signs, is_theirs: IsTheirs) -> list[int]:
    """Rows of campaigns' own lists that are theirs or have a cell that is. One look through all of them as text;
    cells are only read where one of the signs may stand."""
    words = [json.dumps(word, ensure_ascii=False)[1:-1] for word in signs.words]
    ends = _ends(signs)
    text: Any = type_coerce(cast(CampaignListRow.cells, String), String)
    found = []
    for row in db.session.execute(select(CampaignListRow.id, CampaignListRow.phone, text.label("text"))
                                  .execution_options(yield_per=_AT_ONCE)):
        if row.phone[1:] in signs.digits or (_may_hold(row.text, words, ends)
                                             and any(map(is_theirs, json.loads(row.text).values()))):
            found.append(row.id)
    return found


def list_rows_of(signs: Signs) -> Iterator[int]:
    """Rows of campaigns' own lists under one of their numbers. One query, through the index of each list."""
    yield from db.session.scalars(select(CampaignListRow.id).where(
        CampaignListRow.campaign_id.in_(select(CampaignList.campaign_id)), CampaignListRow.phone.in_(signs.phones)))


def _may_hold(text: str, words: list[str], ends: set[str]) -> bool:
    """Whether it is worth reading the cells: a word stands there, or the end of a number."""
    plain = text.lower()
    digits = _NO_DIGITS.sub("", plain)
    return any(word in plain for word in words) or any(end in digits for end in ends)


def _ends(signs: Signs) -> set[str]:
    return {number[-_ENDS:] for number in signs.digits if len(number) >= _ENDS}
