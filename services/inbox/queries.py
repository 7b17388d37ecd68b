"""Which conversations there are, by what the team looks for; how many of each. Never writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, literal_column, select, tuple_

from core.errors import Invalid, NotFound
from core.states import ConversationState
from core.words import folded, one_line
from models import Contact, ContactTag, Conversation, Message, Tag, User, db
from services import contacts

LARGEST_ID = 2**31 - 1
PAGE = 50
SOON = timedelta(hours=2)  # a window that shuts so soon should not be missed
_v, _c = Conversation.__table__.c, Contact.__table__.c
_OPEN = _v.state == ConversationState.OPEN
# literals, not parameters: a partial index is used only when the statement itself says so
_UNREAD = _v.unread > literal_column("0")
_WAITING = and_(_v.waiting_since.is_not(None), _OPEN)
SHOWS = ("open", "unread", "unanswered", "mine", "unassigned", "snoozed", "closed")
SORTS = ("newest", "waiting")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for. `mine` means the conversations of `user_id`; the other fields narrow it further."""

    show: str = "open"
    user_id: int | None = None
    tag: str = ""
    campaign_id: int | None = None
    channel_id: int | None = None
    sort: str = "newest"  # newest | waiting: who waits longest, and nobody else


@dataclass(frozen=True, slots=True)
class Talk:
    """One line of the list."""

    id: int
    contact_id: int
    name: str
    phone: str
    channel_id: int
    state: ConversationState
    unread: int
    preview: str
    preview_is_ours: bool
    last_at: datetime
    waiting_since: datetime | None
    window_ends_at: datetime | None
    snoozed_until: datetime | None
    assigned_to: int | None
    assigned_name: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TalkPage:
    """A page of conversations; `after` leads on, empty at the end."""

    items: Sequence[Talk]
    after: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many conversations a list would show, for one person of the team."""

    open: int = 0
    unread: int = 0
    unanswered: int = 0
    mine: int = 0
    unassigned: int = 0
    snoozed: int = 0


@dataclass(frozen=True, slots=True)
class Unseen:
    """How many chats and lines nobody of the team has seen; who wrote the newest, and its words where they are the last ones."""

    chats: int = 0
    lines: int = 0
    talk_id: int | None = None
    name: str = ""
    words: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits for an answer: how many, of how many the window shuts soon, and who has waited longest since when."""

    count: int
    shut_soon: int
    name: str
    since: datetime


_COLUMNS = (
    _v.id, _v.contact_id, _c.name, _c.phone, _c.company, _c.email, _v.channel_id, _v.state, _v.unread, _v.preview,
    _v.preview_is_ours, _v.last_at, _v.last_in_at, _v.waiting_since, _v.window_ends_at, _v.snoozed_until, _v.assigned_to,
    User.name.label("assigned_name"))


def conversations(wish: Wish, *, after: str = "", size: int = PAGE) -> TalkPage:
    """The conversations of a wish, newest first or longest waiting first, beginning after a place a page gave. Two queries.

    Raises Invalid for a list or an order that does not exist; a place that cannot be is the beginning.
    """
    if wish.show not in SHOWS or wish.sort not in SORTS:
        raise Invalid(f"There is no list “{one_line(wish.show)[:40]}”", field="show")
    is_waiting = wish.sort == "waiting"
    key = _v.waiting_since if is_waiting else _v.last_at
    asked = _rows().where(*conditions_of(wish))
    if place := _place_of(after):
        here, there = tuple_(key, _v.id), tuple_(literal(place[0], key.type), literal(place[1]))
        asked = asked.where(here > there if is_waiting else here < there)
    order = (key, _v.id) if is_waiting else (key.desc(), _v.id.desc())
    rows = db.session.execute(asked.order_by(*order).limit(size + 1)).all()
    shown = rows[:size]
    last = shown[-1] if len(rows) > size else None
    moment = last and (last.waiting_since if is_waiting else last.last_at)
    return TalkPage(_talks(shown), f"{moment.isoformat()}~{last.id}" if last and moment else "")


def conversations_by_id(ids: Sequence[int]) -> dict[int, Talk]:
    """These conversations as lines of a list. Two queries."""
    rows = db.session.execute(_rows().where(_v.id.in_(ids))).all() if ids else []
    return {talk.id: talk for talk in _talks(rows)}


def conditions_of(wish: Wish) -> list[ColumnElement[bool]]:
    """What must be true of the conversations a wish means."""
    shown: dict[str, list[ColumnElement[bool]]] = {
        "open": [_OPEN], "unread": [_UNREAD], "unanswered": [_WAITING],
        "mine": [_OPEN, _v.assigned_to == wish.user_id], "unassigned": [_OPEN, _v.assigned_to.is_(None)],
        "snoozed": [_v.state == ConversationState.SNOOZED], "closed": [_v.state == ConversationState.CLOSED]}
    wanted = list(shown[wish.show])
    if wish.sort == "waiting":
        wanted.append(_v.waiting_since.is_not(None))
    if wish.channel_id is not None:
        wanted.append(_v.channel_id == wish.channel_id)
    if wish.tag:
        wanted.append(exists().where(ContactTag.contact_id == _v.contact_id, ContactTag.tag_id == Tag.id,
                                     Tag.key == folded(one_line(wish.tag))[:60]))
    if wish.campaign_id is not None:
        wanted.append(exists().where(Message.campaign_id == wish.campaign_id, Message.contact_id == _v.contact_id))
    return wanted


