"""The people of a campaign, each with a state and a reason; every number of the report opens some of them.

A page begins after a known row, so that the last page of 300,000 people costs what the first does.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, union_all

from core.letters import searched
from core.pages import Page
from core.states import MessageState
from core.words import one_line
from models import Campaign, Contact, Message, db
from services import sending
from services.campaigns import answers
from services.campaigns.queries import OUT, get_campaign

# what a number of the report opens: its word in the address → the states it counts
SHOWS: dict[str, tuple[MessageState, ...]] = {
    "waiting": (MessageState.QUEUED, MessageState.SENDING),
    "sent": OUT,
    "delivered": (MessageState.DELIVERED, MessageState.READ),
    "read": (MessageState.READ,),
    "failed": (MessageState.FAILED,),
    "unknown": (MessageState.UNKNOWN,),
    "skipped": (MessageState.SKIPPED,),
    "cancelled": (MessageState.CANCELLED,),
}
LABELS = {
    "": "Everyone", "waiting": "Waiting", "sent": "Sent", "delivered": "Delivered", "read": "Read",
    "replied": "Wrote back", "stopped": "Said stop", "failed": "Failed", "unknown": "Unknown", "skipped": "Skipped",
    "cancelled": "Cancelled",
}
_ALL = tuple(state for state in MessageState if state is not MessageState.RECEIVED)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person of a campaign and what became of their message."""

    id: int
    contact_id: int | None
    phone: str
    name: str
    state: MessageState
    reason: str
    reason_code: str
    tries: int
    list_row_id: int | None
    attempted_at: datetime | None
    accepted_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None

    @property
    def last_at(self) -> datetime | None:
        """When the newest thing we know of happened."""
        return (self.read_at or self.delivered_at or self.failed_at or self.sent_at or self.accepted_at
                or self.attempted_at)


COLUMNS: tuple[Any, ...] = (
    Message.id, Message.contact_id, Message.phone, func.coalesce(Contact.name, "").label("name"), Message.state,
    Message.reason, Message.reason_code, Message.tries, Message.list_row_id, Message.attempted_at, Message.accepted_at,
    Message.sent_at, Message.delivered_at, Message.read_at, Message.failed_at)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which people: `show` is a key of LABELS, `code` a reason code, `words` its exact words (or those of a button),
    `text` a part of a name or number."""

    show: str = ""
    code: str = ""
    words: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class RecipientPage(Page[Recipient]):
    """A page of people; `after` and `before` are the ids that lead on and back, 0 at the ends."""

    after: int = 0
    before: int = 0


def recipients(campaign_id: int, *, show: str = "", code: str = "", words: str = "", text: str = "", after: int = 0,
               before: int = 0, number: int = 1, size: int = 50) -> RecipientPage:
    """People of a campaign in the order they are written to, beginning after (or ending before) a message id.

    An unknown `show` shows everyone; `number` is only what the page is called. Raises NotFound. Four queries.
    """
    campaign = get_campaign(campaign_id)
    asked = Asked(show, *(part.replace("\0", "") for part in (code, words, text)))
    found = next_ids(campaign, asked, after=after, before=before, size=size + 1)
    shown = (found[-size:] if before else found[:size])
    is_more = len(found) > size
    rows = db.session.execute(
        select(*COLUMNS).outerjoin(Contact, Contact.id == Message.contact_id).where(Message.id.in_(shown))
        .order_by(Message.id)) if shown else ()
    leads_on, leads_back = (True, is_more) if before else (is_more, bool(after))
    return RecipientPage(
        [Recipient(*row) for row in rows], max(1, number) if (after or before) else 1, size, _count(campaign, asked),
        after=shown[-1] if shown and leads_on else 0, before=shown[0] if shown and leads_back else 0)


def next_ids(campaign: Campaign, asked: Asked, *, after: int = 0, before: int = 0, size: int) -> list[int]:
    """The next ids in rising order. Each state is walked along its own index, so nothing is sorted or skipped."""
    if asked.show in _ANSWERS:
        return _answering_ids(campaign, asked, after=after, before=before, size=size)
    order: Any = Message.id.desc() if before else Message.id
    place = [Message.id < before] if before else [Message.id > after]
    conditions = [*place, *_conditions(campaign, asked)]
    walks = [select(Message.id).where(Message.campaign_id == campaign.id, Message.state == state, *conditions)
             .order_by(order).limit(size).subquery() for state in _states(asked)]
    merged = union_all(*(select(walk.c.id) for walk in walks)).subquery()
    order = merged.c.id.desc() if before else merged.c.id
    return sorted(db.session.scalars(select(merged.c.id).order_by(order).limit(size)))


def _answering_ids(campaign: Campaign, asked: Asked, *, after: int, before: int, size: int) -> list[int]:
    """The same for people who answered: they are found once, from their answers."""
    people = _ANSWERS[asked.show]([campaign]).subquery()
    found = people.c.message_id
    wanted = select(found).where(found < before if before else found > after)
    if narrowing := _conditions(campaign, asked)[1:]:
        wanted = wanted.join(Message, Message.id == found).where(*narrowing)
    return sorted(db.session.scalars(wanted.order_by(found.desc() if before else found).limit(size)))


def _count(campaign: Campaign, asked: Asked) -> int:
    """How many people are meant. One query."""
    conditions = _conditions(campaign, asked)
    if len(conditions) == 1 and asked.show in _ANSWERS:
        return db.session.scalar(select(func.count()).select_from(_ANSWERS[asked.show]([campaign]).subquery())) or 0
    if not conditions:
        counts = sending.counts(campaign.id)
        return sum(counts.get(state, 0) for state in _states(asked))
    return db.session.scalar(select(func.count(Message.id)).where(
        Message.campaign_id == campaign.id, Message.state.in_(_states(asked)), *conditions)) or 0


def _states(asked: Asked) -> tuple[MessageState, ...]:
    """The states that `show` counts."""
    return OUT if asked.show in _ANSWERS else SHOWS.get(asked.show, _ALL)


def _conditions(campaign: Campaign, asked: Asked) -> list[ColumnElement[bool]]:
    """What narrows beyond the states."""
    found: list[ColumnElement[bool]] = []
    if asked.show in _ANSWERS:
        people = _ANSWERS[asked.show]([campaign]).subquery()
        found.append(Message.id.in_(select(people.c.message_id)))
    if asked.code:
        found.append(Message.reason_code == asked.code)
    if asked.words:
        found.append(Message.reason == asked.words)
    if text := searched(one_line(asked.text)):
        people_like = select(Contact.id).where(Contact.search.contains(text, autoescape=True))
        found.append(Message.contact_id.in_(people_like) | Message.phone.contains(text.replace(" ", ""), autoescape=True))
    return found


_ANSWERS = {"replied": answers.replies, "stopped": answers.opt_outs}
