"""Every recipient as a row for a spreadsheet: the columns they came with, beside what became of them."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import String, cast, func, select

from core.csv_text import escape_cell
from models import Campaign, CampaignList, CampaignListRow, Contact, ContactTag, Message, Tag, db, is_sqlite
from services import sending
from services.campaigns import answers
from services.campaigns.queries import get_campaign
from services.campaigns.recipient_list import Asked, next_ids

CHUNK = 5_000
PERSON = ("phone", "name", "tags")
OUTCOME = ("state", "reason", "reason_code", "what_to_do", "tries", "tried_at", "accepted_at", "sent_at", "delivered_at",
           "read_at", "failed_at", "replied_at")


def csv_of(campaign_id: int, *, show: str = "", code: str = "", words: str = "", text: str = "") -> Iterator[list[str]]:
    """The people behind one number as rows, headings first; some thousands in memory. Raises NotFound.

    Cells are made harmless. Where the campaign has a list of its own, its columns stand first, as they came.
    """
    asked = Asked(show, *(part.replace("\0", "") for part in (code, words, text)))
    return _rows(get_campaign(campaign_id), asked)


def _rows(campaign: Campaign, asked: Asked) -> Iterator[list[str]]:
    """Headings, then one row a person, in the order they were written to."""
    own = db.session.scalar(select(CampaignList.columns).where(CampaignList.campaign_id == campaign.id)) or []
    yield [*map(escape_cell, own), *(_heading(name, own) for name in (*PERSON, *OUTCOME))]
    after = 0
    while shown := next_ids(campaign, asked, after=after, size=CHUNK):
        yield from _chunk(campaign, shown, own)
        after = shown[-1]


def _chunk(campaign: Campaign, ids: Sequence[int], own: Sequence[str]) -> Iterator[list[str]]:
    """These people; four queries."""
    found = db.session.execute(
        select(*_COLUMNS, *(written(column) for column in _TIMES))
        .outerjoin(Contact, Contact.id == Message.contact_id).where(Message.id.in_(ids)).order_by(Message.id)).all()
    tags = _tags_of([row.contact_id for row in found if row.contact_id])
    cells = _cells_of([row.list_row_id for row in found if row.list_row_id]) if own else {}
    replied = _replied(campaign, ids)
    for message_id, contact_id, row_id, phone, name, state, reason, code, tries, *times in found:
        came = cells.get(row_id, {})
        advice = sending.advice_on(code).words if times[-1] or state == "failed" else ""
        yield [*(escape_cell(str(came.get(column, ""))) for column in own),
               escape_cell(phone), escape_cell(name), escape_cell("; ".join(tags.get(contact_id, ()))),
               state, escape_cell(reason), escape_cell(code), advice, str(tries), *times, replied.get(message_id, "")]


_COLUMNS: tuple[Any, ...] = (
    Message.id, Message.contact_id, Message.list_row_id, Message.phone, func.coalesce(Contact.name, ""),
    cast(Message.state, String), Message.reason, Message.reason_code, Message.tries)
_TIMES = (Message.attempted_at, Message.accepted_at, Message.sent_at, Message.delivered_at, Message.read_at, Message.failed_at)


def written(moment: Any) -> Any:
    """A time as it stands in the file, written by the database: 2026-11-24T09:00:00+00:00, empty when there is none."""
    if is_sqlite():
        text = func.substr(moment, 1, 10, type_=String) + "T" + func.substr(moment, 12, 8, type_=String) + "+00:00"
    else:
        text = func.to_char(func.timezone("UTC", moment), 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"', type_=String)
    return func.coalesce(text, "", type_=String)


def _heading(name: str, own: Sequence[str]) -> str:
    """Our heading, told apart from a column of the list that is called the same."""
    return f"pigeonpost_{name}" if name in {column.casefold() for column in own} else name


def _replied(campaign: Campaign, ids: Sequence[int]) -> dict[int, str]:
    """When these people first wrote back."""
    if campaign.started_at is None:
        return {}
    people = answers.replies([campaign], of_few=True).where(Message.id.in_(ids)).subquery()
    return {message_id: at for message_id, at in db.session.execute(select(people.c.message_id, written(people.c.at)))}


def _tags_of(contact_ids: Sequence[int]) -> dict[int, list[str]]:
    """The names of these people's tags."""
    found: dict[int, list[str]] = {}
    asked = (select(ContactTag.contact_id, Tag.name).join(Tag, Tag.id == ContactTag.tag_id)
             .where(ContactTag.contact_id.in_(contact_ids)).order_by(ContactTag.contact_id, Tag.key))
    for contact_id, name in db.session.execute(asked):
        found.setdefault(contact_id, []).append(name)
    return found


def _cells_of(row_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """The cells of these rows of the list, by the id of the row."""
    return {row.id: row.cells for row in db.session.execute(
        select(CampaignListRow.id, CampaignListRow.cells).where(CampaignListRow.id.in_(row_ids)))}