def counts_for(user_id: int | None) -> Counts:
    """How many conversations each list of this person holds. One query over indexes."""
    asked = {"open": [_OPEN], "unread": [_UNREAD], "unanswered": [_WAITING],
             "mine": [_OPEN, _v.assigned_to == user_id], "unassigned": [_OPEN, _v.assigned_to.is_(None)],
             "snoozed": [_v.state == ConversationState.SNOOZED]}
    parts = [select(func.count(_v.id)).where(*wanted).scalar_subquery().label(name) for name, wanted in asked.items()]
    return Counts(**db.session.execute(select(*parts)).mappings().one())


def unseen() -> Unseen:
    """What nobody of the team has seen: how many chats and lines, and who wrote last. Two small queries at most."""
    chats, lines = db.session.execute(
        select(func.count(), func.coalesce(func.sum(_v.unread), 0)).select_from(Conversation.__table__).where(_UNREAD)).one()
    first = _rows().where(_UNREAD).order_by(_v.last_at.desc(), _v.id.desc()).limit(1)
    newest = db.session.execute(first).first() if chats else None
    if newest is None:
        return Unseen()
    words = "" if newest.preview_is_ours else newest.preview
    return Unseen(chats, lines, newest.id, contacts.name_of(_Named(newest)), words, newest.last_in_at)


def waiting_now(now: datetime) -> Waiting | None:
    """How many wait for an answer, if anybody does. Two queries over small indexes."""
    ends = _v.window_ends_at
    shut = and_(ends > now, ends <= now + SOON)
    row = db.session.execute(select(func.count(), func.count(case((shut, literal(1))))).where(_WAITING)).one()
    first = db.session.execute(_rows().where(_WAITING).order_by(_v.waiting_since, _v.id).limit(1)).first()
    if first is None:
        return None
    return Waiting(row[0], row[1], contacts.name_of(_Named(first)), first.waiting_since)


def get_conversation(conversation_id: int) -> Conversation:
    """One conversation. Raises NotFound."""
    found = db.session.get(Conversation, conversation_id) if 0 < conversation_id <= LARGEST_ID else None
    if found is None:
        raise NotFound("There is no such conversation; its person may have been deleted")
    return found


def hold_conversation(conversation_id: int) -> Conversation:
    """One conversation as it is now, held until the transaction ends, so that news of the same moment are not overwritten.

    Raises NotFound.
    """
    held = select(Conversation).where(Conversation.id == min(max(conversation_id, 0), LARGEST_ID)).with_for_update()
    found = db.session.scalar(held.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such conversation; its person may have been deleted")
    return found


def conversation_of(contact_id: int, channel_id: int) -> Conversation | None:
    """What this person and this number say to each other, if anything was ever said. One query."""
    return db.session.scalar(select(Conversation).where(
        Conversation.contact_id == contact_id, Conversation.channel_id == channel_id))


def conversations_of(contact_id: int) -> Sequence[Conversation]:
    """Every conversation of a person, newest first. One query."""
    return db.session.scalars(select(Conversation).where(Conversation.contact_id == contact_id)
                              .order_by(Conversation.last_at.desc(), Conversation.id)).all()


def _rows() -> Select[Any]:
    """Conversations with their person and whoever they are given to."""
    return select(*_COLUMNS).select_from(Conversation.__table__.join(Contact.__table__, _c.id == _v.contact_id).outerjoin(
        User.__table__, User.id == _v.assigned_to))


def _talks(rows: Sequence[Any]) -> list[Talk]:
    """Rows as lines, each with the tags of its person."""
    tags = _tags_of([row.contact_id for row in rows])
    return [Talk(
        id=row.id, contact_id=row.contact_id, name=contacts.name_of(_Named(row)), phone=row.phone or "",
        channel_id=row.channel_id, state=row.state, unread=row.unread, preview=row.preview,
        preview_is_ours=row.preview_is_ours, last_at=row.last_at, waiting_since=row.waiting_since,
        window_ends_at=row.window_ends_at, snoozed_until=row.snoozed_until, assigned_to=row.assigned_to,
        assigned_name=row.assigned_name or "", tags=tuple(tags.get(row.contact_id, ()))) for row in rows]


class _Named:
    """A row as `contacts.name_of` wants a person."""

    __slots__ = ("company", "email", "id", "name", "phone")

    def __init__(self, row: Any) -> None:
        self.id, self.name, self.phone, self.company, self.email = (
            row.contact_id, row.name, row.phone, row.company, row.email)


def _tags_of(contact_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    if contact_ids:
        rows = db.session.execute(
            select(ContactTag.contact_id, Tag.name).join(Tag, Tag.id == ContactTag.tag_id)
            .where(ContactTag.contact_id.in_(contact_ids)).order_by(ContactTag.contact_id, Tag.key))
        for contact_id, name in rows:
            found.setdefault(contact_id, []).append(name)
    return found


def _place_of(text: str) -> tuple[datetime, int] | None:
    """A place as an address carries it; None for what cannot be one."""
    moment, _, number = text.partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    is_number = number.isascii() and number.isdecimal() and len(number) < 11
    return (at.astimezone(UTC), min(int(number), LARGEST_ID)) if is_number and at.tzinfo else None
