"""A thread: all that one person and one number said to each other, in the carrier's time, as plain values. Never writes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, not_, or_, select, tuple_

from core import clock
from core.states import MessageState
from models import Conversation, Message, db, is_sqlite
from services.inbox import asides, overlays
from services.inbox.queries import LARGEST_ID
from services.inbox.shapes import OVERLAYS, Act, Item, Line, Note, ThreadPage

_messages = Message.__table__
_m, _o = _messages.c, _messages.alias("target").c
PAGE = 50
_HEARD = or_(_m.direction == "in", _m.author_kind == "app")  # their time is the carrier's from the beginning
_AT = case((_HEARD, _m.created_at), else_=func.coalesce(_m.accepted_at, _m.due_at))
_COLUMNS = (
    _m.id, _m.direction, _m.kind, _m.text, _m.content, _m.reply_to, _m.author_kind, _m.author_id, _m.author_name,
    _m.state, _m.reason_code, _m.reason, _m.wire_id, _m.version_id, _m.variables, _m.campaign_id, _m.test_of,
    _m.accepted_at, _m.sent_at, _m.delivered_at, _m.read_at, _m.due_at, _AT.label("at"))
# an overlay whose message we do not have stands as a line of its own: nothing anybody sent is lost
_IS_LINE = or_(_m.kind.not_in(OVERLAYS), not_(exists().where(_o.channel_id == _m.channel_id, _o.wire_id == _m.reply_to)))
_OF_CAMPAIGN_AND_NOT_SENT = and_(_m.campaign_id.is_not(None), _m.state.in_(
    [MessageState.QUEUED, MessageState.SENDING, MessageState.SKIPPED]))


def thread(conversation: Conversation, *, before: str = "", after: str = "", around: int | None = None,
           size: int = PAGE) -> ThreadPage:
    """The newest lines, or those before or after a place a page gave, or those around a message. Ten queries at most.

    A place that cannot be, or a message that is not of this conversation, is the end of the thread.
    """
    where = _of(conversation)
    if around is not None and (place := _place_of_message(where, around)):
        return _around(conversation, where, place, size)
    if place := _place_of(after):
        rows = _ahead(where, place, size + 1)
        return _page(conversation, rows[:size], has_before=True, has_after=len(rows) > size)
    place = _place_of(before)
    rows = _back(where, place, size + 1)
    return _page(conversation, rows[-size:], has_before=len(rows) > size, has_after=place is not None)


def line_of(conversation: Conversation, message_id: int) -> Line | None:
    """One message of this conversation as a line, or None when it is not one of its own."""
    rows = db.session.execute(select(*_COLUMNS).where(*_of(conversation), _m.id == message_id)).all()
    return overlays.lines_of(rows, conversation)[0] if rows else None


def _of(conversation: Conversation) -> list[ColumnElement[bool]]:
    """The messages of a conversation that are lines."""
    return [_m.contact_id == conversation.contact_id, _m.channel_id == conversation.channel_id,
            _m.state != MessageState.CANCELLED, not_(_OF_CAMPAIGN_AND_NOT_SENT), _IS_LINE]


def _key() -> ColumnElement[Any]:
    """The second of a line: what they write is told in whole seconds, and what was said within one is in order of ids."""
    return func.substr(_AT, 1, 19) if is_sqlite() else func.date_trunc("second", _AT)


def _value(at: datetime) -> Any:
    """A second as `_key` gives it."""
    return literal(f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}") if is_sqlite() else literal(at, _m.created_at.type)


Place = tuple[datetime, int]


def _there(place: Place) -> Any:
    return tuple_(_value(place[0]), literal(place[1]))


def _back(where: Sequence[ColumnElement[bool]], place: Place | None, count: int) -> list[Any]:
    """The last lines before a place, or of all, oldest first."""
    near = [tuple_(_key(), _m.id) < _there(place)] if place else []
    return _whole(select(_m.id).where(*where, *near).order_by(_key().desc(), _m.id.desc()).limit(count))


def _ahead(where: Sequence[ColumnElement[bool]], place: Place, count: int, *, is_with: bool = False) -> list[Any]:
    """The first lines after a place, oldest first."""
    here, there = tuple_(_key(), _m.id), _there(place)
    return _whole(select(_m.id).where(*where, here >= there if is_with else here > there).order_by(_key(), _m.id).limit(count))


def _whole(chosen: Select[Any]) -> list[Any]:
    """The chosen lines with all their columns, oldest first. Choosing sorts ids alone: somebody may have written for years."""
    ids = list(db.session.scalars(chosen))
    return list(db.session.execute(select(*_COLUMNS).where(_m.id.in_(ids)).order_by(_key(), _m.id))) if ids else []


def _around(conversation: Conversation, where: Sequence[ColumnElement[bool]], place: Place, size: int) -> ThreadPage:
    """Some lines before a message, the message, and what followed."""
    earlier = _back(where, place, size // 3 + 1)
    later = _ahead(where, place, size + 1, is_with=True)
    rows = earlier[-(size // 3):] + later[:size]
    return _page(conversation, rows, has_before=len(earlier) > size // 3, has_after=len(later) > size)


def _page(conversation: Conversation, rows: Sequence[Any], *, has_before: bool, has_after: bool) -> ThreadPage:
    """The rows as lines, with the notes and acts that lie between them."""
    since = rows[0].at if rows and has_before else None
    until = rows[-1].at if rows and has_after else None
    items: list[Item] = [*overlays.lines_of(rows, conversation), *asides.notes(conversation.id, since, until),
                         *asides.acts(conversation.id, since, until)]
    items.sort(key=_order)
    return ThreadPage(items, _text_of(rows[0]) if rows and has_before else "",
                      _text_of(rows[-1]) if rows and has_after else "")


def _order(item: Item) -> tuple[datetime, int, int]:
    """Messages in their seconds; what the team did stands after what was said in the same second."""
    rank = {Line: 0, Act: 1, Note: 2}[type(item)]
    return item.at.replace(microsecond=0), rank, item.id


def _text_of(row: Any) -> str:
    return f"{row.at:%Y-%m-%dT%H:%M:%S}~{row.id}"


def _place_of(text: str) -> Place | None:
    """A place as an address carries it; None for what cannot be one."""
    moment, _, number = text.partition("~")
    try:
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    except ValueError:
        return None
    is_number = number.isascii() and number.isdecimal() and len(number) < 11
    return (at, min(int(number), LARGEST_ID)) if is_number else None


def _place_of_message(where: Sequence[ColumnElement[bool]], message_id: int) -> Place | None:
    row = db.session.execute(select(_AT.label("at"), _m.id).where(*where, _m.id == message_id)).first()
    return (row.at, row.id) if row else None


def is_in_future(line: Line) -> bool:
    """Whether a message of ours waits for a later time."""
    return line.state is MessageState.QUEUED and line.due_at is not None and line.due_at > clock.now()


